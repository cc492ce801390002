/**
 * The time base that a copied stream asks its muxer for, as `ffmpeg -c copy` chooses it
 * (`avformat_transfer_internal_stream_timing_info`): a container that counts in frames must not be
 * told ticks of 1/90000.
 *
 * @module
 */
import type { Struct } from "../../ffi/mod.ts";
import type { Rational } from "../rational.ts";

/** What decides. */
export interface CopiedStream {
  /** The codec's name. */
  readonly codec: string;
  /** The parameters of the output's stream. */
  readonly parameters: Struct;
  readonly timeBase: Rational;
  /** The lowest rate that every time can be told in (`r_frame_rate`). */
  readonly frameRate: Rational | null | undefined;
  readonly averageFrameRate: Rational | null | undefined;
}

const AVFMT_VARIABLE_FPS = 0x400;
const COARSE_SECONDS = 1 / 500;
const movFamily = new Set(["mov", "mp4", "3gp", "3g2", "psp", "ipod", "ismv", "f4v"]);
// Whose bytes tell a rate: before FFmpeg 6.1 AVCodecParameters does not hold it.
const timed = new Set(["h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "wmv3"]);

/** For a stream of video; `name` and `flags` are the output format's. */
export function copyTimeBase(name: string, flags: number, stream: CopiedStream): Rational {
  const { timeBase, frameRate, averageFrameRate } = stream;
  const tick = seconds(timeBase);
  if (tick >= COARSE_SECONDS) return timeBase;
  const coded = codedRate(stream);
  const frame = coded && 1 / seconds(coded);
  if (name === "avi") {
    const half = frameRate ? 0.5 / seconds(frameRate) : 0;
    const steady = frameRate &&
      seconds(frameRate) >= seconds(averageFrameRate ?? { num: 0, den: 1 });
    if (frameRate && steady && half > tick && coded === undefined) {
      return { num: frameRate.den, den: 2 * frameRate.num };
    }
    return coded && frame! > 2 * tick ? { num: coded.den, den: 2 * coded.num } : timeBase;
  }
  if ((flags & AVFMT_VARIABLE_FPS) !== 0 || movFamily.has(name)) return timeBase;
  return coded && frame! > tick ? { num: coded.den, den: coded.num } : timeBase;
}

function codedRate({ codec, parameters, ...stream }: CopiedStream): Rational | undefined {
  if (parameters.has("framerate")) {
    const rate = {
      num: parameters.number("framerate.num"),
      den: parameters.number("framerate.den"),
    };
    return rate.num > 0 && rate.den > 0 ? rate : undefined;
  }
  return timed.has(codec) ? stream.averageFrameRate ?? stream.frameRate ?? undefined : undefined;
}

function seconds({ num, den }: Rational): number {
  return num / den;
}
