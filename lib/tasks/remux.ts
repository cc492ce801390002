/**
 * From one container to another without blocking: the whole copy runs in a worker.
 *
 * @module
 */
import {
  DEFAULT_HIGH_WATER_MARK,
  describeInput,
  describeOutput,
  openSession,
} from "../async/main/session_io.ts";
import type { DemuxerOptions } from "../async/demuxer.ts";
import { END_OF_INPUT, type EndOfInput } from "../async/main/end_of_input.ts";
import type { OpenHook } from "../io/contract.ts";
import { discardedAfter } from "../async/main/discard_endpoints.ts";
import type { Input, Output } from "../async/main/endpoints.ts";
import { Session } from "../async/main/session.ts";
import { checkedHighWaterMark } from "../async/shared/ring.ts";
import { assertTimeout, byteLengthOf } from "../check.ts";
import { AVError } from "../error.ts";
import { NO_TIMEOUT } from "../io/internal.ts";
import { raceAbort } from "../promises.ts";
import { reserveCapacityFor } from "../io/sinks/memory_sink.ts";
import { StreamSink } from "../io/sinks/stream_sink.ts";
import { type FragmentOptions, isFragmentable } from "../format/mux/fragment_options.ts";
import type { RemuxResult, RemuxSyncOptions } from "../format/remux/remux.ts";

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
    ...rest
  }: RemuxOptions & EndOfInput = options;
  try {
    signal?.throwIfAborted();
    checkedHighWaterMark(highWaterMark);
    assertTimeout(timeout);
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
    const whole = rest.streams === undefined && rest.start === undefined && rest.end === undefined;
    if (whole) reserveCapacityFor(source, output);
    const done = await session.command("remux", {
      input: source,
      output: target,
      options: rest,
      inputOptions: { timeout, ...inputOptions },
      hooks: {
        open: open !== undefined,
        log: onLog !== undefined,
        progress: onProgress !== undefined,
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

/**
 * A transform from one container's bytes to another's, for `pipeThrough`. A failure errors
 * both sides; a reader that cancels stops the writer, one that is slow holds it back, however
 * long: `timeout` is for the writer alone. mp4 and its like leave in fragments
 * (`movflags=frag_keyframe+empty_moov+default_base_moof`) unless `options` says otherwise.
 *
 * @example
 * ```ts
 * import { remuxStream } from "@avio/avio";
 *
 * const handler = (request: Request) =>
 *   new Response(request.body!.pipeThrough(remuxStream({ format: "mp4" })));
 * ```
 */
export function remuxStream(
  options: RemuxOptions & { format: string },
): TransformStream<Uint8Array, Uint8Array> {
  // A chunk that is no bytes passes: its reader fails on both sides.
  const bytes = {
    highWaterMark: 64 * 1024,
    size: (chunk: unknown) => byteLengthOf(chunk) ?? 1,
  };
  const incoming = new TransformStream<Uint8Array, Uint8Array>(undefined, bytes);
  const outgoing = new TransformStream<Uint8Array, Uint8Array>(undefined, bytes);
  const sink = Object.assign(new StreamSink(outgoing.writable), { [NO_TIMEOUT]: true });
  const live: FragmentOptions = isFragmentable(options.format) ? { live: { family: "mp4" } } : {};
  // Its failure is the readable side's; the writable side's comes from the source's cancelling.
  remux(incoming.readable, sink, { ...options, ...live } as RemuxOptions).catch((error) =>
    Promise.allSettled([sink.abort(error), incoming.writable.abort(error)])
  );
  return { readable: outgoing.readable, writable: incoming.writable };
}
