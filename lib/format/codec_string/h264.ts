/**
 * `avc1.ppccll` and `avc3.ppccll`: profile, constraint flags and level of an H.264 stream, in lower
 * case as FFmpeg writes them.
 *
 * @module
 */
import { hex, isAnnexB, nalUnits } from "./bits.ts";
import type { CodecDescription } from "./types.ts";

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
