/**
 * From one container to another, nothing decoded.
 *
 * @module
 */
import { plainOptions } from "../../plain_options.ts";
import { AVError, AVERROR_INVALIDDATA } from "../../error.ts";
import { assertOptions, assertOther } from "./checks.ts";
import type { DroppedStream } from "./choose_streams.ts";
import { Cut, type CutOptions, isDemuxError } from "./cut.ts";
import { isCutOff } from "./truncation.ts";
import { movedChapters } from "./moved_chapters.ts";
import { ProgressInterval } from "./progress.ts";
import { InputClock } from "./input_clock.ts";
import { mergedMetadata, openAndChoose, startOf } from "./opening.ts";
import { hasHoles } from "../demux/demuxer_traits.ts";
import { markDefaults } from "../mux/default_disposition.ts";
import { MuxerSync, slotOf, writeSlot, writtenStreams } from "../mux/muxer.ts";
import { moveTimes } from "../mux/output_stream.ts";
import { type FragmentOptions, liveOptions } from "../mux/fragment_options.ts";
import { mimeTypeOf } from "../mime_type.ts";
import { toSeconds } from "../../rational.ts";
import { Shift } from "./time_scale.ts";
import { releasedAfter } from "../../io/avio/release.ts";
import { reserveCapacityFor } from "../../io/sinks/memory_sink.ts";
import {
  discardInput,
  discardOutput,
  type InputSync,
  localPath,
  type OutputSync,
} from "../../io/input.ts";
import {
  type RemuxResult,
  type RemuxStart,
  remuxSyncOptionNames,
  type RemuxSyncOptions,
} from "./options.ts";

/** Options of the module's own callers. */
export interface RemuxHooks {
  /** Told once, when the header is accepted. */
  readonly onStart?: ((start: RemuxStart) => void) | undefined;
  /** How the format is written to be live. */
  readonly live?: FragmentOptions["live"] | undefined;
}

/**
 * Copies the packets of an input into another container, as `ffmpeg -c copy -muxdelay 0
 * -muxpreload 0` does with the same streams: the earliest start is moved to 0, a clock that jumps
 * goes on evenly, and a stream begins with its first keyframe. Where the media breaks off, what
 * could be read is written and finished, and then the demuxer's {@link AVError} is thrown.
 *
 * @example
 * ```ts
 * import { MemorySink, remuxSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * const sink = new MemorySink();
 * const { dropped } = remuxSync(bytes, sink, { format: "matroska" });
 * for (const { index, codec, reason } of dropped) console.log(index, codec, reason);
 * const matroska = sink.take();
 * ```
 */
export function remuxSync(
  input: InputSync | undefined,
  output: OutputSync | undefined,
  options: RemuxSyncOptions = {},
): RemuxResult {
  return remuxWith(input, output, options, {});
}

