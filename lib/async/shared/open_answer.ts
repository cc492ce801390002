/**
 * How an opening was answered, as a number a waiting worker can read.
 *
 * @module
 */

/** The second number of the answer to an opening; the first is the size, or -1. */
export const OpenAnswer = {
  REFUSED: 0,
  STREAM: 1,
  SEEKABLE: 2,
  SEEKABLE_READABLE: 3,
  MISSING: 4,
} as const;
