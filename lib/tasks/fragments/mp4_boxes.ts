/**
 * The boxes of mp4 (ISO/IEC 14496-12).
 *
 * @module
 */
import type { Bytes } from "./bytes.ts";

/** One box: what is in it is read by offsets from behind its header. */
export class Boxes {
  readonly #bytes: Bytes;
  readonly #body: number;
  /** Four letters. */
  readonly type: string;
  /** Where it ends; may be behind what is there. */
  readonly end: number;

  private constructor(bytes: Bytes, type: string, body: number, end: number) {
    this.#bytes = bytes;
    this.type = type;
    this.#body = body;
    this.end = end;
  }

  /** The box at `at`; undefined where its header is not there before `limit`. */
  static at(bytes: Bytes, at: number, limit: number): Boxes | undefined {
    if (limit - at < 8) return undefined;
    const short = bytes.u32(at);
    const long = short === 1;
    if (long && limit - at < 16) return undefined;
    // A size of 0 reaches to the end, wherever that will be.
    const size = long ? bytes.u64(at + 8) : short === 0 ? Infinity : short;
    const header = long ? 16 : 8;
    const type = letters(bytes, at + 4);
    if (size < header) throw new Error(`fragments: a ${type} box of ${size} bytes cannot be`);
    return new Boxes(bytes, type, at + header, at + size);
  }

  /** The boxes of one type right inside. */
  *children(type: string): Generator<Boxes, void> {
    for (let at = this.#body; at < this.end;) {
      const box = Boxes.at(this.#bytes, at, this.end);
      if (box === undefined) return;
      if (box.type === type) yield box;
      at = box.end;
    }
  }

  /** The first box down a path of types. */
  find(...path: string[]): Boxes | undefined {
    const [type, ...rest] = path;
    const [box] = this.children(type);
    return rest.length === 0 ? box : box?.find(...rest);
  }

  /** Of a full box. */
  get version(): number {
    return this.u32(0) >>> 24;
  }

  /** Of a full box. */
  get flags(): number {
    return this.u32(0) & 0xffffff;
  }

  u32(at: number): number {
    return this.#bytes.u32(this.#place(at, 4));
  }

  i32(at: number): number {
    return this.u32(at) | 0;
  }

  u64(at: number): number {
    return this.#bytes.u64(this.#place(at, 8));
  }

  /** Exact between -2^53 and 2^53. */
  i64(at: number): number {
    return this.i32(at) * 2 ** 32 + this.u32(at + 4);
  }

  /** Four letters. */
  text(at: number): string {
    return letters(this.#bytes, this.#place(at, 4));
  }

  #place(at: number, length: number): number {
    if (this.#body + at + length > this.end) {
      throw new Error(`fragments: a ${this.type} box is too short`);
    }
    return this.#body + at;
  }
}

function letters(bytes: Bytes, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => bytes.u8(at + i)));
}