/** {@link remuxSync} with hooks. */
export function remuxWith(
  from: InputSync | undefined,
  to: OutputSync | undefined,
  given: RemuxSyncOptions,
  { onStart, live }: RemuxHooks,
): RemuxResult {
  const discard = () => {
    discardInput(from);
    discardOutput(to);
  };
  let options: RemuxSyncOptions;
  let input: InputSync | undefined;
  let output: OutputSync | undefined;
  try {
    input = localPath(from);
    output = localPath(to);
    options = plainOptions("remux", given, remuxSyncOptionNames);
  } catch (error) {
    throw releasedAfter(error, discard);
  }
  const {
    streams: _streams,
    unsupported: _unsupported,
    timestamps = "zero",
    discontinuity = timestamps === "keep" ? "keep" : "join",
    start,
    end,
    onProgress,
    input: _input,
    metadata,
    chapters,
    spool: _spool,
    bitstreamFilters: _filters,
    tag: _tag,
    ...muxing
  } = options;
  try {
    assertOptions("remux", options);
    assertOther("remux", input, output);
  } catch (error) {
    throw releasedAfter(error, discard);
  }
  const opened = openAndChoose(input, output, options, live);
  using demuxer = opened.demuxer;
  const { streams: wanted, dropped: left, settings } = opened;
  const dropped: DroppedStream[] = [...left];
  const count = demuxer.streams.length;
  // Seconds count from where the media begins, as in the tools.
  const origin = startOf(demuxer, wanted);
  const zero = timestamps === "zero";
  const isCut = start !== undefined || end !== undefined;
  const clock = new InputClock({
    demuxer,
    discontinuity,
    // A cut counts on the input's own clock, and is moved afterwards.
    offset: zero && !isCut ? -Math.round(origin * 1e6) : 0,
  });
  const cutting = { demuxer, clock, origin, wanted, start, end };
  using cut = isCut ? openCut(cutting, output) : undefined;
  const shift = !zero ? 0 : cut?.begin ?? origin;
  const moved = new Shift(shift);
  using muxer = MuxerSync.create(output, {
    ...muxing,
    ...(live && { options: { ...liveOptions(live, wanted), ...muxing.options } }),
    metadata: mergedMetadata(demuxer.metadata, metadata),
    chapters: chapters ?? cut?.chapters(demuxer.chapters, shift) ??
      movedChapters(demuxer.chapters, { shift }),
  });
  if (options.streams === undefined && !isCut) reserveCapacityFor(input, output);
  const outputs = new Map<number, number>();
  for (const stream of wanted) {
    outputs.set(stream.index, muxer.addStream(stream, settings(stream)).index);
  }
  markDefaults(muxer, wanted);
  // Packets are read into the muxer's own: they go on as they are.
  const slot = slotOf(muxer);
  const started = new Set<number>();
  const headless = new Set<number>();
  let announce = onStart;
  let packets = 0;
  let cutOff = false;
  const interval = new ProgressInterval();
  let time = 0;
  const tell = () =>
    onProgress?.({ time, duration: demuxer.duration, bytesRead: demuxer.bytesRead, packets });
  try {
    for (;; slot.clear()) {
      if (!(cut ? cut.next(slot) : clock.read(slot))) break;
      const { streamIndex } = slot;
      const stream = outputs.get(streamIndex);
      if (stream === undefined) continue;
      const { timeBase } = demuxer.streams[streamIndex];
      const at = onProgress ? toSeconds(slot.dts ?? slot.pts, timeBase) : null;
      if (!started.has(streamIndex)) {
        if (!slot.isKeyframe) {
          headless.add(streamIndex);
          continue;
        }
        started.add(streamIndex);
      }
      // Every stream of a cut moves by the same time, so that they stay in step.
      if (cut) moveTimes(slot, -moved.ticks(timeBase));
      writeSlot(muxer, { slot, stream, timeBase, repair: true });
      packets++;
      time = at === null ? time : at - (cut ? origin : zero ? 0 : origin);
      if (announce) announce = announced(muxer, announce);
      if (onProgress && interval.isOver()) tell();
    }
  } catch (error) {
    if (!isDemuxError(error)) throw error;
    // The readable part is written whole.
    cutOff = packets > 0 && isCutOff(demuxer, error);
    if (!cutOff) {
      try {
        muxer.finish();
      } catch {
        // The first error is the one that says why.
      }
      throw error;
    }
  }
  for (const { index, type, codec } of demuxer.streams.slice(count)) {
    const reason = "it begins after the header was written";
    dropped.push({ index, type, codec: codec.name, reason });
  }
  for (const { index, type, codec } of wanted) {
    if (started.has(index) || !headless.has(index)) continue;
    dropped.push({ index, type, codec: codec.name, reason: "it has no keyframe to begin with" });
  }
  if (packets === 0 && dropped.length > 0) throw nothingToWrite(dropped);
  muxer.finish();
  if (announce) announced(muxer, announce);
  tell();
  return {
    packets,
    bytesRead: demuxer.bytesRead,
    bytesWritten: muxer.bytesWritten,
    size: muxer.size,
    streams: Array.from(outputs, ([input, output]) => ({ input, output })),
    dropped,
    truncated: cutOff || hasHoles(demuxer) || clock.isTruncated(wanted),
  };
}

/** Tells that the header is written, once it is. */
function announced(
  muxer: MuxerSync,
  announce: NonNullable<RemuxHooks["onStart"]>,
): typeof announce | undefined {
  const written = writtenStreams(muxer);
  if (written === undefined) return announce;
  const { format: name, streams } = written;
  const mimeType = mimeTypeOf({ name }, streams) ?? "application/octet-stream";
  announce({ mimeType, streams });
  return undefined;
}

function nothingToWrite(dropped: readonly DroppedStream[]): AVError {
  const reasons = new Map<string, number[]>();
  for (const { index, reason } of dropped) {
    reasons.set(reason, [...reasons.get(reason) ?? [], index]);
  }
  const why = Array.from(reasons, ([reason, indexes]) => `stream ${indexes.join(", ")}: ${reason}`);
  return new AVError({
    code: AVERROR_INVALIDDATA,
    operation: "av_read_frame",
    detail: `the streams to copy have no packets, and others were left out (${why.join("; ")})`,
  });
}

/** The output is the remux's to close, also where the cut is refused. */
function openCut(options: CutOptions, output: OutputSync | undefined): Cut {
  try {
    return new Cut(options);
  } catch (error) {
    throw releasedAfter(error, () => discardOutput(output));
  }
}
