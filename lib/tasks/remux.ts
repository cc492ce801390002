/**
 * From one container to another without blocking: the whole copy runs in a worker.
 *
 * @module
 */
import { inTurn } from "../async/main/job_queue.ts";
import { plainOptions } from "../plain_options.ts";
import {
  DEFAULT_HIGH_WATER_MARK,
  describeInput,
  describeOutput,
  openSession,
  orDrained,
} from "../async/main/session_io.ts";
import type { DemuxerOptions } from "../async/demuxer.ts";
import { END_OF_INPUT, type EndOfInput } from "../async/main/end_of_input.ts";
import type { OpenHook } from "../io/contract.ts";
import { discardedAfter } from "../async/main/discard_endpoints.ts";
import type { Input, Output } from "../async/main/endpoints.ts";
import { Session } from "../async/main/session.ts";
import { checkedHighWaterMark } from "../async/shared/ring.ts";
import { assertTimeout, byteLengthOf } from "../check.ts";
import { NO_TIMEOUT } from "../io/internal.ts";
import { raceAbort } from "../promises.ts";
import { reserveCapacityFor } from "../io/sinks/memory_sink.ts";
import { StreamSink } from "../io/sinks/stream_sink.ts";
import { type FragmentOptions, isFragmentable } from "../format/mux/fragment_options.ts";
import type { RemuxResult, RemuxStart, RemuxSyncOptions } from "../format/remux/options.ts";
import { assertSelection } from "../format/stream_selection.ts";

/**
 * Options of {@link remux}: those of {@link RemuxSyncOptions} and of {@link MuxerSyncOptions}, and
 * these.
 */
export interface RemuxOptions extends Omit<RemuxSyncOptions, "open" | "input"> {
  /** Options for the demuxer; `onLog` and `open` are those of the remux. */
  input?: Omit<DemuxerOptions, "open" | "onLog" | "signal" | "highWaterMark">;
  /** Answers for any other resource, of the demuxer's and of the muxer's. */
  open?: OpenHook;
  /** Milliseconds that one wait for bytes or for the sink, or for either's closing, may take. */
  timeout?: number;
  /** Bytes that may be read ahead, and bytes that may wait for the sink; default 2 MiB each. */
  highWaterMark?: number;
}

/**
 * Copies the packets of an input into another container. A slow sink holds the source back, and
 * `signal` ends it at any time.
 *
 * @example
 * ```ts
 * import { MemorySink, remux } from "@avio/avio";
 *
 * const sink = new MemorySink();
 * await remux(await fetch("https://example.com/a.mkv"), sink, { format: "mp4" });
 * ```
 */
export async function remux(
  input: Input | undefined,
  output: Output | undefined,
  options: RemuxOptions = {},
): Promise<RemuxResult> {
  const { signal, open, [END_OF_INPUT]: ending } = Object(options) as RemuxOptions & EndOfInput;
  // An input that the program ends early is not whole in itself.
  if (ending !== undefined) return await remuxAndTell(input, output, options);
  const job = { inputs: [input], output, signal, open };
  return await inTurn(job, () => remuxAndTell(input, output, options));
}

