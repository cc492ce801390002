/**
 * What two threads share: the control words of a session, and rings of bytes.
 *
 * One side writes, the other reads; what is written before an `Atomics.store` is there after the
 * `Atomics.load` that sees it.
 *
 * @module
 */
import { advance, native, type Pointer } from "../../../ffi/mod.ts";

/** Words of a session's control block. */
export const Control = {
  /** Counts up whenever the main thread has done something a waiting worker may want. */
  WAKE_SEQ: 0,
  /** Not 0: the worker gives up at its next callback. */
  ABORT: 1,
  /** 1 while the main thread wants a message when something has changed. */
  MAIN_WAITS: 2,
  /** 1 while the worker waits, or is about to: what it may want needs a ring of the bell. */
  WORKER_WAITS: 3,
  /** Commands posted and not yet taken up: the worker goes back to its event loop. */
  COMMANDS: 4,
  /** The state of the one question the worker is asking, see {@link Answer}. */
  ANSWER: 5,
  /** Packets put into the queue, and taken out of it. */
  PACKETS_IN: 6,
  PACKETS_OUT: 7,
  /** 1 while the main thread keeps the session alive for the worker's sake. */
  WORKER_REFED: 8,
  /** The bell at which the worker found nothing to do; anything else while it works. */
  BLOCKED_AT: 9,
  /** Counts the messages that the worker has posted. */
  POSTED: 10,
  /** Packets taken out at which the worker, waiting for room, wants to hear of it. */
  WAKE_AT: 11,
  /** Not 0: every source is at its end. */
  END_INPUTS: 12,
} as const;

const CONTROL_WORDS = 16;
const CONTROL_NUMBERS = 2;

/** How a question of the worker's was answered. */
export const Answer = { PENDING: 0, DONE: 1, FAILED: 2 } as const;

/** A session's control block. */
export class ControlBlock {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** What an answer holds. */
  readonly numbers: Float64Array<SharedArrayBuffer>;

  readonly shared: SharedArrayBuffer;

  constructor(
    shared: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_WORDS * 4 + CONTROL_NUMBERS * 8),
  ) {
    this.shared = shared;
    this.words = new Int32Array(shared, 0, CONTROL_WORDS);
    this.numbers = new Float64Array(shared, CONTROL_WORDS * 4, CONTROL_NUMBERS);
  }

  load(word: number): number {
    return Atomics.load(this.words, word);
  }

  store(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }

  /**
   * True where the worker does nothing until the bell rings. It says so after it has looked at what
   * it waits for, and every change after that rings: so it cannot be at work.
   */
  get blocked(): boolean {
    return this.load(Control.WORKER_WAITS) === 1 &&
      this.load(Control.BLOCKED_AT) === this.load(Control.WAKE_SEQ);
  }

  /** The worker: nothing to do, as of `sequence`. */
  block(sequence: number): void {
    this.store(Control.BLOCKED_AT, sequence);
  }

  /** The worker: what it said when it waited before holds no more. */
  unblock(): void {
    this.store(Control.BLOCKED_AT, this.load(Control.WAKE_SEQ) - 1);
  }

  /** Wakes the worker, if it waits. One that is about to looks again after it has said so. */
  notify(): void {
    if (this.load(Control.WORKER_WAITS) === 0) return;
    Atomics.add(this.words, Control.WAKE_SEQ, 1);
    Atomics.notify(this.words, Control.WAKE_SEQ);
  }
}

/** How a ring ends. */
export const RingState = { OPEN: 0, ENDED: 1, FAILED: 2 } as const;

const HEAD = 0;
const TAIL = 1;
const STATE = 2;
const ASKED = 3;
const SERVED = 4;
// Some processors copy at a tenth of their speed to where the page offset is a little above the
// source's, and large arrays begin a page: half a page keeps away from that.
const RING_HEADER = 2048;
// Below this a call costs more than it saves.
const NATIVE_COPY_BYTES = 1024;
const TARGET = 0;

const MAX_RING_BYTES = 2 ** 30;

/** A high-water mark as the options name it, checked. */
export function checkedHighWaterMark(bytes: number): number {
  if (Number.isInteger(bytes) && bytes > 0 && bytes <= MAX_RING_BYTES) return bytes;
  throw new RangeError(`highWaterMark must be 1 to ${MAX_RING_BYTES} bytes, not ${bytes}`);
}

// A collector that sees a small object does not know how much memory stands behind it, least of
// all in an idle worker: rings are used again instead of left to it.
const MAX_FREE_RINGS = 64;
const freeRings: Ring[] = [];

/** A queue of bytes in shared memory. */
export class Ring {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;
  readonly #mask: number;
  readonly #address: Pointer;
  readonly #libc = native().libc;

