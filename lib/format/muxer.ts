/**
 * Writing: packets to any synchronous output.
 *
 * @module
 */
import { cString, native, NULL, PointerSlot, type Struct } from "../../ffi/mod.ts";
import {
  type Dictionary,
  type OptionValue,
  readDictionary,
  withDictionary,
  writeDictionary,
} from "../dictionary.ts";
import { AVERROR, AVError } from "../error.ts";
import type { SyncSink } from "../io/contract.ts";
import type { Marker } from "../io/core.ts";
import { openOutput, type SyncOutput } from "../io/input.ts";
import type { OpenHook } from "../io/nested.ts";
import { release, releasedAfter } from "../io/release.ts";
import { type LogListener, quietly } from "../log.ts";
import { packRational, type Rational, ticks } from "../rational.ts";
import { writeChapters } from "./chapters.ts";
import { FormatCore } from "./context.ts";
import { originOf } from "./origin.ts";
import { dispositionBits } from "./disposition.ts";
import { livePacket, Packet, PacketSlot } from "./packet.ts";
import { copyParameters, describeParameters, type StreamDescription } from "./parameters.ts";
import type { Chapter, Stream } from "./types.ts";

/** Options of {@link MuxerSync.create}. */
export interface MuxerOptions {
  /** The muxer's name; default: guessed from the sink's file name. */
  format?: string;
  /** A file name that helps to guess the format. */
  name?: string;
  /** Muxer options (`AVOption`s); an unknown name is an error. */
  options?: Record<string, OptionValue>;
  /** The container's metadata. */
  metadata?: Dictionary;
  /** Chapters, times in seconds. */
  chapters?: readonly Chapter[];
  /** Answers for any other file the muxer writes or reads. */
  open?: OpenHook;
  /** Bytes of libavformat's buffer; default 64 KiB. */
  bufferSize?: number;
  /** Told of every piece of output as libavformat marks it. */
  onMarker?: (marker: Marker) => void;
  /** Told libav's log lines. */
  onLog?: LogListener;
  /** Stops with the signal's reason at the next callback. */
  signal?: AbortSignal;
}

/** A stream of a muxer, as {@link MuxerSync.addStream} made it. */
export interface OutputStream {
  /** Its place in the output. */
  readonly index: number;
  /** Seconds a tick of the packets given without a time base of their own lasts. */
  readonly timeBase: Rational;
}

/** A packet that the program made itself; times in ticks of the stream's `timeBase`. */
export interface PacketData {
  /** The payload; copied. */
  data: Uint8Array;
  /** Presentation time in ticks; default unknown. */
  pts?: number | null;
  /** Decoding time in ticks; default `pts`. */
  dts?: number | null;
  /** Ticks; default unknown. */
  duration?: number | null;
  /** Default true. */
  isKeyframe?: boolean;
  /** The time base of the times; default: the stream's. */
  timeBase?: Rational;
}

const AVFMT_NOFILE = 1;
const FLAG_KEY = 1;
const NOPTS = -(2n ** 63n);

const registry = new FinalizationRegistry<FormatCore>((core) => core.release());

let send: (muxer: MuxerSync, slot: PacketSlot, stream: number, timeBase: Rational) => void;

/**
 * A muxer over a sink, a file or a guard (`avformat_alloc_output_context2`,
 * `avformat_write_header`, `av_interleaved_write_frame`, `av_write_trailer`).
 *
 * @example
 * ```ts
 * import { DemuxerSync, MemorySink, MuxerSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * using input = DemuxerSync.open(bytes);
 * const sink = new MemorySink();
 * using output = MuxerSync.create(sink, { format: "matroska" });
 * const streams = input.streams.map((stream) => output.addStream(stream));
 * for (const packet of input) output.write(packet, streams[packet.streamIndex]);
 * output.finish();
 * ```
 */
export class MuxerSync {
  static {
    send = (muxer, slot, stream, timeBase) => muxer.#send(slot, stream, timeBase);
  }

