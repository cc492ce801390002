/**
 * A muxer's stream: what it was made from, and how packets are made ready for it.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../../plain_options.ts";
import { TimesGuard } from "./unsafe_times.ts";
import { type Native, NULL, type Struct } from "../../../ffi/mod.ts";
import { assertTicks, assertTimeBase, nameOf } from "../../check.ts";
import { assertWritable, type OptionValue, writeDictionary } from "../../dictionary.ts";
import { AVERROR, AVError } from "../../error.ts";
import { guessMuxer } from "../../io/nested/muxer_guess.ts";
import { packRational, type Rational } from "../../rational.ts";
import { BitstreamFilter } from "./bitstream.ts";
import { assertSetup, CodecSetup } from "./codec_setup.ts";
import { FilterChain } from "./filter_chain.ts";
import { containerOf } from "./segment_container.ts";
import type { FormatCore } from "../format_context.ts";
import { copyTimeBase, likelyRate } from "../remux/copy_time_base.ts";
import { CopyTimes } from "../remux/copy_times.ts";
import { dispositionBits } from "../disposition.ts";
import { hiddenParametersOf, isDescribed } from "../parameter_source.ts";
import type { PacketSlot } from "../packet.ts";
import { fillPacket, type PacketSnapshot } from "./packet_data.ts";
import {
  copyParameters,
  freeParameters,
  keepCodecTag,
  makeParameters,
  overrideCodecTag,
  type StreamDescription,
} from "../parameters.ts";
import { copySideData, sideDataOf } from "../side_data.ts";
import { rational } from "../struct_values.ts";
import type { Stream } from "../types.ts";
import { missingRequirement, type MuxerInput, type Sizes, sizesOf } from "./unsafe_muxers.ts";

/** A stream of a muxer, as {@link MuxerSync.addStream} made it. */
export interface OutputStream {
  /** Its place in the output. */
  readonly index: number;
  /** Seconds a tick of the packets given without a time base of their own lasts. */
  readonly timeBase: Rational;
}

/** How a stream is written, beside what it is. */
export interface StreamSettings {
  /**
   * Bitstream filters that its packets go through, as `ffmpeg -bsf` takes them:
   * `name=option=value:option=value,name`.
   */
  readonly bitstreamFilters?: string | undefined;
  /** The fourcc, such as `hvc1`; default: the input's where the format knows it. */
  readonly tag?: string | undefined;
}

const settingNames: OptionNames<StreamSettings> = { bitstreamFilters: true, tag: true };

/** Settings as they are when they are read, once; a TypeError names the one that is wrong. */
export function snapshotSettings(settings: StreamSettings): StreamSettings {
  const { bitstreamFilters, tag } = plainOptions("addStream", settings, settingNames);
  for (const [name, value] of Object.entries({ bitstreamFilters, tag })) {
    if (value === undefined || typeof value === "string") continue;
    throw new TypeError(`addStream: ${name}: expected a string, not ${nameOf(value)}`);
  }
  return { bitstreamFilters, tag };
}

/** The properties of a muxer that decide how its streams are written. */
export interface StreamContext {
  /** AVOutputFormat. */
  readonly format: Struct;
  /** True where nothing in the output can be changed. */
  readonly live: boolean;
  /** The muxer's options. */
  readonly options: Readonly<Record<string, OptionValue>> | undefined;
  /** The streams before it. */
  readonly count: number;
}

/** One AVStream of an output. */
export class MuxerStream {
  /** The stream as the program sees it. */
  readonly stream: OutputStream;
  readonly filters: FilterChain;
  readonly #core: FormatCore;
  readonly #format: Struct;
  readonly #container: string;
  readonly #struct: Struct;
  readonly #parameters: Struct;
  readonly #averageFrameRate: Rational | null;
  readonly #codec: string;
  readonly #isPicture: boolean;
  #sizes: Sizes | undefined;
  #times: CopyTimes | undefined;
  readonly #guard: TimesGuard;
  #packets = 0;