/** {@link remux}; `onStart` is told when the header is accepted. */
async function remuxAndTell(
  input: Input | undefined,
  output: Output | undefined,
  options: RemuxOptions,
  onStart?: (start: RemuxStart) => void,
): Promise<RemuxResult> {
  let plain: RemuxOptions & EndOfInput;
  try {
    const { [END_OF_INPUT]: ending } = Object(options) as EndOfInput;
    plain = { ...plainOptions("remux", options), [END_OF_INPUT]: ending };
  } catch (error) {
    throw await discardedAfter(error, input, output);
  }
  const {
    signal,
    onLog,
    onMarker,
    onProgress,
    open,
    timeout,
    [END_OF_INPUT]: ending,
    highWaterMark = DEFAULT_HIGH_WATER_MARK,
    input: inputOptions,
    streams,
    ...rest
  }: RemuxOptions & EndOfInput = plain;
  try {
    signal?.throwIfAborted();
    checkedHighWaterMark(highWaterMark);
    assertTimeout(timeout);
    if (streams !== undefined) assertSelection(streams);
  } catch (error) {
    throw await discardedAfter(error, input, output);
  }
  const session = new Session({
    kind: "remux",
    signal,
    onLog,
    onMarker,
    onProgress,
    open,
    timeout,
    onStart,
    ...(typeof streams === "function" && { selectStream: streams }),
  });
  const result = await openSession(session, async () => {
    let target;
    try {
      target = describeOutput(session, output, highWaterMark);
    } catch (error) {
      throw await discardedAfter(error, input);
    }
    const described = describeInput(session, input, {
      timeout,
      ...inputOptions,
      highWaterMark,
      signal,
    });
    const source = await raceAbort(described, ending);
    ending?.addEventListener("abort", () => session.endInputs(), { once: true });
    const whole = streams === undefined && rest.start === undefined && rest.end === undefined;
    if (whole) reserveCapacityFor(source, output);
    const answer = session.command("remux", {
      input: source,
      output: target,
      options: {
        ...rest,
        ...(streams && { streams: typeof streams === "function" ? "ask" : streams }),
      },
      inputOptions: { timeout, ...inputOptions },
      hooks: {
        open: open !== undefined,
        log: onLog !== undefined,
        progress: onProgress !== undefined,
        start: onStart !== undefined,
      },
    });
    const done = await orDrained(session, answer, timeout);
    await session.files.finish(timeout);
    return done;
  });
  await session.close();
  return result;
}

/** The transform that {@link remuxStream} makes. */
export interface RemuxStream extends TransformStream<Uint8Array, Uint8Array> {
  /**
   * The MIME type and the streams of the output, once the format has accepted them and before its
   * first byte is read: early enough for a server to answer with headers, or with 422. Rejects as
   * the transform fails. Bytes must be written for it to settle.
   */
  readonly ready: Promise<RemuxStart>;
  /** The outcome, once everything is read and written. Rejects as the transform fails. */
  readonly result: Promise<RemuxResult>;
}

/**
 * A transform from one container's bytes to another's, for `pipeThrough`. A failure errors both
 * sides; a reader that cancels stops the writer, one that is slow holds it back, however long:
 * `timeout` is for the writer alone. mp4 and its like leave in fragments
 * (`movflags=frag_keyframe+empty_moov+default_base_moof`) unless `options` says otherwise.
 *
 * @example
 * ```ts
 * import { remuxStream } from "@avio/avio";
 *
 * async function handler(request: Request): Promise<Response> {
 *   const transform = remuxStream({ format: "mp4" });
 *   const body = request.body!.pipeThrough(transform);
 *   try {
 *     const { mimeType } = await transform.ready;
 *     return new Response(body, { headers: { "content-type": mimeType } });
 *   } catch (error) {
 *     return new Response(String(error), { status: 422 });
 *   }
 * }
 * ```
 */
export function remuxStream(given: RemuxOptions & { format: string }): RemuxStream {
  const options = plainOptions("remuxStream", given);
  // A chunk that is no bytes passes: its reader fails on both sides.
  const bytes = {
    highWaterMark: 64 * 1024,
    size: (chunk: unknown) => byteLengthOf(chunk) ?? 1,
  };
  const incoming = new TransformStream<Uint8Array, Uint8Array>(undefined, bytes);
  const outgoing = new TransformStream<Uint8Array, Uint8Array>(undefined, bytes);
  const sink = Object.assign(new StreamSink(outgoing.writable), { [NO_TIMEOUT]: true });
  const live: FragmentOptions = isFragmentable(options.format) ? { live: { family: "mp4" } } : {};
  const ready = Promise.withResolvers<RemuxStart>();
  const settings = { ...options, ...live } as RemuxOptions;
  const result = remuxAndTell(incoming.readable, sink, settings, ready.resolve);
  // A failure is told by both sides of the transform: the promises need no listener.
  ready.promise.catch(() => {});
  result.catch((error) => {
    ready.reject(error);
    return Promise.allSettled([sink.abort(error), incoming.writable.abort(error)]);
  });
  return {
    readable: outgoing.readable,
    writable: incoming.writable,
    ready: ready.promise,
    result,
  };
}
