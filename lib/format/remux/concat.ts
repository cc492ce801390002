/**
 * Parts of the same codecs, one after the other in one container, nothing decoded.
 *
 * @module
 */
import { assertOptions, assertOther } from "./checks.ts";
import type { DroppedStream } from "./choose_streams.ts";
import { isDemuxError } from "./cut.ts";
import { InputClock } from "./input_clock.ts";
import { mergedMetadata, openAndChoose } from "./opening.ts";
import { durationOf, isDense, Part, type StreamEnds, timeOf } from "./part.ts";
import { ProgressInterval } from "./progress.ts";
import { codecDifferences } from "./same_codecs.ts";
import { Shift } from "./time_scale.ts";
import { AVError, AVERROR_INVALIDDATA } from "../../error.ts";
import { type OptionNames, plainOptions, without } from "../../plain_options.ts";
import { DemuxerSync, disableDiscard, wantOnly } from "../demux/demuxer.ts";
import type { DemuxerSyncOptions } from "../demux/options.ts";
import { markDefaults } from "../mux/default_disposition.ts";
import { formatNameOf, MuxerSync, slotOf, writeSlot } from "../mux/muxer.ts";
import { moveTimes } from "../mux/output_stream.ts";
import { discardInput, discardOutput, type InputSync, type OutputSync } from "../../io/input.ts";
import { releasedAfter } from "../../io/avio/release.ts";
import type { Stream } from "../types.ts";
import { type RemuxResult, remuxSyncOptionNames, type RemuxSyncOptions } from "./options.ts";

/** Options of {@link concatSync}: those of {@link RemuxSyncOptions} that are for a whole input. */
export interface ConcatSyncOptions extends Omit<RemuxSyncOptions, "start" | "end" | "timestamps"> {}

const optionNames: OptionNames<ConcatSyncOptions> = without(
  remuxSyncOptionNames,
  "start",
  "end",
  "timestamps",
);

/** A part that is opened when its turn comes. */
export interface JoinedInput {
  /** The name of the part in errors. */
  readonly name: string | undefined;
  /** Called at most once; undefined: the hook is asked by the name. */
  readonly open: () => InputSync | undefined;
  /** Called where it is never opened. */
  readonly discard: () => void;
  /** Options for its demuxer alone. */
  readonly options?: DemuxerSyncOptions;
}

/**
 * Joins parts of the same codecs, one after the other, nothing encoded again, as ffmpeg's concat
 * demuxer does. The pictures go on without a gap: each part begins where the pictures of the one
 * before end, and sound that overlaps there, or that an encoder put first to be skipped, is left
 * out. Containers and time bases may differ. The streams, the metadata and the codecs' setup bytes
 * are those of the first part; chapters are only those given, as with the tool.
 *
 * Throws a TypeError that names the part and what differs, where its codecs are not those of the
 * first. Where a part breaks off, what could be read is written and finished, and then the
 * demuxer's {@link AVError} is thrown.
 *
 * @example
 * ```ts
 * import { concatSync, MemorySink } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * const sink = new MemorySink();
 * concatSync([bytes, bytes], sink, { format: "mp4" });
 * ```
 */
export function concatSync(
  inputs: readonly InputSync[],
  output: OutputSync | undefined,
  options: ConcatSyncOptions = {},
): RemuxResult {
  const parts = Array.isArray(inputs) ? Array.from(inputs, partOf) : [];
  return joinParts(parts, output, options);
}

function partOf(input: InputSync): JoinedInput {
  return {
    name: typeof input === "string" ? input : (input as { name?: string } | null)?.name,
    open: () => input,
    discard: () => discardInput(input),
  };
}

/** {@link concatSync} of parts that are opened one at a time, until `isEnded` is true. */
export function joinParts(
  parts: readonly JoinedInput[],
  output: OutputSync | undefined,
  given: ConcatSyncOptions,
  isEnded: () => boolean = () => false,
): RemuxResult {
  const waiting = [...parts];
  let options: ConcatSyncOptions;
  try {
    try {
      options = plainOptions("concat", given, optionNames);
      if (parts.length === 0) throw new TypeError("concat: inputs must be an array of one or more");
      assertOptions("concat", options);
      for (const { name } of parts) assertOther("concat", name, output);
    } catch (error) {
      throw releasedAfter(error, () => discardOutput(output));
    }
    return join(waiting, output, options, isEnded);
  } catch (error) {
    throw releasedAfter(error, () => {
      for (const { discard } of waiting.splice(0)) discard();
    });
  }
}

