/**
 * `hvc1.…` and `hev1.…`: the profile, tier and level of an HEVC stream (ISO/IEC 14496-15, E.3).
 *
 * @module
 */
import { hex, isAnnexB, nalUnits } from "./bits.ts";
import { type CodecDescription, plainVideoCodec, type VideoCodec } from "./types.ts";

const spsType = 33;
const profileTierLevelSize = 12;

/** The name of an HEVC stream, from `hvcC` or an Annex B header; the tier is nowhere else. */
export function hevcString(codec: CodecDescription): string | null {
  const found = codec.extradata === null ? null : profileTierLevel(codec.extradata);
  if (found === null) return null;
  const space = ["", "A", "B", "C"][found[0] >> 6];
  const tier = found[0] & 0x20 ? "H" : "L";
  const constraints = [...found.subarray(5, 11)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    codec.tag === "hev1" ? "hev1" : "hvc1",
    `${space}${found[0] & 0x1f}`,
    hex(reversed(found.subarray(1, 5))),
    `${tier}${found[11]}`,
    ...constraints.map((byte) => hex(byte)),
  ].join(".");
}

/** The 12 bytes that begin `profile_tier_level()`; `hvcC` holds them in the same order. */
function profileTierLevel(extradata: Uint8Array): Uint8Array | null {
  if (!isAnnexB(extradata)) return slice(extradata, 1);
  for (const nal of nalUnits(extradata)) {
    const type = (nal[0] >> 1) & 0x3f;
    const layer = ((nal[0] & 1) << 5) | (nal[1] >> 3);
    // A two byte NAL header and one byte of ids come first.
    if (type === spsType && layer === 0) return slice(nal, 3);
  }
  return null;
}

function slice(bytes: Uint8Array, start: number): Uint8Array | null {
  const end = start + profileTierLevelSize;
  return bytes.length >= end ? bytes.subarray(start, end) : null;
}

function reversed(flags: Uint8Array): number {
  let value = 0;
  for (let bit = 31; bit >= 0; bit--) {
    value = value * 2 + ((flags[bit >> 3] >> (7 - (bit & 7))) & 1);
  }
  return value;
}

const HEVC_LEVELS = [30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186];

/** Reads `hvc1.…`; undefined for any that the registry does not have. */
export function parseHevc(text: string): VideoCodec | undefined {
  const found =
    /^(?:hvc1|hev1)\.[ABC]?(\d+)\.([0-9a-f]{1,8})\.([LH])(\d+)(?:\.[0-9a-f]{1,2}){0,6}$/i
      .exec(text);
  if (found === null) return undefined;
  const [, profileText, compatibility, tier, levelText] = found;
  const [profile, level] = [Number(profileText), Number(levelText)];
  if (profile < 1 || profile > 4 || !HEVC_LEVELS.includes(level)) return undefined;
  void compatibility;
  const highTier = tier.toUpperCase() === "H";
  return {
    ...plainVideoCodec,
    codec: "hevc",
    profile,
    level,
    depth: profile === 2 ? 10 : 8,
    highTier,
  };
}
