/**
 * A sink into memory.
 *
 * @module
 */
import { assertMaxBytes } from "../../check.ts";
import type { SinkSync } from "../contract.ts";

/** Options of {@link MemorySink}. */
export interface MemorySinkOptions {
  /** Bytes to make room for at first; default 64 KiB. */
  initialCapacity?: number;
  /** The most bytes to take; a write beyond throws a RangeError. Default: no bound. */
  maxBytes?: number;
}

type Reserve = (length: number, position: number) => Uint8Array;

// A source may say anything of its size.
const MAX_EXPECTED_BYTES = 2 ** 30;

let reserveFor: (sink: MemorySink) => Reserve;
let expectFor: (sink: MemorySink, bytes: number) => void;

/** Collects what is written in memory. */
export class MemorySink implements SinkSync {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  readonly #maxBytes: number;
  /** The expected size, which {@link reserveCapacityFor} sets. */
  #expected = 0;

  static {
    reserveFor = (sink) => (length, position) => sink.#reserve(length, position);
    expectFor = (sink, bytes) => {
      sink.#expected = bytes;
    };
  }

  /** See {@link MemorySinkOptions}. */
  constructor(options: MemorySinkOptions = {}) {
    const { initialCapacity = 65536, maxBytes = Infinity } = options;
    if (!Number.isSafeInteger(initialCapacity) || initialCapacity < 0) {
      throw new RangeError(`initialCapacity must be a number of bytes, not ${initialCapacity}`);
    }
    assertMaxBytes(maxBytes);
    this.#buffer = new Uint8Array(initialCapacity);
    this.#maxBytes = maxBytes;
  }

  /** A view of what is written; valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Hands over the written bytes: the sink is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes;
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
    return taken;
  }

  /** Writes at `position`, growing as needed. */
  write(chunk: Uint8Array, position: number): void {
    this.#reserve(chunk.length, position).set(chunk);
  }

  #reserve(length: number, position: number): Uint8Array {
    const end = position + length;
    if (end > this.#maxBytes) {
      throw new RangeError(`MemorySink: ${end} bytes would pass maxBytes (${this.#maxBytes})`);
    }
    if (end > this.#buffer.length) this.#grow(end);
    this.#length = Math.max(this.#length, end);
    return this.#buffer.subarray(position, end);
  }

  // Copying is the lesser part of growing: touching new pages costs more than anything
  // that is done with them. Memory that is only reserved costs nothing.
  #grow(end: number): void {
    const max = Math.max(end, this.#maxBytes);
    const doubled = Math.min(Math.max(end, this.#buffer.length * 2), max);
    const expected = Math.min(this.#expected, max);
    this.#expected = 0;
    const grown = (expected > doubled ? tryAllocate(expected) : undefined) ??
      new Uint8Array(doubled);
    grown.set(this.bytes);
    this.#buffer = grown;
  }

  /** Reads back from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): number {
    const part = this.bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }
}

function tryAllocate(bytes: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    // An expectation may be too much to ask for; what is written decides.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Tells a sink that is nothing but memory that about as much will come as there is of `input`. */
export function reserveCapacityFor(input: unknown, sink: unknown): void {
  if (!(sink instanceof MemorySink) || typeof input !== "object" || input === null) return;
  const { size, byteLength } = input as { readonly size?: unknown; readonly byteLength?: unknown };
  const bytes = Math.min(Number(byteLength ?? size ?? 0), MAX_EXPECTED_BYTES);
  if (Number.isSafeInteger(bytes)) expectFor(sink, bytes + Math.floor(bytes / 8) + 65536);
}

/**
 * Where a sink that is nothing but memory wants its next bytes, so that they are copied once;
 * undefined for any other sink.
 */
export function reserveIn(sink: object): Reserve | undefined {
  // A subclass may write otherwise, and so may an object whose method was exchanged.
  return sink instanceof MemorySink && sink.write === MemorySink.prototype.write
    ? reserveFor(sink)
    : undefined;
}