  readonly shared: SharedArrayBuffer;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, 8);
    this.#numbers = new Float64Array(shared, 32, 4);
    this.#bytes = new Uint8Array(shared, RING_HEADER);
    this.#mask = this.#bytes.length - 1;
    this.#address = native().ffi.address(this.#bytes);
  }

  /** A ring of at least `bytes`. */
  static make(bytes: number): Ring {
    let capacity = 4096;
    while (capacity < bytes) capacity *= 2;
    return new Ring(new SharedArrayBuffer(RING_HEADER + capacity));
  }

  /** A ring that was used before, or a new one. */
  static acquire(bytes: number): Ring {
    const ring = freeRings.find(({ capacity }) => capacity >= bytes && capacity < bytes * 2);
    if (ring === undefined) return Ring.make(bytes);
    freeRings.splice(freeRings.indexOf(ring), 1);
    ring.#words.fill(0);
    ring.#numbers.fill(0);
    return ring;
  }

  /** Keeps it for the next who takes one. Nobody may use it any more, on either thread. */
  static recycle(ring: Ring): void {
    if (freeRings.length < MAX_FREE_RINGS && !freeRings.includes(ring)) freeRings.push(ring);
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** Bytes written and not yet read. */
  get filled(): number {
    return (Atomics.load(this.#words, TAIL) - Atomics.load(this.#words, HEAD)) >>> 0;
  }

  /** Bytes that can be written now. */
  get free(): number {
    return this.capacity - this.filled;
  }

  get state(): number {
    return Atomics.load(this.#words, STATE);
  }

  set state(state: number) {
    Atomics.store(this.#words, STATE, state);
  }

  /** The writer: copies `chunk`, which fits, and shows it to the reader. */
  put(chunk: Uint8Array): void {
    this.stage(chunk, 0);
    this.commit(chunk.length);
  }

  /** The writer: copies `chunk` to `offset` bytes behind the end, not yet shown. */
  stage(chunk: Uint8Array, offset: number): void {
    const at = (this.#words[TAIL] + offset) & this.#mask;
    const first = Math.min(chunk.length, this.capacity - at);
    if (first === chunk.length) this.#copyIn(chunk, at);
    else {
      this.#copyIn(chunk.subarray(0, first), at);
      this.#copyIn(chunk.subarray(first), 0);
    }
  }

  // A runtime copies to and from shared memory word by word; memcpy does not.
  #copyIn(chunk: Uint8Array, at: number): void {
    if (chunk.length < NATIVE_COPY_BYTES) this.#bytes.set(chunk, at);
    else this.#libc.copy_in(advance(this.#address, at), chunk, chunk.length);
  }

  /** The reader: copies the `into.length` bytes that are `offset` behind the start. */
  copyOut(into: Uint8Array, offset: number): void {
    let done = 0;
    for (const part of this.peek(offset, into.length)) {
      const target = into.subarray(done, done + part.length);
      if (part.length < NATIVE_COPY_BYTES) target.set(part);
      else {
        const at = part.byteOffset - this.#bytes.byteOffset;
        this.#libc.copy_out(target, advance(this.#address, at), part.length);
      }
      done += part.length;
    }
  }

  /** The writer: the one or two stretches of `length` bytes at `offset` behind the end. */
  room(offset: number, length: number): Uint8Array[] {
    return this.#segments(this.#words[TAIL] + offset, length);
  }

  /** The writer: shows `length` staged bytes. */
  commit(length: number): void {
    Atomics.store(this.#words, TAIL, (this.#words[TAIL] + length) | 0);
  }

  /** The reader: the next `length` bytes, which are there, in one or two stretches. */
  peek(offset: number, length: number): Uint8Array[] {
    return this.#segments(this.#words[HEAD] + offset, length);
  }

  /** The reader: lets go of `length` bytes. */
  skip(length: number): void {
    Atomics.store(this.#words, HEAD, (this.#words[HEAD] + length) | 0);
  }

  #segments(from: number, length: number): Uint8Array[] {
    const at = from & this.#mask;
    const first = Math.min(length, this.capacity - at);
    const head = this.#bytes.subarray(at, at + first);
    return first === length ? [head] : [head, this.#bytes.subarray(0, length - first)];
  }

  /** The reader: asks the writer to go on from another place; nothing is read until it has. */
  requestSeek(position: number): void {
    this.#numbers[TARGET] = position;
    Atomics.add(this.#words, ASKED, 1);
  }

  /** True while the reader waits for another place. */
  get seekPending(): boolean {
    return Atomics.load(this.#words, ASKED) !== Atomics.load(this.#words, SERVED);
  }

  /** The writer: empties the ring and answers; returns the place asked for. */
  acceptSeek(): number {
    const asked = Atomics.load(this.#words, ASKED);
    const position = this.#numbers[TARGET];
    Atomics.store(this.#words, HEAD, 0);
    Atomics.store(this.#words, TAIL, 0);
    this.state = RingState.OPEN;
    Atomics.store(this.#words, SERVED, asked);
    return position;
  }
}
