/**
 * The part of a resource that a playlist asked for.
 *
 * @module
 */
import { makeBytes, partOf } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { checkedSize, readSource } from "../avio/check_callback_answers.ts";
import type { AGAIN, SourceSync } from "../contract.ts";

/** Bytes `start` (first) to `end` (after the last; undefined: to the resource's own end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number | undefined;
}

/** The range that libavformat's protocol options name, or undefined where they name none. */
export function rangeOf(options: Readonly<Record<string, string>>): ByteRange | undefined {
  const start = Number(options.offset ?? 0);
  const end = Number(options.end_offset ?? 0);
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return undefined;
  if (start <= 0 && end <= 0) return undefined;
  return { start: Math.max(0, start), end: end > 0 ? end : undefined };
}

/**
 * A window over a source. `absolute` keeps the resource's own positions, which libavformat seeks in
 * for names that look like files; for `http(s)` names position 0 is the first byte of the window.
 */
export class RangeSource implements SourceSync {
  readonly #source: SourceSync;
  readonly #range: ByteRange;
  readonly #shift: number;
  // A source that cannot seek is read from its beginning up to the window.
  #skip: number;
  /** Bytes up to the end of the window, in the positions that `read` takes. */
  readonly size: number | undefined;
  /** An absolute window must be seekable: libavformat moves to its start. */
  readonly seekable: boolean;

  constructor(source: SourceSync, range: ByteRange, absolute: boolean) {
    this.#source = source;
    this.#range = range;
    this.#shift = absolute ? 0 : range.start;
    this.seekable = absolute && source.seekable !== false;
    this.#skip = !absolute && source.seekable === false ? range.start : 0;
    const whole = checkedSize(source.size, "source");
    const end = whole === undefined ? range.end : Math.min(range.end ?? Infinity, whole);
    this.size = end === undefined ? undefined : Math.max(0, end - this.#shift);
  }

  read(into: Uint8Array, position: number): number | null | typeof AGAIN {
    while (this.#skip > 0) {
      const scrap = makeBytes(Math.min(this.#skip, 65536));
      const got = readSource(this.#source, scrap, this.#range.start - this.#skip);
      if (typeof got !== "number") return got;
      this.#skip -= got;
    }
    const from = position + this.#shift;
    const target = takeBytes("read", into);
    const room = Math.min(target.length, (this.#range.end ?? Infinity) - from);
    if (room <= 0) return 0;
    return readSource(this.#source, partOf(target, 0, room), from);
  }

  close(): void {
    this.#source.close?.();
  }
}

/** A source whose first byte stands at a later position, where libavformat will look for it. */
export class ShiftedSource implements SourceSync {
  readonly #source: SourceSync;
  readonly #start: number;
  readonly size: number | undefined;
  readonly seekable: boolean;

  constructor(source: SourceSync, start: number) {
    this.#source = source;
    this.#start = start;
    const size = checkedSize(source.size, "source");
    this.size = size === undefined ? undefined : size + start;
    this.seekable = source.seekable !== false;
  }

  read(into: Uint8Array, position: number): number | null | typeof AGAIN {
    return readSource(this.#source, takeBytes("read", into), Math.max(0, position - this.#start));
  }

  close(): void {
    this.#source.close?.();
  }
}
