/**
 * Waiting that can be given up at once.
 *
 * @module
 */

/** The promise's outcome, or the reason of whichever signal fires first. Leaves no listener. */
export function orAborted<T>(
  promise: Promise<T>,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<T> {
  const { promise: result, resolve, reject } = Promise.withResolvers<T>();
  const stop = () => {
    reject(signals.find((signal) => signal?.aborted)?.reason);
  };
  for (const signal of signals) {
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop);
  }
  const clear = () => {
    for (const signal of signals) signal?.removeEventListener("abort", stop);
  };
  promise.then(resolve, reject);
  return result.finally(clear);
}

/** Waits; rejects with the signal's reason at once, and leaves no timer. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return orAborted(promise, signal).finally(() => clearTimeout(timer));
}

/** For a promise whose failure is of no interest, such as that of cancelling. */
export function ignore(promise: Promise<unknown> | undefined): void {
  promise?.catch(() => {});
}
