/**
 * The checks of every answer that a program's callbacks, sources and sinks give, before C sees it.
 *
 * @module
 */
import { lendBytes, type OwnBytes } from "../../../ffi/mod.ts";
import { isThenable } from "../../check.ts";
import { AVERROR, AVError, AVERROR_EOF } from "../../error.ts";
import { AGAIN, type SourceSync } from "../contract.ts";

/** The error for an answer that cannot be. */
export function wrongAnswer(what: string, value: unknown, expected: string): TypeError {
  const shown = typeof value === "bigint"
    ? `${value}n`
    : typeof value === "string"
    ? JSON.stringify(value)
    : isThenable(value)
    ? "a promise (an asynchronous source needs the asynchronous functions)"
    : String(value);
  return new TypeError(`${what} returned ${shown}; expected ${expected}`);
}

/** The bytes a read callback reports, checked: never more than was asked for. */
export function checkedRead(value: unknown, length: number, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < -(2 ** 31)) {
    throw wrongAnswer(what, value, `an integer of at most ${length}`);
  }
  if (value > length) throw wrongAnswer(what, value, `at most the ${length} bytes asked for`);
  return value === 0 ? AVERROR_EOF : value;
}

/** The result of a write callback, checked: everything or an error. */
export function checkedWrite(value: unknown, length: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < -(2 ** 31)) {
    throw wrongAnswer("write", value, `${length}, the bytes given`);
  }
  if (value >= 0 && value !== length) {
    throw wrongAnswer("write", value, `${length}, the bytes given: a short write loses data`);
  }
  return value;
}

/** A position or a size, checked. */
export function checkedPosition(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw wrongAnswer("seek", value, "a position in bytes or a negative AVERROR");
  }
  return value;
}

/** A size, checked: bytes, or undefined where it is not known. */
export function checkedSize(size: unknown, what: string): number | undefined {
  if (size === undefined || size === null) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw wrongAnswer(`${what}.size`, size, "a number of bytes");
  }
  return size;
}

/** The answer of a source's `read`, checked: bytes, null at the end, or {@link AGAIN}. */
export function sourceAnswer(got: unknown, length: number): number | null | typeof AGAIN {
  if (got === AGAIN) return AGAIN;
  if (got === null) return null;
  if (typeof got === "number" && got < 0) {
    throw wrongAnswer("source.read", got, "a number of bytes, 0 or null at the end, or AGAIN");
  }
  const checked = checkedRead(got, length, "source.read");
  return checked === AVERROR_EOF ? null : checked;
}

/**
 * Fills `into` from a source of the program's, which gets a lent array over it. The answer of its
 * `read` is checked, and `into` is whole afterwards.
 */
export function readSource(
  source: SourceSync,
  into: OwnBytes,
  position: number,
): number | null | typeof AGAIN {
  const { length } = into;
  const got = sourceAnswer(source.read(lendBytes(into), position), length);
  assertKept(into, length);
  return got;
}

/** A TypeError where the program transferred the buffer that it was lent. */
export function assertKept(bytes: OwnBytes, length: number): void {
  if (bytes.length === length) return;
  throw new TypeError("read: the buffer it was given has been transferred");
}

/** The error for a source that has nothing yet where libavformat cannot come back to it. */
export function cannotResume(what: string): AVError {
  return new AVError({
    code: AVERROR("EAGAIN"),
    operation: "read_packet",
    detail: `the source has nothing yet, and ${what} cannot be resumed without losing data: ` +
      "give it more bytes first, or use the asynchronous Demuxer, which waits",
  });
}
