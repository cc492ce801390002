/**
 * A source over bytes in memory.
 *
 * @module
 */
import type { SourceSync } from "../contract.ts";
import { READ_CHUNK } from "../internal.ts";

let bytesOf: (source: MemorySource) => Uint8Array;

/** Bytes in memory. The bytes are not copied; do not change them while they are read. */
export class MemorySource implements SourceSync {
  readonly #bytes: Uint8Array;

  static {
    bytesOf = (source) => source.#bytes;
  }

  /** Takes bytes, or a buffer of them. */
  constructor(bytes: Uint8Array | ArrayBuffer) {
    this.#bytes = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  }

  /** Bytes in all. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Copies from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  /** @ignore */
  [READ_CHUNK](position: number, max: number): Uint8Array | null {
    return position >= this.#bytes.length ? null : this.#bytes.subarray(position, position + max);
  }
}

/** The bytes of a source that is nothing but bytes in memory; undefined for any other. */
export function memoryOf(source: SourceSync): Uint8Array | undefined {
  // A subclass may read otherwise, and so may an object whose method was exchanged.
  return source instanceof MemorySource && source.read === MemorySource.prototype.read
    ? bytesOf(source)
    : undefined;
}
