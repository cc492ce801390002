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
import { native, NULL, type Pointer } from "../../ffi/mod.ts";
import { meeting } from "./shared_block.ts";

const STATE = 0;
const LISTENERS_WAITING = 1;
const THREADS = 2;
/** Those that were inside at a theft and have not come out: a callback would be called on them. */
const ROBBED = 3;

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
  const turn = polite ? tryEnter(words, state, listening) : undefined;
  return turn ?? waitForTurn(words, listening, takeOver);
}

/** The turn, where there is one as of `state`. */
function tryEnter(words: Int32Array, state: number, wanted: boolean): Turn | undefined {
  // Looked at after the state, which a theft changes: nobody listens while somebody robbed is inside.
  const listening = wanted && Atomics.load(words, ROBBED) === 0;
  if (!mayEnter(state, listening)) return undefined;
  const after = next(state, listening);
  if (Atomics.compareExchange(words, STATE, state, after) !== state) return undefined;
  return { listening, epoch: state & ~INSIDE };
}

/** Begins a new epoch; who was inside is counted until it comes out. */
function steal(words: Int32Array, state: number): Turn | undefined {
  const robbed = state & LISTENER ? 1 : state & INSIDE;
  const epoch = ((state & ~INSIDE) + EPOCH) | 0;
  Atomics.add(words, ROBBED, robbed);
  if (Atomics.compareExchange(words, STATE, state, next(epoch, false)) === state) {
    return { listening: false, epoch };
  }
  Atomics.sub(words, ROBBED, robbed);
  return undefined;
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
      let turn = polite ? tryEnter(words, state, listening) : undefined;
      if (turn === undefined && waited > PATIENT_MILLISECONDS) {
        // One that was terminated inside never comes out, and nobody can listen any more; one that
        // is slow only loses its lines, and others' until it has come out.
        takeOver();
        turn = steal(words, state);
      }
      if (turn !== undefined) return turn;
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
    if ((state & ~INSIDE) !== turn.epoch) {
      Atomics.sub(words, ROBBED, 1);
      return;
    }
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
