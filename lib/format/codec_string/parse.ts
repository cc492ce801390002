/**
 * The codec strings of the WebCodecs registry, read as their registrations say.
 *
 * @module
 */
import { parseAv1 } from "./av1.ts";
import { parseAvc } from "./h264.ts";
import { parseHevc } from "./hevc.ts";
import { plainVideoCodec, type VideoCodec } from "./types.ts";
import { parseVp9 } from "./vp9.ts";

/** An audio codec string. */
export interface AudioCodec {
  /** libav's name of the codec. */
  readonly codec: string;
  /** Of AAC: the audio object type. */
  readonly profile: number;
}

/** Reads a video codec string; undefined for any that the registry does not have. */
export function parseVideoCodec(text: string): VideoCodec | undefined {
  if (text === "vp8") return { ...plainVideoCodec, codec: "vp8" };
  return parseAvc(text) ?? parseHevc(text) ?? parseVp9(text) ?? parseAv1(text);
}

/** libav's names of the audio codecs whose strings are one word. */
const audioWords: Readonly<Record<string, string>> = {
  "opus": "opus",
  "mp3": "mp3",
  "flac": "flac",
  "vorbis": "vorbis",
  "ulaw": "pcm_mulaw",
  "alaw": "pcm_alaw",
  "pcm-u8": "pcm_u8",
  "pcm-s16": "pcm_s16le",
  "pcm-s24": "pcm_s24le",
  "pcm-s32": "pcm_s32le",
  "pcm-f32": "pcm_f32le",
  "mp4a.69": "mp3",
  "mp4a.6b": "mp3",
  "mp4a.6B": "mp3",
};
const AAC_TYPES: Readonly<Record<string, number>> = {
  "mp4a.40.2": 2,
  "mp4a.40.02": 2,
  "mp4a.40.5": 5,
  "mp4a.40.05": 5,
  "mp4a.40.29": 29,
  "mp4a.40.42": 42,
  "mp4a.67": 2,
};

/** Reads an audio codec string; undefined for any that the registry does not have. */
export function parseAudioCodec(text: string): AudioCodec | undefined {
  if (Object.hasOwn(audioWords, text)) return { codec: audioWords[text], profile: 0 };
  if (Object.hasOwn(AAC_TYPES, text)) return { codec: "aac", profile: AAC_TYPES[text] };
  return undefined;
}

export type { VideoCodec } from "./types.ts";
