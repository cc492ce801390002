/**
 * Runtime checks of numbers and bytes that the compiler would refuse and C would take for
 * something else.
 *
 * @module
 */
import { type OwnBytes, ownBytes } from "../ffi/mod.ts";
import type { Rational } from "./rational.ts";

const MAX_INT32 = 2 ** 31 - 1;
const MAX_INT64 = 2 ** 63;
/** More than any list of times, names or chapters has. */
const MAX_LIST = 2 ** 20;

/** The bytes of a Uint8Array as the module's own array; a TypeError names `what` otherwise. */
export function takeBytes(what: string, value: unknown): OwnBytes {
  const bytes = ownBytes(value);
  if (bytes !== undefined) return bytes;
  throw new TypeError(`${what}: expected a Uint8Array, not ${nameOf(value)}`);
}

/** The bytes of a Uint8Array, counted; undefined for anything else. */
export function byteLengthOf(value: unknown): number | undefined {
  return ownBytes(value)?.length;
}

/** The values of an iterable; a RangeError that names `what` where it may have no end. */
export function takeList<T>(what: string, values: Iterable<T>): T[] {
  const list: T[] = [];
  for (const value of values) {
    if (list.push(value) <= MAX_LIST) continue;
    throw new RangeError(`${what}: there are more than ${MAX_LIST} values`);
  }
  return list;
}

/** A RangeError that names `what`, unless it is a fraction that libav can count in. */
export function assertTimeBase(what: string, { num, den }: Rational): void {
  if (isPositiveInt32(num) && isPositiveInt32(den)) return;
  throw new RangeError(
    `${what}: a time base has a num and a den of 1 to ${MAX_INT32}, not ${num}/${den}`,
  );
}

/** The same, read once: a copy that no program can change. */
export function takeTimeBase(what: string, { num, den }: Rational): Rational {
  const timeBase = { num, den };
  assertTimeBase(what, timeBase);
  return timeBase;
}

function isPositiveInt32(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= MAX_INT32;
}

/** A RangeError that names `what`, unless it is a whole number that an int64 holds. */
export function assertTicks(what: string, value: number): void {
  if (Number.isInteger(value) && Math.abs(value) < MAX_INT64) return;
  throw new RangeError(`${what}: expected a whole number of ticks below 2^63, not ${value}`);
}

/** A RangeError that names `what`, where it is given and is no time from the beginning on. */
function assertSeconds(what: string, value: number | undefined): void {
  if (value === undefined || (typeof value === "number" && value >= 0)) return;
  throw new RangeError(`${what} must be a number of seconds from 0 on, not ${quoted(value)}`);
}

/** A RangeError that names the option of `task`, for a part that cannot be. */
export function assertRange(task: string, start?: number, end?: number): void {
  assertSeconds(`${task}: start`, start);
  assertSeconds(`${task}: end`, end);
  if (end !== undefined && end <= (start ?? 0)) {
    throw new RangeError(`${task}: end (${end}) must be after start (${start ?? 0})`);
  }
}

/** A RangeError, unless it is a number of milliseconds; undefined and Infinity are no limit. */
export function assertTimeout(value: unknown): void {
  assertLimit("timeout", value, "milliseconds");
}

/** A RangeError, unless it is a number of bytes; undefined and Infinity are no limit. */
export function assertMaxBytes(value: unknown): void {
  assertLimit("maxBytes", value, "bytes");
}

/** Pixels that a picture may have where the program names no limit. */
export const DEFAULT_MAX_PIXELS: number = 64 * 1024 * 1024;

const MIN_MEMORY = 1024 * 1024;

/** A RangeError, unless it is a number of bytes that libav can work with. */
export function assertMaxMemory(value: unknown): void {
  if (value === undefined || (typeof value === "number" && value >= MIN_MEMORY)) return;
  throw new RangeError(`maxMemory must be ${MIN_MEMORY} bytes or more, not ${quoted(value)}`);
}

/** A RangeError, unless it is a limit of pixels. */
export function assertMaxPixels(value: unknown): void {
  if (value === undefined || (typeof value === "number" && value >= 1)) return;
  throw new RangeError(`maxPixels must be a number of pixels above 0, not ${quoted(value)}`);
}

/** A value in an error, where the text "5" would look like the number 5. */
export function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** A RangeError that names `what`, where it is given and is no number from 0. */
export function assertLimit(what: string, value: unknown, unit: string): void {
  if (value === undefined || (typeof value === "number" && value >= 0)) return;
  throw new RangeError(`${what} must be a number of ${unit}, not ${quoted(value)}`);
}

/** True for what `await` waits for, of whatever realm or making. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as PromiseLike<unknown>).then === "function";
}

/** The name of a value's type, for an error that refuses it. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  try {
    const { name } = (value as object).constructor;
    if (typeof name === "string") return name;
  } catch {
    // A revoked proxy, undefined, or an object whose getter throws: its type is all there is to
    // say.
  }
  return typeof value;
}
