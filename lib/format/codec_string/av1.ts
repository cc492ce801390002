/**
 * `av01.P.LLT.DD[.M.CCC.cp.tc.mc.F]`: the AV1 codec name of the AV1 ISOBMFF binding.
 *
 * @module
 */
import { BitReader, two } from "./bits.ts";
import {
  type CodecColor,
  type CodecDescription,
  isDepth,
  plainVideoCodec,
  type VideoCodec,
} from "./types.ts";

interface Sequence {
  profile: number;
  level: number;
  tier: number;
  bitDepth: number;
  monochrome: boolean;
  /** Horizontal and vertical subsampling, and the chroma sample position. */
  chroma: [number, number, number];
  /** Primaries, transfer and matrix, when the stream states them. */
  color: [number, number, number] | null;
  fullRange: boolean | null;
}

const sequenceHeader = 1;
const defaults = ".0.110.01.01.01.0";

/**
 * The name of an AV1 stream, from `av1C` or a sequence header OBU.
 *
 * The optional fields are there only when one of them is not its default; unspecified colours
 * count as the default, as absent fields do.
 */
export function av1String(codec: CodecDescription): string | null {
  const { extradata } = codec;
  if (extradata === null || extradata.length === 0) return null;
  const sequence = extradata[0] === 0x81 ? fromConfiguration(extradata) : fromObus(extradata);
  if (sequence === null) return null;
  const level = `${two(sequence.level)}${sequence.tier ? "H" : "M"}`;
  const name = `av01.${sequence.profile}.${level}.${two(sequence.bitDepth)}`;
  const optional = optionalFields(sequence, codec.color);
  return optional === defaults ? name : name + optional;
}

function optionalFields(sequence: Sequence, color: CodecColor | undefined): string {
  const colors = sequence.color ?? [
    primaries[color?.primaries ?? ""] ?? 1,
    transfers[color?.transfer ?? ""] ?? 1,
    matrices[color?.space ?? ""] ?? 1,
  ];
  const full = sequence.fullRange ?? color?.range === "pc";
  const chroma = sequence.chroma.join("");
  return `.${+sequence.monochrome}.${chroma}.${colors.map(two).join(".")}.${+full}`;
}

function fromConfiguration(bytes: Uint8Array): Sequence | null {
  if (bytes.length < 4) return null;
  const bits = new BitReader(bytes.subarray(1, 4));
  const profile = bits.read(3);
  const level = bits.read(5);
  const tier = bits.read(1);
  const highBitDepth = bits.flag();
  const twelveBit = bits.flag();
  const monochrome = bits.flag();
  const chroma = chromaOf(bits.read(1), bits.read(1), bits.read(2));
  const stated = fromObus(bytes.subarray(4));
  return {
    profile,
    level,
    tier,
    bitDepth: highBitDepth ? (twelveBit ? 12 : 10) : 8,
    monochrome,
    chroma,
    color: stated?.color ?? null,
    fullRange: stated?.fullRange ?? null,
  };
}

function chromaOf(x: number, y: number, position: number): [number, number, number] {
  return [x, y, x && y ? position : 0];
}

function fromObus(bytes: Uint8Array): Sequence | null {
  let at = 0;
  while (at < bytes.length) {
    const header = bytes[at];
    if (header & 0x80) return null;
    at += header & 4 ? 2 : 1;
    let size = bytes.length - at;
    if (header & 2) {
      size = 0;
      for (let shift = 0;; shift += 7) {
        if (at >= bytes.length || shift > 28) return null;
        const byte = bytes[at++];
        size += (byte & 0x7f) * 2 ** shift;
        if (!(byte & 0x80)) break;
      }
    }
    if (size < 0) return null;
    const end = at + size;
    if (((header >> 3) & 0xf) === sequenceHeader) return fromSequence(bytes.subarray(at, end));
    at = end;
  }
  return null;
}

