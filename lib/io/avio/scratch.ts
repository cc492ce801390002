/**
 * Memory that is used again and again for chunks of changing length.
 *
 * @module
 */
import { makeBytes, type OwnBytes, partOf } from "../../../ffi/mod.ts";

/** Grows to the longest chunk asked for. */
export class Scratch {
  #bytes = makeBytes(0);

  /** Exactly `length` bytes, whatever was in them before; new ones where a program took the old. */
  take(length: number): OwnBytes<ArrayBuffer> {
    if (this.#bytes.length < length) this.#bytes = makeBytes(length);
    return this.#bytes.length === length ? this.#bytes : partOf(this.#bytes, 0, length);
  }

  /** Lets go of the memory: a reader that was given up may still write to it. */
  release(): void {
    this.#bytes = makeBytes(0);
  }
}
