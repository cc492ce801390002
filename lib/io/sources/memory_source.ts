/**
 * A source over bytes in memory.
 *
 * @module
 */
import { ownBuffer, type OwnBytes, ownBytes, partOf } from "../../../ffi/mod.ts";
import { nameOf, takeBytes } from "../../check.ts";
import type { SourceSync } from "../contract.ts";
import { READ_CHUNK } from "../internal.ts";

let bytesOf: (source: MemorySource) => OwnBytes;

/** Bytes in memory. The bytes are not copied; do not change them while they are read. */
export class MemorySource implements SourceSync {
  readonly #bytes: OwnBytes;

  static {
    bytesOf = (source) => source.#bytes;
  }

  /** Takes bytes, or a buffer of them; a TypeError for anything else. */
  constructor(bytes: Uint8Array | ArrayBuffer) {
    this.#bytes = ownBytes(bytes) ?? ownBuffer(bytes) ?? refuse(bytes);
  }

  /** Bytes in all. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Copies from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): number {
    const target = takeBytes("MemorySource.read", into);
    const part = partOf(this.#bytes, position, position + target.length);
    target.set(part);
    return part.length;
  }

  /** @ignore */
  [READ_CHUNK](position: number, max: number): Uint8Array | null {
    return position >= this.#bytes.length ? null : partOf(this.#bytes, position, position + max);
  }
}

/** The source of an input that is bytes or a buffer of them; undefined for any other. */
export function memoryInput(input: unknown): MemorySource | undefined {
  const bytes = ownBytes(input) ?? ownBuffer(input);
  return bytes && new MemorySource(bytes);
}

function refuse(value: unknown): never {
  throw new TypeError(
    `MemorySource: expected a Uint8Array or an ArrayBuffer, not ${nameOf(value)}`,
  );
}

/** The bytes of a source that is nothing but bytes in memory; undefined for any other. */
export function memoryOf(source: SourceSync): OwnBytes | undefined {
  // A subclass may read otherwise, and so may an object whose method was exchanged.
  return source instanceof MemorySource && source.read === MemorySource.prototype.read
    ? bytesOf(source)
    : undefined;
}
