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

/**
 * Turns times of one base into another's as `av_rescale_q` does: to the nearest, halves away from
 * zero. Exact wherever the numbers are; undefined where they may not be.
 */
export class Rescaler {
  readonly #times: number;
  readonly #by: number;

  /** Seconds of a tick, before and after. */
  constructor(from: Rational, to: Rational) {
    const times = from.num * to.den;
    const by = to.num * from.den;
    const common = divisor(times, by);
    this.#times = times / common;
    this.#by = by / common;
  }

  /** The time, or undefined where JavaScript's numbers are not exact enough. */
  rescale(value: number): number | undefined {
    const product = Math.abs(value) * this.#times;
    // Twice the remainder is looked at, too.
    if (!(product <= Number.MAX_SAFE_INTEGER && this.#by > 0 && this.#by < 2 ** 52)) {
      return undefined;
    }
    const rest = product % this.#by;
    const whole = (product - rest) / this.#by + (rest * 2 >= this.#by ? 1 : 0);
    return value < 0 ? -whole : whole;
  }
}

function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a === 0 ? 1 : a;
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