  readonly #core: FormatCore;
  readonly #slot: PacketSlot;
  readonly #options: MuxerOptions;
  readonly #streams: {
    readonly struct: Struct;
    readonly stream: OutputStream;
    scale: Map<Rational, bigint>;
  }[] = [];
  #headerWritten = false;
  #finished = false;

  private constructor(core: FormatCore, slot: PacketSlot, options: MuxerOptions) {
    this.#core = core;
    this.#slot = slot;
    this.#options = options;
  }

  /** Makes a muxer; nothing is written before the header. */
  static create(output: SyncOutput, options: MuxerOptions = {}): MuxerSync {
    const lib = native();
    const { avformat } = lib;
    const opened = openOutput(output, options);
    const { core: io, name, sink } = opened;
    let core: FormatCore | undefined;
    try {
      const url = options.name ?? name ?? "";
      const slot = new PointerSlot();
      const code = quietly(() =>
        avformat.avformat_alloc_output_context2(
          slot.bytes,
          NULL,
          options.format === undefined ? null : cString(options.format),
          cString(url),
        )
      );
      if (code < 0) {
        throw new AVError({
          code,
          operation: "avformat_alloc_output_context2",
          detail: options.format === undefined
            ? `no muxer is known for the name ${JSON.stringify(url)}: give the format option`
            : `unknown muxer ${JSON.stringify(options.format)}`,
        });
      }
      const packet = new PacketSlot();
      core = new FormatCore({
        kind: "muxer",
        io,
        pointer: slot.value,
        open: withReadBack(sink, url, options.open),
        onLog: options.onLog,
        free: (at) => avformat.avformat_free_context(at),
        also: () => packet.free(),
      });
      const format = lib.struct("AVOutputFormat", core.struct.at("oformat"));
      if ((format.number("flags") & AVFMT_NOFILE) !== 0 && options.open === undefined) {
        throw new TypeError(
          `the format ${
            lib.ffi.string(format.at("name"))
          } writes files of its own: give the open option`,
        );
      }
      if (wantsFaststart(options) && options.open === undefined && sink?.read === undefined) {
        throw new TypeError(
          "faststart reads back what was written, and this sink has no read: " +
            'use a sink with read, or fragmented mp4 (options: { movflags: "frag_keyframe+empty_moov" })',
        );
      }
      core.struct.set("avoid_negative_ts", -1);
      if (options.metadata) {
        writeDictionary(lib, core.pointer, core.struct.offset("metadata"), options.metadata);
      }
      if (options.chapters) writeChapters(core, options.chapters);
      const muxer = new MuxerSync(core, packet, options);
      registry.register(muxer, core, muxer);
      return muxer;
    } catch (error) {
      throw releasedAfter(error, () => core ? core.release() : release(io.releaseSteps()));
    }
  }

  /** Bytes handed to the sink so far. */
  get bytesWritten(): number {
    return this.#core.io.transferred;
  }

  /** Adds a stream, from a demuxer's snapshot or a plain description; before the first packet. */
  addStream(from: Stream | StreamDescription): OutputStream {
    const core = this.#core;
    core.io.assertIdle("addStream");
    const { pointer } = core;
    if (this.#headerWritten) {
      throw new TypeError("addStream: the header is written, no stream can be added");
    }
    const lib = core.native;
    const at = lib.avformat.avformat_new_stream(pointer, NULL);
    if (at === NULL) {
      throw new AVError({ code: AVERROR("ENOMEM"), operation: "avformat_new_stream" });
    }
    const struct = lib.struct("AVStream", at);
    const origin = originOf(from);
    const par = lib.struct("AVCodecParameters", struct.at("codecpar"));
    if (origin !== NULL) copyParameters(lib, origin, par);
    else quietly(() => describeParameters(lib, par, from));
    const timeBase = from.timeBase ?? { num: 1, den: 1000 };
    struct.set("time_base.num", timeBase.num);
    struct.set("time_base.den", timeBase.den);
    if (from.disposition) struct.set("disposition", dispositionBits(from.disposition));
    if (from.type === "video") {
      for (
        const [field, value] of [
          ["avg_frame_rate", from.averageFrameRate],
          ["r_frame_rate", from.frameRate],
          ["sample_aspect_ratio", from.sampleAspectRatio],
        ] as const
      ) {
        if (!value) continue;
        struct.set(`${field}.num`, value.num);
        struct.set(`${field}.den`, value.den);
      }
    }
    if (from.metadata) writeDictionary(lib, at, struct.offset("metadata"), from.metadata);
    const stream = { index: struct.number("index"), timeBase };
    this.#streams.push({ struct, stream, scale: new Map() });
    return stream;
  }

  /** Writes the header (`avformat_write_header`); the first packet does it otherwise. */
  writeHeader(): void {
    const core = this.#core;
    if (this.#headerWritten) return;
    withDictionary(this.#options.options ?? {}, (dictionary) => {
      core.checked(
        "avformat_write_header",
        (at) => core.native.avformat.avformat_write_header(at, dictionary.bytes),
      );
      const unknown = Object.keys(readDictionary(dictionary.value));
      if (unknown.length > 0) {
        throw core.error(
          "avformat_write_header",
          AVERROR("EINVAL"),
          `unknown option${unknown.length > 1 ? "s" : ""} ${
            unknown.map((name) => JSON.stringify(name)).join(", ")
          }`,
        );
      }
    });
    this.#headerWritten = true;
  }

  /**
   * Writes a packet (`av_interleaved_write_frame`), rescaled to the stream's time base. A
   * demuxer's packet is passed on by reference, without a copy. `offset` is added to its times, in
   * ticks of its own time base.
   */
  write(packet: Packet | PacketData, stream: OutputStream, offset = 0): void {
    const core = this.#core;
    core.io.assertIdle("write");
    void core.struct;
    if (this.#finished) throw new TypeError("write: the muxer is finished");
    const target = this.#streams[stream.index];
    if (target?.stream !== stream) {
      throw new TypeError("write: that stream is not one of this muxer's");
    }
    this.writeHeader();
    const slot = this.#slot;
    slot.clear();
    const source = packet instanceof Packet ? livePacket(packet) : undefined;
    if (source) {
      const code = core.native.avcodec.av_packet_ref(slot.pointer, source.pointer);
      if (code < 0) throw new AVError({ code, operation: "av_packet_ref" });
    } else fillPacket(slot, packet);
    if (offset !== 0) {
      for (const field of ["pts", "dts"]) {
        const value = ticks(slot.struct.number(field));
        if (value !== null) slot.struct.set(field, value + offset);
      }
    }
    this.#send(slot, stream.index, packet.timeBase ?? stream.timeBase);
  }

  #send(slot: PacketSlot, index: number, from: Rational): void {
    const core = this.#core;
    const { pointer } = core;
    const target = this.#streams[index];
    slot.struct.set("stream_index", index);
    slot.struct.set("pos", -1);
    const { avcodec, avformat } = core.native;
    avcodec.av_packet_rescale_ts(slot.pointer, packRational(from), this.#timeBaseOf(target.struct));
    core.checked(
      "av_interleaved_write_frame",
      () => avformat.av_interleaved_write_frame(pointer, slot.pointer),
      true,
    );
  }

  /** The header if none was written, what is queued, the trailer, a flush; exactly once. */
  finish(): void {
    const core = this.#core;
    core.io.assertIdle("finish");
    void core.struct;
    if (this.#finished) throw new TypeError("finish: the muxer is finished already");
    this.writeHeader();
    this.#finished = true;
    core.checked("av_write_trailer", (at) => core.native.avformat.av_write_trailer(at));
    core.call("avio_flush", () => {
      core.native.avformat.avio_flush(core.io.pointer);
      return 0;
    });
    const error = core.io.struct.number("error");
    if (error < 0) throw core.error("avio_flush", error);
  }

  /** Releases everything; without `finish` no trailer is written. Twice is harmless. */
  close(): void {
    if (this.#core.closed) return;
    this.#core.close();
    registry.unregister(this);
  }

  /** {@link MuxerSync.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #timeBaseOf(struct: Struct): bigint {
    return packRational({
      num: struct.number("time_base.num"),
      den: struct.number("time_base.den"),
    });
  }
}

/** Writes the packet that a slot holds, which is then empty. For whoever queues packets. */
export function writeSlot(
  muxer: MuxerSync,
  slot: PacketSlot,
  stream: number,
  timeBase: Rational,
): void {
  send(muxer, slot, stream, timeBase);
}

/** A packet of the program's own as libav's. */
export function fillPacket(slot: PacketSlot, packet: Packet | PacketData): void {
  const { data } = packet;
  if (!(data instanceof Uint8Array)) throw new TypeError("write: data must be a Uint8Array");
  const { avcodec, libc } = slot.native;
  const code = avcodec.av_new_packet(slot.pointer, data.length);
  if (code < 0) throw new AVError({ code, operation: "av_new_packet" });
  if (data.length > 0) libc.copy_in(slot.struct.at("data"), data, data.length);
  const ticksOf = (value: number | null | undefined) =>
    value === null || value === undefined ? NOPTS : BigInt(value);
  slot.struct.set("pts", ticksOf(packet.pts));
  slot.struct.set("dts", ticksOf(packet.dts ?? (packet instanceof Packet ? null : packet.pts)));
  slot.struct.set("duration", BigInt(packet.duration ?? 0));
  slot.struct.set("flags", packet.isKeyframe ?? true ? FLAG_KEY : 0);
}

function wantsFaststart({ options }: MuxerOptions): boolean {
  return /(^|[+|])faststart/.test(String(options?.movflags ?? ""));
}

/** faststart opens its own output a second time, by name, to read it back. */
function withReadBack(
  sink: SyncSink | undefined,
  url: string,
  open: OpenHook | undefined,
): OpenHook | undefined {
  if (sink?.read === undefined) return open;
  return (asked, request) => {
    if (asked !== url || request.write) return open?.(asked, request);
    return { read: (into, position) => sink.read!(into, position) };
  };
}
