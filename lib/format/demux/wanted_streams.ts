/**
 * The `streams` option of a demuxer.
 *
 * @module
 */
import { nameOf } from "../../check.ts";

/** The indices that a program wants; throws for anything else than an array of some. */
export function wantedStreams(streams: readonly number[]): ReadonlySet<number> {
  if (!Array.isArray(streams)) {
    throw new TypeError(`streams: expected an array of indices, not ${nameOf(streams)}`);
  }
  for (const index of streams) {
    if (Number.isInteger(index) && index >= 0) continue;
    throw new RangeError(`streams: expected the index of a stream, not ${index}`);
  }
  return new Set(streams);
}
