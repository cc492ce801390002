/**
 * The way back to the beginning, also where libavformat cannot seek.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import { canSeek, type DemuxerSync } from "./demuxer.ts";
import type { SeekOptions } from "./seek.ts";

// Their demuxers keep nothing from packet to packet, and begin anew at the first byte.
const BEGINS_ANEW = /^(alp|apm|kvag|g723_1|.+_pipe)$/;

/** Moves to a time at or before the beginning. */
export function rewind(demuxer: DemuxerSync, seconds: number, options?: SeekOptions): void {
  try {
    demuxer.seek(seconds, options);
  } catch (error) {
    const isRefused = error instanceof AVError && canSeek(demuxer);
    if (!isRefused || !BEGINS_ANEW.test(demuxer.format.name)) throw error;
    demuxer.seek(0, { mode: "byte" });
  }
}
