/**
 * Reading bits and NAL units out of codec headers that may be truncated or hostile.
 *
 * @module
 */

/** Reads big-endian bit fields; past the end it reads zeros and remembers that it did. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  /** Starts at the first bit of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether something was read that is not there. */
  get overrun(): boolean {
    return this.#position > this.#bytes.length * 8;
  }

  /** The next `count` bits (32 at most) as an unsigned number. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.#bit();
    return value;
  }

  /** The next bit as a boolean. */
  flag(): boolean {
    return this.#bit() === 1;
  }

  /** Steps over an unsigned Exp-Golomb style number (`uvlc`). */
  skipUvlc(): void {
    let zeros = 0;
    while (!this.flag() && !this.overrun) zeros++;
    if (zeros < 32) this.#position += zeros;
  }

  #bit(): number {
    const byte = this.#bytes[this.#position >> 3] ?? 0;
    return (byte >> (7 - (this.#position++ & 7))) & 1;
  }
}

/** `value` as upper case hex of at least `digits` digits. */
export function hex(value: number, digits = 1): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

/** `value` in decimal, two digits at least. */
export function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Whether `bytes` begins with an Annex B start code. */
export function isAnnexB(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0 || bytes[1] !== 0) return false;
  return bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1);
}

/** The NAL units of an Annex B byte stream, emulation prevention bytes removed. */
export function* nalUnits(bytes: Uint8Array): Generator<Uint8Array> {
  let start = -1;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    if (start >= 0) yield unescaped(bytes.subarray(start, i));
    start = i + 3;
    i += 2;
  }
  if (start >= 0) yield unescaped(bytes.subarray(start));
}

function unescaped(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
