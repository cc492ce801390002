/**
 * Probing: one call, plain data.
 *
 * @module
 */
import { inTurn } from "../async/main/job_queue.ts";
import { Demuxer, type DemuxerOptions } from "../async/demuxer.ts";
import type { Input } from "../async/main/endpoints.ts";
import { DemuxerSync } from "../format/demux/demuxer.ts";
import type { DemuxerSyncOptions } from "../format/demux/options.ts";
import type {
  AudioStream,
  Chapter,
  FormatInfo,
  OtherStream,
  Program,
  VideoStream,
} from "../format/types.ts";
import type { InputSync } from "../io/input.ts";

/** A stream without its binary parts: their sizes and kinds instead. */
export type StreamInfo =
  & (
    | Omit<VideoStream, "extradata" | "sideData">
    | Omit<AudioStream, "extradata" | "sideData">
    | Omit<OtherStream, "extradata" | "sideData">
  )
  & {
    /** Bytes of the codec's setup data; 0 without any. */
    readonly extradataSize: number;
    readonly sideData: { readonly type: string; readonly size: number }[];
  };

/** Everything about an input, safe for `JSON.stringify`. Seconds everywhere, null where unknown. */
export interface MediaInfo {
  /** The container. */
  readonly format: FormatInfo;
  /** Its streams. */
  readonly streams: StreamInfo[];
  /** Its chapters. */
  readonly chapters: Chapter[];
  /** Its programs. */
  readonly programs: Program[];
}

/**
 * Tells what an input holds.
 *
 * @example
 * ```ts
 * import { probeSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * const info = probeSync(bytes);
 * console.log(info.format.name, info.format.duration, info.streams.map((s) => s.codec.string));
 * ```
 */
export function probeSync(
  input: InputSync | undefined,
  options: DemuxerSyncOptions = {},
): MediaInfo {
  using demuxer = DemuxerSync.open(input, options);
  return mediaInfo(demuxer);
}

/**
 * Tells what an input holds, without blocking.
 *
 * @example
 * ```ts
 * import { probe } from "@avio/avio";
 *
 * const info = await probe(new URL("https://example.com/a.mp4"));
 * console.log(info.format.duration);
 * ```
 */
export async function probe(
  input: Input | undefined,
  options: DemuxerOptions = {},
): Promise<MediaInfo> {
  const { signal, open } = Object(options) as DemuxerOptions;
  return await inTurn({ inputs: [input], signal, open }, async () => {
    await using demuxer = await Demuxer.open(input, options);
    return mediaInfo(demuxer);
  });
}

/** The plain form of an open demuxer. */
export function mediaInfo(
  demuxer: Pick<DemuxerSync, "format" | "streams" | "chapters" | "programs">,
): MediaInfo {
  return {
    format: demuxer.format,
    streams: demuxer.streams.map(({ extradata, sideData, ...stream }) => ({
      ...stream,
      extradataSize: extradata?.length ?? 0,
      sideData: sideData.map(({ type, data }) => ({ type, size: data.length })),
    })),
    chapters: demuxer.chapters,
    programs: demuxer.programs,
  };
}
