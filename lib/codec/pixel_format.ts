/**
 * How pixels and samples lie in memory, by libav's names.
 *
 * @module
 */
import { cString, type Native, native, NULL } from "../../ffi/mod.ts";
import { constantName } from "../format/struct_values.ts";

const FLAG_BIG_ENDIAN = 1;
const FLAG_PALETTE = 2;
const FLAG_BITSTREAM = 4;
const FLAG_HARDWARE = 8;
const FLAG_PLANAR = 16;
const FLAG_RGB = 32;
const FLAG_ALPHA = 128;
const FLAG_FLOAT = 512;

/** A pixel format (`AVPixFmtDescriptor`). */
export interface PixelFormat {
  /** libav's name, such as `yuv420p`. */
  readonly name: string;
  /** libav's number in this version. */
  readonly number: number;
  /** Colours, and alpha. */
  readonly components: number;
  /** Bits of the first component. */
  readonly depth: number;
  /** Planes in memory, without a palette. */
  readonly planes: number;
  /** Powers of two by which chroma is smaller. */
  readonly log2ChromaWidth: number;
  /** Powers of two by which chroma is smaller. */
  readonly log2ChromaHeight: number;
  /** True where pixels may be transparent; of a palette's, where its colours may be. */
  readonly hasAlpha: boolean;
  /** True for red, green and blue; false for luma and chroma, and for grey. */
  readonly isRgb: boolean;
  /** True where there is more than one plane. */
  readonly isPlanar: boolean;
  /** True where pixels are indices of a palette. */
  readonly isPalette: boolean;
  /** True for 16 bits and more, the high byte first. */
  readonly isBigEndian: boolean;
  /** True for floating point. */
  readonly isFloat: boolean;
  /** True where several pixels share a byte. */
  readonly isBitstream: boolean;
  /** True where the pixels are in a device's memory and cannot be reached. */
  readonly isHardware: boolean;
}

const byName = new Map<string, PixelFormat>();
const byNumber = new Map<number, PixelFormat>();

/** The pixel format of a name. Throws a TypeError for an unknown one. */
export function pixelFormat(name: string): PixelFormat {
  let found = byName.get(name);
  if (found === undefined) {
    const number = native().avutil.av_get_pix_fmt(cString(String(name)));
    if (number < 0) throw new TypeError(`unknown pixel format ${JSON.stringify(name)}`);
    found = pixelFormatOf(number);
    byName.set(name, found);
  }
  return found;
}

/** The pixel format of a number of this version's. */
export function pixelFormatOf(number: number): PixelFormat {
  let found = byNumber.get(number);
  if (found === undefined) byNumber.set(number, found = read(native(), number));
  return found;
}

function read(lib: Native, number: number): PixelFormat {
  const at = lib.avutil.av_pix_fmt_desc_get(number);
  if (at === NULL) throw new TypeError(`unknown pixel format number ${number}`);
  const descriptor = lib.struct("AVPixFmtDescriptor", at);
  const { view } = descriptor;
  const components = view.getUint8(descriptor.offset("nb_components"));
  const { fields } = lib.layout("AVComponentDescriptor");
  const ofFirst = (field: string) =>
    view.getInt32(descriptor.offset("comp") + fields[field].offset, true);
  const flags = descriptor.number("flags");
  const has = (flag: number) => (flags & flag) !== 0;
  return {
    name: constantName(lib, descriptor.at("name")) ?? "",
    number,
    components,
    depth: ofFirst("depth"),
    planes: Math.max(0, lib.avutil.av_pix_fmt_count_planes(number)),
    log2ChromaWidth: view.getUint8(descriptor.offset("log2_chroma_w")),
    log2ChromaHeight: view.getUint8(descriptor.offset("log2_chroma_h")),
    hasAlpha: has(FLAG_ALPHA) || has(FLAG_PALETTE),
    isRgb: has(FLAG_RGB),
    isPlanar: has(FLAG_PLANAR),
    isPalette: has(FLAG_PALETTE),
    isBigEndian: has(FLAG_BIG_ENDIAN),
    isFloat: has(FLAG_FLOAT),
    isBitstream: has(FLAG_BITSTREAM),
    isHardware: has(FLAG_HARDWARE),
  };
}

/** A plane of a picture: rows of bytes. */
export interface PlaneShape {
  /** How many. */
  readonly rows: number;
  /** Bytes of a row that hold pixels. */
  readonly bytes: number;
}

const PALETTE_BYTES = 1024;

/** The planes of a picture; a palette is the second one, one row of 1024 bytes. */
export function planeShapes(format: PixelFormat, width: number, height: number): PlaneShape[] {
  if (format.isHardware) return [];
  const { avutil } = native();
  const shapes = Array.from({ length: format.planes }, (_, plane) => {
    const chroma = plane === 1 || plane === 2;
    return {
      rows: chroma ? -(-height >> format.log2ChromaHeight) : height,
      bytes: Math.max(0, avutil.av_image_get_linesize(format.number, width, plane)),
    };
  });
  if (format.isPalette) shapes.push({ rows: 1, bytes: PALETTE_BYTES });
  return shapes;
}

/** A sample format. */
export interface SampleFormat {
  /** libav's name, such as `fltp`. */
  readonly name: string;
  /** libav's number in this version. */
  readonly number: number;
  /** Bytes of a sample of one channel. */
  readonly bytes: number;
  /** True where each channel has a plane of its own. */
  readonly isPlanar: boolean;
  /** The same with the channels interleaved. */
  readonly packedName: string;
  /** The same with a plane a channel. */
  readonly planarName: string;
}

/** The sample format of a name. Throws a TypeError for an unknown one. */
export function sampleFormat(name: string): SampleFormat {
  const number = native().avutil.av_get_sample_fmt(cString(String(name)));
  if (number < 0) throw new TypeError(`unknown sample format ${JSON.stringify(name)}`);
  return sampleFormatOf(number);
}

/** The sample format of a number of this version's. */
export function sampleFormatOf(number: number): SampleFormat {
  const lib = native();
  const { avutil } = lib;
  const nameOf = (value: number) =>
    constantName(lib, avutil.av_get_sample_fmt_name(value)) ?? "none";
  return {
    name: nameOf(number),
    number,
    bytes: avutil.av_get_bytes_per_sample(number),
    isPlanar: avutil.av_sample_fmt_is_planar(number) === 1,
    packedName: nameOf(avutil.av_get_packed_sample_fmt(number)),
    planarName: nameOf(avutil.av_get_planar_sample_fmt(number)),
  };
}
