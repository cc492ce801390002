/**
 * Chapters on the clock of a copy.
 *
 * @module
 */
import type { Chapter } from "../types.ts";

/** Seconds on the input's clock. */
interface Part {
  /** The part of the media that is copied. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  /** Subtracted from every time. */
  readonly shift: number;
}

/** The chapters that overlap a part, cut to it; none begins before 0. */
export function movedChapters(
  chapters: readonly Chapter[],
  { from = -Infinity, until = Infinity, shift }: Part,
): Chapter[] {
  const first = Math.max(from, shift);
  return chapters
    .filter(({ start, end }) => start < until && (end > first || start === end && start >= first))
    .map((chapter) => ({
      ...chapter,
      start: Math.max(chapter.start, first) - shift,
      end: Math.min(chapter.end, until) - shift,
    }));
}
