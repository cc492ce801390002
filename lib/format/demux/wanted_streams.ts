/**
 * The `streams` option of a demuxer.
 *
 * @module
 */
import { nameOf } from "../../check.ts";
import { assertSelection, type StreamSpecifier } from "../stream_selection.ts";

/** Streams by index or by ffmpeg's letters. */
export type StreamList = readonly (number | StreamSpecifier)[];

/** The program's list, read once; throws for anything else than an array of indexes and letters. */
export function snapshotStreamList(streams: StreamList | undefined): StreamList | undefined {
  if (streams === undefined) return undefined;
  if (!Array.isArray(streams)) {
    throw new TypeError(
      `streams: expected an array of indexes and of letters such as "v" or "a:0", not ${
        nameOf(streams)
      }`,
    );
  }
  const list = Array.from<number | StreamSpecifier>(streams);
  assertSelection(list);
  return list;
}
