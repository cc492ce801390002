/**
 * Waiting that ends early: with a signal, or after some time.
 *
 * @module
 */
import { builtin } from "./builtin.ts";
import { AVERROR, AVError } from "./error.ts";

type Unsubscribe = () => void;

/** Callers that wait for a signal of {@link sharedAbortController}: one listener serves all. */
const waiters = new WeakMap<AbortSignal, Set<() => void>>();

/** A controller whose signal is cheap to wait for again and again. */
export function sharedAbortController(): AbortController {
  const controller = new AbortController();
  const waiting = new Set<() => void>();
  waiters.set(controller.signal, waiting);
  controller.signal.addEventListener("abort", () => {
    const all = [...waiting];
    waiting.clear();
    for (const stop of all) stop();
  }, { once: true });
  return controller;
}

function onAbort(signal: AbortSignal, stop: () => void): Unsubscribe {
  const waiting = waiters.get(signal);
  if (waiting) {
    waiting.add(stop);
    return () => waiting.delete(stop);
  }
  signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}

/** The outcome of `waited`, or the reason of the first signal that fires. Leaves no listener. */
export function raceAbort<T>(
  waited: PromiseLike<T>,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<T> {
  const promise = Promise.resolve(waited);
  const given = signals.filter((signal) => signal !== undefined);
  if (given.some((signal) => typeof signal?.addEventListener !== "function")) {
    promise.catch(() => {});
    return Promise.reject(new TypeError("signal: expected an AbortSignal"));
  }
  if (given.length === 0) return promise;
  const fired = given.find(({ aborted }) => aborted);
  if (fired !== undefined) {
    promise.catch(() => {});
    return Promise.reject(fired.reason);
  }
  return new Promise((resolve, reject) => {
    const unsubscribes: Unsubscribe[] = [];
    const unsubscribe = () => {
      for (const each of unsubscribes) each();
    };
    for (const signal of given) {
      unsubscribes.push(onAbort(signal, () => {
        unsubscribe();
        reject(signal.reason);
      }));
    }
    promise.then((value) => {
      unsubscribe();
      resolve(value);
    }, (error) => {
      unsubscribe();
      reject(error);
    });
  });
}

/** Waits so many milliseconds; rejects with the signal's reason at once, and leaves no timer. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return raceAbort(promise, signal).finally(() => clearTimeout(timer));
}

/** Handles the rejection of a promise whose failure does not matter, such as that of a cancel. */
export function ignore(promise: Promise<unknown> | undefined): void {
  promise?.catch(() => {});
}

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

// Timers of the program are late by as much.
const TURN_MS = 4;

/**
 * The turn of a loop that waits for what a program or a server gives. Answers that come in
 * microtasks alone let nothing else run: no timer, no signal.
 */
export class LoopTurn {
  #since = performance.now();

  /** Lets the rest of the program run, where it has not for a while. */
  async yieldIfLong(): Promise<void> {
    if (performance.now() - this.#since <= TURN_MS) return;
    await new Promise((resolve) => builtin("timers").setImmediate(resolve));
    this.#since = performance.now();
  }
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

/** The `closed` promise of a stream's reader or writer; a TypeError for what is no stream's. */
export function closedOf(
  what: string,
  end: { readonly closed: Promise<unknown> },
): Promise<unknown> {
  const { closed } = Object(end) as { closed?: Promise<unknown> };
  if (typeof closed?.catch === "function") return closed;
  throw new TypeError(`${what}: the stream gave a reader or writer without "closed"`);
}
