/**
 * Bytes that come in pieces.
 *
 * @module
 */
import { makeBytes, type OwnBytes, partOf } from "../../ffi/mod.ts";

/** Pieces in one array, whose room doubles: all of them are copied twice at most. */
export class GrowingBytes {
  #room: OwnBytes<ArrayBuffer> = makeBytes(0);
  #length = 0;

  /** Bytes in all. */
  get length(): number {
    return this.#length;
  }

  /** All of them; what is appended later is not in it. */
  get all(): OwnBytes<ArrayBuffer> {
    return partOf(this.#room, 0, this.#length);
  }

  /** Adds a copy of `bytes`. */
  append(bytes: OwnBytes): void {
    const { length } = bytes;
    if (this.#length + length > this.#room.length) {
      const room = makeBytes(Math.max(this.#length + length, this.#room.length * 2));
      room.set(this.all);
      this.#room = room;
    }
    this.#room.set(bytes, this.#length);
    this.#length += length;
  }
}