function fromSequence(payload: Uint8Array): Sequence | null {
  const bits = new BitReader(payload);
  const profile = bits.read(3);
  bits.flag(); // still_picture
  const reduced = bits.flag();
  const { level, tier } = reduced ? { level: bits.read(5), tier: 0 } : operatingPoint(bits);
  const widthBits = bits.read(4) + 1;
  const heightBits = bits.read(4) + 1;
  bits.read(widthBits);
  bits.read(heightBits);
  if (!reduced && bits.flag()) bits.read(7); // frame id lengths
  bits.read(3); // 128x128 superblocks, filter intra, intra edge filter
  if (!reduced) skipTools(bits);
  bits.read(3); // superres, cdef, restoration
  const color = colorConfig(bits, profile);
  return bits.overrun || profile > 2 ? null : { profile, level, tier, ...color };
}

/** Level and tier of the first operating point; reads through the last. */
function operatingPoint(bits: BitReader): { level: number; tier: number } {
  let delayBits = 0;
  if (bits.flag()) { // timing info
    bits.read(32);
    bits.read(32);
    if (bits.flag()) bits.skipUvlc();
    if (bits.flag()) { // decoder model info
      delayBits = bits.read(5) + 1;
      bits.read(32);
      bits.read(10);
    }
  }
  const displayDelay = bits.flag();
  const count = bits.read(5) + 1;
  let first = { level: 0, tier: 0 };
  for (let i = 0; i < count; i++) {
    bits.read(12);
    const level = bits.read(5);
    const tier = level > 7 ? bits.read(1) : 0;
    if (delayBits > 0 && bits.flag()) {
      bits.read(delayBits);
      bits.read(delayBits);
      bits.flag();
    }
    if (displayDelay && bits.flag()) bits.read(4);
    if (i === 0) first = { level, tier };
  }
  return first;
}

function skipTools(bits: BitReader): void {
  bits.read(4); // inter-intra, masked compound, warped motion, dual filter
  const orderHint = bits.flag();
  if (orderHint) bits.read(2);
  const screenContent = bits.flag() || bits.flag();
  if (screenContent && !bits.flag()) bits.flag();
  if (orderHint) bits.read(3);
}

function colorConfig(
  bits: BitReader,
  profile: number,
): Pick<Sequence, "bitDepth" | "monochrome" | "chroma" | "color" | "fullRange"> {
  const highBitDepth = bits.flag();
  const twelveBit = profile === 2 && highBitDepth && bits.flag();
  const bitDepth = highBitDepth ? (twelveBit ? 12 : 10) : 8;
  const monochrome = profile !== 1 && bits.flag();
  const color: Sequence["color"] = bits.flag() ? [bits.read(8), bits.read(8), bits.read(8)] : null;
  if (monochrome) {
    return { bitDepth, monochrome, chroma: [1, 1, 0], color, fullRange: bits.flag() };
  }
  if (color?.join() === "1,13,0") { // sRGB
    return { bitDepth, monochrome, chroma: [0, 0, 0], color, fullRange: true };
  }
  const fullRange = bits.flag();
  let x = profile === 1 ? 0 : 1;
  let y = profile === 0 ? 1 : 0;
  if (twelveBit) {
    x = bits.read(1);
    y = x ? bits.read(1) : 0;
  }
  const chroma = chromaOf(x, y, x && y ? bits.read(2) : 0);
  return { bitDepth, monochrome, chroma, color, fullRange };
}

const primaries: Readonly<Record<string, number>> = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  film: 8,
  bt2020: 9,
  smpte428: 10,
  smpte431: 11,
  smpte432: 12,
  ebu3213: 22,
};

const transfers: Readonly<Record<string, number>> = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  linear: 8,
  log100: 9,
  log316: 10,
  "iec61966-2-4": 11,
  bt1361e: 12,
  "iec61966-2-1": 13,
  "bt2020-10": 14,
  "bt2020-12": 15,
  smpte2084: 16,
  smpte428: 17,
  "arib-std-b67": 18,
};

const matrices: Readonly<Record<string, number>> = {
  gbr: 0,
  bt709: 1,
  fcc: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  ycgco: 8,
  bt2020nc: 9,
  bt2020c: 10,
  smpte2085: 11,
  "chroma-derived-nc": 12,
  "chroma-derived-c": 13,
  ictcp: 14,
};

/** Reads `av01.P.LLT.DD`; undefined for any that the registry does not have. */
export function parseAv1(text: string): VideoCodec | undefined {
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
  return {
    ...plainVideoCodec,
    codec: "av1",
    profile,
    level,
    depth,
    chroma,
    highTier: found[3] === "H",
  };
}
