/**
 * From one container to another, nothing decoded.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { assertNumber } from "../../check.ts";
import { Cut, type CutOptions, isDemuxError } from "./cut.ts";
import { DemuxerSync, disableDiscard, readPacketInto } from "../demux/demuxer.ts";
import type { DemuxerSyncOptions } from "../demux/options.ts";
import { MuxerSync, slotOf, writeSlot } from "../mux/muxer.ts";
import type { MuxerSyncOptions } from "../mux/options.ts";
import { moveTimes } from "../mux/output_stream.ts";
import { type FragmentOptions, liveOptions } from "../mux/fragment_options.ts";
import { toSeconds } from "../../rational.ts";
import { releasedAfter } from "../../io/avio/release.ts";
import { reserveCapacityFor } from "../../io/sinks/memory_sink.ts";
import { FileSource } from "../../io/sources/file_source.ts";
import { discardInput, discardOutput, type InputSync, type OutputSync } from "../../io/input.ts";

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
export interface RemuxSyncOptions extends Omit<MuxerSyncOptions, "name"> {
  /** The streams wanted, by index; default all. One that the format cannot hold is an error. */
  streams?: readonly number[];
  /**
   * Seconds from the beginning of the media. The copy begins at the last keyframe of the video at
   * or before, and at the first one where none is before; pictures that refer to earlier ones are
   * left out. A RangeError where the media has ended by then. A source that only goes forward is
   * read up to there.
   */
  start?: number;
  /**
   * Seconds from the beginning of the media: stop before. The copy ends in decoding order: pictures
   * that are shown later are in it where one before `end` refers to them. A RangeError where it is
   * not after `start`, or where no packet lies between them.
   */
  end?: number;
  /** Options for the demuxer; `signal`, `onLog` and `open` are passed on to it. */
  input?: DemuxerSyncOptions;
  /** The output's file name, which may tell the format. */
  name?: string;
  /** Told at most ten times a second, and once at the end. */
  onProgress?: (progress: Progress) => void;
}

/** The result of a remux. */
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
 * Copies the packets of an input into another container. Their times are those of
 * `ffmpeg -copyts -c copy -muxdelay 0 -muxpreload 0`; from a cut, they count from where it begins.
 * Where the media breaks off, what could be read is written and finished, and then the demuxer's
 * {@link AVError} is thrown.
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
  input: InputSync | undefined,
  output: OutputSync | undefined,
  options: RemuxSyncOptions = {},
): RemuxResult {
  const { streams, start, end, onProgress, input: inputOptions, metadata, chapters, ...rest } =
    options;
  const { live, ...muxing }: typeof rest & FragmentOptions = rest;
  try {
    assertNumber("remux: start", start);
    assertNumber("remux: end", end);
    if (end !== undefined && end <= (start ?? 0)) {
      throw new RangeError(`remux: end (${end}) must be after start (${start ?? 0})`);
    }
    assertOther(input, output);
  } catch (error) {
    throw releasedAfter(error, () => {
      discardInput(input);
      discardOutput(output);
    });
  }
  using demuxer = openOrDiscard(input, output, {
    streams,
    signal: options.signal,
    onLog: options.onLog,
    open: options.open,
    ...inputOptions,
  });
  const wanted = demuxer.streams.filter(({ index }) => streams?.includes(index) ?? true);
  disableDiscard(demuxer, wanted);
  const isCut = start !== undefined || end !== undefined;
  using cut = isCut ? openCut({ demuxer, wanted, start, end }, output) : undefined;
  using muxer = MuxerSync.create(output, {
    ...muxing,
    ...(live && { options: { ...liveOptions(live, wanted), ...muxing.options } }),
    metadata: { ...demuxer.metadata, ...metadata },
    chapters: chapters ?? cut?.chapters(demuxer.chapters) ?? demuxer.chapters,
  });
  if (streams === undefined && !isCut) reserveCapacityFor(input, output);
  const outputs = new Map<number, number>();
  for (const stream of wanted) outputs.set(stream.index, muxer.addStream(stream).index);
  // Packets are read into the muxer's own: they go on as they are.
  const slot = slotOf(muxer);
  // A cut moves every stream by the same time, so that they stay in step.
  const shift = start === undefined ? 0 : cut?.begin ?? 0;
  let packets = 0;
  let told = 0;
  let time = 0;
  const tell = () =>
    onProgress?.({ time, duration: demuxer.duration, bytesRead: demuxer.bytesRead, packets });
  try {
    for (;; slot.clear()) {
      if (!(cut ? cut.next(slot) : readPacketInto(demuxer, slot.pointer))) break;
      const { streamIndex } = slot;
      const stream = outputs.get(streamIndex);
      if (stream === undefined) continue;
      const { timeBase } = demuxer.streams[streamIndex];
      const at = toSeconds(slot.dts ?? slot.pts, timeBase);
      moveTimes(slot, -Math.round(shift * timeBase.den / timeBase.num));
      writeSlot(muxer, { slot, stream, timeBase, repair: true });
      packets++;
      time = at ?? time;
      if (onProgress && performance.now() - told >= PROGRESS_MILLISECONDS) {
        told = performance.now();
        tell();
      }
    }
  } catch (error) {
    if (!isDemuxError(error)) throw error;
    // The readable part is written whole; then the error comes out.
    try {
      muxer.finish();
    } catch {
      // The first error is the one that says why.
    }
    throw error;
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

/** An output that is the input's own file would be emptied before it is read. */
function assertOther(input: InputSync | undefined, output: OutputSync | undefined): void {
  const from = input instanceof FileSource ? input.name : input;
  if (typeof from !== "string" || typeof output !== "string") return;
  const [a, b] = [from, output].map((path) =>
    builtin("fs").statSync(path, { throwIfNoEntry: false, bigint: true })
  );
  if (!a?.isFile() || !b || a.dev !== b.dev || a.ino !== b.ino) return;
  throw new TypeError(
    `remux: ${JSON.stringify(output)} is the input itself: write to another file and rename that`,
  );
}

/** The output is the remux's to close, also where the cut is refused. */
function openCut(options: CutOptions, output: OutputSync | undefined): Cut {
  try {
    return new Cut(options);
  } catch (error) {
    throw releasedAfter(error, () => discardOutput(output));
  }
}

/** The output is the remux's to close, also where it never comes to writing. */
function openOrDiscard(
  input: InputSync | undefined,
  output: OutputSync | undefined,
  options: DemuxerSyncOptions,
): DemuxerSync {
  try {
    return DemuxerSync.open(input, options);
  } catch (error) {
    throw releasedAfter(error, () => discardOutput(output));
  }
}
