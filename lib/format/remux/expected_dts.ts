/**
 * The decoding time that a stream's next packet should have.
 *
 * @module
 */
import { AV_NOPTS_VALUE, type Struct } from "../../../ffi/mod.ts";
import type { Rational } from "../../rational.ts";
import type { TimeScale } from "./time_scale.ts";

const VIDEO = 0;
const AUDIO = 1;

/** The times of a packet, in ticks of its stream; `AV_NOPTS_VALUE` where unknown. */
export interface PacketTimes {
  readonly pts: number;
  readonly dts: number;
  readonly duration: number;
}

/**
 * The clock that `ffmpeg` keeps for each stream it copies (`ist->dts`, `ist->next_dts`): it counts
 * on from the last decoding time by the packet's duration. In microseconds.
 */
export class ExpectedDts {
  /** The time of the packet after the last one; undefined before the first. */
  next: number | undefined;
  /** The time of the last packet; undefined before the first. */
  last: number | undefined;
  readonly #parameters: Struct;
  readonly #averageFrameRate: Rational | null;
  readonly #type: number;

  /** `parameters`: the stream's AVCodecParameters, which must outlive this. */
  constructor(parameters: Struct, averageFrameRate: Rational | null) {
    this.#parameters = parameters;
    this.#averageFrameRate = averageFrameRate;
    this.#type = parameters.number("codec_type");
  }

  /** Takes a packet in; returns its decoding time, reckoned where the packet has none. */
  advance({ pts, dts, duration }: PacketTimes, micro: TimeScale): number {
    const rate = this.#averageFrameRate;
    const parameters = this.#parameters;
    if (this.next === undefined) {
      const delay = parameters.number("video_delay");
      let first = rate ? -delay * 1e6 * rate.den / rate.num : 0;
      if (pts !== AV_NOPTS_VALUE) first += micro.rescale(pts);
      this.next = Math.trunc(first);
    }
    if (dts !== AV_NOPTS_VALUE) this.next = micro.rescale(dts);
    const expected = this.next;
    if (this.#type === AUDIO) {
      const sampleRate = parameters.number("sample_rate");
      this.next += sampleRate > 0
        ? Math.trunc(1e6 * parameters.number("frame_size") / sampleRate)
        : micro.rescale(duration);
    } else if (this.#type === VIDEO) {
      if (duration > 0) this.next += micro.rescale(duration);
      else if (rate) this.next += Math.trunc(1e6 * rate.den / rate.num);
    }
    return this.last = expected;
  }
}
