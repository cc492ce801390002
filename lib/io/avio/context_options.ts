/**
 * IOCore options and buffer-size validation.
 *
 * @module
 */
import { assertMaxBytes, assertTimeout } from "../../check.ts";
import type { Marker } from "./marker.ts";

/** Options of an `IOCore`. */
export interface IOCoreOptions {
  bufferSize?: number;
  onMarker?: (marker: Marker) => void;
  /** Bytes that may be read before it is an error. */
  maxBytes?: number;
  signal?: AbortSignal;
  /** Milliseconds one callback may take. */
  timeout?: number;
}

/** Default size of libavformat's buffer. */
export const DEFAULT_BUFFER_SIZE = 65536;

/**
 * The default over a file, and over the ring of a worker where the source can go back: a callback
 * for every 64 KiB costs a tenth of the demuxing there.
 */
export const LARGE_BUFFER_SIZE = 262144;

/** A RangeError for a size that no buffer may have. */
export function checkBufferSize(bufferSize: number = DEFAULT_BUFFER_SIZE): void {
  if (!Number.isInteger(bufferSize) || bufferSize < 1024 || bufferSize > 1 << 30) {
    throw new RangeError(`bufferSize must be 1024 to ${1 << 30} bytes, not ${bufferSize}`);
  }
}

/** A RangeError for an option that is no such number. */
export function checkIOOptions({ bufferSize, maxBytes, timeout }: IOCoreOptions): void {
  checkBufferSize(bufferSize);
  assertMaxBytes(maxBytes);
  assertTimeout(timeout);
}
