/**
 * From one sample rate, sample format or channel layout to another.
 *
 * @module
 */
import { native, type Pointer, PointerSlot } from "../../ffi/mod.ts";
import { AVError } from "../error.ts";
import { outOfMemory } from "./errors.ts";
import { Frame } from "./frame.ts";
import type { SampleKind } from "./frame_samples.ts";
import { SampleBuffer } from "./sample_buffer.ts";

/** The output of a {@link Resampler}. */
export interface ResamplerTarget {
  /** Samples a second; default the frame's. */
  readonly sampleRate?: number;
  /** libav's name; default the frame's. */
  readonly sampleFormat?: string;
  /** How many; default the frame's. */
  readonly channels?: number;
  /** `stereo`, `5.1`; default libav's default for `channels`, or the frame's. */
  readonly channelLayout?: string | null;
}

interface Shape {
  readonly sampleRate: number;
  readonly sampleFormat: string;
  readonly channels: number;
  readonly channelLayout: string | null;
}

function shapeOf(frame: Frame): Shape {
  const { sampleRate, sampleFormat, channels, channelLayout } = frame;
  return { sampleRate, sampleFormat, channels, channelLayout };
}

function isSame(a: Shape, b: Shape): boolean {
  return a.sampleRate === b.sampleRate && a.sampleFormat === b.sampleFormat &&
    a.channels === b.channels && a.channelLayout === b.channelLayout;
}

/** AV_CHANNEL_ORDER_CUSTOM: the layout is a pointer, which says nothing by itself. */
const CUSTOM_ORDER = 2;

function isSameKind(a: SampleKind, b: SampleKind | undefined): boolean {
  return b !== undefined && a.format === b.format && a.sampleRate === b.sampleRate &&
    a.channels === b.channels && a.order === b.order && a.order !== CUSTOM_ORDER &&
    a.low === b.low && a.high === b.high;
}

// More than the filter of any rate keeps back.
const SPARE_SAMPLES = 256;

/**
 * Converts runs of samples (`swr_convert_frame`). The times of its frames are in samples of the
 * result and count on from the first one's.
 */
export class Resampler implements Disposable {
  readonly #native = native();
  readonly #to: ResamplerTarget;
  #context: Pointer = 0 as Pointer;
  #from: Shape | undefined;
  #target: Shape | undefined;
  #next: number | null = null;
  /** The kind of the frame before, and what follows from it. */
  #kind: SampleKind | undefined;
  #hasLayout = true;
  #isSame = false;
  #gathered: SampleBuffer | undefined;

  constructor({ to }: { readonly to: ResamplerTarget }) {
    this.#to = to;
  }

