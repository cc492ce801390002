/**
 * From one container to another, nothing decoded.
 *
 * @module
 */
import { type DemuxerOptions, DemuxerSync } from "../format/demuxer.ts";
import { type MuxerOptions, MuxerSync, type OutputStream } from "../format/muxer.ts";
import type { Chapter } from "../format/types.ts";
import type { SyncInput, SyncOutput } from "../io/input.ts";
import { type Live, liveOptions } from "./fragments/options.ts";

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

/** Options of {@link remuxSync}. */
export interface RemuxOptions extends Omit<MuxerOptions, "name"> {
  /** The streams wanted, by index; default all that the format can hold. */
  streams?: readonly number[];
  /** Seconds: begin at the keyframe at or before. */
  start?: number;
  /** Seconds: stop before. */
  end?: number;
  /** Options for the demuxer; `signal`, `onLog` and `open` are passed on to it. */
  input?: DemuxerOptions;
  /** The output's file name, which may tell the format. */
  name?: string;
  /** Told at most ten times a second, and once at the end. */
  onProgress?: (progress: Progress) => void;
}

/** What a remux did. */
export interface RemuxResult {
  /** Packets written. */
  packets: number;
  /** Bytes read through the callbacks. */
  bytesRead: number;
  /** Bytes written through the callbacks. */
  bytesWritten: number;
  /** Streams written. */
  streams: number;
}

const PROGRESS_MILLISECONDS = 100;

/**
 * Copies the packets of an input into another container.
 *
 * @example
 * ```ts
 * import { MemorySink, remuxSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * const sink = new MemorySink();
 * remuxSync(bytes, sink, { format: "matroska" });
 * const matroska = sink.take();
 * ```
 */
export function remuxSync(
  input: SyncInput,
  output: SyncOutput,
  options: RemuxOptions = {},
): RemuxResult {
  const { streams, start, end, onProgress, input: inputOptions, metadata, chapters, ...rest } =
    options;
  const { live, ...muxing }: typeof rest & Live = rest;
  if (start !== undefined && end !== undefined && end <= start) {
    throw new RangeError(`remux: end (${end}) must be after start (${start})`);
  }
  using demuxer = DemuxerSync.open(input, {
    streams,
    signal: options.signal,
    onLog: options.onLog,
    open: options.open,
    ...inputOptions,
  });
  const wanted = streams && new Set(streams);
  const chosen = demuxer.streams.filter(({ index }) => wanted?.has(index) ?? true);
  using muxer = MuxerSync.create(output, {
    ...muxing,
    ...(live && { options: { ...liveOptions(live, chosen), ...muxing.options } }),
    metadata: { ...demuxer.metadata, ...metadata },
    chapters: chapters ?? cutChapters(demuxer.chapters, start ?? 0, end ?? Infinity),
  });
  const outputs = new Map<number, OutputStream>();
  for (const stream of chosen) outputs.set(stream.index, muxer.addStream(stream));
  if (start !== undefined) demuxer.seek(start);
  // A cut shifts every stream by the same time, so that they stay in step.
  let shift: number | undefined = start === undefined ? 0 : undefined;
  const done = new Set<number>();
  let packets = 0;
  let told = 0;
  let time = 0;
  const tell = () =>
    onProgress?.({ time, duration: demuxer.duration, bytesRead: demuxer.bytesRead, packets });
  for (const packet of demuxer) {
    const target = outputs.get(packet.streamIndex);
    if (target === undefined) continue;
    const at = packet.dtsTime ?? packet.ptsTime;
    if (end !== undefined && (packet.ptsTime ?? at ?? 0) >= end) {
      if ((at ?? 0) >= end) done.add(packet.streamIndex);
      if (done.size === outputs.size) break;
      continue;
    }
    if (shift === undefined) shift = at ?? 0;
    if (shift !== 0 && at !== null && at < shift) continue;
    muxer.write(packet, target, -Math.round(shift * packet.timeBase.den / packet.timeBase.num));
    packets++;
    time = at ?? time;
    if (onProgress && performance.now() - told >= PROGRESS_MILLISECONDS) {
      told = performance.now();
      tell();
    }
  }
  muxer.finish();
  tell();
  return {
    packets,
    bytesRead: demuxer.bytesRead,
    bytesWritten: muxer.bytesWritten,
    streams: outputs.size,
  };
}

function cutChapters(chapters: readonly Chapter[], start: number, end: number): Chapter[] {
  return chapters.filter((chapter) => chapter.end > start && chapter.start < end).map((
    chapter,
  ) => ({
    ...chapter,
    start: Math.max(chapter.start, start) - start,
    end: Math.min(chapter.end, end) - start,
  }));
}
