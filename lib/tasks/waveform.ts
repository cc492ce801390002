/**
 * The shape of a sound.
 *
 * @module
 */
import { assertRange, quoted } from "../check.ts";
import type { OptionNames } from "../plain_options.ts";
import { inTurn } from "../async/main/job_queue.ts";
import type { Input } from "../async/main/endpoints.ts";
import type { StreamChoice } from "../format/pick_stream.ts";
import {
  decodeOptionNames,
  type DecodeOptions,
  decodingOptions,
  nothingBetween,
  openDecoding,
  withDecoding,
} from "./decoding.ts";

/** Options of {@link waveform}. */
export interface WaveformOptions extends DecodeOptions {
  /** Parts that the sound is cut into; default 1000. */
  points?: number | undefined;
  /** The stream: default the first audio. */
  stream?: StreamChoice | undefined;
  /** Seconds from the beginning of the media. */
  start?: number | undefined;
  /** Seconds from the beginning of the media. */
  end?: number | undefined;
}

const names: OptionNames<WaveformOptions> = {
  ...decodeOptionNames,
  points: true,
  stream: true,
  start: true,
  end: true,
};

/** The shape of a sound. */
export interface Waveform {
  /** Seconds of sound. */
  duration: number;
  /**
   * An array a channel: the lowest and the highest sample of each point in turn, `2 × points`
   * numbers of about -1 to 1.
   */
  peaks: Float32Array<ArrayBuffer>[];
}

const DEFAULT_POINTS = 1000;
const MAX_POINTS = 1_000_000;

/**
 * The lowest and highest sample of each part of a sound, for a picture of it.
 *
 * @example
 * ```ts
 * import { waveform } from "@avio/avio";
 *
 * const { duration, peaks } = await waveform("movie.mp4", { points: 500 });
 * const [left] = peaks;
 * console.log(duration, left[0], left[1]); // the lowest and the highest of the first part
 * ```
 */
export async function waveform(input: Input, given: WaveformOptions = {}): Promise<Waveform> {
  const plain = await decodingOptions("waveform", input, { given, names });
  const { signal, open } = plain;
  return await inTurn({ inputs: [input], signal, open }, () => measure(input, plain));
}

async function measure(input: Input, options: WaveformOptions): Promise<Waveform> {
  const { points = DEFAULT_POINTS, stream = "audio", start, end, ...rest } = options;
  const decoding = openDecoding("waveform", input, rest, { stream, start, end }, () => {
    assertRange("waveform", start, end);
    if (!Number.isInteger(points) || points < 1 || points > MAX_POINTS) {
      throw new RangeError(
        `points must be a whole number from 1 to ${MAX_POINTS}, not ${quoted(points)}`,
      );
    }
  });
  return await withDecoding(decoding, async ({ session, damaged }) => {
    const { duration, peaks, damage } = await session.command("waveform", { points, start, end });
    damaged(damage);
    const nothing = duration === 0 && nothingBetween("waveform", { start, end });
    if (nothing) throw nothing;
    return { duration, peaks };
  });
}
