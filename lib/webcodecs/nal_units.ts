/**
 * H.264 and H.265 between start codes and length prefixes, and their `avcC` and `hvcC` boxes
 * (ISO/IEC 14496-15).
 *
 * @module
 */
import { BitReader, nalUnits } from "../format/codec_string/bits.ts";

const AVC_SPS = 7;
const AVC_PPS = 8;
const HEVC_VPS = 32;
const HEVC_SPS = 33;
const HEVC_PPS = 34;
/** Bytes of a length prefix. */
const LENGTH_SIZE = 4;

/** True where the bytes begin with a start code. */
export function hasStartCode(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0 || bytes[1] !== 0) return false;
  return bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1);
}

/** The NAL units between start codes, as they are stored. */
export function splitNalUnits(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  for (let i = 0; i + 2 < bytes.length; i++) {
    // A third byte above 1 begins no start code here, nor at the next two bytes.
    if (bytes[i + 2] > 1) {
      i += 2;
      continue;
    }
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    if (start >= 0) units.push(withoutTrailingZeros(bytes, start, i));
    start = i + 3;
    i += 2;
  }
  if (start >= 0) units.push(withoutTrailingZeros(bytes, start, bytes.length));
  return units;
}

function withoutTrailingZeros(bytes: Uint8Array, start: number, end: number): Uint8Array {
  while (end > start && bytes[end - 1] === 0) end--;
  return bytes.subarray(start, end);
}

/** Start codes replaced by length prefixes of four bytes. */
export function toLengthPrefixed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const units = splitNalUnits(bytes);
  const size = units.reduce((sum, unit) => sum + LENGTH_SIZE + unit.length, 0);
  const result = new Uint8Array(size);
  const view = new DataView(result.buffer);
  let at = 0;
  for (const unit of units) {
    view.setUint32(at, unit.length);
    result.set(unit, at + LENGTH_SIZE);
    at += LENGTH_SIZE + unit.length;
  }
  return result;
}

const u16 = (value: number) => [value >> 8, value & 255];
const parameterSets = (units: readonly Uint8Array[]) =>
  units.flatMap((unit) => [...u16(unit.length), ...unit]);

/** The `avcC` of H.264 setup bytes with start codes; undefined where they have no SPS or PPS. */
export function avcDescription(setup: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const units = splitNalUnits(setup);
  const ofType = (type: number) => units.filter((unit) => (unit[0] & 31) === type);
  const [sps, pps] = [ofType(AVC_SPS), ofType(AVC_PPS)];
  if (sps.length === 0 || pps.length === 0 || sps[0].length < 4) return undefined;
  const [, profile, compatibility, level] = sps[0];
  return Uint8Array.from([
    1,
    profile,
    compatibility,
    level,
    0xfc | (LENGTH_SIZE - 1),
    0xe0 | sps.length,
    ...parameterSets(sps),
    pps.length,
    ...parameterSets(pps),
    ...(isHighProfile(profile) ? highProfileEnd(setup) : []),
  ]);
}

const isHighProfile = (profile: number) => [100, 110, 122, 244].includes(profile);

/** Sampling and depth, which `avcC` repeats for the high profiles. */
function highProfileEnd(setup: Uint8Array): number[] {
  for (const sps of nalUnits(setup)) {
    if ((sps[0] & 31) !== AVC_SPS) continue;
    const bits = new BitReader(sps.subarray(4));
    readUe(bits);
    const chroma = readUe(bits);
    if (chroma === 3) bits.flag();
    const [luma, color] = [readUe(bits), readUe(bits)];
    return [0xfc | chroma, 0xf8 | luma, 0xf8 | color, 0];
  }
  return [];
}

/** An unsigned Exp-Golomb number. */
function readUe(bits: BitReader): number {
  let zeros = 0;
  while (!bits.flag() && !bits.overrun && zeros < 31) zeros++;
  return 2 ** zeros - 1 + bits.read(zeros);
}

/** The `hvcC` of H.265 setup bytes with start codes; undefined where they have no SPS. */
export function hevcDescription(setup: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const units = splitNalUnits(setup);
  const typeOf = (unit: Uint8Array) => (unit[0] >> 1) & 63;
  const sps = [...nalUnits(setup)].find((unit) => typeOf(unit) === HEVC_SPS);
  if (sps === undefined || sps.length < 16) return undefined;
  const layers = ((sps[2] >> 1) & 7) + 1;
  const nested = sps[2] & 1;
  const { chroma, luma, color } = hevcFormat(sps, layers);
  const arrays = [HEVC_VPS, HEVC_SPS, HEVC_PPS].map((type) => ({
    type,
    sets: units.filter((unit) => typeOf(unit) === type),
  })).filter(({ sets }) => sets.length > 0);
  return Uint8Array.from([
    1,
    ...sps.subarray(3, 15),
    ...u16(0xf000),
    0xfc,
    0xfc | chroma,
    0xf8 | luma,
    0xf8 | color,
    ...u16(0),
    layers << 3 | nested << 2 | (LENGTH_SIZE - 1),
    arrays.length,
    ...arrays.flatMap(({ type, sets }) => [
      0x80 | type,
      ...u16(sets.length),
      ...parameterSets(sets),
    ]),
  ]);
}

function hevcFormat(sps: Uint8Array, layers: number) {
  const bits = new BitReader(sps.subarray(15));
  const present = Array.from({ length: layers - 1 }, () => [bits.flag(), bits.flag()]);
  if (layers > 1) bits.read(2 * (8 - (layers - 1)));
  for (const [profile, level] of present) {
    if (profile) { for (let i = 0; i < 11; i++) bits.read(8); }
    if (level) bits.read(8);
  }
  readUe(bits);
  const chroma = readUe(bits);
  if (chroma === 3) bits.flag();
  readUe(bits);
  readUe(bits);
  if (bits.flag()) { for (let i = 0; i < 4; i++) readUe(bits); }
  return { chroma, luma: readUe(bits), color: readUe(bits) };
}
