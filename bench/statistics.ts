/** Statistics of paired measurements: medians, bootstrap intervals and the verdict made of them. */

/** An interval that holds the true value in 95 of 100 repetitions of the whole measurement. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How a ratio to the reference reads; `undecided` where the interval is too wide to tell. */
export type Verdict = "ahead" | "level" | "behind" | "undecided";

/** A ratio within this distance of 1 counts as level. */
export const LEVEL = 0.03;

const RESAMPLES = 2000;

/** The middle value; the mean of the two middle ones where the count is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A generator with a fixed seed (mulberry32): the same samples always give the same interval. */
function generator(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The percentile bootstrap of the median, at 95 %. */
export function interval(values: readonly number[]): Interval {
  const random = generator();
  const medians = Array.from(
    { length: RESAMPLES },
    () => median(values.map(() => values[Math.floor(random() * values.length)])),
  ).sort((a, b) => a - b);
  const at = (share: number) => medians[Math.round((RESAMPLES - 1) * share)];
  return { low: at(0.025), high: at(0.975) };
}

/** `level` only where the whole interval is; a difference only where the interval leaves out 1. */
export function verdictOf({ low, high }: Interval): Verdict {
  if (low >= 1 - LEVEL && high <= 1 + LEVEL) return "level";
  if (high < 1) return "ahead";
  if (low > 1) return "behind";
  return "undecided";
}
