/**
 * The lock of libav's log callback, where there is no trampoline (`thread_slot.ts`).
 *
 * The log callback is one for the process, and a runtime's callback may be called on the thread
 * alone that made it. So a thread that listens is inside libav alone; threads that do not listen
 * are inside together, and no callback is set then. The turn is given up while JavaScript runs in
 * a callback of libav's: no thread waits for a source.
 *
 * @module
 */
import { native, NULL, type Pointer } from "../../ffi/mod.ts";
import { sharedLogBlock } from "./shared_block.ts";

const STATE = 0;
const LISTENERS_WAITING = 1;
const THREADS = 2;
/**
 * Threads that were inside at a theft and have not come out, and codecs with threads of their own:
 * a callback would be called on them.
 */
const ORPHANED = 3;

// STATE: the number of those inside, or LISTENER; above it the epoch, which a theft changes.
const INSIDE = 0x7fff;
const LISTENER = 0x4000;
const EPOCH = 0x8000;

const FAIRNESS_MS = 10;
const TAKEOVER_MS = 2000;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** A place inside libav. */
interface LockToken {
  /** True where this thread alone is inside, and its callback may be set. */
  readonly listening: boolean;
  readonly epoch: number;
}

/** How many threads hold something of libav's open. */
export function threadsWithOpenContexts(): number {
  return Atomics.load(sharedLogBlock().lock, THREADS);
}

let held = 0;

/** Counts what this thread holds open: `by` is 1 or -1. */
export function trackOpenContexts(by: 1 | -1): void {
  const before = held;
  held += by;
  if (before === 0 || held === 0) Atomics.add(sharedLogBlock().lock, THREADS, by);
}

/**
 * Counts the open codecs that run threads of their own, in the whole process: `by` is 1 before
 * one opens, -1 after it is freed. Such a thread calls the log callback, which a runtime's own must
 * never be called on; and it outlives the call. While there is one, threads that take turns are
 * told no log line.
 */
export function countThreadedCodec(by: 1 | -1): void {
  Atomics.add(sharedLogBlock().lock, ORPHANED, by);
}

/** Enters libav. `takeOver` runs where a thread that listens has not come out for long. */
function enter(listening: boolean, takeOver: () => void): LockToken {
  const words = sharedLogBlock().lock;
  const state = Atomics.load(words, STATE);
  const fair = listening || Atomics.load(words, LISTENERS_WAITING) === 0;
  const token = fair ? tryEnter(words, state, listening) : undefined;
  return token ?? waitForTurn(words, listening, takeOver);
}

/** The turn, where there is one as of `state`. */
function tryEnter(words: Int32Array, state: number, wanted: boolean): LockToken | undefined {
  // Read after the state, which a takeover changes: no thread listens while an orphan is inside.
  const listening = wanted && Atomics.load(words, ORPHANED) === 0;
  if (!mayEnter(state, listening)) return undefined;
  const after = next(state, listening);
  if (Atomics.compareExchange(words, STATE, state, after) !== state) return undefined;
  const turn = { listening, epoch: state & ~INSIDE };
  if (!listening || Atomics.load(words, ORPHANED) === 0) return turn;
  // A codec with threads was opened since.
  leave(turn);
  return undefined;
}

/** Begins a new epoch; who was inside is counted until it comes out. */
function forceAcquire(words: Int32Array, state: number): LockToken | undefined {
  const orphaned = state & LISTENER ? 1 : state & INSIDE;
  const epoch = ((state & ~INSIDE) + EPOCH) | 0;
  Atomics.add(words, ORPHANED, orphaned);
  if (Atomics.compareExchange(words, STATE, state, next(epoch, false)) === state) {
    return { listening: false, epoch };
  }
  Atomics.sub(words, ORPHANED, orphaned);
  return undefined;
}

function mayEnter(state: number, listening: boolean): boolean {
  return listening ? (state & INSIDE) === 0 : (state & INSIDE) < LISTENER - 1;
}

function next(state: number, listening: boolean): number {
  return listening ? state | LISTENER : state + 1;
}

function waitForTurn(words: Int32Array, listening: boolean, takeOver: () => void): LockToken {
  const since = performance.now();
  if (listening) Atomics.add(words, LISTENERS_WAITING, 1);
  try {
    for (let pause = 0.02;; pause = Math.min(pause * 2, 1)) {
      const state = Atomics.load(words, STATE);
      const waited = performance.now() - since;
      const fair = listening || waited > FAIRNESS_MS ||
        Atomics.load(words, LISTENERS_WAITING) === 0;
      let token = fair ? tryEnter(words, state, listening) : undefined;
      if (token === undefined && waited > TAKEOVER_MS) {
        // A thread terminated inside never comes out, and none could listen any more; one that
        // is slow only loses its lines, and others' until it has come out.
        takeOver();
        token = forceAcquire(words, state);
      }
      if (token !== undefined) return token;
      Atomics.wait(sleeper, 0, 0, pause);
    }
  } finally {
    if (listening) Atomics.sub(words, LISTENERS_WAITING, 1);
  }
}

/** True until another thread takes the lock over. */
function stillInside(token: LockToken): boolean {
  return (Atomics.load(sharedLogBlock().lock, STATE) & ~INSIDE) === token.epoch;
}

/** Comes out. */
function leave(token: LockToken): void {
  const words = sharedLogBlock().lock;
  for (;;) {
    const state = Atomics.load(words, STATE);
    if ((state & ~INSIDE) !== token.epoch) {
      Atomics.sub(words, ORPHANED, 1);
      return;
    }
    const after = token.listening ? state & ~INSIDE : state - 1;
    if (Atomics.compareExchange(words, STATE, state, after) === state) return;
  }
}

/** The turns of this thread, and the log callback, which is set while it listens. */
export class LogLock {
  readonly #callback: Pointer;
  readonly #native = native();
  #token: LockToken | undefined;

  constructor(callback: Pointer) {
    this.#callback = callback;
    this.#silence();
  }

  /** Comes into libav; until {@link LogLock.leave} the callback is told every line. */
  enter(listening: boolean): void {
    this.#token = enter(listening, this.#silence);
    if (this.#token.listening) this.#native.avutil.av_log_set_callback(this.#callback);
  }

  /** Comes out. */
  leave(): void {
    const token = this.#token;
    if (token === undefined) return;
    this.#token = undefined;
    if (token.listening && stillInside(token)) this.#silence();
    leave(token);
  }

  readonly #silence = (): void => this.#native.avutil.av_log_set_callback(NULL);
}