  /** Adds the stream (`avformat_new_stream`). */
  constructor(
    core: FormatCore,
    { format, live, options, count }: StreamContext,
    from: Stream | StreamDescription,
    { bitstreamFilters, tag }: StreamSettings = {},
  ) {
    const lib = core.native;
    // Errors are found before there is a stream: a stream cannot be removed.
    const timeBase = timeBaseOf(from);
    const disposition = dispositionBits(from.disposition ?? []);
    const sideData = sideDataOf(lib, from);
    assertWritable(from.metadata ?? {});
    const name = lib.ffi.string(format.at("name"));
    const container = containerOf(name, options, codecNameOf(from));
    const isNested = container !== name;
    const given = makeParameters(lib, from);
    const isOwn = isDescribed(from);
    const request = { container, codec: codecNameOf(from), index: count, isOwn };
    let struct: Struct;
    let par: Struct;
    let requested: BitstreamFilter | undefined;
    try {
      const parameters = lib.struct("AVCodecParameters", given);
      if (bitstreamFilters) {
        const input = { parameters, timeBase };
        requested = BitstreamFilter.parsed(lib, bitstreamFilters, input);
        requested.describeOutput(parameters);
      }
      assertSetup(request, lib, parameters);
      const at = lib.avformat.avformat_new_stream(core.pointer, NULL);
      if (at === NULL) {
        throw new AVError({ code: AVERROR("ENOMEM"), operation: "avformat_new_stream" });
      }
      struct = lib.struct("AVStream", at);
      par = lib.struct("AVCodecParameters", struct.at("codecpar"));
      copyParameters(lib, given, par);
    } catch (error) {
      requested?.free();
      throw error;
    } finally {
      freeParameters(lib, given);
    }
    this.#core = core;
    this.#guard = new TimesGuard({ format: name, container });
    this.#format = format;
    this.#container = container;
    this.#struct = struct;
    this.#parameters = par;
    keepCodecTag(lib, par, format, isNested ? outputFormat(lib, container) : format);
    if (tag) overrideCodecTag(par, tag);
    if (!par.has("coded_side_data")) copySideData(lib, struct, sideData);
    const codec = lib.ffi.string(lib.avcodec.avcodec_get_name(par.number("codec_id")));
    this.#codec = codec;
    this.#isPicture = from.type === "video";
    setRational(struct, "time_base", timeBase);
    if (disposition !== 0) struct.set("disposition", disposition);
    this.#averageFrameRate = (from.type === "video" && from.averageFrameRate) || null;
    if (from.type === "video") {
      setRational(struct, "avg_frame_rate", from.averageFrameRate);
      setRational(struct, "r_frame_rate", from.frameRate);
      setRational(struct, "sample_aspect_ratio", from.sampleAspectRatio);
      setRational(par, "sample_aspect_ratio", from.sampleAspectRatio);
      const { averageFrameRate, frameRate } = from;
      const codedRate = codedRateOf(par, from) ?? likelyRate(codec, frameRate);
      const copied = { codec, timeBase, codedRate, averageFrameRate, frameRate };
      setRational(struct, "time_base", copyTimeBase(name, format.number("flags"), copied));
    } else {
      // A timecode's: its muxer asks for one.
      const { "avg_frame_rate.num": num, "avg_frame_rate.den": den } = hiddenParametersOf(from);
      if (num > 0 && den > 0) setRational(struct, "avg_frame_rate", { num, den });
    }
    if (from.metadata) {
      writeDictionary(lib, struct.pointer, struct.offset("metadata"), from.metadata);
    }
    // The program holds it: what it might write to it would go to C.
    this.stream = Object.freeze({ index: struct.number("index"), timeBase });
    const setup = new CodecSetup(request, lib, par, live || isNested);
    this.filters = new FilterChain(core, this.stream.index, par, setup, requested);
  }

  get #given(): MuxerInput {
    const { native } = this.#core;
    const par = this.#parameters;
    return {
      format: native.ffi.string(this.#format.at("name")),
      container: this.#container,
      major: native.versions.avformat[0],
      codec: this.#codec,
      isPicture: this.#isPicture,
      extradataSize: par.number("extradata_size"),
      formatKnown: par.number("format") >= 0,
      channels: par.number(par.has("ch_layout") ? "ch_layout.nb_channels" : "channels"),
      bitsPerCodedSample: par.number("bits_per_coded_sample"),
    };
  }

