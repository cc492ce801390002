/**
 * From one container and its codecs to others without blocking: all of it runs in a worker.
 *
 * @module
 */
import type { DemuxerOptions } from "../async/demuxer.ts";
import { discardedAfter } from "../async/main/discard_endpoints.ts";
import { END_OF_INPUT, type EndOfInput } from "../async/main/end_of_input.ts";
import type { Input, Output } from "../async/main/endpoints.ts";
import { inTurn } from "../async/main/job_queue.ts";
import {
  DEFAULT_HIGH_WATER_MARK,
  describeInput,
  describeOutput,
  openSession,
} from "../async/main/session_io.ts";
import { Session } from "../async/main/session.ts";
import { fromPlain } from "../async/shared/errors.ts";
import { checkedHighWaterMark } from "../async/shared/ring.ts";
import { assertTimeout } from "../check.ts";
import type { TranscodeResult, TranscodeSyncOptions } from "../codec/transcode/options.ts";
import { assertTranscodeOptions } from "../codec/transcode/transcode.ts";
import { AVError } from "../error.ts";
import type { OpenHook } from "../io/contract.ts";
import { plainOptions } from "../plain_options.ts";
import { raceAbort } from "../promises.ts";
import type { Damage } from "./decoding.ts";

/** Options of {@link transcode}: those of a remux, and how video and sound are encoded. */
export interface TranscodeOptions
  extends Omit<TranscodeSyncOptions, "open" | "input" | "onDamage"> {
  /** Options for the demuxer; `onLog` and `open` are those of the transcoding. */
  input?: Omit<DemuxerOptions, "open" | "onLog" | "signal" | "highWaterMark">;
  /** Answers for any other resource, of the demuxer's and of the muxer's. */
  open?: OpenHook;
  /** Milliseconds that one wait for bytes or for the sink, or for either's closing, may take. */
  timeout?: number;
  /** Bytes that may be read ahead, and bytes that may wait for the sink; default 2 MiB each. */
  highWaterMark?: number;
  /** Told of each packet that could not be decoded; it is left out. */
  onDamage?: (damage: Damage) => void;
}

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
  const { signal, open } = Object(options) as TranscodeOptions;
  return await inTurn({ inputs: [input], output, signal, open }, () => run(input, output, options));
}

async function run(
  input: Input | undefined,
  output: Output | undefined,
  options: TranscodeOptions,
): Promise<TranscodeResult> {
  let plain: TranscodeOptions & EndOfInput;
  try {
    const { [END_OF_INPUT]: ending } = Object(options) as EndOfInput;
    plain = { ...plainOptions("transcode", options), [END_OF_INPUT]: ending };
  } catch (error) {
    throw await discardedAfter(error, input, output);
  }
  const {
    signal,
    onLog,
    onMarker,
    onProgress,
    onDamage,
    open,
    timeout,
    [END_OF_INPUT]: ending,
    highWaterMark = DEFAULT_HIGH_WATER_MARK,
    input: inputOptions,
    streams,
    ...rest
  } = plain;
  try {
    signal?.throwIfAborted();
    checkedHighWaterMark(highWaterMark);
    assertTimeout(timeout);
    assertTranscodeOptions({ ...rest, streams });
  } catch (error) {
    throw await discardedAfter(error, input, output);
  }
  const session = new Session({
    kind: "transcode",
    signal,
    onLog,
    onMarker,
    onProgress,
    open,
    timeout,
    onDamage: onDamage &&
      (({ error, ...where }) => onDamage({ ...where, error: fromPlain(error) as AVError })),
    ...(typeof streams === "function" && { selectStream: streams }),
  });
  const result = await openSession(session, async () => {
    let target;
    try {
      target = describeOutput(session, output, highWaterMark);
    } catch (error) {
      throw await discardedAfter(error, input);
    }
    const reading = { timeout, ...inputOptions };
    const described = describeInput(session, input, { ...reading, highWaterMark, signal });
    const source = await raceAbort(described, ending);
    ending?.addEventListener("abort", () => session.endInputs(), { once: true });
    const done = await session.command("transcode", {
      input: source,
      output: target,
      options: {
        ...rest,
        ...(streams && { streams: typeof streams === "function" ? "ask" : streams }),
      },
      inputOptions: reading,
      hooks: {
        open: open !== undefined,
        log: onLog !== undefined,
        progress: onProgress !== undefined,
        damage: onDamage !== undefined,
      },
    }).catch(async (error) => {
      // The sink gets everything that was written before the failure, then the abort.
      const sinkFailed = error instanceof AVError && error.operation === "write_packet";
      if (!sinkFailed && !session.signal.aborted) {
        await session.files.drained(timeout).catch(() => {});
      }
      throw error;
    });
    await session.files.finish(timeout);
    return done;
  });
  await session.close();
  return result;
}
