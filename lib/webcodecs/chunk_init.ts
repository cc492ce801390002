/**
 * The two halves that encoded chunks share: their dictionary, and the bytes they own.
 *
 * @module
 */
import { bufferSource, bytesOf, checkTransfer, copyOfBytes, detachAll } from "./buffer_source.ts";
import type { AllowSharedBufferSource } from "./frame_types.ts";
import {
  arrayBuffer,
  type Converter,
  dictionary,
  enforcedLongLong,
  enforcedUnsignedLongLong,
  enumeration,
  sequence,
} from "./webidl.ts";

/** The members of a chunk, read and owned. */
export interface ChunkData {
  /** Whether it decodes alone. */
  readonly type: "key" | "delta";
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds; null where unknown. */
  readonly duration: number | null;
  /** The bytes, which nothing else holds. */
  readonly data: Uint8Array<ArrayBuffer>;
}

interface ChunkInit {
  type: "key" | "delta";
  timestamp: number;
  duration?: number;
  data: AllowSharedBufferSource;
  transfer: ArrayBuffer[];
}

const chunkInit: Converter<ChunkInit> = dictionary({
  type: { type: enumeration(["key", "delta"]), required: true },
  timestamp: { type: enforcedLongLong, required: true },
  duration: { type: enforcedUnsignedLongLong },
  data: { type: bufferSource, required: true },
  transfer: { type: sequence(arrayBuffer), initial: () => [] },
});

/** Reads the dictionary of a chunk, copies its bytes and detaches what it transfers. */
export function readChunk(init: unknown, what: string): ChunkData {
  const { type, timestamp, duration, data, transfer } = chunkInit(init, what);
  checkTransfer(transfer);
  const bytes = copyOfBytes(data, `${what}.data`);
  detachAll(transfer);
  return { type, timestamp, duration: duration ?? null, data: bytes };
}

/** Copies the bytes of a chunk into memory of the program. */
export function copyChunk(data: Uint8Array, destination: unknown, what: string): void {
  const { bytes, detached } = bytesOf(destination, what);
  if (detached) throw new TypeError(`${what}: the destination is detached`);
  if (bytes.length < data.length) {
    throw new TypeError(`${what}: ${data.length} bytes do not fit into ${bytes.length}`);
  }
  bytes.set(data);
}
