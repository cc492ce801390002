/**
 * The samples of an `AudioData`: bytes of the program's, or a native frame.
 *
 * @module
 */
import { Frame } from "../codec/frame.ts";
import { libavSampleFormat } from "./audio_samples.ts";
import type { AudioSampleFormat } from "./frame_types.ts";

/** The shape of samples. */
export interface AudioShape {
  /** The layout. */
  readonly format: AudioSampleFormat;
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples a channel. */
  readonly frames: number;
  /** Channels. */
  readonly channels: number;
}

/** Samples by plane. */
export interface AudioStore {
  /** The bytes of a plane: valid until the store is closed, and not to be written. */
  plane(index: number): Uint8Array;
  /** The same samples for another owner. */
  clone(): AudioStore;
  /** Lets go of the samples. */
  close(): void;
  /** A native frame of the samples, which the caller closes. */
  toFrame(): Frame;
  /** The native frame behind it, where there is one. */
  readonly frame: Frame | null;
}

/** Samples in JavaScript's memory. */
export class ByteStore implements AudioStore {
  readonly #planes: readonly Uint8Array[];
  readonly #shape: AudioShape;
  /** There is none. */
  readonly frame = null;

  /** Owns the planes from here on. */
  constructor(planes: readonly Uint8Array[], shape: AudioShape) {
    this.#planes = planes;
    this.#shape = shape;
  }

  plane(index: number): Uint8Array {
    return this.#planes[index];
  }

  clone(): AudioStore {
    return this;
  }

  close(): void {}

  toFrame(): Frame {
    const { format, sampleRate, frames, channels } = this.#shape;
    return Frame.audio({
      sampleFormat: libavSampleFormat(format),
      sampleRate: Math.max(1, Math.round(sampleRate)),
      channels,
      samples: frames,
      planes: this.#planes,
    });
  }
}

/** Samples in a native frame. */
export class FrameStore implements AudioStore {
  /** The frame, which belongs to the store. */
  readonly frame: Frame;
  readonly #copies: Uint8Array[] = [];

  /** Owns the frame from here on. */
  constructor(frame: Frame) {
    this.frame = frame;
  }

  plane(index: number): Uint8Array {
    const found = this.#copies[index];
    if (found !== undefined) return found;
    const copy = new Uint8Array(this.frame.planes[index].bytes);
    this.frame.copyPlane(index, copy);
    return this.#copies[index] = copy;
  }

  clone(): AudioStore {
    return new FrameStore(this.frame.clone());
  }

  close(): void {
    this.frame.close();
    this.#copies.length = 0;
  }

  toFrame(): Frame {
    return this.frame.clone();
  }
}
