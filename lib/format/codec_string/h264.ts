/**
 * `avc1.ppccll` and `avc3.ppccll`: profile, constraint flags and level of an H.264 stream, in lower
 * case as FFmpeg writes them.
 *
 * @module
 */
import { hex, isAnnexB, nalUnits } from "./bits.ts";
import { type CodecDescription, plainVideoCodec, type VideoCodec } from "./types.ts";

const constrainedBit = 1 << 9;
const intraBit = 1 << 11;
const spsType = 7;

/** The name of an H.264 stream, from `avcC`, an Annex B header, or FFmpeg's profile and level. */
export function h264String(codec: CodecDescription): string | null {
  const bytes = fromHeader(codec.extradata) ?? fromNumbers(codec.profile, codec.level);
  if (bytes === null) return null;
  const prefix = /^avc[1-4]$/.test(codec.tag) ? codec.tag : "avc1";
  return `${prefix}.${bytes.map((byte) => hex(byte, 2).toLowerCase()).join("")}`;
}

function fromHeader(extradata: Uint8Array | null): number[] | null {
  if (extradata === null) return null;
  if (isAnnexB(extradata)) {
    for (const nal of nalUnits(extradata)) {
      if ((nal[0] & 0x1f) === spsType && nal.length >= 4) return [...nal.subarray(1, 4)];
    }
    return null;
  }
  return extradata[0] === 1 && extradata.length >= 4 ? [...extradata.subarray(1, 4)] : null;
}

function fromNumbers(profile: number, level: number): number[] | null {
  if (profile <= 0 || level <= 0 || level > 0xff) return null;
  let constraints = 0;
  if (profile & constrainedBit) constraints |= 0x40; // constraint_set1_flag
  if (profile & intraBit) constraints |= 0x10; // constraint_set3_flag
  return [profile & 0xff, constraints, level];
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

/** Reads `avc1.PPCCLL`; undefined for any that the registry does not have. */
export function parseAvc(text: string): VideoCodec | undefined {
  const [, profile, , level] =
    /^avc[13]\.([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)?.map((hex) =>
      parseInt(hex, 16)
    ) ?? [];
  const more = AVC_PROFILES[profile];
  if (more === undefined || !AVC_LEVELS.includes(level)) return undefined;
  return { ...plainVideoCodec, codec: "h264", profile, level, ...more };
}
