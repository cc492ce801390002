/**
 * AVCodecParameters: copied from an open demuxer, or filled from a plain description.
 *
 * @module
 */
import {
  advance,
  copyIn,
  cString,
  makeBytes,
  type Native,
  NULL,
  type OwnBytes,
  type Pointer,
  PointerSlot,
  type Struct,
  writePointer,
} from "../../ffi/mod.ts";
import { takeBytes } from "../check.ts";
import type { Dictionary } from "../dictionary.ts";
import { AVERROR, AVError } from "../error.ts";
import { withLogSuppressed } from "../log/capture.ts";
import type { Rational } from "../rational.ts";
import { describeSideData, sideDataOf } from "./side_data.ts";
import { hiddenParametersOf, parametersBehind } from "./parameter_source.ts";
import { chromaLocations, fieldOrders, PROFILE_UNKNOWN } from "./demux/stream_snapshot.ts";
import { writeColor } from "./color.ts";
import { constantName } from "./struct_values.ts";
import type { ColorInfo, Stream } from "./types.ts";

/** A stream described by hand, for packets that the program made itself. */
export interface StreamDescription {
  /** The kind of stream. */
  type: Stream["type"];
  /**
   * libav's codec name, such as `opus`, or an object that holds it. Of that the level is taken too,
   * the profile where the codec has it, and the fourcc where the format knows it for this codec.
   */
  codec: string | {
    readonly name: string;
    readonly tag?: string | undefined;
    readonly profile?: string | null | undefined;
    readonly level?: number | null | undefined;
  };
  /** Seconds a tick lasts; default 1/1000. */
  timeBase?: Rational | undefined;
  /** The codec's setup bytes, where it has some. */
  extradata?: Uint8Array | null | undefined;
  /** Bits a second. */
  bitRate?: number | null | undefined;
  /** Names such as `default` or `forced`. */
  disposition?: readonly string[] | undefined;
  /** The stream's metadata. */
  metadata?: Dictionary | undefined;
  /** Pixels. */
  width?: number | undefined;
  /** Pixels. */
  height?: number | undefined;
  /** libav's name, such as `yuv420p`. */
  pixelFormat?: string | null | undefined;
  /** The shape of a pixel. */
  sampleAspectRatio?: Rational | null | undefined;
  /** Frames a second, at most. */
  frameRate?: Rational | null | undefined;
  /** Frames a second on average. */
  averageFrameRate?: Rational | null | undefined;
  /** `progressive`, `tt`, `bb`, `tb`, `bt`. */
  fieldOrder?: string | null | undefined;
  /** How the colours are coded. */
  color?: { readonly [Name in keyof ColorInfo]?: ColorInfo[Name] | undefined } | undefined;
  /** Where the colours of a pixel are taken: `left`, `center`, `topleft`, … */
  chromaLocation?: string | null | undefined;
  /** Frames that decoding runs ahead of showing; 0 without B-frames. */
  videoDelay?: number | undefined;
  /** Samples a second. */
  sampleRate?: number | undefined;
  /** How many. */
  channels?: number | undefined;
  /** `stereo`, `5.1`; default: libav's default for `channels`. */
  channelLayout?: string | null | undefined;
  /** libav's name, such as `s16`. */
  sampleFormat?: string | null | undefined;
  /** Samples a packet. */
  frameSize?: number | undefined;
  /** Samples to drop at the start. */
  initialPadding?: number | undefined;
  /** Bytes that cannot be divided, for codecs such as adpcm. */
  blockAlign?: number | undefined;
  /** Bits a sample or a pixel as coded, where the codec leaves that open. */
  bitsPerCodedSample?: number | undefined;
  /** Side data of the stream, such as a `Display Matrix`; copied. */
  sideData?: readonly { readonly type: string; readonly data: Uint8Array }[] | undefined;
}

const mediaTypes = { video: 0, audio: 1, data: 2, subtitle: 3, attachment: 4 } as const;
const INPUT_PADDING = 64;

/**
 * New parameters, from a demuxer's stream or a description; the caller frees them
 * (`avcodec_parameters_alloc`).
 */
export function makeParameters(native: Native, from: Stream | StreamDescription): Pointer {
  const pointer = native.avcodec.avcodec_parameters_alloc();
  if (pointer === NULL) {
    throw new AVError({ code: AVERROR("ENOMEM"), operation: "avcodec_parameters_alloc" });
  }
  const par = native.struct("AVCodecParameters", pointer);
  try {
    const origin = parametersBehind(from);
    if (origin !== NULL) copyParameters(native, origin, par);
    else withLogSuppressed(() => describeParameters(native, par, from));
    return pointer;
  } catch (error) {
    freeParameters(native, pointer);
    throw error;
  }
}

/** Lets go of them (`avcodec_parameters_free`). */
export function freeParameters(native: Native, pointer: Pointer): void {
  native.avcodec.avcodec_parameters_free(new PointerSlot(pointer).bytes);
}

