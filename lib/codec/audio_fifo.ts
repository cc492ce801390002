/**
 * Samples cut into frames of one size, as many encoders want them.
 *
 * @module
 */
import { native, type Pointer } from "../../ffi/mod.ts";
import type { Rational } from "../rational.ts";
import { check, outOfMemory } from "./errors.ts";
import { Frame } from "./frame.ts";
import { sampleFormat } from "./pixel_format.ts";

/** The format of the samples. */
export interface SampleTraits {
  readonly sampleFormat: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly channelLayout: string | null;
}

/** A queue of samples (`av_audio_fifo`); times are in samples. */
export class AudioFifo implements Disposable {
  readonly #native = native();
  readonly #traits: SampleTraits;
  #pointer: Pointer;
  /** The time of the first sample that is queued; null before any. */
  #next: number | null = null;

  constructor(traits: SampleTraits) {
    this.#traits = traits;
    const { number } = sampleFormat(traits.sampleFormat);
    this.#pointer = this.#native.avutil.av_audio_fifo_alloc(number, traits.channels, 1);
    if (this.#pointer === 0) throw outOfMemory("av_audio_fifo_alloc");
  }

  /** Samples of each channel that are queued. */
  get samples(): number {
    return this.#pointer === 0 ? 0 : this.#native.avutil.av_audio_fifo_size(this.#pointer);
  }

  /** Queues a copy of a frame's samples. Its time counts where nothing is queued. */
  write(frame: Frame): void {
    if (this.samples === 0) this.#next = frame.pts ?? this.#next;
    this.#next ??= 0;
    const { avutil } = this.#native;
    check(
      "av_audio_fifo_write",
      avutil.av_audio_fifo_write(this.#pointer, frame.address("extended_data"), frame.samples),
    );
  }

  /** Takes out a frame of at most `samples`; undefined where nothing is queued. */
  read(samples: number): Frame | undefined {
    const count = Math.min(samples, this.samples);
    if (count === 0) return undefined;
    const { sampleRate } = this.#traits;
    const timeBase: Rational = { num: 1, den: sampleRate };
    const frame = Frame.audio({ ...this.#traits, samples: count, pts: this.#next, timeBase });
    try {
      const { avutil } = this.#native;
      check(
        "av_audio_fifo_read",
        avutil.av_audio_fifo_read(this.#pointer, frame.address("extended_data"), count),
      );
      this.#next = (this.#next ?? 0) + count;
      return frame;
    } catch (error) {
      frame.close();
      throw error;
    }
  }

  /** Forgets what is queued. */
  clear(): void {
    if (this.#pointer !== 0) this.#native.avutil.av_audio_fifo_reset(this.#pointer);
    this.#next = null;
  }

  /** Frees it. Twice is harmless. */
  close(): void {
    const pointer = this.#pointer;
    this.#pointer = 0 as Pointer;
    if (pointer !== 0) this.#native.avutil.av_audio_fifo_free(pointer);
  }

  /** {@link AudioFifo.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
