/**
 * The time base that a copied stream asks its muxer for, as `ffmpeg -c copy` chooses it before
 * FFmpeg 7 (`avformat_transfer_internal_stream_timing_info`): a container that counts in frames
 * must not be told ticks of 1/90000. Since then the muxers see to that themselves.
 *
 * @module
 */
import { native } from "../../../ffi/mod.ts";
import type { Rational } from "../../rational.ts";

/** The properties of a stream that decide. */
export interface CopiedStream {
  /** The codec's name. */
  readonly codec: string;
  readonly timeBase: Rational;
  /** Frames a second as the codec's own bytes tell them. */
  readonly codedRate: Rational | undefined;
  /** The lowest rate that every time can be told in (`r_frame_rate`). */
  readonly frameRate: Rational | null | undefined;
  readonly averageFrameRate: Rational | null | undefined;
}

const AVFMT_VARIABLE_FPS = 0x400;
const COARSE_SECONDS = 1 / 500;
const movFamily = new Set(["mov", "mp4", "3gp", "3g2", "psp", "ipod", "ismv", "f4v"]);
const inFields = new Set(["h264", "mpeg2video"]);
// Whose bytes tell a rate, where nothing says which.
const callWithLimits = new Set([...inFields, "hevc", "mpeg1video", "mpeg4", "vc1"]);

const FFMPEG_7 = 61;

/** For a stream of video; `name` and `flags` are the output format's. */
export function copyTimeBase(name: string, flags: number, stream: CopiedStream): Rational {
  const { timeBase } = stream;
  if (native().versions.avformat[0] >= FFMPEG_7) return timeBase;
  const tick = seconds(timeBase);
  if (tick >= COARSE_SECONDS) return timeBase;
  if (name === "avi") return halfFrames(tick, stream) ?? timeBase;
  if ((flags & AVFMT_VARIABLE_FPS) !== 0 || movFamily.has(name)) return timeBase;
  const { codedRate } = stream;
  const frames = codedRate !== undefined && 1 / seconds(codedRate) > tick;
  return frames ? { num: codedRate.den, den: codedRate.num } : timeBase;
}

// It may vary in avi, but every tick without a frame costs an empty chunk.
function halfFrames(tick: number, stream: CopiedStream): Rational | undefined {
  const { codec, codedRate, frameRate, averageFrameRate } = stream;
  if (frameRate && averageFrameRate && seconds(frameRate) >= seconds(averageFrameRate)) {
    const half = 0.5 / seconds(frameRate);
    const field = codedRate ? 1 / seconds(codedRate) / (inFields.has(codec) ? 2 : 1) : 0;
    if (half > tick && half > field && field < COARSE_SECONDS) {
      return { num: frameRate.den, den: 2 * frameRate.num };
    }
  }
  const frames = codedRate !== undefined && 1 / seconds(codedRate) > 2 * tick;
  return frames ? { num: codedRate.den, den: 2 * codedRate.num } : undefined;
}

/** A guess at the coded rate, where neither the parameters nor the demuxer tell it. */
export function likelyRate(codec: string, frameRate: Rational | null | undefined) {
  return callWithLimits.has(codec) ? frameRate ?? undefined : undefined;
}

/** The rate behind a decoder's time base, which may count in fields. */
export function rateOf(codec: string, timeBase: Rational): Rational | undefined {
  if (timeBase.num <= 0 || timeBase.den <= 0) return undefined;
  return { num: timeBase.den, den: timeBase.num * (inFields.has(codec) ? 2 : 1) };
}

function seconds({ num, den }: Rational): number {
  return num / den;
}
