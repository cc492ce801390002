/**
 * From one container and its codecs to others.
 *
 * @module
 */
import { AVError, AVERROR_INVALIDDATA } from "../../error.ts";
import { releasedAfter } from "../../io/avio/release.ts";
import type { SinkSync } from "../../io/contract.ts";
import { discardInput, discardOutput, type InputSync, type OutputSync } from "../../io/input.ts";
import { DemuxerSync, disableDiscard, wantedOf, wantOnly } from "../../format/demux/demuxer.ts";
import { markDefaults } from "../../format/mux/default_disposition.ts";
import { MuxerSync, slotOf, writeSlot } from "../../format/mux/muxer.ts";
import { moveTimes } from "../../format/mux/output_stream.ts";
import type { PacketSlot } from "../../format/packet.ts";
import { assertOptions, assertOther } from "../../format/remux/checks.ts";
import type { DroppedStream } from "../../format/remux/choose_streams.ts";
import { Cut, isDemuxError } from "../../format/remux/cut.ts";
import { InputClock } from "../../format/remux/input_clock.ts";
import { movedChapters } from "../../format/remux/moved_chapters.ts";
import { mergedMetadata, startOf } from "../../format/remux/opening.ts";
import { ProgressInterval } from "../../format/remux/progress.ts";
import { settingsByStream } from "../../format/remux/stream_settings.ts";
import { isCutOff } from "../../format/remux/truncation.ts";
import type { Stream } from "../../format/types.ts";
import { toSeconds } from "../../rational.ts";
import { threadCount } from "../codec_context.ts";
import { assertMaxPixels, DEFAULT_MAX_PIXELS } from "../../check.ts";
import { AudioTrack } from "./audio_track.ts";
import { assertTargets } from "./checks.ts";
import type { TranscodedStream, TranscodeResult, TranscodeSyncOptions } from "./options.ts";
import { type Plan, planStreams } from "./plan.ts";
import type { EncodedTrack, Shown } from "./track.ts";
import { VideoTrack } from "./video_track.ts";

const AVERROR_NO_MEMORY = "ENOMEM";

/** The hooks of the module's own callers. */
export interface TranscodeHooks {
  /** Called before each packet: throws where the result is not wanted any more. */
  readonly throwIfAborted?: () => void;
}

/** Throws a TypeError or a RangeError that names the option. */
export function assertTranscodeOptions(options: TranscodeSyncOptions): void {
  assertOptions("transcode", options);
  threadCount(options.threads);
  assertMaxPixels(options.maxPixels);
  assertTargets(options);
}

/**
 * Decodes and encodes what changes of an input, and copies what does not. Where the media breaks
 * off, what could be read is written and finished, and then the demuxer's error is thrown.
 */
export function transcodeSync(
  input: InputSync | undefined,
  output: OutputSync | undefined,
  options: TranscodeSyncOptions,
  hooks: TranscodeHooks = {},
): TranscodeResult {
  try {
    assertTranscodeOptions(options);
    assertOther("transcode", input, output);
  } catch (error) {
    throw releasedAfter(error, () => {
      discardInput(input);
      discardOutput(output);
    });
  }
  let demuxer: DemuxerSync;
  try {
    const { signal, onLog, open, spool, maxPixels = DEFAULT_MAX_PIXELS } = options;
    demuxer = DemuxerSync.open(input, { signal, onLog, open, spool, maxPixels, ...options.input });
  } catch (error) {
    throw releasedAfter(error, () => discardOutput(output));
  }
  using transcoder = new Transcoder(demuxer, output, options, hooks);
  return transcoder.run();
}

class Transcoder implements Disposable {
  readonly #demuxer: DemuxerSync;
  readonly #output: OutputSync | undefined;
  readonly #options: TranscodeSyncOptions;
  readonly #hooks: TranscodeHooks;
  readonly #tracks = new Map<number, EncodedTrack>();
  /** The stream of the output by that of the input. */
  readonly #outputs = new Map<number, number>();
  readonly #started = new Set<number>();
  #muxer: MuxerSync | undefined;
  #clock: InputClock | undefined;
  #cut: Cut | undefined;
  #cutOff = false;
  #damaged = 0;
  #firstDamage: unknown;
  #packets = 0;
  #time = 0;
  readonly #interval = new ProgressInterval();

  constructor(
    demuxer: DemuxerSync,
    output: OutputSync | undefined,
    options: TranscodeSyncOptions,
    hooks: TranscodeHooks,
  ) {
    this.#demuxer = demuxer;
    this.#output = output;
    this.#options = options;
    this.#hooks = hooks;
  }