  /** Before the header, once everything about the stream is known. */
  assertReady(): void {
    this.filters.assertSettled();
    const given = this.#given;
    const lack = missingRequirement(given);
    if (lack !== undefined) {
      throw this.#core.error("avformat_write_header", AVERROR("EINVAL"), lack);
    }
    this.#sizes = sizesOf(given);
  }

  /** True for a packet that the muxer takes; false for one that it is better not told of. */
  takes(slot: PacketSlot): boolean {
    const { unit = 1, dropsEmpty = false } = this.#sizes ?? {};
    if (unit > 1 && slot.size % unit !== 0) {
      throw this.#core.error(
        "av_interleaved_write_frame",
        AVERROR("EINVAL"),
        `a packet of ${this.#codec} has a multiple of ${unit} bytes here, not ${slot.size}`,
      );
    }
    return !dropsEmpty || slot.size > 0;
  }

  /** Its muxer has taken a packet. */
  wrote(): void {
    this.#packets++;
  }

  /** Before the trailer. */
  assertEnough(): void {
    const minPackets = Math.max(this.#sizes?.minPackets ?? 0, this.#guard.minPackets);
    // The trailer of caf divides it by the packets after the first one: the samples of each.
    const { span } = this.#guard;
    if (this.#container === "caf" && span > 0) this.#struct.set("duration", span);
    if (this.#packets >= minPackets) return;
    const what = `${this.#codec} needs ${minPackets} packets here, there was ${
      this.#packets || "none"
    }`;
    throw this.#core.error("av_write_trailer", AVERROR("EINVAL"), what);
  }

  /** Fills the slot with a packet of this stream, its times moved by `offset`. */
  fill(slot: PacketSlot, packet: PacketSnapshot, offset: number): void {
    slot.clear();
    fillPacket(slot, packet);
    moveTimes(slot, offset);
  }

  /**
   * Turns the times into the output's own, exactly or as {@link CopyTimes} does; after the header.
   */
  retime(slot: PacketSlot, timeBase: Rational, repair: boolean): void {
    const to = () => rational(this.#struct, "time_base");
    if (repair) {
      this.#times ??= new CopyTimes({
        native: this.#core.native,
        parameters: this.#parameters,
        averageFrameRate: this.#averageFrameRate,
        timeBase: to(),
        formatFlags: this.#format.number("flags"),
      });
      this.#times.apply(slot.struct, timeBase);
    } else {
      const { avcodec } = this.#core.native;
      avcodec.av_packet_rescale_ts(slot.pointer, packRational(timeBase), packRational(to()));
    }
    const refusal = this.#guard.refusal(slot);
    if (refusal !== undefined) {
      throw this.#core.error("av_interleaved_write_frame", AVERROR("EINVAL"), refusal);
    }
  }
}

/** libav's name of a stream's codec. */
export function codecNameOf({ codec }: Stream | StreamDescription): string {
  return typeof codec === "string" ? codec : codec.name;
}

/** The AVOutputFormat of a muxer. */
function outputFormat(native: Native, name: string): Struct | undefined {
  const guess = guessMuxer(name, "");
  return guess && native.struct("AVOutputFormat", guess.pointer);
}

/** Since 6.1 the parameters hold it; before, the demuxer's own stream told it. */
function codedRateOf(par: Struct, from: object): Rational | undefined {
  const { "framerate.num": num, "framerate.den": den } = par.has("framerate")
    ? { "framerate.num": par.number("framerate.num"), "framerate.den": par.number("framerate.den") }
    : hiddenParametersOf(from);
  return num > 0 && den > 0 ? { num, den } : undefined;
}

/** The time base of packets without one of their own; a RangeError for an invalid one. */
export function timeBaseOf({ timeBase = { num: 1, den: 1000 } }: Stream | StreamDescription) {
  assertTimeBase("addStream: timeBase", timeBase);
  return timeBase;
}

/** Adds to the times of a packet, in ticks of its own. */
export function moveTimes(slot: PacketSlot, offset: number): void {
  if (offset === 0) return;
  assertTicks("write: offset", offset);
  const { struct, pts, dts } = slot;
  if (pts !== null) struct.set("pts", pts + offset);
  if (dts !== null) struct.set("dts", dts + offset);
}

function setRational(struct: Struct, field: string, value: Rational | null | undefined): void {
  if (!value) return;
  struct.set(`${field}.num`, value.num);
  struct.set(`${field}.den`, value.den);
}