/** Every field of a demuxer's stream, as libav copies them (`avcodec_parameters_copy`). */
export function copyParameters(native: Native, origin: Pointer, par: Struct): void {
  const code = native.avcodec.avcodec_parameters_copy(par.pointer, origin);
  if (code < 0) throw new AVError({ code, operation: "avcodec_parameters_copy" });
  guessLayout(native, par);
  forgetBlockAlign(native, par);
}

// By these an MP3 is counted in samples.
const SAMPLES_OF_MP3: ReadonlySet<number> = new Set([1, 576, 1152]);

/**
 * The size of a block that some formats claim for AC-3 and MP3 is no such size: avi would count by
 * it, and its audio would end early. The tools take it away as well.
 */
function forgetBlockAlign(native: Native, par: Struct): void {
  const size = par.number("block_align");
  if (size === 0) return;
  const codec = native.ffi.string(native.avcodec.avcodec_get_name(par.number("codec_id")));
  if (codec === "ac3" || (codec === "mp3" && SAMPLES_OF_MP3.has(size))) par.set("block_align", 0);
}

/** Channels in no order that is known get libav's default one, as in the tools: mp4 wants one. */
function guessLayout(native: Native, par: Struct): void {
  const { avutil } = native;
  if (!par.has("ch_layout")) {
    if (par.number("channels") === 0 || par.bigint("channel_layout") !== 0n) return;
    const mask = avutil.av_get_default_channel_layout?.(par.number("channels"));
    par.set("channel_layout", mask ?? 0);
  } else if (par.number("ch_layout.order") === 0 && par.number("ch_layout.nb_channels") > 0) {
    const at = advance(par.pointer, par.offset("ch_layout"));
    avutil.av_channel_layout_default?.(at, par.number("ch_layout.nb_channels"));
  }
}

/**
 * Keeps the input's fourcc where the output's format knows it for this codec, or knows no other,
 * as `ffmpeg -c copy` does: `hvc1` stays `hvc1`. Else the muxer chooses one. `segments` is the
 * format of its segments, where it has any.
 */
export function keepCodecTag(
  native: Native,
  par: Struct,
  format: Struct,
  segments: Struct = format,
): void {
  const tags = segments.at("codec_tag");
  const tag = par.number("codec_tag");
  const id = par.number("codec_id");
  if (tag === 0) return;
  // tee's outputs are of formats of their own, and would be refused a fourcc they do not know.
  if (native.ffi.string(format.at("name")) === "tee") par.set("codec_tag", 0);
  if (tags === NULL) return;
  const { avformat } = native;
  if (avformat.av_codec_get_id(tags, tag) === id) return;
  if (avformat.av_codec_get_tag2(tags, id, makeBytes(4)) === 0) return;
  par.set("codec_tag", 0);
}

/** Gives the parameters another fourcc than the muxer's choice. */
export function overrideCodecTag(par: Struct, tag: string): void {
  par.set("codec_tag", tagNumber(tag));
}

/** The same from a description. */
export function describeParameters(
  native: Native,
  par: Struct,
  from: Stream | StreamDescription,
): void {
  const { avutil } = native;
  const name = typeof from.codec === "string" ? from.codec : from.codec.name;
  const descriptor = descriptorOf(native, name);
  if (!Object.hasOwn(mediaTypes, from.type)) {
    throw new TypeError(`unknown stream type ${JSON.stringify(from.type)}`);
  }
  for (const [field, value] of Object.entries(hiddenParametersOf(from))) {
    if (par.has(field)) par.set(field, value);
  }
  par.set("codec_type", mediaTypes[from.type]);
  par.set("codec_id", descriptor?.number("id") ?? 0);
  if (from.bitRate) par.set("bit_rate", from.bitRate);
  if (from.extradata) setExtradata(native, par, from.extradata);
  const given = from as StreamDescription;
  if (typeof given.codec !== "string") {
    par.set("codec_tag", tagNumber(given.codec.tag ?? ""));
    if (typeof given.codec.level === "number") par.set("level", given.codec.level);
    const profile = profileNumber(native, descriptor, given.codec.profile);
    if (profile !== undefined) par.set("profile", profile);
  }
  if (given.bitsPerCodedSample) par.set("bits_per_coded_sample", given.bitsPerCodedSample);
  if (par.has("coded_side_data")) describeSideData(native, par, sideDataOf(native, from));
  const named = (value: string, find: (name: OwnBytes) => number, what: string) => {
    const found = find(cString(value));
    if (found < 0) throw new TypeError(`unknown ${what} ${JSON.stringify(value)}`);
    return found;
  };
  if (from.type === "video") {
    par.set("width", given.width ?? 0);
    par.set("height", given.height ?? 0);
    par.set("video_delay", given.videoDelay ?? 0);
    const { fieldOrder, chromaLocation } = given;
    if (fieldOrder) {
      const number = named(fieldOrder, () => fieldOrders.indexOf(fieldOrder), "field order");
      par.set("field_order", number);
    }
    if (chromaLocation) {
      const find = () => chromaLocations.indexOf(chromaLocation);
      par.set("chroma_location", named(chromaLocation, find, "chroma location"));
    }
    if (given.pixelFormat) {
      par.set("format", named(given.pixelFormat, avutil.av_get_pix_fmt, "pixel format"));
    }
    if (given.sampleAspectRatio) {
      par.set("sample_aspect_ratio.num", given.sampleAspectRatio.num);
      par.set("sample_aspect_ratio.den", given.sampleAspectRatio.den);
    }
    writeColor(native, par, given.color ?? {});
  } else if (from.type === "audio") {
    par.set("sample_rate", given.sampleRate ?? 0);
    par.set("frame_size", given.frameSize ?? 0);
    par.set("initial_padding", given.initialPadding ?? 0);
    par.set("block_align", given.blockAlign ?? 0);
    if (given.sampleFormat) {
      par.set("format", named(given.sampleFormat, avutil.av_get_sample_fmt, "sample format"));
    }
    writeChannelLayout(native, par, given);
  }
}

