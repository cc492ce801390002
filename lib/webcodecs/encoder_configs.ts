/**
 * The configurations of encoders: converted and checked.
 *
 * @module
 */
import type { AudioEncoderConfig, VideoEncoderConfig } from "./codec_types.ts";
import { checkCodecString, hardwareAcceleration } from "./decoder_configs.ts";
import {
  boolean,
  type Converter,
  dictionary,
  domString,
  double,
  enforcedUnsignedLong,
  enforcedUnsignedLongLong,
  enumeration,
} from "./webidl.ts";

const format = <T extends string>(...names: T[]) =>
  dictionary<{ format: T }>({ format: { type: enumeration(names), initial: () => names[0] } });

const videoEncoderConfig: Converter<VideoEncoderConfig> = dictionary({
  codec: { type: domString, required: true },
  width: { type: enforcedUnsignedLong, required: true },
  height: { type: enforcedUnsignedLong, required: true },
  displayWidth: { type: enforcedUnsignedLong },
  displayHeight: { type: enforcedUnsignedLong },
  bitrate: { type: enforcedUnsignedLongLong },
  framerate: { type: double },
  hardwareAcceleration: { type: hardwareAcceleration, initial: () => "no-preference" },
  alpha: { type: enumeration(["keep", "discard"]), initial: () => "discard" },
  scalabilityMode: { type: domString },
  bitrateMode: {
    type: enumeration(["constant", "variable", "quantizer"]),
    initial: () => "variable",
  },
  latencyMode: { type: enumeration(["quality", "realtime"]), initial: () => "quality" },
  contentHint: { type: domString },
  avc: { type: format("avc", "annexb") },
  hevc: { type: format("hevc", "annexb") },
  av1: {
    type: dictionary({ forceScreenContentTools: { type: boolean, initial: () => false } }),
  },
});

const opusConfig = dictionary({
  application: { type: enumeration(["audio", "lowdelay", "voip"]), initial: () => "audio" },
  complexity: { type: enforcedUnsignedLong, initial: () => 9 },
  format: { type: enumeration(["opus", "ogg"]), initial: () => "opus" },
  frameDuration: { type: enforcedUnsignedLongLong, initial: () => 20000 },
  packetlossperc: { type: enforcedUnsignedLong, initial: () => 0 },
  signal: { type: enumeration(["auto", "music", "voice"]), initial: () => "auto" },
  usedtx: { type: boolean, initial: () => false },
  useinbandfec: { type: boolean, initial: () => false },
});

const audioEncoderConfig: Converter<AudioEncoderConfig> = dictionary({
  codec: { type: domString, required: true },
  sampleRate: { type: enforcedUnsignedLong, required: true },
  numberOfChannels: { type: enforcedUnsignedLong, required: true },
  bitrate: { type: enforcedUnsignedLongLong },
  bitrateMode: { type: enumeration(["variable", "constant"]), initial: () => "variable" },
  aac: { type: format("aac", "adts") },
  flac: {
    type: dictionary({
      blockSize: { type: enforcedUnsignedLong, initial: () => 0 },
      compressLevel: { type: enforcedUnsignedLong, initial: () => 5 },
    }),
  },
  opus: { type: opusConfig },
});

function checkNotZero(config: object, names: readonly string[]): void {
  for (const name of names) {
    if ((config as Record<string, unknown>)[name] === 0) {
      throw new TypeError(`${name}: expected more than 0`);
    }
  }
}

/** A checked copy of a `VideoEncoderConfig`; a TypeError for one that is not valid. */
export function readVideoEncoderConfig(given: unknown): VideoEncoderConfig {
  const config = videoEncoderConfig(given, "VideoEncoderConfig");
  checkCodecString(config.codec);
  checkNotZero(config, ["width", "height", "displayWidth", "displayHeight", "bitrate"]);
  if (config.framerate !== undefined && config.framerate <= 0) {
    throw new TypeError(`framerate: expected more than 0, not ${config.framerate}`);
  }
  if ((config.displayWidth === undefined) !== (config.displayHeight === undefined)) {
    throw new TypeError("displayWidth and displayHeight are given together, or not at all");
  }
  return config;
}

/** Microseconds that an Opus packet may last. */
const OPUS_DURATIONS = [2500, 5000, 10000, 20000, 40000, 60000, 80000, 100000, 120000];
const MIN_OPUS_BITRATE = 6000;
const MAX_OPUS_BITRATE = 512_000;

function inRange(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new TypeError(`${name}: expected ${least} to ${most}, not ${value}`);
}

/** A checked copy of an `AudioEncoderConfig`; a TypeError for one that is not valid. */
export function readAudioEncoderConfig(given: unknown): AudioEncoderConfig {
  const config = audioEncoderConfig(given, "AudioEncoderConfig");
  checkCodecString(config.codec);
  checkNotZero(config, ["sampleRate", "numberOfChannels", "bitrate"]);
  const { bitrate, numberOfChannels, opus, flac } = config;
  if (bitrate !== undefined) inRange("bitrate", bitrate, 1, 2 ** 31 - 1);
  if (config.codec === "opus" && bitrate !== undefined) {
    const most = MAX_OPUS_BITRATE * Math.max(1, numberOfChannels / 2);
    inRange("bitrate of Opus", bitrate, MIN_OPUS_BITRATE, most);
  }
  if (opus !== undefined) {
    inRange("opus.complexity", opus.complexity ?? 0, 0, 10);
    inRange("opus.packetlossperc", opus.packetlossperc ?? 0, 0, 100);
    if (!OPUS_DURATIONS.includes(opus.frameDuration ?? 0)) {
      throw new TypeError(
        `opus.frameDuration: expected one of ${OPUS_DURATIONS}, not ${opus.frameDuration}`,
      );
    }
  }
  if (flac !== undefined) {
    inRange("flac.compressLevel", flac.compressLevel ?? 0, 0, 8);
    if (flac.blockSize) inRange("flac.blockSize", flac.blockSize, 16, 65535);
  }
  return config;
}
