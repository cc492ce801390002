/**
 * A sink into memory.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../../plain_options.ts";
import { lendBytes, makeBytes, type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { assertMaxBytes, quoted, takeBytes } from "../../check.ts";
import type { SinkSync } from "../contract.ts";

/** Options of {@link MemorySink}. */
export interface MemorySinkOptions {
  /** Bytes to make room for at first; default 64 KiB. */
  initialCapacity?: number | undefined;
  /** The most bytes to take; a write beyond throws a RangeError. Default: no bound. */
  maxBytes?: number | undefined;
}

const optionNames: OptionNames<MemorySinkOptions> = { initialCapacity: true, maxBytes: true };

type Reserve = (length: number, position: number) => OwnBytes;

// A source may say anything of its size.
const MAX_EXPECTED_BYTES = 2 ** 30;

let reserveFor: (sink: MemorySink) => Reserve;
let expectFor: (sink: MemorySink, bytes: number) => void;

/** Collects what is written in memory. */
export class MemorySink implements SinkSync {
  #buffer: OwnBytes<ArrayBuffer>;
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
    const { initialCapacity = 65536, maxBytes = Infinity } = plainOptions(
      "MemorySink",
      options,
      optionNames,
    );
    if (!Number.isSafeInteger(initialCapacity) || initialCapacity < 0) {
      throw new RangeError(`initialCapacity must be a number of bytes, not ${initialCapacity}`);
    }
    assertMaxBytes(maxBytes);
    this.#buffer = makeBytes(initialCapacity);
    this.#maxBytes = maxBytes;
  }

  /** A view of what is written; valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return lendBytes(this.#written());
  }

  /** Hands over the written bytes: the sink is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = lendBytes(this.#written());
    this.#buffer = makeBytes(0);
    this.#length = 0;
    return taken;
  }

  /** Writes at `position`, growing as needed. */
  write(chunk: Uint8Array, position: number): void {
    const bytes = takeBytes("MemorySink.write", chunk);
    this.#reserve(bytes.length, position).set(bytes);
  }

  #written(): OwnBytes<ArrayBuffer> {
    if (this.#length > this.#buffer.length) {
      throw new TypeError("MemorySink: its buffer was transferred: use take() to have it");
    }
    return partOf(this.#buffer, 0, this.#length);
  }

  #reserve(length: number, position: number): OwnBytes {
    const end = position + length;
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`MemorySink: expected a position in bytes, not ${quoted(position)}`);
    }
    if (end > this.#maxBytes) {
      throw new RangeError(`MemorySink: ${end} bytes would pass maxBytes (${this.#maxBytes})`);
    }
    if (end > this.#buffer.length || this.#length > this.#buffer.length) this.#grow(end);
    this.#length = Math.max(this.#length, end);
    return partOf(this.#buffer, position, end);
  }

  // Copying is the lesser part of growing: touching new pages costs more than anything
  // that is done with them. Memory that is only reserved costs nothing.
  #grow(end: number): void {
    const max = Math.max(end, this.#maxBytes);
    const doubled = Math.min(Math.max(end, this.#buffer.length * 2), max);
    const expected = Math.min(this.#expected, max);
    this.#expected = 0;
    const grown = (expected > doubled ? tryAllocate(expected) : undefined) ?? makeBytes(doubled);
    grown.set(this.#written());
    this.#buffer = grown;
  }

  /** Reads back from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): number {
    const target = takeBytes("MemorySink.read", into);
    const part = partOf(this.#written(), position, position + target.length);
    target.set(part);
    return part.length;
  }
}

function tryAllocate(bytes: number): OwnBytes<ArrayBuffer> | undefined {
  try {
    return makeBytes(bytes);
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
