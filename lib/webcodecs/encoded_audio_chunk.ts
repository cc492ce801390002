/**
 * `EncodedAudioChunk`.
 *
 * @module
 */
import { type ChunkData, copyChunk, readChunk } from "./chunk_init.ts";
import type { EncodedAudioChunkInit } from "./codec_types.ts";
import type { AllowSharedBufferSource, EncodedAudioChunkType } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { requireArguments } from "./webidl.ts";

let dataOf: (chunk: EncodedAudioChunk) => ChunkData;
let isChunk: (value: unknown) => value is EncodedAudioChunk;

/** One encoded packet of samples, with its own copy of the bytes. */
export class EncodedAudioChunk {
  readonly #data: ChunkData;

  static {
    dataOf = (chunk) => chunk.#data;
    isChunk = (value): value is EncodedAudioChunk =>
      typeof value === "object" && value !== null && #data in value;
  }

  /** Copies the bytes; a TypeError for what the dictionary does not allow. */
  constructor(init: EncodedAudioChunkInit) {
    requireArguments(arguments.length, 1, "EncodedAudioChunk");
    this.#data = readChunk(init, "EncodedAudioChunkInit");
  }

  /** Whether it decodes alone. */
  get type(): EncodedAudioChunkType {
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
defineInterface(EncodedAudioChunk);

/** The members of a chunk, its bytes not copied. */
export function audioChunkData(chunk: EncodedAudioChunk): ChunkData {
  return dataOf(chunk);
}

/** Converts to `EncodedAudioChunk`. */
export function toAudioChunk(value: unknown, what: string): ChunkData {
  if (isChunk(value)) return dataOf(value);
  throw new TypeError(`${what}: expected an EncodedAudioChunk`);
}
