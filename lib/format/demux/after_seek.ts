/**
 * Tells a seek that led past everything from media that has ended.
 *
 * libavformat reads nothing after a seek in HLS with fMP4 segments before FFmpeg 7, and says that
 * it is at the end.
 *
 * @module
 */
import { AVERROR, AVError } from "../../error.ts";
import type { FormatInfo } from "../types.ts";

// A duration may be an estimate, and the last packets begin before the end.
const SURE_PART = 0.9;

/** True for the error of a seek that led past everything. */
export function isPastEverything(error: unknown): boolean {
  return error instanceof AVError && error.operation === "avformat_seek_file" &&
    error.codeName === "ENOSYS";
}

/** The time of the last seek, until a packet follows it. */
export class AfterSeek {
  #seconds: number | undefined;

  /** A seek to a time; undefined for a packet that followed, or a seek to a byte. */
  set(seconds: number | undefined): void {
    this.#seconds = seconds;
  }

  /** At the end: throws where the time was well within the media. */
  assertEnded({ name, startTime, duration }: FormatInfo): void {
    const seconds = this.#seconds;
    this.#seconds = undefined;
    if (seconds === undefined || duration === null) return;
    if (seconds >= (startTime ?? 0) + duration * SURE_PART) return;
    const reason = name === "hls"
      ? "before FFmpeg 7 libavformat cannot seek in HLS with fMP4 segments: read from the beginning"
      : "the format's demuxer went to the end: read from the beginning, or seek to an earlier time";
    throw new AVError({
      code: AVERROR("ENOSYS"),
      operation: "avformat_seek_file",
      detail: `no packet follows a seek to ${seconds} s of ${duration} s; ${reason}`,
    });
  }
}
