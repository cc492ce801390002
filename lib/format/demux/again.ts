/**
 * `EAGAIN` of a demuxer: its bounds and its error.
 *
 * @module
 */
import { AVERROR, AVError } from "../../error.ts";

/** Some demuxers answer it of their own accord, mostly once, where they have skipped something. */
export const MAX_REPEATS = 1000;

/** The detail of the error for a demuxer that answers nothing else. */
export const asksForEver = `the demuxer answered EAGAIN ${MAX_REPEATS} times in a row`;

/** The demuxers that go on after it without losing a byte. */
export const resumable: ReadonlySet<string> = new Set(["flac", "mp3", "wav"]);

/** The error of a call that cannot wait. */
export function nothingYet(): AVError {
  return new AVError({
    code: AVERROR("EAGAIN"),
    operation: "av_read_frame",
    detail: "the source has nothing yet: ask again with tryRead()",
  });
}
