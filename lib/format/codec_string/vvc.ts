/**
 * `vvc1.…` and `vvi1.…`: the profile, tier and level of a VVC stream (ISO/IEC 14496-15, E.6).
 *
 * @module
 */
import { BitReader, isAnnexB, nalUnits } from "./bits.ts";
import type { CodecDescription } from "./types.ts";

const SPS = 15;

interface Tier {
  readonly profile: number;
  readonly isHigh: boolean;
  readonly level: number;
}

/** The name of a VVC stream, from `vvcC`, an Annex B header or FFmpeg's numbers. */
export function vvcString({ tag, extradata, profile, level }: CodecDescription): string | null {
  const found = (extradata && tierOf(extradata)) ??
    (profile > 0 && level > 0 ? { profile, isHigh: false, level } : null);
  if (found === null) return null;
  const entry = tag === "vvi1" ? "vvi1" : "vvc1";
  return `${entry}.${found.profile}.${found.isHigh ? "H" : "L"}${found.level}`;
}

function tierOf(extradata: Uint8Array): Tier | null {
  if (!isAnnexB(extradata)) return fromConfiguration(extradata);
  for (const nal of nalUnits(extradata)) {
    if (nal[1] >> 3 === SPS) return fromSequence(nal.subarray(2));
  }
  return null;
}

/** VvcDecoderConfigurationRecord, up to the level. */
function fromConfiguration(bytes: Uint8Array): Tier | null {
  const bits = new BitReader(bytes);
  bits.read(7); // reserved, lengthSizeMinusOne
  if (!bits.flag()) return null; // ptl_present_flag
  bits.read(16); // output layers, sublayers, frame rate, chroma
  bits.read(8); // bit depth
  bits.read(8); // bytes of constraints
  return readTier(bits);
}

/** The beginning of seq_parameter_set_rbsp(). */
function fromSequence(bytes: Uint8Array): Tier | null {
  const bits = new BitReader(bytes);
  bits.read(8); // parameter set ids
  bits.read(3); // sublayers
  bits.read(2); // chroma
  bits.read(2); // size of a coding tree unit
  return bits.flag() ? readTier(bits) : null; // sps_ptl_dpb_hrd_params_present_flag
}

function readTier(bits: BitReader): Tier | null {
  const profile = bits.read(7);
  const isHigh = bits.flag();
  const level = bits.read(8);
  return bits.overrun || profile === 0 || level === 0 ? null : { profile, isHigh, level };
}
