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

/** A lent frame is closed after its use; any other one belongs to its receiver. */
function handOver(frame: Frame, use: (frame: Frame) => void, lent: boolean): void {
  try {
    use(frame);
  } finally {
    if (lent) frame.close();
  }
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
  /** A result that was lent, and the samples that there is room for in it. */
  #lent: { readonly frame: Frame; readonly capacity: number } | undefined;

  constructor({ to }: { readonly to: ResamplerTarget }) {
    this.#to = to;
  }

  /**
   * Converted samples: no frame where the filter keeps them back. The given frame stays the
   * caller's. A frame of another kind than before begins anew, after the rest of the others.
   */
  convert(given: Frame): Frame[] {
    const results: Frame[] = [];
    this.#convert(given, (frame) => results.push(frame));
    return results;
  }

  /**
   * The same for a caller that copies each result at once: a result is only lent, and the next
   * one is in the same memory.
   */
  convertEach(given: Frame, use: (result: Frame) => void): void {
    this.#convert(given, use, true);
  }

  #convert(given: Frame, use: (result: Frame) => void, reuse = false): void {
    const kind = given.sampleKind;
    if (!isSameKind(kind, this.#kind)) this.#begin(given, use, reuse);
    this.#kind = kind;
    const target = this.#target as Shape;
    if (this.#next === null) {
      const { pts, timeBase } = given;
      this.#next = pts === null || timeBase === null
        ? 0
        : Math.round(pts * timeBase.num / timeBase.den * target.sampleRate);
    }
    if (this.#isSame) {
      const same = given.clone();
      same.pts = this.#next;
      same.timeBase = { num: 1, den: target.sampleRate };
      this.#next += given.samples;
      return handOver(same, use, reuse);
    }
    if (this.#hasLayout) return this.#run(given, use, reuse);
    // Channels in no known order are taken for libav's default one, as in the tools.
    using frame = given.clone();
    frame.channelLayout = null;
    this.#run(frame, use, reuse);
  }

  /** Learns the kind of the frames from here on. */
  #begin(given: Frame, use: (result: Frame) => void, reuse: boolean): void {
    using frame = given.clone();
    this.#hasLayout = frame.channelLayout !== null;
    if (!this.#hasLayout) frame.channelLayout = null;
    const from = shapeOf(frame);
    if (this.#from !== undefined && !isSame(from, this.#from)) {
      if (this.#context !== 0) this.#run(null, use, reuse);
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

  #run(frame: Frame | null, use: (result: Frame) => void, reuse = false): void {
    const target = this.#target as Shape;
    const from = this.#from as Shape;
    const swr = this.#native.swresample();
    // A context that is not configured yet would divide by a rate of 0.
    const pending = this.delay;
    if (this.#context === 0) {
      this.#context = swr.swr_alloc();
      if (this.#context === 0) throw outOfMemory("swr_alloc");
    }
    const expected = Math.ceil((frame?.samples ?? 0) * target.sampleRate / from.sampleRate);
    const result = this.#resultOf(Math.max(1, pending + expected + SPARE_SAMPLES), reuse);
    let handedOver = reuse;
    try {
      const code = swr.swr_convert_frame(
        this.#context,
        result.pointer,
        frame?.pointer ?? 0 as Pointer,
      );
      if (code < 0) throw new AVError({ code, operation: "swr_convert_frame" });
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

  /** A frame with room for so many samples. */
  #resultOf(samples: number, reuse: boolean): Frame {
    const target = this.#target as Shape;
    const timeBase = { num: 1, den: target.sampleRate };
    if (!reuse) return Frame.audio({ ...target, samples, timeBase });
    if (this.#lent === undefined || this.#lent.capacity < samples) {
      this.#lent?.frame.close();
      this.#lent = undefined;
      this.#lent = { frame: Frame.audio({ ...target, samples, timeBase }), capacity: samples };
    }
    const { frame, capacity } = this.#lent;
    frame.samples = capacity;
    return frame;
  }

  #free(): void {
    const context = this.#context;
    this.#context = 0 as Pointer;
    this.#lent?.frame.close();
    this.#lent = undefined;
    if (context !== 0) this.#native.swresample().swr_free(new PointerSlot(context).bytes);
  }

  /** Releases everything. Twice is harmless. */
  close(): void {
    this.reset();
  }

  /** {@link Resampler.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
