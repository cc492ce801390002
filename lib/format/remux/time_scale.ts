/**
 * Times from one time base to another.
 *
 * @module
 */
import { native } from "../../../ffi/mod.ts";
import { packRational, type Rational, Rescaler } from "../../rational.ts";

/** The time base of `AV_TIME_BASE_Q`. */
export const MICROSECONDS: Rational = { num: 1, den: 1_000_000 };

/** `av_rescale_q` for one pair of time bases; libavutil is called only for large numbers. */
export class TimeScale {
  readonly #rescaler: Rescaler;
  readonly #from: bigint;
  readonly #to: bigint;

  /** Seconds of a tick, before and after. */
  constructor(from: Rational, to: Rational) {
    this.#rescaler = new Rescaler(from, to);
    this.#from = packRational(from);
    this.#to = packRational(to);
  }

  /** The same time in ticks of the other time base. */
  rescale(value: number): number {
    return this.#rescaler.rescale(value) ??
      native().avutil.av_rescale_q(value, this.#from, this.#to);
  }
}

/**
 * A time in seconds, rounded to microseconds once as the tool rounds `-ss`, in ticks of any stream:
 * streams that are moved by it stay in step to half a tick.
 */
export class Shift {
  readonly #seconds: number;
  readonly #ticks = new Map<Rational, number>();

  /** Takes a time in seconds. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** The time in ticks of a time base. */
  ticks(timeBase: Rational): number {
    const known = this.#ticks.get(timeBase);
    if (known !== undefined) return known;
    const { num, den } = timeBase;
    // A tick that is shorter than a microsecond keeps its own time.
    const ticks = num * MICROSECONDS.den < den
      ? Math.round(this.#seconds * den / num)
      : new TimeScale(MICROSECONDS, timeBase).rescale(
        Math.round(this.#seconds * MICROSECONDS.den),
      );
    this.#ticks.set(timeBase, ticks);
    return ticks;
  }
}
