/**
 * How a source of the module's own hands over chunks as it has them, without a copy into a buffer.
 *
 * @module
 */

/**
 * The key of a method `(position, max, signal)` that answers with the bytes at `position`, not
 * copied and at most `max` of them where the source can tell; null at the end.
 */
export const PULL: unique symbol = Symbol("pull");

/** A source that has it. */
export interface PullSource {
  [PULL](
    position: number,
    max: number,
    signal: AbortSignal,
  ): Uint8Array | null | Promise<Uint8Array | null>;
}

/** `promise`, or the signal's reason as soon as it fires. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Nobody waits for it any more.
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", stop));
}
