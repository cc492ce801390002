/**
 * Samples in an AVFrame: their kind and their planes.
 *
 * @module
 */
import { type Native, readPointer, type Struct } from "../../ffi/mod.ts";
import type { FramePlane } from "./frame_planes.ts";
import { sampleFormatOf } from "./pixel_format.ts";

/** The kind of a run of samples, in the numbers of the AVFrame. */
export interface SampleKind {
  readonly format: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly order: number;
  readonly low: number;
  readonly high: number;
}

/** AVFrame.data has the pointers of so many planes; extended_data those of more. */
const DATA_POINTERS = 8;

/** The number of channels. */
export function channelsOf(struct: Struct): number {
  return struct.number(struct.has("ch_layout") ? "ch_layout.nb_channels" : "channels");
}

/** Numbers that are equal where two runs of samples are of one kind: cheaper than names. */
export function sampleKindOf(struct: Struct): SampleKind {
  const { view } = struct;
  const hasOrder = struct.has("ch_layout");
  const mask = struct.offset(hasOrder ? "ch_layout.u" : "channel_layout");
  return {
    format: struct.number("format"),
    sampleRate: struct.number("sample_rate"),
    channels: channelsOf(struct),
    order: hasOrder ? struct.number("ch_layout.order") : 0,
    low: view.getUint32(mask, true),
    high: view.getUint32(mask + 4, true),
  };
}

/** One plane of all channels, or a plane a channel. */
export function samplePlanes({ ffi }: Native, struct: Struct): FramePlane[] {
  const { bytes, isPlanar } = sampleFormatOf(struct.number("format"));
  const channels = channelsOf(struct);
  const count = isPlanar ? channels : 1;
  const length = struct.number("nb_samples") * bytes * (isPlanar ? 1 : channels);
  // A view over native memory costs more than all else here.
  const isShort = count <= DATA_POINTERS;
  const array = isShort
    ? struct.view
    : new DataView(ffi.view(struct.at("extended_data"), count * 8));
  const from = isShort ? struct.offset("data") : 0;
  return Array.from({ length: count }, (_, i) => ({
    rows: 1,
    bytes: length,
    stride: length,
    pointer: readPointer(array, from + i * 8),
  }));
}
