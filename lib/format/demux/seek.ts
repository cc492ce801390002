/**
 * The target of `avformat_seek_file`.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../../plain_options.ts";
import type { Rational } from "../../rational.ts";

/** Options of {@link DemuxerSync.seek}. */
export interface SeekOptions {
  /** Seek by this stream's time; default: libavformat's choice. */
  stream?: number | undefined;
  /**
   * `keyframe`: the last one at or before (default); `any`: the nearest packet; `byte`: a byte
   * position. Where the format has no index of its keyframes (mpegts, mpeg), libavformat lands near
   * the time for `keyframe` too, mostly between two of them: {@link remuxSync} goes back from
   * there.
   */
  mode?: "keyframe" | "any" | "byte" | undefined;
}

/** Their names. */
export const seekOptionNames: OptionNames<SeekOptions> = { stream: true, mode: true };

/** The arguments of `avformat_seek_file`. */
export interface SeekTarget {
  readonly stream: number;
  readonly earliest: bigint;
  readonly target: bigint;
  readonly latest: bigint;
  readonly flags: number;
}

const modes: ReadonlySet<unknown> = new Set(["keyframe", "any", "byte"]);
const AVSEEK_FLAG_BYTE = 2;
const AVSEEK_FLAG_ANY = 4;
const AV_TIME_BASE = 1_000_000;
// Beyond any media: libavformat goes to the end, and nothing that it multiplies overflows.
const MAX_SECONDS = 1e12;
const MAX_TICKS = 2 ** 62;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** The arguments for a position; throws for what cannot be one. */
export function seekTarget(
  position: number,
  options: SeekOptions,
  timeBases: readonly Rational[],
): SeekTarget {
  const { stream = -1, mode = "keyframe" } = plainOptions("seek", options, seekOptionNames);
  if (!modes.has(mode)) {
    throw new TypeError(`seek: mode must be keyframe, any or byte, not ${JSON.stringify(mode)}`);
  }
  if (!Number.isFinite(position)) throw new RangeError(`seek: not a position: ${position}`);
  if (stream !== -1 && timeBases[stream] === undefined) {
    throw new RangeError(`seek: there is no stream ${stream}; there are ${timeBases.length}`);
  }
  const scale = mode === "byte"
    ? 1
    : stream === -1
    ? AV_TIME_BASE
    : timeBases[stream].den / timeBases[stream].num;
  const farthest = mode === "byte" ? Number.MAX_SAFE_INTEGER : MAX_SECONDS;
  const ticks = within(position, farthest) * scale;
  const target = BigInt(Math.round(within(ticks, MAX_TICKS)));
  return {
    stream,
    earliest: INT64_MIN,
    target,
    latest: mode === "any" ? INT64_MAX : target,
    flags: mode === "byte" ? AVSEEK_FLAG_BYTE : mode === "any" ? AVSEEK_FLAG_ANY : 0,
  };
}

function within(value: number, most: number): number {
  return Math.max(-most, Math.min(value, most));
}
