/**
 * The samples of one stream, from one time to another.
 *
 * @module
 */
import { quoted } from "../check.ts";
import type { FrameReader } from "./frame_reader.ts";
import { Resampler } from "./resampler.ts";

/** The wanted samples. */
export interface PcmFormat {
  /** Samples a second; default as the stream has them. */
  readonly sampleRate?: number | undefined;
  /** How many; default as the stream has them. */
  readonly channels?: number | undefined;
  /** `f32`, the default: from -1 to 1; `s16`: from -32768 to 32767. */
  readonly format?: "f32" | "s16" | undefined;
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
    throw new RangeError(`${name} must be a whole number from 1 to ${most}, not ${quoted(value)}`);
  };
  whole("sampleRate", sampleRate, 768_000);
  whole("channels", channels, 64);
  if (format === undefined || format === "f32" || format === "s16") return;
  throw new TypeError(`format must be f32 or s16, not ${JSON.stringify(format)}`);
}

const MAX_BYTES = 8 * 1024 * 1024;

/** Reads samples, converted and cut to the sample. */
export class PcmReader implements Disposable {
  readonly #reader: FrameReader;
  readonly #resampler: Resampler;
  readonly #format: "f32" | "s16";
  readonly #bounds: { readonly start?: number; readonly end?: number };
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

  /** Seconds of samples that are gathered; Infinity where more bytes would be too many. */
  get gathered(): number {
    const { buffer, shape } = this.#resampler.gathered ?? {};
    if (buffer === undefined || shape === undefined) return 0;
    return buffer.bytes >= MAX_BYTES ? Infinity : buffer.samples / shape.sampleRate;
  }

  /** Decodes one frame more and gathers its samples; false at the end. */
  gather(): boolean {
    if (this.#ended) return false;
    using frame = this.#reader.next() ?? undefined;
    this.#ended = frame === undefined;
    this.#resampler.gather(frame ?? null);
    return !this.#ended;
  }

  /** The samples that are gathered, as far as they are wanted; undefined where none are. */
  take(): PcmChunk | undefined {
    const { buffer, shape, next } = this.#resampler.gathered ?? {};
    if (buffer === undefined || shape === undefined || next === undefined) return undefined;
    const { sampleRate, channels } = shape;
    const { samples } = buffer;
    this.channels = channels;
    const first = this.#samplesOf(next - samples, sampleRate);
    const { start = -Infinity, end = Infinity } = this.#bounds;
    const from = Math.min(samples, Math.max(0, Math.round(start * sampleRate) - first));
    const to = Math.max(from, Math.min(samples, Math.round(end * sampleRate) - first));
    const { buffer: bytes } = buffer.take(from, to);
    if (to === from) return undefined;
    return {
      samples: this.#format === "f32" ? new Float32Array(bytes) : new Int16Array(bytes),
      time: (first + from) / sampleRate,
    };
  }

  /** The next run of samples, of about so many seconds, or null at the end. */
  next(seconds = 0): PcmChunk | null {
    for (;;) {
      let more = true;
      do more = this.gather(); while (more && this.gathered < seconds);
      const chunk = this.take();
      if (chunk !== undefined) return chunk;
      if (!more) return null;
    }
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
