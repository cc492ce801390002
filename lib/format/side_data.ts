/**
 * Side data in both directions: read from libav's structs, and added to packets, streams and
 * parameters.
 *
 * @module
 */
import {
  advance,
  copyIn,
  copyOf,
  type Native,
  NULL,
  type OwnBytes,
  type Pointer,
  readInt64,
  readPointer,
  type Struct,
} from "../../ffi/mod.ts";
import { nameOf, takeBytes } from "../check.ts";
import { AVERROR, AVError } from "../error.ts";
import { constantName } from "./struct_values.ts";
import type { SideData } from "./types.ts";

/** Side data as a program gives it. */
export interface SideDataInput {
  readonly type: string;
  readonly data: Uint8Array;
}

const MAX_ENTRIES = 1024;
// Beyond every version's last type: libav does not tell how many there are.
const MAX_TYPES = 128;

let numbers: Map<string, number> | undefined;

/** The number of a side data's type: the inverse of `av_packet_side_data_name`. */
export function sideDataNumber(native: Native, name: string): number {
  if (numbers === undefined) {
    numbers = new Map();
    for (let i = 0; i < MAX_TYPES; i++) {
      const at = native.avcodec.av_packet_side_data_name(i);
      if (at !== 0) numbers.set(native.ffi.string(at), i);
    }
  }
  if (typeof name !== "string") {
    throw new TypeError(`side data: expected a string as its type, not ${nameOf(name)}`);
  }
  const found = numbers.get(name) ?? /^side data (\d+)$/.exec(name)?.[1];
  if (found === undefined) throw new TypeError(`unknown side data ${JSON.stringify(name)}`);
  return Number(found);
}

/** Copies an array of AVPacketSideData. */
export function readSideData(native: Native, array: Pointer, count: number): SideData[] {
  if (array === NULL || count <= 0) return [];
  const { size, fields } = native.layout("AVPacketSideData");
  const total = Math.min(count, MAX_ENTRIES);
  const view = new DataView(native.ffi.view(array, size * total));
  return Array.from({ length: total }, (_, i) => {
    const at = i * size;
    const { offset, type } = fields.size;
    const length = type === "i32" ? view.getInt32(at + offset, true) : readInt64(view, at + offset);
    const kind = view.getInt32(at + fields.type.offset, true);
    return {
      type: constantName(native, native.avcodec.av_packet_side_data_name(kind)) ??
        `side data ${kind}`,
      data: copyOf(readPointer(view, at + fields.data.offset), length),
    };
  });
}

// The size is an int, and the padding follows it.
const MAX_PAYLOAD_BYTES = 2 ** 31 - 1 - 64;

/** The bytes of a payload; a TypeError or a RangeError names `what`. */
export function takePayload(what: string, value: unknown): OwnBytes {
  const bytes = takeBytes(what, value);
  if (bytes.length <= MAX_PAYLOAD_BYTES) return bytes;
  throw new RangeError(
    `${what} has ${bytes.length} bytes, a packet ${MAX_PAYLOAD_BYTES} at most`,
  );
}

/** Adds side data to a packet (`av_packet_new_side_data`); the bytes are copied. */
export function addPacketSideData(
  { native, pointer }: { readonly native: Native; readonly pointer: Pointer },
  sideData: readonly SideBytes[],
): void {
  const { avcodec } = native;
  for (const { number, data } of sideData) {
    const at = avcodec.av_packet_new_side_data(pointer, number, data.length);
    if (at === 0) {
      throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_packet_new_side_data" });
    }
    copyIn(at, data);
  }
}

/** Empties a packet's side data of a type, which muxers then take for none. */
export function emptySideData(
  { native, pointer }: { readonly native: Native; readonly pointer: Pointer },
  type: string,
): void {
  native.avcodec.av_packet_shrink_side_data(pointer, sideDataNumber(native, type), 0);
}

/** The side data of a stream with its numbers; a TypeError names an unknown type. */
export function sideDataOf(
  native: Native,
  { sideData }: { readonly sideData?: readonly SideDataInput[] },
): SideBytes[] {
  return (sideData ?? []).map(({ type, data }) => ({
    number: sideDataNumber(native, type),
    data: takePayload("addStream: sideData", data),
  }));
}

/** Side data by its number, its bytes ready to be copied. */
export interface SideBytes {
  readonly number: number;
  readonly data: OwnBytes;
}

/** Adds side data to an AVStream: before FFmpeg 6.1 its parameters have none. */
export function copySideData(native: Native, to: Struct, from: readonly SideBytes[]): void {
  const { avformat } = native;
  for (const { number, data } of from) {
    const at = avformat.av_stream_new_side_data?.(to.pointer, number, data.length);
    if (!at) throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_stream_new_side_data" });
    copyIn(at, data);
  }
}

/** Adds side data to AVCodecParameters, from FFmpeg 6.1 on. */
export function describeSideData(native: Native, par: Struct, from: readonly SideBytes[]): void {
  const { avcodec } = native;
  const array = advance(par.pointer, par.offset("coded_side_data"));
  const count = advance(par.pointer, par.offset("nb_coded_side_data"));
  for (const { number, data } of from) {
    const at = avcodec.av_packet_side_data_new?.(array, count, number, data.length, 0);
    if (!at) throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_packet_side_data_new" });
    const bytes = native.struct("AVPacketSideData", at).at("data");
    copyIn(bytes, data);
  }
}
