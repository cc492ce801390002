/**
 * Errors of a cut.
 *
 * @module
 */
import { AVERROR, AVError } from "../../error.ts";

/** A start behind the last packet. */
export function beyondTheEnd(start: number, end: number): RangeError {
  return new RangeError(
    `start (${start} s) is beyond the end of the media (${
      Number(end.toFixed(6))
    } s): choose an earlier start`,
  );
}

/** No packet after a seek: libavformat's hls does that, and tells of no failure. */
export function nothingRead(format: string): AVError {
  return new AVError({
    code: AVERROR("EIO"),
    operation: "avformat_seek_file",
    detail: `${format} reads no packet after a seek here: copy it whole, and cut the copy`,
  });
}

/** More bytes between the keyframe and the start than are kept. */
export function tooFarApart(start: number, bytes: number): RangeError {
  return new RangeError(
    `start: more than ${bytes >> 20} MiB lie between the keyframe and start (${start} s), ` +
      "and the source only goes forward: give a source that can seek",
  );
}
