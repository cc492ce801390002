/**
 * From one sample rate, sample format or channel layout to another.
 *
 * @module
 */
import { native, type Pointer, PointerSlot } from "../../ffi/mod.ts";
import { AVError } from "../error.ts";
import { outOfMemory } from "./errors.ts";
import { Frame } from "./frame.ts";

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

  constructor({ to }: { readonly to: ResamplerTarget }) {
    this.#to = to;
  }

  /**
   * Converted samples, or null where the filter keeps them back; the given frame stays the
   * caller's. A frame of another kind than before begins anew, what is left of the others first.
   */
  convert(given: Frame): Frame[] {
    using frame = given.clone();
    // Channels in no known order are taken for libav's default one, as in the tools.
    if (frame.channelLayout === null) frame.channelLayout = null;
    const from = shapeOf(frame);
    const results: Frame[] = [];
    if (this.#from !== undefined && !isSame(from, this.#from)) {
      const rest = this.flush();
      if (rest) results.push(rest);
      this.#free();
    }
    this.#from = from;
    const target = this.#target ??= this.#targetOf(from);
    const { pts, timeBase } = frame;
    if (this.#next === null) {
      this.#next = pts === null || timeBase === null
        ? 0
        : Math.round(pts * timeBase.num / timeBase.den * target.sampleRate);
    }
    if (isSame(from, target)) {
      const same = frame.clone();
      same.pts = this.#next;
      same.timeBase = { num: 1, den: target.sampleRate };
      this.#next += frame.samples;
      results.push(same);
      return results;
    }
    const converted = this.#run(frame);
    if (converted) results.push(converted);
    return results;
  }

  /** The samples that the filter still has at the end; null without any. */
  flush(): Frame | null {
    return this.#context === 0 ? null : this.#run(null);
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
    this.#from = this.#target = undefined;
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

  #run(frame: Frame | null): Frame | null {
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
    const result = Frame.audio({
      ...target,
      samples: Math.max(1, pending + expected + SPARE_SAMPLES),
      timeBase: { num: 1, den: target.sampleRate },
    });
    try {
      const code = swr.swr_convert_frame(
        this.#context,
        result.pointer,
        frame?.pointer ?? 0 as Pointer,
      );
      if (code < 0) throw new AVError({ code, operation: "swr_convert_frame" });
      const { samples } = result;
      if (samples === 0) {
        result.close();
        return null;
      }
      result.pts = this.#next;
      this.#next = (this.#next ?? 0) + samples;
      return result;
    } catch (error) {
      result.close();
      throw error;
    }
  }

  #free(): void {
    const context = this.#context;
    this.#context = 0 as Pointer;
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
