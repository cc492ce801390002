/**
 * Bytes that wait to be cut.
 *
 * @module
 */

const SMALLEST = 64 * 1024;

/** Bytes that are added at the end and taken from the front, in one piece of memory. */
export class Bytes {
  #memory = new Uint8Array(SMALLEST);
  #view = new DataView(this.#memory.buffer);
  #start = 0;
  #end = 0;

  /** Bytes there. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds a copy of `chunk`. */
  add(chunk: Uint8Array): void {
    const { length } = this;
    if (this.#end + chunk.length > this.#memory.length) {
      const old = this.#memory;
      if ((length + chunk.length) * 2 > old.length) {
        this.#memory = new Uint8Array(Math.max(old.length * 2, (length + chunk.length) * 2));
        this.#view = new DataView(this.#memory.buffer);
        this.#memory.set(old.subarray(this.#start, this.#end));
      } else old.copyWithin(0, this.#start, this.#end);
      this.#start = 0;
      this.#end = length;
    }
    this.#memory.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The first `length` bytes, which are then no longer here. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const taken = this.#memory.slice(this.#start, this.#start + length);
    this.#start += taken.length;
    return taken;
  }

  /** A look at some of them, valid until the next `add`. */
  view(at: number, length: number): DataView {
    return new DataView(this.#memory.buffer, this.#start + at, length);
  }

  /** The byte at `at`. */
  u8(at: number): number {
    return this.#view.getUint8(this.#start + at);
  }

  /** Big-endian, as all of these formats have it. */
  u16(at: number): number {
    return this.#view.getUint16(this.#start + at);
  }

  /** Big-endian. */
  u32(at: number): number {
    return this.#view.getUint32(this.#start + at);
  }

  /** Big-endian; exact up to 2^53. */
  u64(at: number): number {
    return this.u32(at) * 2 ** 32 + this.u32(at + 4);
  }
}
