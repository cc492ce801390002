/**
 * Waiting for a source or a sink, but not for ever.
 *
 * @module
 */
import { AVERROR, AVError } from "../../error.ts";

// A timer that is to wait longer fires at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The error for one that did not answer `operation` within `timeout` milliseconds. */
export function timeoutError(operation: string, timeout: number): AVError {
  return new AVError({
    code: AVERROR("ETIMEDOUT"),
    operation,
    detail: `no answer within ${timeout} ms`,
  });
}

// One that takes its time to let go must not hide what went wrong.
const GRACE_MS = 10;

/** Waits for `promise`, and goes on without it after so many milliseconds. */
export async function waitUpTo(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, milliseconds);
  try {
    await Promise.race([promise, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for what is no more than tidying up, a moment at most; how it ends is of no interest. */
export async function waitBriefly(promise: Promise<unknown>): Promise<void> {
  await waitUpTo(GRACE_MS, promise).catch(() => {});
}

/** True where a timer can wait that long. */
export function canWait(timeout: number | undefined): timeout is number {
  return timeout !== undefined && timeout <= MAX_TIMER_MS;
}

/** `promise`, or the error of {@link timeoutError}. */
export async function withTimeout<T>(
  promise: PromiseLike<T>,
  operation: string,
  timeout: number | undefined,
): Promise<T> {
  if (!canWait(timeout)) return await promise;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(timeoutError(operation, timeout)), timeout);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
