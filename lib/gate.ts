/**
 * Whose turn it is to listen to libav's log, where `seat.ts` has no way.
 *
 * The log callback is one for the process, and a runtime's callback may be called on the thread
 * alone that made it. So a thread that listens is inside libav alone; those that do not listen
 * are inside together, and no callback is set then. The turn is given up while JavaScript runs in
 * a callback of libav's: nobody waits for a source.
 *
 * @module
 */
import { native, NULL, type Pointer } from "../ffi/mod.ts";
import { meeting } from "./meeting.ts";

const STATE = 0;
const LISTENERS_WAITING = 1;
const THREADS = 2;

// STATE: the number of those inside, or LISTENER; above it the epoch, which a theft changes.
const INSIDE = 0x7fff;
const LISTENER = 0x4000;
const EPOCH = 0x8000;

const POLITE_MILLISECONDS = 10;
const PATIENT_MILLISECONDS = 2000;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** A place inside libav. */
interface Turn {
  /** True where this thread alone is inside, and its callback may be set. */
  readonly listening: boolean;
  readonly epoch: number;
}

/** How many threads hold something of libav's open. */
export function busyThreads(): number {
  return Atomics.load(meeting().gate, THREADS);
}

let held = 0;

/** Counts what this thread holds open: `by` is 1 or -1. */
export function countHeld(by: 1 | -1): void {
  const before = held;
  held += by;
  if (before === 0 || held === 0) Atomics.add(meeting().gate, THREADS, by);
}

/** Enters libav. `takeOver` runs where a thread that listens has not come out for long. */
function enter(listening: boolean, takeOver: () => void): Turn {
  const words = meeting().gate;
  const state = Atomics.load(words, STATE);
  const polite = listening || Atomics.load(words, LISTENERS_WAITING) === 0;
  if (polite && mayEnter(state, listening)) {
    const epoch = state & ~INSIDE;
    if (Atomics.compareExchange(words, STATE, state, next(state, listening)) === state) {
      return { listening, epoch };
    }
  }
  return waitForTurn(words, listening, takeOver);
}

function mayEnter(state: number, listening: boolean): boolean {
  return listening ? (state & INSIDE) === 0 : (state & INSIDE) < LISTENER - 1;
}

function next(state: number, listening: boolean): number {
  return listening ? state | LISTENER : state + 1;
}

function waitForTurn(words: Int32Array, listening: boolean, takeOver: () => void): Turn {
  const since = performance.now();
  if (listening) Atomics.add(words, LISTENERS_WAITING, 1);
  try {
    for (let pause = 0.02;; pause = Math.min(pause * 2, 1)) {
      const state = Atomics.load(words, STATE);
      const waited = performance.now() - since;
      const polite = listening || waited > POLITE_MILLISECONDS ||
        Atomics.load(words, LISTENERS_WAITING) === 0;
      if (polite && mayEnter(state, listening)) {
        const epoch = state & ~INSIDE;
        if (Atomics.compareExchange(words, STATE, state, next(state, listening)) === state) {
          return { listening, epoch };
        }
      } else if (waited > PATIENT_MILLISECONDS) {
        // A worker that was terminated inside never comes out. Should it be slow only, then its
        // lines are lost, and nothing else.
        takeOver();
        const epoch = ((state & ~INSIDE) + EPOCH) | 0;
        if (Atomics.compareExchange(words, STATE, state, next(epoch, listening)) === state) {
          return { listening, epoch };
        }
      }
      Atomics.wait(sleeper, 0, 0, pause);
    }
  } finally {
    if (listening) Atomics.sub(words, LISTENERS_WAITING, 1);
  }
}

/** True while nobody has taken this turn over. */
function stillInside(turn: Turn): boolean {
  return (Atomics.load(meeting().gate, STATE) & ~INSIDE) === turn.epoch;
}

/** Comes out. */
function leave(turn: Turn): void {
  const words = meeting().gate;
  for (;;) {
    const state = Atomics.load(words, STATE);
    if ((state & ~INSIDE) !== turn.epoch) return;
    const after = turn.listening ? state & ~INSIDE : state - 1;
    if (Atomics.compareExchange(words, STATE, state, after) === state) return;
  }
}

/** The turns of this thread, and the log callback, which is set while it listens. */
export class Turns {
  readonly #callback: Pointer;
  readonly #native = native();
  #turn: Turn | undefined;

  constructor(callback: Pointer) {
    this.#callback = callback;
    this.#silence();
  }

  /** Comes into libav; until {@link Turns.leave} the callback is told every line. */
  enter(listening: boolean): void {
    this.#turn = enter(listening, this.#silence);
    if (listening) this.#native.avutil.av_log_set_callback(this.#callback);
  }

  /** Comes out. */
  leave(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    if (turn.listening && stillInside(turn)) this.#silence();
    leave(turn);
  }

  readonly #silence = (): void => this.#native.avutil.av_log_set_callback(NULL);
}
