/**
 * `EncodedVideoChunk`.
 *
 * @module
 */
import { type ChunkData, copyChunk, readChunk } from "./chunk_init.ts";
import type { EncodedVideoChunkInit } from "./codec_types.ts";
import type { AllowSharedBufferSource, EncodedVideoChunkType } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { requireArguments } from "./webidl.ts";

let dataOf: (chunk: EncodedVideoChunk) => ChunkData;
let isChunk: (value: unknown) => value is EncodedVideoChunk;

/** One encoded picture, with its own copy of the bytes. */
export class EncodedVideoChunk {
  readonly #data: ChunkData;

  static {
    dataOf = (chunk) => chunk.#data;
    isChunk = (value): value is EncodedVideoChunk =>
      typeof value === "object" && value !== null && #data in value;
  }

  /** Copies the bytes; a TypeError for what the dictionary does not allow. */
  constructor(init: EncodedVideoChunkInit) {
    requireArguments(arguments.length, 1, "EncodedVideoChunk");
    this.#data = readChunk(init, "EncodedVideoChunkInit");
  }

  /** Whether it decodes alone. */
  get type(): EncodedVideoChunkType {
    return this.#data.type;
  }

  /** Microseconds. */
  get timestamp(): number {
    return this.#data.timestamp;
  }

  /** Microseconds; null where unknown. */
  get duration(): number | null {
    return this.#data.duration;
  }

  /** The number of bytes. */
  get byteLength(): number {
    return this.#data.data.length;
  }

  /** Copies the bytes; a TypeError where they do not fit. */
  copyTo(destination: AllowSharedBufferSource): void {
    const { data } = this.#data;
    requireArguments(arguments.length, 1, "copyTo");
    copyChunk(data, destination, "copyTo");
  }
}
defineInterface(EncodedVideoChunk);

/** The members of a chunk, its bytes not copied. */
export function videoChunkData(chunk: EncodedVideoChunk): ChunkData {
  return dataOf(chunk);
}

/** Converts to `EncodedVideoChunk`. */
export function toVideoChunk(value: unknown, what: string): ChunkData {
  if (isChunk(value)) return dataOf(value);
  throw new TypeError(`${what}: expected an EncodedVideoChunk`);
}
