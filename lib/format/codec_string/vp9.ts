/**
 * `vp09.PP.LL.DD`: profile, level and bit depth of a VP9 stream.
 *
 * @module
 */
import { two } from "./bits.ts";
import { type CodecDescription, isDepth, plainVideoCodec, type VideoCodec } from "./types.ts";

interface Features {
  profile?: number;
  level?: number;
  bitDepth?: number;
}

const lowestLevel = 10;

/**
 * The name of a VP9 stream, from a `vpcC` box payload or WebM's codec features when there is one,
 * else from FFmpeg's numbers.
 *
 * VP9 itself does not carry its level. Without a known level the name says level 1 (`10`), as
 * the common `vp09.00.10.08` does: the name must have a level, and players do not select on it.
 */
export function vp9String(codec: CodecDescription): string | null {
  const header = features(codec.extradata);
  const format = codec.pixelFormat ?? null;
  const statedProfile = header.profile ?? codec.profile;
  const knownDepth = header.bitDepth ?? codec.bitDepth ?? depthOf(format);
  const profile = isProfile(statedProfile) ? statedProfile : profileOf(format, knownDepth);
  if (profile === null) return null;
  const level = header.level || codec.level;
  const depth = knownDepth || (profile >= 2 ? 10 : 8);
  return `vp09.${two(profile)}.${two(level > 0 ? level : lowestLevel)}.${two(depth)}`;
}

function features(bytes: Uint8Array | null): Features {
  if (bytes === null) return {};
  // A version 1 full box: version and flags, profile, level, then the bit depth in four bits.
  if (bytes.length >= 7 && bytes[0] === 1 && bytes[1] === 0) {
    return { profile: bytes[4], level: bytes[5], bitDepth: bytes[6] >> 4 };
  }
  // WebM: id, length, value.
  const found: Features = {};
  for (let at = 0; at + 2 < bytes.length && bytes[at + 1] === 1; at += 3) {
    if (bytes[at] === 1) found.profile = bytes[at + 2];
    else if (bytes[at] === 2) found.level = bytes[at + 2];
    else if (bytes[at] === 3) found.bitDepth = bytes[at + 2];
  }
  return found;
}

function isProfile(value: number): boolean {
  return value >= 0 && value <= 3;
}

function depthOf(format: string | null): number | null {
  if (format === null) return null;
  const digits = /p(\d+)(?:le|be)$/.exec(format)?.[1];
  return digits === undefined ? 8 : Number(digits);
}

function profileOf(format: string | null, depth: number | null): number | null {
  if (format === null || depth === null) return null;
  const subsampled = /^yuva?j?420p/.test(format);
  return (depth > 8 ? 2 : 0) + (subsampled ? 0 : 1);
}

const VP9_LEVELS = [10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62];

/** Reads `vp09.PP.LL.DD`; undefined for any that the registry does not have. */
export function parseVp9(text: string): VideoCodec | undefined {
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
  return { ...plainVideoCodec, codec: "vp9", profile, level, depth, chroma };
}
