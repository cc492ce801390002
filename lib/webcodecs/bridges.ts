/**
 * From the streams and packets of this module to the configurations and chunks of WebCodecs.
 *
 * @module
 */
import { nameOf } from "../check.ts";
import type { Packet } from "../format/packet.ts";
import type { AudioStream, Stream, VideoStream } from "../format/types.ts";
import { flacDescription } from "./audio_descriptions.ts";
import type { AudioDecoderConfig, VideoDecoderConfig } from "./codec_types.ts";
import { EncodedAudioChunk } from "./encoded_audio_chunk.ts";
import { EncodedVideoChunk } from "./encoded_video_chunk.ts";
import type { VideoColorSpaceInit } from "./frame_types.ts";
import { colorSpaceOf } from "./video_color_space.ts";

/** The strings of the registry for codecs that have no RFC 6381 name with parameters. */
const audioStrings: Readonly<Record<string, string>> = {
  opus: "opus",
  mp3: "mp3",
  flac: "flac",
  vorbis: "vorbis",
  pcm_mulaw: "ulaw",
  pcm_alaw: "alaw",
  pcm_u8: "pcm-u8",
  pcm_s16le: "pcm-s16",
  pcm_s24le: "pcm-s24",
  pcm_s32le: "pcm-s32",
  pcm_f32le: "pcm-f32",
};
/** Codecs whose setup bytes are a description: those of H.264 and H.265 where they are a box. */
const DESCRIBED = ["aac", "opus", "vorbis"];
const MIN_BOX = 7;

/**
 * The configuration of a decoder for a stream: codec string, description and colours as the codec
 * registry wants them. Throws a TypeError for a stream that WebCodecs has no codec string for.
 *
 * @example
 * ```ts
 * import { Demuxer } from "@avio/avio";
 * import { decoderConfig } from "@avio/avio/webcodecs";
 *
 * await using input = await Demuxer.open("movie.mp4");
 * console.log(input.streams.map((stream) => decoderConfig(stream).codec));
 * ```
 */
export function decoderConfig(stream: VideoStream): VideoDecoderConfig;
/** The same for an audio stream. */
export function decoderConfig(stream: AudioStream): AudioDecoderConfig;
/** The same for a stream of any type; a TypeError for one that is neither video nor audio. */
export function decoderConfig(stream: Stream): VideoDecoderConfig & AudioDecoderConfig;
export function decoderConfig(stream: Stream): VideoDecoderConfig | AudioDecoderConfig {
  if ((Object(stream) as { extradata?: unknown }).extradata === undefined) {
    throw new TypeError("decoderConfig: a stream of probe() has no setup bytes: take a demuxer's");
  }
  if (stream.type === "video") return videoConfig(stream);
  if (stream.type === "audio") return audioConfig(stream);
  throw new TypeError(
    `decoderConfig: stream ${stream.index} is ${stream.type}, which is not coded`,
  );
}

function videoConfig(stream: VideoStream): VideoDecoderConfig {
  const { codec, width, height, extradata, rotation, sampleAspectRatio: ratio } = stream;
  const name = codec.name === "vp8" ? "vp8" : codec.string;
  if (name === null) throw noString(stream);
  const isBox = (codec.name === "h264" || codec.name === "hevc") && extradata !== null &&
    extradata.length >= MIN_BOX && extradata[0] === 1;
  const isSquare = ratio === null || ratio.num === ratio.den || ratio.num <= 0;
  return {
    codec: name,
    codedWidth: width,
    codedHeight: height,
    ...(!isSquare && {
      displayAspectWidth: Math.round(width * ratio.num / ratio.den),
      displayAspectHeight: height,
    }),
    colorSpace: colorSpaceOf(stream.color) as VideoColorSpaceInit,
    // Counter-clockwise in the stream, clockwise here.
    ...(rotation !== 0 && { rotation: (360 - rotation) % 360 }),
    ...(isBox && { description: extradata.slice() }),
  };
}

function audioConfig(stream: AudioStream): AudioDecoderConfig {
  const { codec, sampleRate, channels, extradata } = stream;
  const name = Object.hasOwn(audioStrings, codec.name) ? audioStrings[codec.name] : codec.string;
  if (name === null) throw noString(stream);
  const isDescribed = extradata !== null && extradata.length > 0;
  return {
    codec: name,
    sampleRate,
    numberOfChannels: channels,
    ...(isDescribed && DESCRIBED.includes(codec.name) && { description: extradata.slice() }),
    ...(isDescribed && codec.name === "flac" && { description: flacDescription(extradata) }),
  };
}

function noString({ index, codec }: Stream): TypeError {
  return new TypeError(`decoderConfig: stream ${index} is ${codec.name}, without a codec string`);
}

/**
 * The chunk of a packet: its bytes copied, its times in microseconds. Throws a TypeError for a
 * packet without a time.
 */
export function toChunk(packet: Packet, stream: VideoStream): EncodedVideoChunk;
/** The same for an audio stream. */
export function toChunk(packet: Packet, stream: AudioStream): EncodedAudioChunk;
/** The same for a stream of any type. */
export function toChunk(packet: Packet, stream: Stream): EncodedVideoChunk & EncodedAudioChunk;
export function toChunk(packet: Packet, stream: Stream): EncodedVideoChunk | EncodedAudioChunk {
  if (typeof packet !== "object" || packet === null) {
    throw new TypeError(`toChunk: expected a packet, not ${nameOf(packet)}`);
  }
  if (typeof stream !== "object" || stream === null) {
    throw new TypeError(`toChunk: expected a stream, not ${nameOf(stream)}`);
  }
  const time = packet.ptsTime ?? packet.dtsTime;
  if (time === null) throw new TypeError("toChunk: the packet has no time");
  const { durationTime } = packet;
  const init = {
    type: packet.isKeyframe ? "key" as const : "delta" as const,
    timestamp: Math.round(time * 1_000_000),
    ...(durationTime !== null && durationTime > 0 && {
      duration: Math.round(durationTime * 1_000_000),
    }),
    data: packet.data,
  };
  if (stream.type === "video") return new EncodedVideoChunk(init);
  if (stream.type === "audio") return new EncodedAudioChunk(init);
  throw new TypeError(`toChunk: stream ${stream.index} is ${stream.type}, which is not coded`);
}
