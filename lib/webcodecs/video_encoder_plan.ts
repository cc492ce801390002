/**
 * Configurations of video encoders in the options of the encoders of libavcodec.
 *
 * @module
 */
import type { EncoderSyncOptions } from "../codec/encoder.ts";
import { encoderNames } from "../codec/codecs.ts";
import type { OptionValue } from "../dictionary.ts";
import { parseVideoCodec, type VideoCodec } from "../format/codec_string/parse.ts";
import type { VideoEncoderConfig } from "./codec_types.ts";

/** How a configuration is encoded. */
export interface VideoEncoderPlan {
  /** The parsed codec string. */
  readonly codec: VideoCodec;
  /** The encoder's own name. */
  readonly encoder: string;
  /** libav's name of what it takes. */
  readonly pixelFormat: string;
  /** Frames a second, as a fraction. */
  readonly frameRate: { readonly num: number; readonly den: number };
  /** Setup bytes go into the description alone. */
  readonly globalHeader: boolean;
  /** Temporal layers. */
  readonly layers: number;
  /** Options of the encoder. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Encoders that this module has options for, the preferred one first. */
const encoders: Readonly<Record<VideoCodec["codec"], readonly string[]>> = {
  h264: ["libx264", "libopenh264"],
  hevc: ["libx265"],
  vp8: ["libvpx"],
  vp9: ["libvpx-vp9"],
  av1: ["libaom-av1"],
};

const MAX_PIXELS = 64 * 1024 * 1024;
const MAX_SIDE: Readonly<Record<VideoCodec["codec"], number>> = {
  h264: 16384,
  hevc: 16384,
  vp8: 16383,
  vp9: 65535,
  av1: 65535,
};
const DEFAULT_FRAME_RATE = 30;
/** Frames between two key frames, where the program asks for none. */
const MAX_GOP = 250;

/** The plan of a configuration; undefined where there is none here. */
export function planVideoEncoder(
  config: VideoEncoderConfig,
  quantizer?: number,
): VideoEncoderPlan | undefined {
  const codec = parseVideoCodec(config.codec);
  if (codec === undefined || config.alpha === "keep") return undefined;
  const there = encoderNames(codec.codec);
  const encoder = encoders[codec.codec].find((name) => there.includes(name));
  const { width, height } = config;
  const most = MAX_SIDE[codec.codec];
  if (encoder === undefined || width > most || height > most) return undefined;
  if (width * height > MAX_PIXELS) return undefined;
  const isEven = width % 2 === 0 && height % 2 === 0;
  if ((codec.codec === "h264" || codec.codec === "hevc") && !isEven) return undefined;
  const layers = layersOf(config.scalabilityMode, encoder);
  if (layers === undefined) return undefined;
  const suffix = codec.depth > 8 ? `${codec.depth}le` : "";
  return {
    codec,
    encoder,
    pixelFormat: `yuv${codec.chroma}p${suffix}`,
    frameRate: fraction(config.framerate ?? DEFAULT_FRAME_RATE),
    globalHeader: !isAnnexB(config, codec),
    layers,
    options: {
      g: MAX_GOP,
      ...rateOptions(config, encoder, quantizer),
      ...encoderOptions(config, codec, encoder, layers),
    },
  };
}

/** True for start codes and setup bytes in key frames. */
export function isAnnexB(config: VideoEncoderConfig, { codec }: VideoCodec): boolean {
  return (codec === "h264" && config.avc?.format === "annexb") ||
    (codec === "hevc" && config.hevc?.format === "annexb");
}

/** The options by which the encoder is opened. */
export function encoderOptionsOf(
  plan: VideoEncoderPlan,
  config: VideoEncoderConfig,
  color: EncoderSyncOptions["stream"]["color"],
): EncoderSyncOptions {
  const { width, height, displayWidth, displayHeight } = config;
  const { frameRate } = plan;
  return {
    encoder: plan.codec.codec,
    preferred: [plan.encoder],
    stream: {
      type: "video",
      width,
      height,
      pixelFormat: plan.pixelFormat,
      color,
      ...(displayWidth !== undefined && displayHeight !== undefined && {
        sampleAspectRatio: reduced(displayWidth * height, displayHeight * width),
      }),
    },
    timeBase: { num: frameRate.den, den: frameRate.num },
    frameRate,
    globalHeader: plan.globalHeader,
    options: plan.options,
  };
}

function fraction(rate: number): { num: number; den: number } {
  return Number.isInteger(rate) && rate < 1000
    ? { num: rate, den: 1 }
    : reduced(Math.max(1, Math.round(rate * 1000)), 1000);
}

function reduced(num: number, den: number): { num: number; den: number } {
  let [a, b] = [num, den];
  while (b > 0) [a, b] = [b, a % b];
  return { num: num / a, den: den / a };
}

function layersOf(mode: string | undefined, encoder: string): number | undefined {
  if (mode === undefined || mode === "L1T1") return 1;
  const layers = /^L1T([23])$/.exec(mode)?.[1];
  return layers !== undefined && encoder.startsWith("libvpx") ? Number(layers) : undefined;
}

function rateOptions(
  { bitrate, bitrateMode, width, height, framerate = DEFAULT_FRAME_RATE }: VideoEncoderConfig,
  encoder: string,
  quantizer: number | undefined,
): Record<string, OptionValue> {
  const isX26 = encoder.startsWith("libx26");
  if (bitrateMode === "quantizer") {
    const value = quantizer ?? (isX26 ? 26 : 32);
    return isX26 ? { qp: value } : { crf: value, b: 0, qmin: value, qmax: value };
  }
  if (bitrate === undefined && bitrateMode === "variable") {
    return isX26 ? { crf: 23 } : { crf: 31, b: 0 };
  }
  // Without a rate, one that suits the size: a tenth of a bit a pixel.
  const rate = bitrate ?? Math.max(50_000, Math.round(width * height * framerate / 10));
  if (bitrateMode === "constant") {
    return { b: rate, minrate: rate, maxrate: rate, bufsize: rate };
  }
  return { b: rate, ...(isX26 && { maxrate: rate * 2, bufsize: rate * 2 }) };
}

function encoderOptions(
  config: VideoEncoderConfig,
  codec: VideoCodec,
  encoder: string,
  layers: number,
): Record<string, OptionValue> {
  const isRealtime = config.latencyMode === "realtime";
  const isScreen = config.contentHint === "text" || config.contentHint === "detail";
  switch (encoder) {
    case "libx264":
      return {
        preset: isRealtime ? "superfast" : "veryfast",
        ...(isRealtime && { tune: "zerolatency" }),
        profile: avcProfile(codec.profile),
        bf: 0,
        "forced-idr": 1,
        ...avcLevel(codec.level, config),
      };
    case "libx265":
      return {
        preset: isRealtime ? "ultrafast" : "fast",
        ...(isRealtime && { tune: "zerolatency" }),
        "forced-idr": 1,
        "x265-params": "log-level=none:bframes=0:open-gop=0",
      };
    case "libvpx":
    case "libvpx-vp9":
      return {
        deadline: isRealtime ? "realtime" : "good",
        "cpu-used": isRealtime ? 8 : 4,
        "lag-in-frames": 0,
        "auto-alt-ref": 0,
        ...(encoder === "libvpx-vp9" && { "row-mt": 1 }),
        ...(encoder === "libvpx-vp9" && isScreen && { "tune-content": "screen" }),
        // Frames of higher layers may be left out: nothing else is learnt from them.
        ...(layers > 1 && {
          "error-resilient": "default",
          "ts-parameters": layerOptions(config, layers),
        }),
      };
    case "libaom-av1":
      return {
        // Its other usage takes ten times as long: browsers have this one, too.
        usage: "realtime",
        "cpu-used": isRealtime ? 8 : 6,
        "lag-in-frames": 0,
        "row-mt": 1,
        // FFmpeg 4.3 has the encoder as an experimental one.
        strict: "experimental",
      };
    default:
      return {};
  }
}

function avcProfile(profile: number): string {
  const names: Readonly<Record<number, string>> = {
    66: "baseline",
    77: "main",
    88: "main",
    110: "high10",
    122: "high422",
    244: "high444",
  };
  return names[profile] ?? "high";
}

/** Macroblocks of a picture, by level (ITU-T H.264, table A-1). */
const AVC_MAX_MACROBLOCKS: Readonly<Record<number, number>> = {
  10: 99,
  11: 396,
  12: 396,
  13: 396,
  20: 396,
  21: 792,
  22: 1620,
  30: 1620,
  31: 3600,
  32: 5120,
  40: 8192,
  41: 8192,
  42: 8704,
  50: 22080,
  51: 36864,
  52: 36864,
  60: 139264,
  61: 139264,
  62: 139264,
};

/** The level, where the size allows it: else the encoder finds one. */
function avcLevel(
  level: number,
  { width, height }: VideoEncoderConfig,
): Record<string, OptionValue> {
  const most = AVC_MAX_MACROBLOCKS[level] ?? 0;
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  return macroblocks <= most ? { level: (level / 10).toFixed(1) } : {};
}

/** Shares of the bit rate, and the layers of frames that repeat. */
const LAYERS: Readonly<Record<number, { shares: number[]; decimators: string; ids: number[] }>> = {
  2: { shares: [0.6, 1], decimators: "2,1", ids: [0, 1] },
  3: { shares: [0.5, 0.7, 1], decimators: "4,2,1", ids: [0, 2, 1, 2] },
};

/** The temporal layer of a frame, by its number since the last key frame. */
export function layerOf(layers: number, index: number): number {
  const ids = LAYERS[layers]?.ids;
  return ids === undefined ? 0 : ids[index % ids.length];
}

function layerOptions({ bitrate = 1_000_000 }: VideoEncoderConfig, layers: number): string {
  const { shares, decimators, ids } = LAYERS[layers];
  return [
    `ts_number_layers=${layers}`,
    `ts_target_bitrate=${shares.map((share) => Math.round(bitrate / 1000 * share)).join(",")}`,
    `ts_rate_decimator=${decimators}`,
    `ts_periodicity=${ids.length}`,
    `ts_layer_id=${ids.join(",")}`,
    `ts_layering_mode=${layers}`,
  ].join(":");
}
