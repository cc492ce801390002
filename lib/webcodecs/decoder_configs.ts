/**
 * The configurations of decoders: converted, checked and looked up in the libraries at hand.
 *
 * @module
 */
import { decoderNames } from "../codec/codecs.ts";
import type { StreamDescription } from "../format/parameters.ts";
import { bufferSource, bytesOf } from "./buffer_source.ts";
import { parseAudioCodec, parseVideoCodec } from "../format/codec_string/parse.ts";
import type { AudioDecoderConfig, VideoDecoderConfig } from "./codec_types.ts";
import type { HardwareAcceleration } from "./frame_types.ts";
import { videoColorSpaceInit } from "./video_color_space.ts";
import {
  boolean,
  type Converter,
  dictionary,
  domString,
  double,
  enforcedUnsignedLong,
  enumeration,
} from "./webidl.ts";

/** Converts to `HardwareAcceleration`. */
export const hardwareAcceleration: Converter<HardwareAcceleration> = enumeration([
  "no-preference",
  "prefer-hardware",
  "prefer-software",
]);

const videoDecoderConfig: Converter<VideoDecoderConfig> = dictionary({
  codec: { type: domString, required: true },
  description: { type: bufferSource },
  codedWidth: { type: enforcedUnsignedLong },
  codedHeight: { type: enforcedUnsignedLong },
  displayAspectWidth: { type: enforcedUnsignedLong },
  displayAspectHeight: { type: enforcedUnsignedLong },
  colorSpace: { type: videoColorSpaceInit },
  hardwareAcceleration: { type: hardwareAcceleration, initial: () => "no-preference" },
  optimizeForLatency: { type: boolean },
  rotation: { type: double, initial: () => 0 },
  flip: { type: boolean, initial: () => false },
});

const audioDecoderConfig: Converter<AudioDecoderConfig> = dictionary({
  codec: { type: domString, required: true },
  description: { type: bufferSource },
  numberOfChannels: { type: enforcedUnsignedLong, required: true },
  sampleRate: { type: enforcedUnsignedLong, required: true },
});

/** Throws a TypeError for a codec string of blanks. */
export function checkCodecString(codec: string): void {
  if (codec.trim() === "") throw new TypeError("codec: the string is empty");
}

function checkPair(config: object, width: string, height: string): void {
  const sizes = config as Record<string, number | undefined>;
  const [across, down] = [sizes[width], sizes[height]];
  if (across === 0 || down === 0) throw new TypeError(`${width}, ${height}: expected more than 0`);
  if ((across === undefined) !== (down === undefined)) {
    throw new TypeError(`${width} and ${height} are given together, or not at all`);
  }
}

function copyDescription<T extends { description?: unknown }>(config: T): T {
  if (config.description === undefined) return config;
  const { bytes, detached } = bytesOf(config.description, "description");
  if (detached) throw new TypeError("description: the buffer is detached");
  return { ...config, description: bytes.slice().buffer };
}

/** A checked copy of a `VideoDecoderConfig`; a TypeError for one that is not valid. */
export function readVideoDecoderConfig(given: unknown): VideoDecoderConfig {
  const config = videoDecoderConfig(given, "VideoDecoderConfig");
  checkCodecString(config.codec);
  checkPair(config, "codedWidth", "codedHeight");
  checkPair(config, "displayAspectWidth", "displayAspectHeight");
  return copyDescription(config);
}

/** A checked copy of an `AudioDecoderConfig`; a TypeError for one that is not valid. */
export function readAudioDecoderConfig(given: unknown): AudioDecoderConfig {
  const config = audioDecoderConfig(given, "AudioDecoderConfig");
  checkCodecString(config.codec);
  if (config.sampleRate === 0) throw new TypeError("sampleRate: expected more than 0");
  if (config.numberOfChannels === 0) throw new TypeError("numberOfChannels: expected more than 0");
  return copyDescription(config);
}

const extradataOf = ({ description }: { description?: unknown }) =>
  description === undefined ? null : bytesOf(description, "description").bytes;

/** The stream of a configuration; undefined where no decoder here is for it. */
export function videoDecoderStream(config: VideoDecoderConfig): StreamDescription | undefined {
  const parsed = parseVideoCodec(config.codec);
  if (parsed === undefined || decoderNames(parsed.codec).length === 0) return undefined;
  const extradata = extradataOf(config);
  // A description of VP8 and VP9 is none of libav's.
  const isBare = parsed.codec === "vp8" || parsed.codec === "vp9";
  return {
    type: "video",
    codec: parsed.codec,
    extradata: isBare ? null : extradata,
    width: config.codedWidth,
    height: config.codedHeight,
  };
}

/** Codecs that cannot be decoded without a description. */
const described = ["vorbis", "flac"];
const MAX_CHANNELS = 64;
const MIN_OPUS_HEAD = 19;

/**
 * The stream of a configuration; undefined where no decoder here is for it, or the description
 * lacks what the codec needs.
 */
export function audioDecoderStream(config: AudioDecoderConfig): StreamDescription | undefined {
  const parsed = parseAudioCodec(config.codec);
  const { sampleRate, numberOfChannels: channels } = config;
  if (parsed === undefined || decoderNames(parsed.codec).length === 0) return undefined;
  if (channels > MAX_CHANNELS || sampleRate > 768_000) return undefined;
  return {
    type: "audio",
    codec: parsed.codec,
    extradata: extradataOf(config),
    sampleRate,
    channels,
  };
}

/** False where the codec needs a description and has none that it can use. */
export function hasUsableDescription(config: AudioDecoderConfig): boolean {
  const codec = parseAudioCodec(config.codec)?.codec ?? "";
  const description = extradataOf(config);
  if (codec === "opus") {
    return config.numberOfChannels <= 2
      ? true
      : description !== null && description.length > MIN_OPUS_HEAD;
  }
  return !described.includes(codec) || (description !== null && description.length > 0);
}
