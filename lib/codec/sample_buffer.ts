/**
 * Interleaved samples gathered in native memory, and taken out as one copy.
 *
 * Fresh memory costs more than decoding what it holds: each of its pages is a fault. Runs of
 * samples are gathered in memory that is used again, so that there is one fresh array for many.
 *
 * @module
 */
import {
  advance,
  copyOf,
  native,
  type Pointer,
  PointerSlot,
  type Struct,
  writePointer,
} from "../../ffi/mod.ts";
import { allocateAudio, type AudioFrameInit } from "./frame_init.ts";
import { sampleFormat } from "./pixel_format.ts";

/** The kind of the samples; the format is interleaved. */
export type BufferedKind = Pick<
  AudioFrameInit,
  "sampleFormat" | "sampleRate" | "channels" | "channelLayout"
>;

/** A buffer that libswresample writes into, one run after another. */
export class SampleBuffer implements Disposable {
  readonly #native = native();
  readonly #kind: BufferedKind;
  /** Bytes of a sample of all channels. */
  readonly #width: number;
  /** The AVFrame; its `data` is moved to where the next run goes. */
  #struct: Struct | undefined;
  #base = 0 as Pointer;
  #capacity = 0;
  #filled = 0;

  constructor(kind: BufferedKind) {
    const { bytes, isPlanar, name } = sampleFormat(kind.sampleFormat);
    if (isPlanar && kind.channels > 1) throw new TypeError(`${name} is not interleaved`);
    this.#kind = kind;
    this.#width = bytes * kind.channels;
  }

  /** Samples of each channel that are gathered. */
  get samples(): number {
    return this.#filled;
  }

  /** Bytes that are gathered. */
  get bytes(): number {
    return this.#filled * this.#width;
  }

  /** An AVFrame with room for so many more samples, which C writes into. */
  reserve(samples: number): Pointer {
    const needed = this.#filled + samples;
    if (needed > this.#capacity) this.#grow(Math.max(needed, this.#capacity * 2));
    const struct = this.#struct as Struct;
    this.#place(struct, this.#filled);
    struct.set("nb_samples", this.#capacity - this.#filled);
    return struct.pointer;
  }

  /** Counts the samples that C has written into the AVFrame; returns how many. */
  commit(): number {
    const written = (this.#struct as Struct).number("nb_samples");
    this.#filled += written;
    return written;
  }

  /** Copies so many samples of the same kind from an address. */
  append(from: Pointer, samples: number): void {
    this.reserve(samples);
    const to = advance(this.#base, this.#filled * this.#width);
    this.#native.libc.copy_between(to, from, samples * this.#width);
    this.#filled += samples;
  }

  /** A copy of the samples from one to another; all of them are forgotten. */
  take(from: number, to: number): Uint8Array<ArrayBuffer> {
    if (from < 0 || to < from || to > this.#filled) {
      throw new RangeError(`samples ${from} to ${to}: there are ${this.#filled}`);
    }
    const copy = copyOf(advance(this.#base, from * this.#width), (to - from) * this.#width);
    this.#filled = 0;
    return copy;
  }

  #grow(capacity: number): void {
    const before = this.#struct;
    const pointer = allocateAudio({ ...this.#kind, samples: capacity });
    const struct = this.#struct = this.#native.struct("AVFrame", pointer);
    const from = this.#base;
    this.#base = struct.at("data");
    this.#capacity = capacity;
    if (before === undefined) return;
    if (this.#filled > 0) this.#native.libc.copy_between(this.#base, from, this.bytes);
    this.#free(before);
  }

  /** `extended_data` is `data` itself where there is one plane. */
  #place(struct: Struct, sample: number): void {
    const at = advance(this.#base, sample * this.#width);
    writePointer(struct.view, struct.offset("data"), at);
  }

  #free(struct: Struct): void {
    this.#native.avutil.av_frame_free(new PointerSlot(struct.pointer).bytes);
  }

  /** Frees it. Twice is harmless. */
  close(): void {
    const struct = this.#struct;
    this.#struct = undefined;
    this.#capacity = this.#filled = 0;
    this.#base = 0 as Pointer;
    if (struct !== undefined) this.#free(struct);
  }

  /** {@link SampleBuffer.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
