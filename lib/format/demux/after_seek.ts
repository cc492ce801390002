/**
 * Seeks that libavformat answers with success, and that lead nowhere.
 *
 * In HLS with fMP4 segments the demuxer before FFmpeg 9 reads what it has buffered of the segment
 * that it was in, mostly the first one, and says then that it is at the end. Such a seek is refused
 * before it is made, and the demuxer stays where it was. A seek in HLS of raw audio without ID3
 * timestamps is refused too: times begin anew at 0 with the segment that it leads to. Any other
 * seek that led past everything is told from media that has ended.
 *
 * @module
 */
import { AVERROR, AVError } from "../../error.ts";
import type { FormatCore } from "../format_context.ts";
import type { FormatInfo } from "../types.ts";

// A duration may be an estimate, and the last packets begin before the end.
const SURE_PART = 0.9;
/** A playlist tells its duration, which is no estimate. */
const PLAYLIST_END_SECONDS = 1;
/** libavformat's major version of FFmpeg 9, which can; 7.1 cannot, and 8 was not measured. */
const FIRST_TO_SEEK_FMP4 = 63;
/** Bits of the stamps of mp4; those of mpegts have 33. */
const MP4_BITS = 64;

/** Throws where libavformat cannot seek, and does not say so. */
export function assertSeeks(core: FormatCore, { name }: FormatInfo): void {
  if (name !== "hls") return;
  const seeksFmp4 = core.native.versions.avformat[0] >= FIRST_TO_SEEK_FMP4;
  const count = core.struct.number("nb_streams");
  for (let i = 0; i < count; i++) {
    const stream = core.stream(i);
    // Raw audio and WebVTT have such stamps as well, and no tag; ID3 timestamps have 33 bits.
    if (stream.number("pts_wrap_bits") !== MP4_BITS) continue;
    const parameters = core.native.struct("AVCodecParameters", stream.at("codecpar"));
    const isRaw = parameters.number("codec_tag") === 0;
    if (isRaw && parameters.number("codec_type") === AUDIO) throw cannotSeek(RAW_AUDIO);
    if (!isRaw && !seeksFmp4) throw cannotSeek(FMP4);
  }
}

/** `AVMEDIA_TYPE_AUDIO` */
const AUDIO = 1;
const FMP4 = "before FFmpeg 9 libavformat cannot seek in HLS with fMP4 segments";
const RAW_AUDIO = "after a seek in HLS whose raw audio has no ID3 timestamps, times begin at 0";

const notMade = new WeakSet<object>();

/** True for the error of a seek that was not made: the demuxer is where it was. */
export function isInPlace(error: AVError): boolean {
  return notMade.has(error);
}

function cannotSeek(reason: string): AVError {
  const error = new AVError({
    code: AVERROR("ENOSYS"),
    operation: "avformat_seek_file",
    detail: `${reason}: open it anew and read from the beginning`,
  });
  notMade.add(error);
  return error;
}

/** True for the error of a seek that led past everything. */
export function isPastEverything(error: unknown): boolean {
  return error instanceof AVError && error.operation === "avformat_seek_file" &&
    error.codeName === "ENOSYS";
}

/** The last seek: its time until a packet follows it, or its refusal until another one succeeds. */
export class AfterSeek {
  readonly #opened: number;
  #seconds: number | undefined;
  #refusal: AVError | undefined;

  /** `opened`: the bytes that were read for the opening. */
  constructor(opened: number) {
    this.#opened = opened;
  }

  /**
   * Makes a seek. One that is refused makes libavformat let go of the packets that it read while
   * the input was opened: where no more was read since, they would be missing.
   */
  attempt(bytesRead: number, seek: () => void): void {
    try {
      seek();
      this.#refusal = undefined;
    } catch (error) {
      if (error instanceof AVError && bytesRead <= this.#opened) this.#refusal = error;
      throw error;
    }
  }

  /** Throws where packets would be missing. */
  assertWhole(): void {
    if (this.#refusal === undefined) return;
    throw new AVError({
      code: this.#refusal.code,
      operation: "avformat_seek_file",
      detail: "the format refused a seek, and its first packets are gone with that: " +
        "open the input anew and read it from the beginning",
    });
  }

  /** A seek to a time; undefined for a packet that followed, or a seek to a byte. */
  set(seconds: number | undefined): void {
    this.#seconds = seconds;
  }

  /** At the end: throws where the time was well within the media. */
  assertEnded({ name, startTime, duration }: FormatInfo): void {
    const seconds = this.#seconds;
    this.#seconds = undefined;
    if (seconds === undefined || duration === null) return;
    const unsure = duration * (1 - SURE_PART);
    const end = (startTime ?? 0) + duration;
    if (seconds >= end - (name === "hls" ? Math.min(unsure, PLAYLIST_END_SECONDS) : unsure)) return;
    throw new AVError({
      code: AVERROR("ENOSYS"),
      operation: "avformat_seek_file",
      detail: `no packet follows a seek to ${seconds} s of ${duration} s; the format's demuxer ` +
        "went to the end: read from the beginning, or seek to an earlier time",
    });
  }
}
