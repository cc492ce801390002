/**
 * The default disposition of an output's streams.
 *
 * @module
 */
import { dispositionBits } from "../disposition.ts";
import type { Stream } from "../types.ts";
import { type MuxerSync, outputStreamOf } from "./muxer.ts";

/**
 * Marks the first stream of a kind that has several and no default, as `ffmpeg -c copy` does from
 * 5.0 on; `streams` are those that the outputs were made from, in their order. Before the header.
 */
export function markDefaults(muxer: MuxerSync, streams: readonly Stream[]): void {
  const bit = dispositionBits(["default"]);
  for (const type of new Set(streams.map((stream) => stream.type))) {
    const same = streams.flatMap((stream, index) =>
      stream.type === type ? [{ stream, index }] : []
    );
    if (same.length < 2) continue;
    if (same.some(({ stream }) => stream.disposition.includes("default"))) continue;
    const first = same.find(({ stream }) => !stream.disposition.includes("attached_pic"));
    if (first === undefined) continue;
    const struct = outputStreamOf(muxer, first.index);
    struct.set("disposition", struct.number("disposition") | bit);
  }
}
