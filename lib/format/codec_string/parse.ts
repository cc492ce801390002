/**
 * The codec strings of the WebCodecs registry, read as their registrations say.
 *
 * @module
 */

/** A video codec string. */
export interface VideoCodec {
  /** libav's name of the codec. */
  readonly codec: "h264" | "hevc" | "vp8" | "vp9" | "av1";
  /** The profile, in the codec's own numbers; 0 where the string has none. */
  readonly profile: number;
  /** The level, in the codec's own numbers; 0 where the string has none. */
  readonly level: number;
  /** Bits of a sample. */
  readonly depth: 8 | 10 | 12;
  /** The sampling of colours. */
  readonly chroma: "420" | "422" | "444";
  /** Of AV1 and H.265: the higher tier. */
  readonly highTier: boolean;
}

/** An audio codec string. */
export interface AudioCodec {
  /** libav's name of the codec. */
  readonly codec: string;
  /** Of AAC: the audio object type. */
  readonly profile: number;
}

const AVC_PROFILES: Readonly<Record<number, Partial<VideoCodec>>> = {
  66: {},
  77: {},
  88: {},
  100: {},
  110: { depth: 10 },
  122: { depth: 10, chroma: "422" },
  244: { depth: 8, chroma: "444" },
};
const AVC_LEVELS = [9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62];
const HEVC_LEVELS = [30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186];
const VP9_LEVELS = [10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62];

const plain: Omit<VideoCodec, "codec"> = {
  profile: 0,
  level: 0,
  depth: 8,
  chroma: "420",
  highTier: false,
};

function parseAvc(text: string): VideoCodec | undefined {
  const [, profile, , level] =
    /^avc[13]\.([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)?.map((hex) =>
      parseInt(hex, 16)
    ) ?? [];
  const more = AVC_PROFILES[profile];
  if (more === undefined || !AVC_LEVELS.includes(level)) return undefined;
  return { ...plain, codec: "h264", profile, level, ...more };
}

function parseHevc(text: string): VideoCodec | undefined {
  const found =
    /^(?:hvc1|hev1)\.[ABC]?(\d+)\.([0-9a-f]{1,8})\.([LH])(\d+)(?:\.[0-9a-f]{1,2}){0,6}$/i
      .exec(text);
  if (found === null) return undefined;
  const [, profileText, compatibility, tier, levelText] = found;
  const [profile, level] = [Number(profileText), Number(levelText)];
  if (profile < 1 || profile > 4 || !HEVC_LEVELS.includes(level)) return undefined;
  void compatibility;
  const highTier = tier.toUpperCase() === "H";
  return { ...plain, codec: "hevc", profile, level, depth: profile === 2 ? 10 : 8, highTier };
}

const isDepth = (depth: number): depth is VideoCodec["depth"] => [8, 10, 12].includes(depth);

function parseVp9(text: string): VideoCodec | undefined {
  const found = /^vp09\.(\d\d)\.(\d\d)\.(\d\d)((?:\.\d\d){0,5})$/.exec(text);
  if (found === null) return undefined;
  const [profile, level, depth] = found.slice(1, 4).map(Number);
  const [sampling = 1] = found[4].split(".").filter(Boolean).map(Number);
  if (profile > 3 || !VP9_LEVELS.includes(level) || !isDepth(depth) || sampling > 3) {
    return undefined;
  }
  if ((profile < 2) !== (depth === 8)) return undefined;
  const isOdd = profile % 2 === 1;
  if (isOdd !== sampling > 1 && found[4] !== "") return undefined;
  const chroma = !isOdd ? "420" : sampling === 2 ? "422" : "444";
  return { ...plain, codec: "vp9", profile, level, depth, chroma };
}

function parseAv1(text: string): VideoCodec | undefined {
  const found =
    /^av01\.(\d)\.(\d\d)([MH])\.(\d\d)(?:\.(\d)(?:\.(\d)(\d)\d(?:\.\d\d){0,3}(?:\.\d)?)?)?$/
      .exec(text);
  if (found === null) return undefined;
  const [profile, level, depth] = [found[1], found[2], found[4]].map(Number);
  if (profile > 2 || (level > 23 && level !== 31) || !isDepth(depth)) return undefined;
  if (depth === 12 && profile < 2) return undefined;
  const halfWidth = found[6] === undefined ? profile !== 1 : found[6] === "1";
  const halfHeight = found[7] === undefined ? profile === 0 : found[7] === "1";
  const chroma = !halfWidth ? "444" : halfHeight ? "420" : "422";
  if ((profile === 0 && chroma !== "420") || (profile === 1 && chroma !== "444")) return undefined;
  return { ...plain, codec: "av1", profile, level, depth, chroma, highTier: found[3] === "H" };
}

/** Reads a video codec string; undefined for any that the registry does not have. */
export function parseVideoCodec(text: string): VideoCodec | undefined {
  if (text === "vp8") return { ...plain, codec: "vp8" };
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
