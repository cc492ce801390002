/**
 * `mp4a.40.N` and `mp4v.20.N`: the MPEG-4 names of RFC 6381.
 *
 * @module
 */
import { BitReader } from "./bits.ts";
import type { CodecDescription } from "./types.ts";

const escapeType = 31;
const lastObjectType = 95;
const mpeg2LowComplexity = 128;

/**
 * The name of an AAC stream, from its `AudioSpecificConfig`, else from FFmpeg's profile.
 *
 * Explicitly signalled SBR and PS stay `mp4a.40.5` and `mp4a.40.29`; implicit ones are
 * `mp4a.40.2`, as the header says.
 */
export function aacString(codec: CodecDescription): string | null {
  const type = objectType(codec.extradata);
  if (type !== null) return `mp4a.40.${type}`;
  if (codec.profile === mpeg2LowComplexity) return "mp4a.67";
  const fromProfile = codec.profile + 1; // FFmpeg counts from zero
  return fromProfile > 0 && fromProfile <= lastObjectType ? `mp4a.40.${fromProfile}` : null;
}

function objectType(config: Uint8Array | null): number | null {
  if (config === null) return null;
  const bits = new BitReader(config);
  let type = bits.read(5);
  if (type === escapeType) type = 32 + bits.read(6);
  return bits.overrun || type === 0 ? null : type;
}

/**
 * The name of an MPEG-4 Visual stream, from its visual object sequence header, else from FFmpeg's
 * numbers; in mp4 without both it is `mp4v.20`.
 */
export function mpeg4VideoString(codec: CodecDescription): string | null {
  const bytes = codec.extradata ?? new Uint8Array();
  for (let i = 0; i + 4 < bytes.length; i++) {
    const found = bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1 &&
      bytes[i + 3] === 0xb0;
    if (found) return `mp4v.20.${bytes[i + 4]}`;
  }
  const { profile, level, tag } = codec;
  if (profile >= 0 && profile < 16 && level >= 0 && level < 16) {
    return `mp4v.20.${profile * 16 + level}`;
  }
  return tag === "mp4v" ? "mp4v.20" : null;
}

// By FFmpeg's profile: 4:2:2, High, Spatially Scalable, SNR Scalable, Main, Simple.
const mpeg2Types = ["65", "64", "63", "62", "61", "60"];

/** The name of MPEG-1 or MPEG-2 video, which only mp4 has one for. */
export function mpegVideoString({ name, tag, profile }: CodecDescription): string | null {
  if (tag !== "mp4v") return null;
  return `mp4v.${name === "mpeg1video" ? "6A" : mpeg2Types[profile] ?? "61"}`;
}
