/**
 * WebIDL's conversions of JavaScript values, as far as WebCodecs uses them: each converter gives
 * the value of its IDL type or throws the TypeError that the standard asks for.
 *
 * @module
 */
import { takeList } from "../check.ts";

/** Converts `value`; `what` names it in errors. */
export type Converter<T> = (value: unknown, what: string) => T;

/** A member of a dictionary. */
export interface Member {
  /** The type of its value. */
  readonly type: Converter<unknown>;
  /** Absent is a TypeError. */
  readonly required?: boolean;
  /** The value where it is absent. */
  readonly initial?: () => unknown;
}

function toNumber(value: unknown, what: string): number {
  if (typeof value === "bigint" || typeof value === "symbol") {
    throw new TypeError(`${what}: cannot convert a ${typeof value} to a number`);
  }
  return +(value as number);
}

/** `double`. */
export const double: Converter<number> = (value, what) => {
  const number = toNumber(value, what);
  if (Number.isFinite(number)) return number;
  throw new TypeError(`${what}: expected a finite number, not ${number}`);
};

/** `unrestricted double`. */
export const unrestrictedDouble: Converter<number> = toNumber;

/** `float`. */
export const float: Converter<number> = (value, what) => {
  const number = Math.fround(double(value, what));
  if (Number.isFinite(number)) return number;
  throw new TypeError(`${what}: the number is too large for a float`);
};

/** `boolean`. */
export const boolean: Converter<boolean> = (value) => Boolean(value);

/** `DOMString`. */
export const domString: Converter<string> = (value, what) => {
  if (typeof value === "symbol") throw new TypeError(`${what}: cannot convert a symbol`);
  return String(value);
};

function enforced(least: number, most: number): Converter<number> {
  return (value, what) => {
    const number = toNumber(value, what);
    const whole = Math.trunc(number);
    if (Number.isFinite(number) && whole >= least && whole <= most) return whole + 0;
    throw new TypeError(`${what}: expected a number from ${least} to ${most}, not ${number}`);
  };
}

function modular(bits: number, signed: boolean): Converter<number> {
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
  return (value, what) => {
    const number = toNumber(value, what);
    if (!Number.isFinite(number)) return 0;
    const whole = Math.trunc(number) + 0;
    if (whole >= 0 && whole < 2 ** (bits - 1)) return whole;
    return Number(wrap(bits, BigInt(whole)));
  };
}

/** `[EnforceRange] unsigned long`. */
export const enforcedUnsignedLong: Converter<number> = enforced(0, 2 ** 32 - 1);
/** `[EnforceRange] long long`. */
export const enforcedLongLong: Converter<number> = enforced(
  Number.MIN_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER,
);
/** `[EnforceRange] unsigned long long`. */
export const enforcedUnsignedLongLong: Converter<number> = enforced(0, Number.MAX_SAFE_INTEGER);
/** `unsigned long`. */
export const unsignedLong: Converter<number> = modular(32, false);
/** `long long`. */
export const longLong: Converter<number> = modular(64, true);
/** `unsigned long long`. */
export const unsignedLongLong: Converter<number> = modular(64, false);

/** An enumeration of `values`. */
export function enumeration<T extends string>(values: readonly T[]): Converter<T> {
  return (value, what) => {
    const text = domString(value, what);
    if ((values as readonly string[]).includes(text)) return text as T;
    throw new TypeError(`${what}: ${JSON.stringify(text)} is none of ${values.join(", ")}`);
  };
}

/** A nullable type. */
export function nullable<T>(type: Converter<T>): Converter<T | null> {
  return (value, what) => value === null || value === undefined ? null : type(value, what);
}

/** `sequence<T>`. */
export function sequence<T>(type: Converter<T>): Converter<T[]> {
  return (value, what) => {
    if (typeof value !== "object" && typeof value !== "function" || value === null) {
      throw new TypeError(`${what}: expected an iterable object`);
    }
    if (typeof (value as Iterable<unknown>)[Symbol.iterator] !== "function") {
      throw new TypeError(`${what}: expected an iterable object`);
    }
    // Each item is converted before the next one is asked for.
    let at = 0;
    const converted = function* (items: Iterable<unknown>) {
      for (const item of items) yield type(item, `${what}[${at++}]`);
    };
    return takeList(what, converted(value as Iterable<unknown>));
  };
}

/**
 * A dictionary. Members are read in the order of their names, each once; those that are absent and
 * have no initial value are left out of the result.
 */
export function dictionary<T>(members: Readonly<Record<string, Member>>): Converter<T> {
  const entries = Object.entries(members).sort(([a], [b]) => a < b ? -1 : 1);
  return (value, what) => {
    if (value !== undefined && value !== null) {
      if (typeof value !== "object" && typeof value !== "function") {
        throw new TypeError(`${what}: expected an object, not ${typeof value}`);
      }
    }
    const result: Record<string, unknown> = {};
    for (const [name, { type, required, initial }] of entries) {
      const given = (value as Record<string, unknown> | undefined | null)?.[name];
      if (given !== undefined) result[name] = type(given, `${what}.${name}`);
      else if (initial !== undefined) result[name] = initial();
      else if (required) throw new TypeError(`${what}.${name}: the member is required`);
    }
    return result as T;
  };
}

/** A callback function. */
export function callback<T>(value: unknown, what: string): T {
  if (typeof value === "function") return value as T;
  throw new TypeError(`${what}: expected a function`);
}

/** An `ArrayBuffer`, as a `transfer` list names it. */
export const arrayBuffer: Converter<ArrayBuffer> = (value, what) => {
  if (isArrayBuffer(value) && !(value as { resizable?: boolean }).resizable) return value;
  throw new TypeError(`${what}: expected an ArrayBuffer of a fixed size`);
};

const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const sharedByteLength = Object.getOwnPropertyDescriptor(
  SharedArrayBuffer.prototype,
  "byteLength",
)!.get!;

/** True for an `ArrayBuffer` of any realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return answers(byteLength, value);
}

/** True for a `SharedArrayBuffer` of any realm. */
export function isSharedArrayBuffer(value: unknown): value is SharedArrayBuffer {
  return answers(sharedByteLength, value);
}

function answers(getter: () => unknown, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    getter.call(value);
    return true;
  } catch {
    return false;
  }
}

/** Throws for fewer arguments than the operation requires. */
export function requireArguments(count: number, required: number, what: string): void {
  if (count >= required) return;
  throw new TypeError(`${what}: ${required} argument(s) required, ${count} present`);
}