function join(
  waiting: JoinedInput[],
  output: OutputSync | undefined,
  options: ConcatSyncOptions,
  isEnded: () => boolean,
): RemuxResult {
  const {
    streams: _streams,
    unsupported: _unsupported,
    discontinuity = "join",
    onProgress,
    input: inputOptions,
    metadata,
    bitstreamFilters: _filters,
    tag: _tag,
    spool,
    ...muxing
  } = options;
  const { signal, onLog, open } = options;
  const whole = waiting.length;
  const head = waiting.shift()!;
  const opened = openAndChoose(
    opening(head, output),
    output,
    { ...options, input: { ...inputOptions, ...head.options } },
    undefined,
  );
  let demuxer: DemuxerSync | undefined = opened.demuxer;
  const { streams: wanted, settings } = opened;
  const dropped: DroppedStream[] = [...opened.dropped];
  const all = demuxer.streams;
  const ends: StreamEnds = new Map();
  let label = labelOf(head, 1, whole);
  let packets = 0;
  let bytesRead = 0;
  const interval = new ProgressInterval();
  let time = 0;
  try {
    using muxer = MuxerSync.create(output, {
      ...muxing,
      metadata: mergedMetadata(demuxer.metadata, metadata),
    });
    if (whole > 1 && formatNameOf(muxer) === "flac") {
      throw new TypeError(
        "concat: the frames of each FLAC part are numbered from 0, which the format flac cannot " +
          "change: join them in matroska or ogg",
      );
    }
    const outputs = wanted.map((stream) => muxer.addStream(stream, settings(stream)).index);
    markDefaults(muxer, wanted);
    const slot = slotOf(muxer);
    let matched = new Map(wanted.map((stream, i) => [outputs[i], stream]));
    const tell = () =>
      onProgress?.({
        time,
        duration: null,
        bytesRead: bytesRead + (demuxer?.bytesRead ?? 0),
        packets,
      });
    try {
      for (let number = 1;; number++) {
        const clock = new InputClock({ demuxer, discontinuity, offset: 0 });
        using part = new Part(clock, matched);
        part.look(slot);
        const shift = part.shift(ends);
        const moved = new Shift(shift);
        const before = packets;
        for (; part.next(slot, shift, ends); slot.clear()) {
          const stream = part.streamOf(slot);
          const { timeBase } = stream;
          const index = part.outputOf(slot);
          const at = timeOf(slot, stream);
          if (at !== undefined && isDense(stream)) {
            time = at + shift;
            const end = time + durationOf(slot, stream);
            ends.set(index, Math.max(ends.get(index) ?? -Infinity, end));
          }
          moveTimes(slot, moved.ticks(timeBase));
          writeSlot(muxer, { slot, stream: index, timeBase, repair: true });
          packets++;
          if (onProgress && interval.isOver()) tell();
        }
        if (packets === before && part.seen > 0) throw nothingJoined(label, part.seen);
        bytesRead += demuxer.bytesRead;
        demuxer.close();
        demuxer = undefined;
        const next = waiting.shift();
        if (next === undefined || isEnded()) break;
        demuxer = DemuxerSync.open(next.open(), {
          signal,
          onLog,
          open,
          spool,
          ...inputOptions,
          ...next.options,
        });
        label = labelOf(next, number + 1, whole);
        matched = matchStreams(label, demuxer, { all, wanted, outputs }, dropped);
      }
    } catch (error) {
      if (!isDemuxError(error)) throw error;
      // The packets read so far make a whole file; then the caller is told.
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
      bytesRead,
      bytesWritten: muxer.bytesWritten,
      size: muxer.size,
      streams: wanted.map(({ index }, i) => ({ input: index, output: outputs[i] })),
      dropped,
      truncated: false,
    };
  } finally {
    demuxer?.close();
  }
}

/** The output is the join's to close, also where its first part cannot be opened. */
function opening(part: JoinedInput, output: OutputSync | undefined): InputSync | undefined {
  try {
    return part.open();
  } catch (error) {
    throw releasedAfter(error, () => discardOutput(output));
  }
}

function labelOf({ name }: JoinedInput, number: number, whole: number): string {
  return `part ${number} of ${whole}${name ? ` (${name})` : ""}`;
}

function nothingJoined(label: string, seen: number): AVError {
  return new AVError({
    code: AVERROR_INVALIDDATA,
    operation: "av_read_frame",
    detail: `concat: ${label} has ${seen} packets and none could be joined: its video has no ` +
      "keyframe to begin with",
  });
}

interface FirstPart {
  readonly all: readonly Stream[];
  readonly wanted: readonly Stream[];
  readonly outputs: readonly number[];
}

/** The streams of a part by their output stream: the first video goes on in the first video, … */
function matchStreams(
  what: string,
  demuxer: DemuxerSync,
  { all, wanted, outputs }: FirstPart,
  dropped: DroppedStream[],
): Map<number, Stream> {
  const matched = new Map<number, Stream>();
  wanted.forEach((first, i) => {
    if (isOnce(first)) return;
    const number = rowOf(all, first).indexOf(first);
    const next = rowOf(demuxer.streams, first)[number];
    if (next === undefined) {
      if (!isDense(first)) return;
      throw new TypeError(
        `concat: ${what} has no ${first.type} stream for output stream ${outputs[i]}: choose ` +
          "streams that every part has",
      );
    }
    const { found, advice } = codecDifferences(first, next);
    if (found.length > 0) {
      throw new TypeError(
        `concat: ${what} cannot go on in the same stream: its ${next.type} stream ${next.index} ` +
          `(${next.codec.name}) has ${found.join(", ")}: ${advice}`,
      );
    }
    matched.set(outputs[i], next);
  });
  const used = new Set(matched.values());
  for (const stream of demuxer.streams) {
    const { index, type, codec } = stream;
    if (used.has(stream) || !isDense(stream)) continue;
    const known = rowOf(all, stream).length > rowOf(demuxer.streams, stream).indexOf(stream);
    if (known) continue;
    const reason = `the first part has no such stream, and ${what} has`;
    dropped.push({ index, type, codec: codec.name, reason });
  }
  wantOnly(demuxer, [...used].map(({ index }) => index));
  disableDiscard(demuxer, used);
  return matched;
}

/** Covers and attachments are taken of the first part. */
function isOnce({ type, disposition }: Stream): boolean {
  return type === "attachment" || disposition.includes("attached_pic");
}

function rowOf(streams: readonly Stream[], { type }: Stream): Stream[] {
  return streams.filter((stream) => stream.type === type && !isOnce(stream));
}
