/**
 * Reads an AVStream into a plain snapshot.
 *
 * @module
 */
import {
  advance,
  copyOf,
  makeBytes,
  type Native,
  NULL,
  type Pointer,
  type Struct,
} from "../../../ffi/mod.ts";
import { readDictionary } from "../../dictionary.ts";
import { knownRational, ticks, toSeconds, unpackRational } from "../../rational.ts";
import { codecString } from "../codec_string/codec_string.ts";
import { readColor } from "../color.ts";
import { dispositionNames } from "../disposition.ts";
import { constantName, rational } from "../struct_values.ts";
import { readSideData } from "../side_data.ts";
import type { SideData, Stream, StreamBase } from "../types.ts";

const mediaTypes: Readonly<Record<number, Stream["type"]>> = {
  0: "video",
  1: "audio",
  2: "data",
  3: "subtitle",
  4: "attachment",
};
/** By `AVFieldOrder`. */
export const fieldOrders: readonly (string | null)[] = [
  null,
  "progressive",
  "tt",
  "bb",
  "tb",
  "bt",
];
/** By `AVChromaLocation`. */
export const chromaLocations: readonly (string | null)[] = [
  null,
  "left",
  "center",
  "topleft",
  "top",
  "bottomleft",
  "bottom",
];
/** The value of `AVCodecParameters.profile` without a profile. */
export const PROFILE_UNKNOWN = -99;
const LEVEL_UNKNOWN = -99;
const DISPLAY_MATRIX = "Display Matrix";

const DOLBY_VISION = "DOVI configuration record";

/** Profile and level of AVDOVIDecoderConfigurationRecord, whose fields are bytes. */
function dolbyVisionOf(sideData: readonly SideData[]) {
  const record = sideData.find(({ type }) => type === DOLBY_VISION)?.data;
  if (record === undefined || record.length < 4) return undefined;
  return { profile: record[2], level: record[3] };
}

const decoder = new TextDecoder();

/** Degrees, as `av_display_rotation_get` has them. */
function rotationOf(sideData: readonly SideData[]): number {
  const matrix = sideData.find((entry) => entry.type === DISPLAY_MATRIX)?.data;
  if (matrix === undefined || matrix.length < 36) return 0;
  const view = new DataView(matrix.buffer, matrix.byteOffset);
  const at = (i: number) => view.getInt32(i * 4, true) / 65536;
  const scale = [Math.hypot(at(0), at(3)), Math.hypot(at(1), at(4))];
  if (scale[0] === 0 || scale[1] === 0) return 0;
  const degrees = -Math.atan2(at(1) / scale[1], at(0) / scale[0]) * 180 / Math.PI;
  return degrees === 0 ? 0 : degrees;
}

/** The name of the channel layout of an AVCodecParameters or an AVFrame; null where unknown. */
export function layoutName(native: Native, par: Struct): string | null {
  const buffer = makeBytes(256);
  const { avutil } = native;
  if (par.has("ch_layout")) {
    if (par.number("ch_layout.nb_channels") === 0 || avutil.av_channel_layout_describe === null) {
      return null;
    }
    const order = par.number("ch_layout.order");
    if (order === 0) return null;
    const at = advance(par.pointer, par.offset("ch_layout"));
    if (avutil.av_channel_layout_describe(at, buffer, buffer.length) < 0) return null;
  } else {
    const mask = par.bigint("channel_layout");
    if (mask === 0n || avutil.av_get_channel_layout_string === null) return null;
    avutil.av_get_channel_layout_string(buffer, buffer.length, par.number("channels"), mask);
  }
  return decoder.decode(buffer.subarray(0, buffer.indexOf(0)));
}

/** The fourcc as ffprobe writes it: printable characters, the others as `[N]`. */
function fourcc(tag: number): string {
  return [0, 8, 16, 24].map((shift) => {
    const byte = (tag >>> shift) & 255;
    const character = String.fromCharCode(byte);
    return /[0-9A-Za-z .\-_]/.test(character) ? character : `[${byte}]`;
  }).join("");
}

