/**
 * From one container to another without blocking: the whole copy runs in a worker.
 *
 * @module
 */
import type { Input, Output } from "../async/main/endpoints.ts";
import { byteLengthOf } from "../check.ts";
import { isFragmentable } from "../format/mux/fragment_options.ts";
import type { RemuxResult, RemuxStart } from "../format/remux/options.ts";
import type { RemuxHooks } from "../format/remux/remux.ts";
import { assertSelection } from "../format/stream_selection.ts";
import { NO_TIMEOUT } from "../io/internal.ts";
import { reserveCapacityFor } from "../io/sinks/memory_sink.ts";
import { StreamSink } from "../io/sinks/stream_sink.ts";
import { plainOptions } from "../plain_options.ts";
import { describeOne, runCopy } from "./copy_session.ts";
import { remuxOptionNames, type RemuxOptions } from "./remux_options.ts";

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
  return await remuxWithHooks(input, output, options, {});
}

/** {@link remux} with hooks. */
export async function remuxWithHooks(
  input: Input | undefined,
  output: Output | undefined,
  given: RemuxOptions,
  { onStart, live }: RemuxHooks,
): Promise<RemuxResult> {
  const asked = { given, names: remuxOptionNames };
  return await runCopy("remux", { inputs: [input], output }, asked, ({ streams, start, end }) => {
    if (streams !== undefined) assertSelection(streams);
    const isWhole = streams === undefined && start === undefined && end === undefined;
    return {
      serves: { onStart },
      describe: async (...task) => {
        const described = await describeOne(input, ...task);
        if (isWhole) reserveCapacityFor(described.input, output);
        return { ...described, live };
      },
    };
  });
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
  const options = plainOptions("remuxStream", given, remuxOptionNames);
  // A chunk that is no bytes passes: its reader fails on both sides.
  const bytes = {
    highWaterMark: 64 * 1024,
    size: (chunk: unknown) => byteLengthOf(chunk) ?? 1,
  };
  const incoming = new TransformStream<Uint8Array, Uint8Array>(undefined, bytes);
  const outgoing = new TransformStream<Uint8Array, Uint8Array>(undefined, bytes);
  const sink = Object.assign(new StreamSink(outgoing.writable), { [NO_TIMEOUT]: true });
  const live = isFragmentable(options.format) ? { family: "mp4" as const } : undefined;
  const ready = Promise.withResolvers<RemuxStart>();
  const hooks = { onStart: ready.resolve, live };
  const result = remuxWithHooks(incoming.readable, sink, options, hooks);
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
