/**
 * Records of a muxer's output in a ring: pieces of bytes with their positions, and markers.
 *
 * @module
 */
import { type OwnBytes, ownBytes } from "../../../ffi/mod.ts";
import { type Marker, markerTypes } from "../../io/avio/marker.ts";
import type { Ring } from "./ring.ts";

/** Bytes of a record before its data. */
export const RECORD_HEADER = 32;
const DATA = -1;

/** A record of a ring: a piece of output, or a marker for the pieces before it. */
export type OutputRecord =
  | { readonly kind: "data"; readonly length: number; readonly position: number }
  | { readonly kind: "marker"; readonly marker: Marker };

const scratch = new DataView(new ArrayBuffer(RECORD_HEADER));
const scratchBytes = ownBytes(new Uint8Array(scratch.buffer))!;

/** The header of a piece of `length` bytes that belongs at `position`. */
export function dataHeader(length: number, position: number): OwnBytes {
  scratch.setInt32(0, DATA, true);
  scratch.setUint32(4, length, true);
  scratch.setFloat64(8, position, true);
  return scratchBytes;
}

/** A marker as a record without data. */
export function markerRecord({ type, time, size, position }: Marker): OwnBytes {
  scratch.setInt32(0, markerTypes.indexOf(type), true);
  scratch.setUint32(4, size, true);
  scratch.setFloat64(8, position, true);
  scratch.setFloat64(16, time ?? NaN, true);
  return scratchBytes;
}

/** Reads the record that begins `offset` bytes behind the ring's start. */
export function readRecord(ring: Ring, offset: number): OutputRecord {
  let at = 0;
  for (const part of ring.peek(offset, RECORD_HEADER)) {
    scratchBytes.set(part, at);
    at += part.length;
  }
  const kind = scratch.getInt32(0, true);
  const length = scratch.getUint32(4, true);
  const position = scratch.getFloat64(8, true);
  if (kind === DATA) return { kind: "data", length, position };
  const time = scratch.getFloat64(16, true);
  return {
    kind: "marker",
    marker: {
      type: markerTypes[kind],
      time: Number.isNaN(time) ? null : time,
      size: length,
      position,
    },
  };
}
