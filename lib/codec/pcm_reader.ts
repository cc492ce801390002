/**
 * The samples of one stream, from one time to another.
 *
 * @module
 */
import type { Frame } from "./frame.ts";
import type { FrameReader } from "./frame_reader.ts";
import { Resampler } from "./resampler.ts";

/** The wanted samples. */
export interface PcmFormat {
  /** Samples a second; default as the stream has them. */
  readonly sampleRate?: number;
  /** How many; default as the stream has them. */
  readonly channels?: number;
  /** `f32`, the default: from -1 to 1; `s16`: from -32768 to 32767. */
  readonly format?: "f32" | "s16";
}

/** A run of samples, the channels interleaved. */
export interface PcmChunk {
  /** The samples of all channels in turn. */
  samples: Float32Array<ArrayBuffer> | Int16Array<ArrayBuffer>;
  /** Seconds from the beginning of the media. */
  time: number;
}

/** Throws for a rate, a number of channels or a format that cannot be. */
export function assertPcmFormat({ sampleRate, channels, format }: PcmFormat): void {
  const whole = (name: string, value: number | undefined, most: number) => {
    if (value === undefined) return;
    if (Number.isInteger(value) && value >= 1 && value <= most) return;
    throw new RangeError(`${name} must be a whole number from 1 to ${most}, not ${String(value)}`);
  };
  whole("sampleRate", sampleRate, 768_000);
  whole("channels", channels, 64);
  if (format === undefined || format === "f32" || format === "s16") return;
  throw new TypeError(`format must be f32 or s16, not ${JSON.stringify(format)}`);
}

/** Reads samples, converted and cut to the sample. */
export class PcmReader implements Disposable {
  readonly #reader: FrameReader;
  readonly #resampler: Resampler;
  readonly #format: "f32" | "s16";
  readonly #bounds: { readonly start?: number; readonly end?: number };
  #queue: PcmChunk[] = [];
  #ended = false;

  /** The reader stays the caller's; `start` and `end` are seconds. */
  constructor(
    reader: FrameReader,
    { sampleRate, channels, format = "f32" }: PcmFormat,
    bounds: { readonly start?: number; readonly end?: number } = {},
  ) {
    if (reader.stream.type !== "audio") {
      throw new TypeError(`stream ${reader.stream.index} is ${reader.stream.type}, not audio`);
    }
    this.#reader = reader;
    this.#format = format;
    this.#bounds = bounds;
    this.#resampler = new Resampler({
      to: { sampleRate, channels, sampleFormat: format === "f32" ? "flt" : "s16" },
    });
  }

  /** Channels of the samples; 0 before the first ones. */
  channels = 0;

  /** The next run of samples, or null at the end. */
  next(): PcmChunk | null {
    const take = (result: Frame) => {
      const chunk = this.#cut(result);
      if (chunk !== undefined) this.#queue.push(chunk);
    };
    while (this.#queue.length === 0 && !this.#ended) {
      using frame = this.#reader.next() ?? undefined;
      if (frame !== undefined) this.#resampler.convertEach(frame, take);
      else {
        this.#ended = true;
        using rest = this.#resampler.flush();
        if (rest) take(rest);
      }
    }
    return this.#queue.shift() ?? null;
  }

  /** The part of a run that is wanted; undefined where that is none. */
  #cut(frame: Frame): PcmChunk | undefined {
    const { sampleRate, channels, samples } = frame;
    this.channels = channels;
    const first = this.#samplesOf(frame.pts ?? 0, sampleRate);
    const { start = -Infinity, end = Infinity } = this.#bounds;
    const from = Math.max(0, Math.round(start * sampleRate) - first);
    const to = Math.min(samples, Math.round(end * sampleRate) - first);
    if (to <= from) return undefined;
    const { buffer } = frame.copySamples(from, to - from);
    return {
      samples: this.#format === "f32" ? new Float32Array(buffer) : new Int16Array(buffer),
      time: (first + from) / sampleRate,
    };
  }

  /** Samples from the beginning of the media: a resampler's times are in seconds of the input's. */
  #samplesOf(pts: number, sampleRate: number): number {
    const { num, den } = this.#reader.stream.timeBase;
    const seconds = this.#reader.secondsOf(pts / sampleRate * den / num);
    return Math.round(seconds * sampleRate);
  }

  /** Releases everything but the reader. Twice is harmless. */
  close(): void {
    this.#resampler.close();
  }

  /** {@link PcmReader.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
