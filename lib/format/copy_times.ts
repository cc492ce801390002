/**
 * The times of packets that go from one container into another, nothing decoded.
 *
 * @module
 */
import { AV_NOPTS_VALUE, type Native, type Struct } from "../../ffi/mod.ts";
import { packRational, type Rational } from "../rational.ts";

const AVFMT_NOTIMESTAMPS = 0x80;
const AVFMT_TS_NONSTRICT = 0x20000;
const MICROSECONDS: Rational = { num: 1, den: 1_000_000 };
const VIDEO = 0;
const AUDIO = 1;
const SUBTITLE = 3;
const NOPTS = -(2n ** 63n);

/** What {@link CopyTimes} needs to know. */
export interface CopyTimesOptions {
  native: Native;
  /** The output's AVCodecParameters, copied from the input. */
  parameters: Struct;
  /** Pictures a second on average in the input; null where unknown. */
  averageFrameRate: Rational | null;
  /** The output's time base, as the muxer chose it. */
  timeBase: Rational;
  /** `AVOutputFormat.flags`. */
  formatFlags: number;
}

/**
 * One stream's times, carried over as `ffmpeg -c copy` does it, so that what demuxers leave open
 * does not end in a refusal or in a file that plays wrongly: a missing decoding time is reckoned
 * from the durations before it, audio that was counted in coarse ticks gets its exact times back
 * (`av_rescale_delta`), and decoding times that stand still or run back are moved on.
 */
export class CopyTimes {
  readonly #native: Native;
  readonly #parameters: Struct;
  readonly #averageFrameRate: Rational | null;
  readonly #out: bigint;
  readonly #type: number;
  readonly #sampleRate: number;
  readonly #stamped: boolean;
  readonly #step: number;
  readonly #rescaleState = new BigInt64Array([NOPTS]);
  /** In microseconds: the decoding time that the next packet should have. */
  #next: number | undefined;
  /** In ticks of the output: the last decoding time written. */
  #last: number = AV_NOPTS_VALUE;

  constructor(options: CopyTimesOptions) {
    const { native, parameters, formatFlags } = options;
    this.#native = native;
    this.#parameters = parameters;
    this.#averageFrameRate = options.averageFrameRate;
    this.#out = packRational(options.timeBase);
    this.#type = parameters.number("codec_type");
    this.#sampleRate = parameters.number("sample_rate");
    this.#stamped = (formatFlags & AVFMT_NOTIMESTAMPS) === 0;
    this.#step = (formatFlags & AVFMT_TS_NONSTRICT) === 0 ? 1 : 0;
  }

  /** Rewrites the times of a packet, given in `timeBase`, in ticks of the output. */
  apply(packet: Struct, timeBase: Rational): void {
    const from = packRational(timeBase);
    const micro = packRational(MICROSECONDS);
    const ptsIn = packet.number("pts");
    const dtsIn = packet.number("dts");
    const durationIn = packet.number("duration");
    const expected = this.#expect(ptsIn, dtsIn, durationIn, from);
    const rescale = (value: number, base: bigint) => this.#rescale(value, base, this.#out);
    let pts = ptsIn === AV_NOPTS_VALUE ? ptsIn : rescale(ptsIn, from);
    let dts: number;
    if (dtsIn === AV_NOPTS_VALUE) dts = rescale(expected, micro);
    else if (this.#type === AUDIO) pts = dts = this.#audio(dtsIn, packet.number("size"), from);
    else dts = rescale(dtsIn, from);
    [pts, dts] = this.#inOrder(pts, dts);
    this.#last = dts;
    packet.set("pts", pts);
    packet.set("dts", dts);
    packet.set("duration", rescale(durationIn, from));
  }

  /** The decoding time in microseconds by reckoning; counts on from what the packet says. */
  #expect(pts: number, dts: number, duration: number, from: bigint): number {
    const micro = packRational(MICROSECONDS);
    const toMicro = (value: number) => this.#rescale(value, from, micro);
    const rate = this.#averageFrameRate;
    if (this.#next === undefined) {
      const delay = this.#parameters.number("video_delay");
      this.#next = rate ? -delay * 1e6 * rate.den / rate.num : 0;
      if (pts !== AV_NOPTS_VALUE) this.#next += toMicro(pts);
      this.#next = Math.trunc(this.#next);
    }
    if (dts !== AV_NOPTS_VALUE) this.#next = toMicro(dts);
    const expected = this.#next;
    if (this.#type === AUDIO) {
      this.#next += this.#sampleRate > 0
        ? Math.trunc(1e6 * this.#parameters.number("frame_size") / this.#sampleRate)
        : toMicro(duration);
    } else if (this.#type === VIDEO) {
      if (duration > 0) this.#next += toMicro(duration);
      else if (rate) this.#next += Math.trunc(1e6 * rate.den / rate.num);
    }
    return expected;
  }

  #audio(dts: number, size: number, from: bigint): number {
    const { avcodec, avutil } = this.#native;
    const frame = avcodec.av_get_audio_frame_duration2(this.#parameters.pointer, size) ||
      this.#parameters.number("frame_size");
    const samples = packRational({ num: 1, den: this.#sampleRate });
    return avutil.av_rescale_delta(from, dts, samples, frame, this.#rescaleState, this.#out);
  }

  #inOrder(pts: number, dts: number): [pts: number, dts: number] {
    if (!this.#stamped || dts === AV_NOPTS_VALUE) return [pts, dts];
    const after = this.#last === AV_NOPTS_VALUE ? undefined : this.#last;
    if (pts !== AV_NOPTS_VALUE && dts > pts) {
      // The middle one of the three.
      const values = [pts, dts, (after ?? -Infinity) + 1].sort((a, b) => a - b);
      pts = dts = values[1];
    }
    if (this.#type === VIDEO || this.#type === AUDIO || this.#type === SUBTITLE) {
      const least = after === undefined ? -Infinity : after + this.#step;
      if (dts < least) {
        if (pts >= dts) pts = Math.max(pts, least);
        dts = least;
      }
    }
    return [pts, dts];
  }

  #rescale(value: number, from: bigint, to: bigint): number {
    return this.#native.avutil.av_rescale_q(value, from, to);
  }
}
