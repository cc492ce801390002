/**
 * `vp09.PP.LL.DD`: profile, level and bit depth of a VP9 stream.
 *
 * @module
 */
import { two } from "./bits.ts";
import type { CodecDescription } from "./types.ts";

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
