/**
 * The times of packets that go from one container into another, nothing decoded.
 *
 * @module
 */
import { AV_NOPTS_VALUE, copyBytes, type Native, ownBytes, type Struct } from "../../../ffi/mod.ts";
import { packRational, type Rational } from "../../rational.ts";
import { ExpectedDts } from "./expected_dts.ts";
import { MICROSECONDS, TimeScale } from "./time_scale.ts";

const AVFMT_NOTIMESTAMPS = 0x80;
const AVFMT_TS_NONSTRICT = 0x20000;
const VIDEO = 0;
const AUDIO = 1;
const SUBTITLE = 3;
const NOPTS = -(2n ** 63n);
// From FFmpeg 7 (libavformat 61) on the tool reckons decoding times in ticks of the input.
const FIRST_TO_ROUND = 61;

/** The input of {@link CopyTimes}. */
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
  readonly #expected: ExpectedDts;
  readonly #out: Rational;
  /** The time base of the packets that come, and the ways from there; mostly it stays the same. */
  #base: Bases | undefined;
  readonly #type: number;
  readonly #sampleRate: number;
  readonly #stamped: boolean;
  readonly #step: number;
  // An int64: no time yet.
  readonly #rescaleState = copyBytes(ownBytes(new Uint8Array(BigInt64Array.of(NOPTS).buffer))!);
  /** In ticks of the output: the last decoding time written. */
  #last: number = AV_NOPTS_VALUE;

  constructor(options: CopyTimesOptions) {
    const { native, parameters, formatFlags } = options;
    this.#native = native;
    this.#parameters = parameters;
    this.#expected = new ExpectedDts(parameters, options.averageFrameRate);
    this.#out = options.timeBase;
    this.#type = parameters.number("codec_type");
    this.#sampleRate = parameters.number("sample_rate");
    this.#stamped = (formatFlags & AVFMT_NOTIMESTAMPS) === 0;
    this.#step = (formatFlags & AVFMT_TS_NONSTRICT) === 0 ? 1 : 0;
  }

  /** Rewrites the times of a packet, given in `timeBase`, in ticks of the output. */
  apply(packet: Struct, timeBase: Rational): void {
    if (this.#base?.from.base !== timeBase) this.#base = this.#bases(timeBase);
    const { out, microOut } = this.#base;
    const ptsIn = packet.number("pts");
    const dtsIn = packet.number("dts");
    const durationIn = packet.number("duration");
    const times = { pts: ptsIn, dts: dtsIn, duration: durationIn };
    const expected = this.#expected.advance(times, this.#base.micro);
    let pts = ptsIn === AV_NOPTS_VALUE ? ptsIn : out.rescale(ptsIn);
    let dts: number;
    if (dtsIn === AV_NOPTS_VALUE) dts = microOut(expected);
    else if (this.#type === AUDIO) {
      pts = dts = this.#audio(dtsIn, packet.number("size"), this.#base);
    } else dts = out.rescale(dtsIn);
    [pts, dts] = this.#inOrder(pts, dts);
    this.#last = dts;
    packet.set("pts", pts);
    packet.set("dts", dts);
    packet.set("duration", out.rescale(durationIn));
  }

  #bases(timeBase: Rational): Bases {
    const out = new TimeScale(timeBase, this.#out);
    const microIn = new TimeScale(MICROSECONDS, timeBase);
    const microOut = new TimeScale(MICROSECONDS, this.#out);
    const isRounded = this.#native.versions.avformat[0] >= FIRST_TO_ROUND;
    return {
      from: { base: timeBase, packed: packRational(timeBase) },
      packedOut: packRational(this.#out),
      samples: packRational({ num: 1, den: this.#sampleRate }),
      out,
      micro: new TimeScale(timeBase, MICROSECONDS),
      microOut: isRounded
        ? (time) => out.rescale(microIn.rescale(time))
        : (time) => microOut.rescale(time),
    };
  }

  #audio(dts: number, size: number, { from, samples, packedOut }: Bases): number {
    const { avcodec, avutil } = this.#native;
    const frame = avcodec.av_get_audio_frame_duration2(this.#parameters.pointer, size) ||
      this.#parameters.number("frame_size");
    return avutil.av_rescale_delta(
      from.packed,
      dts,
      samples,
      frame,
      this.#rescaleState,
      packedOut,
    );
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
}

interface Bases {
  readonly from: { readonly base: Rational; readonly packed: bigint };
  readonly packedOut: bigint;
  readonly samples: bigint;
  readonly out: TimeScale;
  readonly micro: TimeScale;
  /** A reckoned decoding time, from microseconds to ticks of the output. */
  readonly microOut: (time: number) => number;
}
