/**
 * From one container and its codecs to others without blocking: all of it runs in a worker.
 *
 * @module
 */
import type { Input, Output } from "../async/main/endpoints.ts";
import type { RemoteDamage } from "../async/shared/decode_protocol.ts";
import { fromPlain } from "../async/shared/errors.ts";
import {
  type TranscodeResult,
  transcodeSyncOptionNames,
  type TranscodeSyncOptions,
} from "../codec/transcode/options.ts";
import { assertTranscodeOptions } from "../codec/transcode/transcode.ts";
import type { AVError } from "../error.ts";
import { describeOne, runCopy } from "./copy_session.ts";
import type { Damage } from "./decoding.ts";
import type { OptionNames } from "../plain_options.ts";
import { remuxOptionNames, type RemuxOptions } from "./remux_options.ts";

/** Options of {@link transcode}: those of a remux, and how video and sound are encoded. */
export interface TranscodeOptions
  extends
    Omit<TranscodeSyncOptions, "open" | "input" | "onDamage">,
    Pick<RemuxOptions, "open" | "input" | "timeout" | "highWaterMark"> {
  /** Told of each packet that could not be decoded; it is left out. */
  onDamage?: ((damage: Damage) => void) | undefined;
}

const names: OptionNames<TranscodeOptions> = { ...transcodeSyncOptionNames, ...remuxOptionNames };

/**
 * Decodes, scales, resamples and encodes what changes of an input, and copies what does not.
 * Pictures come out upright and of square pixels; `start` and `end` are exact for what is encoded.
 * The result says which encoder was used. A slow sink holds the source back, and `signal` ends it
 * at any time. Colours of high dynamic range are kept as they are coded: nothing is mapped to a
 * smaller range. Rejects with an `AVError`, with the very object that a source or sink threw, or
 * with a TypeError or RangeError for an option.
 *
 * @example
 * ```ts
 * import { transcode } from "@avio/avio";
 *
 * const { streams } = await transcode("movie.mkv", "small.mp4", {
 *   video: { codec: "h264", width: 1280, options: { preset: "fast" } },
 *   audio: { codec: "aac", bitRate: 128_000 },
 *   onProgress: ({ time, duration }) => console.log(time, duration),
 * });
 * console.log(streams.map(({ encoder }) => encoder ?? "copied"));
 * ```
 */
export async function transcode(
  input: Input | undefined,
  output: Output | undefined,
  options: TranscodeOptions = {},
): Promise<TranscodeResult> {
  const endpoints = { inputs: [input], output };
  return await runCopy(
    "transcode",
    endpoints,
    { given: options, names },
    ({ onDamage, ...plain }) => {
      assertTranscodeOptions(plain as TranscodeSyncOptions);
      const tell = onDamage &&
        (({ error, ...where }: RemoteDamage) =>
          onDamage({ ...where, error: fromPlain(error) as AVError }));
      return { serves: { onDamage: tell }, describe: (...task) => describeOne(input, ...task) };
    },
  );
}