/** The AVCodecDescriptor of a name; undefined for `none`, which attachments may be of. */
function descriptorOf(native: Native, name: string): Struct | undefined {
  if (name === "none") return undefined;
  const at = native.avcodec.avcodec_descriptor_get_by_name(cString(name));
  if (at === NULL) throw new TypeError(`unknown codec ${JSON.stringify(name)}`);
  return native.struct("AVCodecDescriptor", at);
}

/** The number of a profile by its name; undefined where the codec has no such. */
function profileNumber(
  native: Native,
  descriptor: Struct | undefined,
  name: string | null | undefined,
): number | undefined {
  const first = name ? descriptor?.at("profiles") ?? NULL : NULL;
  if (first === NULL) return undefined;
  const { size } = native.layout("AVProfile");
  for (let at = first;; at = advance(at, size)) {
    const profile = native.struct("AVProfile", at);
    const number = profile.number("profile");
    if (number === PROFILE_UNKNOWN) return undefined;
    if (constantName(native, profile.at("name")) === name) return number;
  }
}

/** A fourcc as it is shown, with the bytes that are no characters as `[N]`; 0 for none. */
function tagNumber(tag: string): number {
  const bytes = [...tag.matchAll(/\[(\d{1,3})\]|[^]/g)]
    .map(([character, code]) => code === undefined ? character.charCodeAt(0) : Number(code));
  if (bytes.length === 0) return 0;
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) {
    throw new TypeError(`a codec's tag has four characters, not ${JSON.stringify(tag)}`);
  }
  return new DataView(Uint8Array.from(bytes).buffer).getUint32(0, true);
}

/** Gives the parameters a copy of setup bytes, with the padding that libav asks for. */
export function setExtradata(native: Native, par: Struct, setup: Uint8Array): void {
  const bytes = takeBytes("extradata", setup);
  if (bytes.length === 0) return;
  const at = native.avutil.av_mallocz(bytes.length + INPUT_PADDING);
  if (at === NULL) throw new AVError({ code: -12, operation: "av_mallocz" });
  copyIn(at, bytes);
  writePointer(par.view, par.offset("extradata"), at);
  par.set("extradata_size", bytes.length);
}

/**
 * Writes a channel layout, and how many channels it has, into an AVCodecParameters or an AVFrame.
 */
export function writeChannelLayout(
  native: Native,
  par: Struct,
  from: Pick<StreamDescription, "channels" | "channelLayout">,
): void {
  const { avutil } = native;
  const { channels = 0, channelLayout } = from;
  if (
    par.has("ch_layout") && avutil.av_channel_layout_from_string && avutil.av_channel_layout_default
  ) {
    const at = advance(par.pointer, par.offset("ch_layout"));
    if (!channelLayout) avutil.av_channel_layout_default(at, channels);
    else if (avutil.av_channel_layout_from_string(at, cString(channelLayout)) < 0) {
      throw new TypeError(`unknown channel layout ${JSON.stringify(channelLayout)}`);
    }
    return;
  }
  const mask = channelLayout
    ? avutil.av_get_channel_layout?.(cString(channelLayout))
    : avutil.av_get_default_channel_layout?.(channels);
  if (channelLayout && !mask) {
    throw new TypeError(`unknown channel layout ${JSON.stringify(channelLayout)}`);
  }
  par.set("channels", channelLayout && mask ? bitsOf(mask) : channels);
  par.set("channel_layout", mask ?? 0);
}

/** One bit of a layout's mask is one channel. */
function bitsOf(mask: number | bigint): number {
  let count = 0;
  for (let rest = BigInt(mask); rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