  run(): TranscodeResult {
    const { timestamps = "zero", start, end } = this.#options;
    const demuxer = this.#demuxer;
    let plan: Plan;
    let read: (slot: PacketSlot) => boolean;
    let shown: Shown;
    let origin: number;
    try {
      plan = this.#plan();
      wantOnly(demuxer, plan.order.map(({ index }) => index));
      disableDiscard(demuxer, plan.order);
      origin = startOf(demuxer, plan.order);
      const { discontinuity = timestamps === "keep" ? "keep" : "join" } = this.#options;
      const clock = this.#clock = new InputClock({ demuxer, discontinuity, offset: 0 });
      if (start !== undefined || end !== undefined) {
        this.#cut = new Cut({ demuxer, clock, origin, wanted: plan.order, start, end });
      }
      const cut = this.#cut;
      read = cut ? (slot) => cut.next(slot) : (slot) => clock.read(slot);
      shown = this.#shown(plan, origin, timestamps === "keep");
      for (const { stream, target } of plan.encoded) this.#open(stream, target, plan, shown);
      this.#create(plan, shown);
    } catch (error) {
      throw releasedAfter(error, () => {
        // The muxer has it from its making on.
        if (this.#muxer === undefined) discardOutput(this.#output);
      });
    }
    const muxer = this.#muxer as MuxerSync;
    try {
      this.#copyAndEncode(read, shown, origin);
    } catch (error) {
      if (!isDemuxError(error)) throw error;
      this.#cutOff = isCutOff(demuxer, error);
      if (!this.#cutOff) {
        try {
          for (const track of this.#tracks.values()) track.finish();
          muxer.finish();
        } catch {
          // The first error is the one that says why.
        }
        throw error;
      }
    }
    for (const track of this.#tracks.values()) track.finish();
    if (this.#packets === 0) throw this.#nothing();
    muxer.finish();
    this.#tell();
    return this.#result(plan);
  }

  #plan(): Plan {
    const { format, options, open, streams, unsupported, video, audio } = this.#options;
    const output = this.#output;
    const name = this.#options.name ??
      (typeof output === "string" ? output : (output as SinkSync | undefined)?.name);
    return planStreams(this.#demuxer.streams, {
      format,
      name,
      options,
      open,
      streams,
      readable: wantedOf(this.#demuxer),
      unsupported,
      video,
      audio,
    });
  }

  /** Where a video is copied, everything begins with its keyframe; else exactly at the start. */
  #shown(plan: Plan, origin: number, keep: boolean): Shown {
    const { start, end } = this.#options;
    const copiesVideo = plan.copied.some(({ type, isCoverArt }) => type === "video" && !isCoverArt);
    const begin = this.#cut === undefined
      ? origin
      : copiesVideo
      ? this.#cut.begin
      : origin + (start ?? 0);
    return {
      zero: keep ? 0 : begin,
      start: start === undefined ? -Infinity : begin,
      end: end === undefined ? Infinity : origin + end,
    };
  }

  #open(stream: Stream, target: object, plan: Plan, shown: Shown): void {
    const { decoders, maxPixels, threads } = this.#options;
    const onDamage = (error: unknown, packet: PacketSlot | null) =>
      this.#damage(stream, error, packet, shown.zero);
    const write = (slot: PacketSlot, timeBase: { num: number; den: number }) => {
      const index = this.#outputs.get(stream.index) as number;
      writeSlot(this.#muxer as MuxerSync, { slot, stream: index, timeBase });
      this.#packets++;
    };
    const common = { decoders, shown, write, onDamage, globalHeader: plan.globalHeader };
    this.#tracks.set(
      stream.index,
      stream.type === "video"
        ? new VideoTrack(stream, target, { ...common, maxPixels, threads })
        : new AudioTrack(stream as Stream & { type: "audio" }, target, common),
    );
  }

  #damage(stream: Stream, error: unknown, packet: PacketSlot | null, zero: number): void {
    if (!(error instanceof AVError) || error.codeName === AVERROR_NO_MEMORY) throw error;
    this.#damaged++;
    this.#firstDamage ??= error;
    const at = toSeconds(packet?.pts ?? packet?.dts ?? null, stream.timeBase);
    this.#options.onDamage?.({
      stream: stream.index,
      time: at === null ? null : at - zero,
      error,
    });
  }

  #create(plan: Plan, { zero }: Shown): void {
    const { format, name, options, open, bufferSize, onMarker, onLog, signal, metadata, chapters } =
      this.#options;
    const demuxer = this.#demuxer;
    const muxer = MuxerSync.create(this.#output, {
      format,
      name,
      options,
      open,
      bufferSize,
      onMarker,
      onLog,
      signal,
      metadata: mergedMetadata(demuxer.metadata, metadata),
      chapters: chapters ?? this.#cut?.chapters(demuxer.chapters, zero) ??
        movedChapters(demuxer.chapters, { shift: zero }),
    });
    this.#muxer = muxer;
    const settings = settingsByStream(this.#options, demuxer.streams);
    for (const stream of plan.order) {
      const track = this.#tracks.get(stream.index);
      const added = track
        ? muxer.addStream(track.description)
        : muxer.addStream(stream, settings(stream));
      this.#outputs.set(stream.index, added.index);
    }
    markDefaults(muxer, plan.order);
  }

  #copyAndEncode(
    read: (slot: PacketSlot) => boolean,
    shown: Shown,
    origin: number,
  ): void {
    const muxer = this.#muxer as MuxerSync;
    // Packets that are copied are read into the muxer's own: they go on as they are.
    const slot = slotOf(muxer);
    for (;; slot.clear()) {
      this.#hooks.throwIfAborted?.();
      if (!read(slot)) break;
      const { streamIndex } = slot;
      const index = this.#outputs.get(streamIndex);
      if (index === undefined) continue;
      const stream = this.#demuxer.streams[streamIndex];
      const at = toSeconds(slot.dts ?? slot.pts, stream.timeBase);
      if (at !== null) this.#time = at - origin;
      const track = this.#tracks.get(streamIndex);
      if (track) track.send(slot);
      else this.#copy(muxer, slot, stream, index, shown);
      if (this.#interval.isOver()) this.#tell();
    }
  }

  #copy(muxer: MuxerSync, slot: PacketSlot, stream: Stream, index: number, shown: Shown): void {
    const { timeBase } = stream;
    if (!this.#started.has(stream.index)) {
      if (!slot.isKeyframe) return;
      const at = toSeconds(slot.pts ?? slot.dts, timeBase);
      if (at !== null && stream.type === "audio" && at < shown.start) return;
      this.#started.add(stream.index);
    }
    moveTimes(slot, -Math.round(shown.zero * timeBase.den / timeBase.num));
    writeSlot(muxer, { slot, stream: index, timeBase, repair: true });
    this.#packets++;
  }

  #tell(): void {
    const { duration, bytesRead } = this.#demuxer;
    this.#options.onProgress?.({ time: this.#time, duration, bytesRead, packets: this.#packets });
  }

  #nothing(): unknown {
    return this.#firstDamage ?? new AVError({
      code: AVERROR_INVALIDDATA,
      operation: "av_read_frame",
      detail: "the input has nothing that could be written",
    });
  }

  #result({ order, dropped }: Plan): TranscodeResult {
    const muxer = this.#muxer as MuxerSync;
    const late: DroppedStream[] = this.#demuxer.streams
      .filter(({ index }) => !this.#outputs.has(index))
      .filter(({ index }) => !dropped.some((one) => one.index === index))
      .filter(() => this.#options.streams === undefined)
      .map(({ index, type, codec }) => ({
        index,
        type,
        codec: codec.name,
        reason: "it begins after the header was written",
      }));
    const tracks = [...this.#tracks.values()];
    return {
      packets: this.#packets,
      bytesRead: this.#demuxer.bytesRead,
      bytesWritten: muxer.bytesWritten,
      size: muxer.size,
      streams: order.map((stream): TranscodedStream => {
        const track = this.#tracks.get(stream.index);
        const codec = track?.description.codec ?? stream.codec;
        return {
          input: stream.index,
          output: this.#outputs.get(stream.index) as number,
          codec: typeof codec === "string" ? codec : codec.name,
          encoder: track?.encoder ?? null,
        };
      }),
      dropped: [...dropped, ...late].sort((a, b) => a.index - b.index),
      truncated: this.#cutOff || (this.#clock?.isTruncated(order) ?? false),
      damaged: this.#damaged,
      duplicatedFrames: tracks.reduce((sum, { duplicated }) => sum + duplicated, 0),
      droppedFrames: tracks.reduce((sum, track) => sum + track.dropped, 0),
    };
  }

  [Symbol.dispose](): void {
    for (const track of this.#tracks.values()) track[Symbol.dispose]();
    this.#cut?.[Symbol.dispose]();
    try {
      this.#demuxer.close();
    } finally {
      this.#muxer?.close();
    }
  }
}
