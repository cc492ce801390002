/**
 * Configurations of audio encoders in the options of the encoders of libavcodec.
 *
 * @module
 */
import { encoderNames, findEncoder } from "../codec/codecs.ts";
import type { EncoderSyncOptions } from "../codec/encoder.ts";
import { supportedFormats } from "../codec/supported_formats.ts";
import type { OptionValue } from "../dictionary.ts";
import { parseAudioCodec } from "../format/codec_string/parse.ts";
import type { AudioEncoderConfig } from "./codec_types.ts";

/** How a configuration is encoded. */
export interface AudioEncoderPlan {
  /** libav's name of the codec. */
  readonly codec: string;
  /** Samples a second that the encoder takes. */
  readonly sampleRate: number;
  /** libav's name of the samples that it takes. */
  readonly sampleFormat: string;
  /** The options by which the encoder is opened. */
  readonly options: EncoderSyncOptions;
}

const preferred: Readonly<Record<string, readonly string[]>> = {
  opus: ["libopus"],
  mp3: ["libmp3lame"],
  vorbis: ["libvorbis"],
  aac: ["aac"],
};
/** The format that loses the least comes first. */
const sampleFormats = ["fltp", "flt", "s32p", "s32", "s16p", "s16", "u8p", "u8"];
const MIN_SAMPLE_RATE = 3000;
const MAX_SAMPLE_RATE = 384_000;
const MAX_CHANNELS = 8;

/** The plan of a configuration; undefined where there is none here. */
export function planAudioEncoder(config: AudioEncoderConfig): AudioEncoderPlan | undefined {
  const parsed = parseAudioCodec(config.codec);
  const { sampleRate, numberOfChannels: channels, bitrate } = config;
  if (parsed === undefined || encoderNames(parsed.codec).length === 0) return undefined;
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) return undefined;
  // The encoder of AAC-LC has no other object type.
  if (channels > MAX_CHANNELS || (parsed.codec === "aac" && parsed.profile !== 2)) return undefined;
  const { codec } = parsed;
  const entry = findEncoder(codec, preferred[codec]);
  const formats = supportedFormats(entry);
  const rates = formats.sampleRates;
  const rate = rates === null || rates.includes(sampleRate)
    ? sampleRate
    : codec === "opus"
    ? opusRate(rates, sampleRate)
    : undefined;
  const there = formats.sampleFormats ?? ["fltp"];
  const sampleFormat = sampleFormats.find((name) => there.includes(name));
  if (rate === undefined || sampleFormat === undefined) return undefined;
  return {
    codec,
    sampleRate: rate,
    sampleFormat,
    options: {
      encoder: codec,
      preferred: preferred[codec],
      stream: { type: "audio", sampleRate: rate, channels, sampleFormat },
      options: {
        ...(bitrate !== undefined && !isLossless(codec) && { b: bitrate }),
        ...encoderOptions(config, entry.name),
      },
    },
  };
}

const isLossless = (codec: string) => codec === "flac" || codec.startsWith("pcm_");

/** Opus has few rates: the next one above keeps all of the sound. */
function opusRate(rates: readonly number[], rate: number): number {
  return Math.min(...rates.filter((one) => one >= rate), Math.max(...rates));
}

function encoderOptions(
  { opus, flac, bitrateMode }: AudioEncoderConfig,
  encoder: string,
): Record<string, OptionValue> {
  if (encoder === "libopus") {
    const {
      application = "audio",
      complexity = 9,
      frameDuration = 20000,
      packetlossperc = 0,
      signal,
      useinbandfec = false,
    } = opus ?? {};
    return {
      vbr: bitrateMode === "constant" ? "off" : "on",
      application: signal === "voice" && application === "audio" ? "voip" : application,
      frame_duration: frameDuration / 1000,
      compression_level: complexity,
      packet_loss: packetlossperc,
      ...(useinbandfec && packetlossperc > 0 && { fec: 1 }),
    };
  }
  if (encoder === "flac") return { compression_level: flac?.compressLevel ?? 5 };
  return {};
}
