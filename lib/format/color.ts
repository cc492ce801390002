/**
 * How colours are coded: the numbers of a struct, and libav's names for them.
 *
 * @module
 */
import { cString, type Native, type OwnBytes, type Pointer, type Struct } from "../../ffi/mod.ts";
import { constantName } from "./struct_values.ts";
import type { ColorInfo } from "./types.ts";

const UNSPECIFIED_RANGE = 0;
const UNSPECIFIED = 2;

type Functions = readonly [
  name: (native: Native, value: number) => Pointer,
  find: (native: Native, name: OwnBytes) => number,
  unspecified: number,
  what: string,
];

const kinds: Readonly<Record<keyof ColorInfo, Functions>> = {
  range: [
    ({ avutil }, value) => avutil.av_color_range_name(value),
    ({ avutil }, name) => avutil.av_color_range_from_name(name),
    UNSPECIFIED_RANGE,
    "colour range",
  ],
  primaries: [
    ({ avutil }, value) => avutil.av_color_primaries_name(value),
    ({ avutil }, name) => avutil.av_color_primaries_from_name(name),
    UNSPECIFIED,
    "colour primaries",
  ],
  transfer: [
    ({ avutil }, value) => avutil.av_color_transfer_name(value),
    ({ avutil }, name) => avutil.av_color_transfer_from_name(name),
    UNSPECIFIED,
    "colour transfer",
  ],
  space: [
    ({ avutil }, value) => avutil.av_color_space_name(value),
    ({ avutil }, name) => avutil.av_color_space_from_name(name),
    UNSPECIFIED,
    "colour space",
  ],
};

/** The struct's field of each kind: AVCodecParameters and AVFrame differ in the last one. */
function fieldOf(struct: Struct, kind: keyof ColorInfo): string {
  if (kind === "range") return "color_range";
  if (kind === "primaries") return "color_primaries";
  if (kind === "transfer") return "color_trc";
  return struct.has("color_space") ? "color_space" : "colorspace";
}

/** Reads the colours of an AVCodecParameters or an AVFrame; null where unspecified. */
export function readColor(native: Native, struct: Struct): ColorInfo {
  const read = (kind: keyof ColorInfo): string | null => {
    const [name, , unspecified] = kinds[kind];
    const value = struct.number(fieldOf(struct, kind));
    return value === unspecified ? null : constantName(native, name(native, value));
  };
  return {
    range: read("range"),
    primaries: read("primaries"),
    transfer: read("transfer"),
    space: read("space"),
  };
}

/** Writes the colours that are given. Throws a TypeError that names an unknown one. */
export function writeColor(native: Native, struct: Struct, color: Partial<ColorInfo>): void {
  for (const kind of ["range", "primaries", "transfer", "space"] as const) {
    const value = color[kind];
    if (!value) continue;
    const [, find, , what] = kinds[kind];
    const number = find(native, cString(value));
    if (number < 0) throw new TypeError(`unknown ${what} ${JSON.stringify(value)}`);
    struct.set(fieldOf(struct, kind), number);
  }
}
