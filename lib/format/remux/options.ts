/**
 * Options and results of a remux.
 *
 * @module
 */
import type { OptionNames } from "../../plain_options.ts";
import { demuxerSyncOptionNames, type DemuxerSyncOptions } from "../demux/options.ts";
import { muxerSyncOptionNames, type MuxerSyncOptions } from "../mux/options.ts";
import type { StreamSelection } from "../stream_selection.ts";
import type { Stream } from "../types.ts";
import type { Discontinuity } from "./input_clock.ts";
import type { ByStream } from "./stream_settings.ts";
import type { DroppedStream } from "./choose_streams.ts";

/** How far a remux has come. */
export interface Progress {
  /** Seconds of the input done. */
  time: number;
  /** Seconds in all, or null where unknown. */
  duration: number | null;
  /** Bytes read through the callbacks. */
  bytesRead: number;
  /** Packets written. */
  packets: number;
}

/** Options of {@link remuxSync}: those of {@link MuxerSyncOptions}, for the output, and these. */
export interface RemuxSyncOptions extends Omit<MuxerSyncOptions, "name" | "metadata"> {
  /**
   * The container's metadata, merged into the input's; null removes a tag. `creation_time` is kept,
   * which `ffmpeg -c copy` drops.
   */
  metadata?: Readonly<Record<string, string | null>> | undefined;
  /**
   * The streams to copy, in this order: indexes, ffmpeg's letters (`"v"`, `"V"` without cover art,
   * `"a"`, `"s"`, `"d"`, `"t"`, each also with a number: `"a:1"`), or a function. A name without a
   * stream is a RangeError. Default: every video, audio, subtitle and attached stream that the
   * format holds; no data track, no chapter track. Fragmented mp4, mpegts, HLS and DASH get no
   * cover art.
   */
  streams?: StreamSelection | undefined;
  /**
   * Whether a stream that the format cannot hold is left out, and reported in
   * {@link RemuxResult.dropped}, or is an error. Default `"drop"`; `"error"` where `streams` is
   * given.
   */
  unsupported?: "drop" | "error" | undefined;
  /**
   * `"zero"` (default): the earliest start is moved to 0, and the streams stay in step. `"keep"`:
   * the input's clock stays as it is.
   */
  timestamps?: "zero" | "keep" | undefined;
  /**
   * Where the clock of mpegts, ogg, HLS or another format that may jump does so, by more than 10
   * seconds or back by more than 0.1: `"join"` goes on evenly, `"keep"` copies the times as they
   * are, `"error"` throws an {@link AVError}. A time more than 30 hours off in any other format
   * counts as missing. Default `"join"`; `"keep"` where `timestamps` is `"keep"`.
   */
  discontinuity?: Discontinuity | undefined;
  /**
   * Seconds from the beginning of the media. The copy begins at the last keyframe of the video at
   * or before, and at the first one where none is before; pictures that refer to earlier ones are
   * left out, as is the sound before that keyframe. A RangeError where the media has ended by then.
   * A source that only goes forward is read up to there.
   */
  start?: number | undefined;
  /**
   * Seconds from the beginning of the media: stop before. The copy ends in decoding order: pictures
   * that are shown later are in it where one before `end` refers to them. A RangeError where it is
   * not after `start`, or where no packet lies between them.
   */
  end?: number | undefined;
  /**
   * Keeps an mp4 or mov whose index comes last in memory, up to `input.maxBytes`, where its source
   * only goes forward: see {@link DemuxerSyncOptions.spool}.
   */
  spool?: boolean | undefined;
  /**
   * Bitstream filters by stream, as `ffmpeg -bsf` takes them: `{ "v": "h264_metadata=level=4.1" }`.
   * Keys are an index of the input or ffmpeg's letters, as in `streams`. Default: what the format
   * asks for (`aac_adtstoasc`, `h264_mp4toannexb`), which is done besides, too.
   */
  bitstreamFilters?: ByStream | undefined;
  /** Fourccs by stream: `{ "v": "hvc1" }`. Default: the input's where the format knows it. */
  tag?: ByStream | undefined;
  /** Options for the demuxer; `signal`, `onLog` and `open` are passed on to it. */
  input?: DemuxerSyncOptions | undefined;
  /** The output's file name, which may tell the format. */
  name?: string | undefined;
  /** Told at most ten times a second, and once at the end. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** The names of the options of {@link remuxSync}. */
export const remuxSyncOptionNames: OptionNames<RemuxSyncOptions> = {
  ...muxerSyncOptionNames,
  streams: true,
  unsupported: true,
  timestamps: true,
  discontinuity: true,
  start: true,
  end: true,
  spool: true,
  bitstreamFilters: true,
  tag: true,
  input: demuxerSyncOptionNames,
  onProgress: true,
};

/** A stream's index in the input and in the output. */
export interface StreamPair {
  /** Its index in the input. */
  readonly input: number;
  /** Its index in the output. */
  readonly output: number;
}

/** The outcome of a remux. */
export interface RemuxResult {
  /** Packets written. */
  packets: number;
  /** Bytes read through the callbacks. */
  bytesRead: number;
  /** Bytes written through the callbacks. */
  bytesWritten: number;
  /** Bytes of the output. */
  size: number;
  /** The streams written. */
  streams: StreamPair[];
  /**
   * The streams that are not in the output though the option `streams` does not leave them out, and
   * why: the format cannot hold them, or they are copied only by name.
   */
  dropped: DroppedStream[];
  /**
   * True where the input ends before its container says that it does, or files of a set are
   * missing.
   */
  truncated: boolean;
}

/** The streams that a remux is about to write, once its header is accepted. */
export interface RemuxStart {
  /** The MIME type with the codecs, such as `video/mp4; codecs="avc1.64001f,mp4a.40.2"`. */
  readonly mimeType: string;
  /** The streams, as the output has them. */
  readonly streams: Stream[];
}