  /**
   * Converted samples: no frame where the filter keeps them back. The given frame stays the
   * caller's. A frame of another kind than before begins anew, after the rest of the others.
   */
  convert(given: Frame): Frame[] {
    const results: Frame[] = [];
    this.#prepare(given, (frame) => results.push(frame));
    if (this.#isSame) {
      const same = given.clone();
      same.pts = this.#next as number;
      same.timeBase = { num: 1, den: (this.#target as Shape).sampleRate };
      this.#next = (this.#next as number) + given.samples;
      results.push(same);
    } else this.#withLayout(given, (frame) => this.#run(frame, (result) => results.push(result)));
    return results;
  }

  /**
   * The same into {@link Resampler.gathered}, for interleaved samples; null takes what the filter
   * still has at the end.
   */
  gather(given: Frame | null): void {
    if (given === null) {
      if (this.#context !== 0) this.#runInto(null);
      return;
    }
    this.#prepare(given);
    if (this.#isSame) {
      this.#buffer().append(given.planes[0].pointer, given.samples);
      this.#next = (this.#next as number) + given.samples;
    } else this.#withLayout(given, (frame) => this.#runInto(frame));
  }

  /** The samples that were gathered, and the time after them; undefined before any. */
  get gathered():
    | { readonly buffer: SampleBuffer; readonly shape: Shape; next: number }
    | undefined {
    const buffer = this.#gathered;
    if (buffer === undefined) return undefined;
    return { buffer, shape: this.#target as Shape, next: this.#next as number };
  }

  #buffer(): SampleBuffer {
    return this.#gathered ??= new SampleBuffer(this.#target as Shape);
  }

  /** Looks at the kind of a frame, and at the time of the first one. */
  #prepare(given: Frame, use?: (rest: Frame) => void): void {
    const kind = given.sampleKind;
    if (!isSameKind(kind, this.#kind)) this.#begin(given, use);
    this.#kind = kind;
    if (this.#next !== null) return;
    const { pts, timeBase } = given;
    this.#next = pts === null || timeBase === null
      ? 0
      : Math.round(pts * timeBase.num / timeBase.den * (this.#target as Shape).sampleRate);
  }

  /** Channels in no known order are taken for libav's default one, as in the tools. */
  #withLayout(given: Frame, use: (frame: Frame) => void): void {
    if (this.#hasLayout) return use(given);
    using frame = given.clone();
    frame.channelLayout = null;
    use(frame);
  }

  /** Learns the kind of the frames from here on; `use` is given the rest of the others. */
  #begin(given: Frame, use: ((rest: Frame) => void) | undefined): void {
    using frame = given.clone();
    this.#hasLayout = frame.channelLayout !== null;
    if (!this.#hasLayout) frame.channelLayout = null;
    const from = shapeOf(frame);
    if (this.#from !== undefined && !isSame(from, this.#from)) {
      if (this.#context !== 0) {
        if (use) this.#run(null, use);
        else this.#runInto(null);
      }
      this.#free();
    }
    this.#from = from;
    const target = this.#target ??= this.#targetOf(from);
    this.#isSame = this.#hasLayout && isSame(from, target);
  }

  /** The samples that the filter still has at the end; null without any. */
  flush(): Frame | null {
    let rest: Frame | null = null;
    if (this.#context !== 0) this.#run(null, (frame) => rest = frame);
    return rest;
  }

  /** Samples of the result that are still in the filter, in whole ones. */
  get delay(): number {
    const { sampleRate = 0 } = this.#target ?? {};
    // A context that is not configured yet would divide by a rate of 0.
    if (this.#context === 0 || sampleRate === 0) return 0;
    return this.#native.swresample().swr_get_delay(this.#context, sampleRate);
  }

  /** Forgets everything: the next frame's time counts again. */
  reset(): void {
    this.#free();
    this.#from = this.#target = this.#kind = undefined;
    this.#next = null;
  }

  #targetOf(from: Shape): Shape {
    const { sampleRate, sampleFormat, channels, channelLayout } = this.#to;
    const same = (channels === undefined || channels === from.channels) && !channelLayout;
    return {
      sampleRate: sampleRate ?? from.sampleRate,
      sampleFormat: sampleFormat ?? from.sampleFormat,
      channels: channels ?? from.channels,
      channelLayout: channelLayout ?? (same ? from.channelLayout : null),
    };
  }

  #run(frame: Frame | null, use: (result: Frame) => void): void {
    const target = this.#target as Shape;
    const samples = this.#roomFor(frame);
    const timeBase = { num: 1, den: target.sampleRate };
    const result = Frame.audio({ ...target, samples, timeBase });
    let handedOver = false;
    try {
      this.#call(result.pointer, frame);
      const { samples } = result;
      if (samples === 0) return;
      result.pts = this.#next;
      this.#next = (this.#next ?? 0) + samples;
      handedOver = true;
      use(result);
    } finally {
      if (!handedOver) result.close();
    }
  }

  #runInto(frame: Frame | null): void {
    const buffer = this.#buffer();
    this.#call(buffer.reserve(this.#roomFor(frame)), frame);
    this.#next = (this.#next ?? 0) + buffer.commit();
  }

  /** Samples that a conversion may give. */
  #roomFor(frame: Frame | null): number {
    const from = this.#from as Shape;
    const { sampleRate } = this.#target as Shape;
    const expected = Math.ceil((frame?.samples ?? 0) * sampleRate / from.sampleRate);
    return this.delay + expected + SPARE_SAMPLES;
  }

  #call(result: Pointer, frame: Frame | null): void {
    const swr = this.#native.swresample();
    if (this.#context === 0) {
      this.#context = swr.swr_alloc();
      if (this.#context === 0) throw outOfMemory("swr_alloc");
    }
    const code = swr.swr_convert_frame(this.#context, result, frame?.pointer ?? 0 as Pointer);
    if (code < 0) throw new AVError({ code, operation: "swr_convert_frame" });
  }

  #free(): void {
    const context = this.#context;
    this.#context = 0 as Pointer;
    if (context !== 0) this.#native.swresample().swr_free(new PointerSlot(context).bytes);
  }

  /** Releases everything. Twice is harmless. */
  close(): void {
    this.reset();
    this.#gathered?.close();
    this.#gathered = undefined;
  }

  /** {@link Resampler.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
