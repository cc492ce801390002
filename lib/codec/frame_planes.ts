/**
 * Copies between the planes of an AVFrame and bytes of the program's.
 *
 * @module
 */
import { takeBytes } from "../check.ts";
import {
  advance,
  copyIn,
  copyOut,
  type Native,
  type OwnBytes,
  type Pointer,
} from "../../ffi/mod.ts";
import type { PlaneShape } from "./pixel_format.ts";

/** A part of a plane, and how it lies in the program's bytes. */
export interface PlaneRegion {
  /** Bytes from a row to the next in the program's memory; default: the bytes of a row. */
  stride?: number;
  /** The first byte of each row; default 0. */
  x?: number;
  /** The first row; default 0. */
  y?: number;
  /** Bytes of each row; default: as many as there are from `x`. */
  bytes?: number;
  /** Rows; default: as many as there are from `y`. */
  rows?: number;
}

/** Where a plane lies. */
export interface FramePlane extends PlaneShape {
  /** Bytes from a row to the next; negative where the last row comes first. */
  readonly stride: number;
  /** The first row. */
  readonly pointer: Pointer;
}

interface Cut {
  readonly at: Pointer;
  readonly stride: number;
  readonly bytes: number;
  readonly rows: number;
  readonly length: number;
}

const MAX_INT = 2 ** 31 - 1;

interface Given extends PlaneRegion {
  readonly memory: OwnBytes;
}

/** Memory and region read once: getters of the program's run before the frame is looked at. */
function snapshot(memory: Uint8Array, region: PlaneRegion = {}): Given {
  const { x, y, bytes, rows, stride } = region;
  return { x, y, bytes, rows, stride, memory: takeBytes("plane", memory) };
}

/** Checks a region against its plane and the bytes that it is copied to or from. */
function cut(plane: FramePlane, { memory, ...region }: Given): Cut {
  const { x = 0, y = 0 } = region;
  const { bytes = plane.bytes - x, rows = plane.rows - y } = region;
  const { stride = bytes } = region;
  for (const [name, value] of Object.entries({ x, y, bytes, rows, stride })) {
    if (Number.isInteger(value) && value >= 0 && value <= MAX_INT) continue;
    throw new RangeError(`plane: ${name} must be a whole number of 0 or more, not ${value}`);
  }
  if (x + bytes > plane.bytes || y + rows > plane.rows) {
    throw new RangeError(
      `plane: ${bytes} bytes from ${x} of ${rows} rows from ${y} are not within ` +
        `${plane.bytes} bytes of ${plane.rows} rows`,
    );
  }
  if (stride < bytes) {
    throw new RangeError(`plane: a stride of ${stride} bytes is less than a row of ${bytes}`);
  }
  const length = rows === 0 || bytes === 0 ? 0 : stride * (rows - 1) + bytes;
  if (memory.length < length) {
    throw new RangeError(`plane: ${length} bytes are needed, there are ${memory.length}`);
  }
  const at = advance(plane.pointer, y * plane.stride + x);
  return { at, stride, bytes, rows, length };
}

/** Copies a part of a plane out; returns the bytes that it takes (`av_image_copy_plane`). */
export function copyPlaneOut(
  { avutil }: Native,
  find: () => FramePlane,
  into: Uint8Array,
  region?: PlaneRegion,
): number {
  const given = snapshot(into, region);
  const plane = find();
  const { at, stride, bytes, rows, length } = cut(plane, given);
  if (length === 0) return 0;
  if (rows === 1) copyOut(given.memory, at, bytes);
  else avutil.av_image_copy_plane_out(given.memory, stride, at, plane.stride, bytes, rows);
  return length;
}

/** Copies bytes into a part of a plane. */
export function copyPlaneIn(
  { avutil }: Native,
  find: () => FramePlane,
  from: Uint8Array,
  region?: PlaneRegion,
): void {
  const given = snapshot(from, region);
  const plane = find();
  const { at, stride, bytes, rows, length } = cut(plane, given);
  if (length === 0) return;
  if (rows === 1) copyIn(at, given.memory, bytes);
  else avutil.av_image_copy_plane_in(at, plane.stride, given.memory, stride, bytes, rows);
}
