/**
 * Whose turn it is to listen to libav's log.
 *
 * The log callback is one for the process, and a runtime's callback may be called on the thread
 * alone that made it. So a thread that listens is inside libav alone; those that do not listen
 * are inside together, and no callback is set then. The turn is given up while JavaScript runs in
 * a callback of libav's: nobody waits for a source.
 *
 * @module
 */
import process from "node:process";
import { advance, cString, native, NULL, type Pointer } from "../ffi/mod.ts";

const STATE = 0;
const LISTENERS_WAITING = 1;
const THREADS = 2;
const WORDS = 3;

// STATE: the number of those inside, or LISTENER; above it the epoch, which a theft changes.
const INSIDE = 0x7fff;
const LISTENER = 0x4000;
const EPOCH = 0x8000;

const POLITE_MILLISECONDS = 10;
const PATIENT_MILLISECONDS = 2000;

const name = "AVIO_LOG_GATE";
const sleeper = new Int32Array(new SharedArrayBuffer(4));

interface Gate {
  readonly address: Pointer;
  readonly words: Int32Array;
}

let gate: Gate | undefined;
let given: Pointer = NULL;

/** In a worker of the module's own: the gate of the thread that made it. */
export function shareGate(address: Pointer): void {
  given = address;
}

/** Where this process keeps its gate, for a worker to be given. */
export function gateAddress(): Pointer {
  return theGate().address;
}

function theGate(): Gate {
  return gate ??= openGate();
}

let known: Int32Array | undefined;

function theWords(): Int32Array {
  return known ??= theGate().words;
}

// Threads that load the module on their own find the first one's gate in C's environment. A child
// process inherits that too: the entry says whose it is.
function openGate(): Gate {
  const { avutil, ffi, libc } = native();
  const at = (address: Pointer): Gate => ({
    address,
    words: new Int32Array(ffi.view(address, WORDS * 4)),
  });
  if (given !== NULL) return at(given);
  const owner = `${process.pid}:${process.ppid}:`;
  const variable = cString(`${name}_${process.pid}`);
  const found = (): Pointer => {
    const entry = libc.getenv?.(variable) ?? NULL;
    const text = entry === NULL ? "" : ffi.string(entry);
    return text.startsWith(owner) ? Number(text.slice(owner.length)) as Pointer : NULL;
  };
  const existing = found();
  if (existing !== NULL) return at(existing);
  // Never freed: other threads may be at it until the process ends.
  const made = avutil.av_mallocz(WORDS * 4);
  if (made === NULL) throw new RangeError("out of memory");
  libc.setenv?.(variable, cString(`${owner}${advance(made, 0)}`), 0);
  const winner = found();
  return at(winner === NULL ? made : winner);
}

/** A place inside libav. */
export interface Turn {
  /** True where this thread alone is inside, and its callback may be set. */
  readonly listening: boolean;
  readonly epoch: number;
}

/** How many threads hold something of libav's open. */
export function busyThreads(): number {
  return Atomics.load(theWords(), THREADS);
}

let held = 0;

/** Counts what this thread holds open: `by` is 1 or -1. */
export function countHeld(by: 1 | -1): void {
  const before = held;
  held += by;
  if (before === 0 || held === 0) Atomics.add(theGate().words, THREADS, by);
}

/** Enters libav. `takeOver` runs where a thread that listens has not come out for long. */
export function enter(listening: boolean, takeOver: () => void): Turn {
  const words = theWords();
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
export function stillInside(turn: Turn): boolean {
  return (Atomics.load(theWords(), STATE) & ~INSIDE) === turn.epoch;
}

/** Comes out. */
export function leave(turn: Turn): void {
  const words = theWords();
  for (;;) {
    const state = Atomics.load(words, STATE);
    if ((state & ~INSIDE) !== turn.epoch) return;
    const after = turn.listening ? state & ~INSIDE : state - 1;
    if (Atomics.compareExchange(words, STATE, state, after) === state) return;
  }
}
