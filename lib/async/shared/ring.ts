/**
 * A ring of bytes in shared memory: one thread writes, the other reads.
 *
 * Bytes that are written before an `Atomics.store` are there after the `Atomics.load` that sees it.
 *
 * @module
 */
import {
  advance,
  copyIn,
  copyOut,
  native,
  type OwnBytes,
  ownBytes,
  partOf,
  type Pointer,
} from "../../../ffi/mod.ts";

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
  readonly #bytes: OwnBytes<SharedArrayBuffer>;
  readonly #mask: number;
  readonly #address: Pointer;

  readonly shared: SharedArrayBuffer;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, 8);
    this.#numbers = new Float64Array(shared, 32, 4);
    this.#bytes = ownBytes(new Uint8Array(shared, RING_HEADER))!;
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

  /** Keeps the ring for a later {@link Ring.acquire}. Neither thread may use it any more. */
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
  put(chunk: OwnBytes): void {
    this.stage(chunk, 0);
    this.commit(chunk.length);
  }

  /** The writer: copies `chunk` to `offset` bytes behind the end, not yet shown. */
  stage(chunk: OwnBytes, offset: number): void {
    const at = (this.#words[TAIL] + offset) & this.#mask;
    const first = Math.min(chunk.length, this.capacity - at);
    if (first === chunk.length) this.#copyIn(chunk, at);
    else {
      this.#copyIn(partOf(chunk, 0, first), at);
      this.#copyIn(partOf(chunk, first), 0);
    }
  }

  // A runtime copies to and from shared memory word by word; memcpy does not.
  #copyIn(chunk: OwnBytes, at: number): void {
    if (chunk.length < NATIVE_COPY_BYTES) this.#bytes.set(chunk, at);
    else copyIn(advance(this.#address, at), chunk);
  }

  /** The reader: copies the `into.length` bytes that are `offset` behind the start. */
  copyOut(into: OwnBytes, offset: number): void {
    let done = 0;
    for (const part of this.peek(offset, into.length)) {
      const target = partOf(into, done, done + part.length);
      if (part.length < NATIVE_COPY_BYTES) target.set(part);
      else {
        const at = part.byteOffset - this.#bytes.byteOffset;
        copyOut(target, advance(this.#address, at), part.length);
      }
      done += part.length;
    }
  }

  /** The writer: the one or two stretches of `length` bytes at `offset` behind the end. */
  room(offset: number, length: number): OwnBytes[] {
    return this.#segments(this.#words[TAIL] + offset, length);
  }

  /** The writer: shows `length` staged bytes. */
  commit(length: number): void {
    Atomics.store(this.#words, TAIL, (this.#words[TAIL] + length) | 0);
  }

  /** The reader: the next `length` bytes, which are there, in one or two stretches. */
  peek(offset: number, length: number): OwnBytes[] {
    return this.#segments(this.#words[HEAD] + offset, length);
  }

  /** The reader: lets go of `length` bytes. */
  skip(length: number): void {
    Atomics.store(this.#words, HEAD, (this.#words[HEAD] + length) | 0);
  }

  #segments(from: number, length: number): OwnBytes[] {
    const at = from & this.#mask;
    const first = Math.min(length, this.capacity - at);
    const head = partOf(this.#bytes, at, at + first);
    return first === length ? [head] : [head, partOf(this.#bytes, 0, length - first)];
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
