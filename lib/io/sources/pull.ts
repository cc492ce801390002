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

/** The key of a method that tells when a sink has lost its receiver, though nothing is written. */
export const GONE: unique symbol = Symbol("gone");

/** A sink that has it. */
export interface GoneSink {
  [GONE](tell: (error: unknown) => void): void;
}

/** The key that says that a sink waits for a consumer, which no timeout is for. */
export const PATIENT: unique symbol = Symbol("patient");

/** True for a sink that has it. */
export function isPatient(sink: object): boolean {
  return PATIENT in sink;
}

type Leave = () => void;

/** Those who wait for a signal of the module's own: one listener for all of them. */
const crowds = new WeakMap<AbortSignal, Set<() => void>>();

/** A controller whose signal is cheap to wait for again and again. */
export function cheapController(): AbortController {
  const controller = new AbortController();
  const crowd = new Set<() => void>();
  crowds.set(controller.signal, crowd);
  controller.signal.addEventListener("abort", () => {
    const all = [...crowd];
    crowd.clear();
    for (const stop of all) stop();
  }, { once: true });
  return controller;
}

function onAbort(signal: AbortSignal, stop: () => void): Leave {
  const crowd = crowds.get(signal);
  if (crowd) {
    crowd.add(stop);
    return () => crowd.delete(stop);
  }
  signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}

/** `promise`, or the signal's reason as soon as it fires; without a signal the promise itself. */
export function unlessAborted<T>(waited: PromiseLike<T>, signal?: AbortSignal): Promise<T> {
  const promise = Promise.resolve(waited);
  if (signal === undefined) return promise;
  if (signal.aborted) {
    // Nobody waits for it any more.
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => reject(signal.reason));
    promise.then((value) => {
      leave();
      resolve(value);
    }, (error) => {
      leave();
      reject(error);
    });
  });
}
