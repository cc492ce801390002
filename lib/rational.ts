/**
 * Fractions, as libav counts time in them.
 *
 * @module
 */
import { AV_NOPTS_VALUE } from "../ffi/mod.ts";

/** A fraction: `num / den`. As a time base, the seconds one tick lasts. */
export interface Rational {
  /** The numerator. */
  readonly num: number;
  /** The denominator. */
  readonly den: number;
}

/** Two C ints in one register, as `AVRational` is passed by value. */
export function packRational({ num, den }: Rational): bigint {
  return BigInt.asUintN(32, BigInt(num)) | (BigInt.asUintN(32, BigInt(den)) << 32n);
}

/** The other way round. */
export function unpackRational(pair: bigint): Rational {
  return { num: Number(BigInt.asIntN(32, pair)), den: Number(BigInt.asIntN(32, pair >> 32n)) };
}

/** The fraction, or null where libav says 0/0, 0/1 or N/0: unknown. */
export function knownRational(value: Rational): Rational | null {
  return value.num === 0 || value.den === 0 ? null : value;
}

/** Ticks, or null for `AV_NOPTS_VALUE`. */
export function ticks(value: number): number | null {
  return value === AV_NOPTS_VALUE ? null : value;
}

/** Ticks to seconds; null stays null. */
export function toSeconds(value: number | null, timeBase: Rational): number | null {
  return value === null || timeBase.den === 0 ? null : value * timeBase.num / timeBase.den;
}