/** Reads the stream at an address; `context` is its AVFormatContext. */
export function readStream(native: Native, context: Pointer, pointer: Pointer): Stream {
  const { avcodec, avutil, avformat } = native;
  const stream = native.struct("AVStream", pointer);
  const par = native.struct("AVCodecParameters", stream.at("codecpar"));
  const codecId = par.number("codec_id");
  const descriptor = avcodec.avcodec_descriptor_get(codecId);
  const timeBase = rational(stream, "time_base");
  const profile = par.number("profile");
  const level = par.number("level");
  const tag = par.number("codec_tag");
  const extradataSize = par.number("extradata_size");
  const extradata = extradataSize > 0 ? copyOf(par.at("extradata"), extradataSize) : null;
  const frames = stream.number("nb_frames");
  const bitRate = par.number("bit_rate");
  const sideData = par.has("coded_side_data")
    ? readSideData(native, par.at("coded_side_data"), par.number("nb_coded_side_data"))
    : readSideData(native, stream.at("side_data"), stream.number("nb_side_data"));
  const type = mediaTypes[par.number("codec_type")] ?? "data";
  const name = constantName(native, avcodec.avcodec_get_name(codecId)) ?? "unknown";
  const pixelFormat = type === "video"
    ? constantName(native, avutil.av_get_pix_fmt_name(par.number("format")))
    : null;
  const color = readColor(native, par);
  const channels = par.has("ch_layout")
    ? par.number("ch_layout.nb_channels")
    : par.number("channels");
  const disposition = dispositionNames(stream.number("disposition"));
  const base: StreamBase = {
    index: stream.number("index"),
    id: stream.number("id"),
    codec: {
      name,
      longName: descriptor === NULL
        ? "unknown"
        : constantName(native, native.struct("AVCodecDescriptor", descriptor).at("long_name")) ??
          "unknown",
      profile: profile === PROFILE_UNKNOWN
        ? null
        : constantName(native, avcodec.avcodec_profile_name(codecId, profile)),
      level: level === LEVEL_UNKNOWN ? null : level,
      tag: fourcc(tag),
      string: codecString({
        name,
        tag: fourcc(tag),
        profile,
        level,
        extradata,
        dolbyVision: dolbyVisionOf(sideData),
        sampleRate: par.number("sample_rate"),
        channels,
        pixelFormat,
        color,
      }),
    },
    timeBase,
    startTime: toSeconds(ticks(stream.number("start_time")), timeBase),
    duration: toSeconds(ticks(stream.number("duration")), timeBase),
    frames: frames > 0 ? frames : null,
    bitRate: bitRate > 0 ? bitRate : null,
    disposition,
    isCoverArt: type === "video" && disposition.includes("attached_pic") &&
      !disposition.includes("timed_thumbnails"),
    metadata: readDictionary(stream.at("metadata")),
    extradata,
    sideData,
  };
  if (type === "video") {
    return {
      type,
      ...base,
      width: par.number("width"),
      height: par.number("height"),
      pixelFormat,
      sampleAspectRatio: knownRational(
        unpackRational(avformat.av_guess_sample_aspect_ratio(context, pointer, NULL)),
      ),
      frameRate: knownRational(rational(stream, "r_frame_rate")),
      averageFrameRate: knownRational(rational(stream, "avg_frame_rate")),
      fieldOrder: fieldOrders[par.number("field_order")] ?? null,
      color,
      chromaLocation: chromaLocations[par.number("chroma_location")] ?? null,
      videoDelay: par.number("video_delay"),
      bitsPerCodedSample: par.number("bits_per_coded_sample"),
      rotation: rotationOf(sideData),
    };
  }
  if (type === "audio") {
    return {
      type,
      ...base,
      sampleRate: par.number("sample_rate"),
      channels,
      channelLayout: layoutName(native, par),
      sampleFormat: constantName(native, avutil.av_get_sample_fmt_name(par.number("format"))),
      frameSize: par.number("frame_size"),
      initialPadding: par.number("initial_padding"),
      blockAlign: par.number("block_align"),
      bitsPerCodedSample: par.number("bits_per_coded_sample"),
    };
  }
  return { type, ...base };
}
