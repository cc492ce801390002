/**
 * Parts of the same codecs one after the other, without blocking: the joining runs in a worker.
 *
 * @module
 */
import {
  allDiscardedAfter,
  discardedAfter,
  discardInput,
} from "../async/main/discard_endpoints.ts";
import { END_OF_INPUT, type EndOfInput } from "../async/main/end_of_input.ts";
import type { Input, Output } from "../async/main/endpoints.ts";
import { inTurn } from "../async/main/job_queue.ts";
import { openAnyInput } from "../async/main/open_endpoints.ts";
import {
  DEFAULT_HIGH_WATER_MARK,
  describeOutput,
  openSession,
  orDrained,
} from "../async/main/session_io.ts";
import { Session } from "../async/main/session.ts";
import type { RemotePart } from "../async/shared/protocol.ts";
import { checkedHighWaterMark } from "../async/shared/ring.ts";
import { pathOf } from "../builtin.ts";
import { assertTimeout } from "../check.ts";
import { plainOptions } from "../plain_options.ts";
import type { RemuxResult } from "../format/remux/options.ts";
import { assertSelection } from "../format/stream_selection.ts";
import type { OpenHook, Source } from "../io/contract.ts";
import { FileSource } from "../io/sources/file_source.ts";
import type { RemuxOptions } from "./remux.ts";

/** Options of {@link concat}: those of {@link RemuxOptions} that are for whole inputs. */
export interface ConcatOptions extends Omit<RemuxOptions, "start" | "end" | "timestamps"> {}

/**
 * Joins parts of the same codecs, one after the other, nothing encoded again: {@link concatSync}
 * for any input, each opened when its turn comes. A slow sink holds the sources back, and `signal`
 * ends it at any time. Rejects with a TypeError that names the part and what differs, where its
 * codecs are not those of the first.
 *
 * @example
 * ```ts
 * import { concat } from "@avio/avio";
 *
 * await concat(["long.mp4", "long.mp4"], "longer.mp4");
 * ```
 */
export async function concat(
  inputs: readonly Input[],
  output: Output | undefined,
  options: ConcatOptions = {},
): Promise<RemuxResult> {
  let given: readonly Input[] = [];
  let plain: ConcatOptions & EndOfInput;
  let parts: Parts;
  try {
    given = partsOf(inputs);
    const { [END_OF_INPUT]: ending } = Object(options) as EndOfInput;
    plain = { ...plainOptions("concat", options), [END_OF_INPUT]: ending };
    parts = new Parts(given, plain.open, plain.signal);
  } catch (error) {
    throw await allDiscardedAfter(error, given, output);
  }
  // Parts that the program ends early are not whole in themselves.
  if (plain[END_OF_INPUT] !== undefined) return await join(parts, output, plain);
  const { signal, open } = plain;
  return await inTurn({ inputs: given, output, signal, open }, () => join(parts, output, plain));
}

/** The inputs, read once: what the program does to its array later changes nothing. */
function partsOf(inputs: readonly Input[]): readonly Input[] {
  const parts = Array.isArray(inputs) ? Array.from<Input>(inputs) : [];
  if (parts.length > 0) return parts;
  throw new TypeError("concat: inputs must be an array of one or more");
}

async function join(
  parts: Parts,
  output: Output | undefined,
  plain: ConcatOptions & EndOfInput,
): Promise<RemuxResult> {
  const {
    signal,
    onLog,
    onMarker,
    onProgress,
    open: _asked,
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
    if (streams !== undefined) assertSelection(streams);
  } catch (error) {
    await parts.discard();
    throw await discardedAfter(error, undefined, output);
  }
  const session = new Session({
    kind: "concat",
    signal,
    onLog,
    onMarker,
    onProgress,
    open: parts.open,
    timeout,
    ...(typeof streams === "function" && { selectStream: streams }),
  });
  try {
    const result = await openSession(session, async () => {
      const target = describeOutput(session, output, highWaterMark);
      const end = () => session.endInputs();
      if (ending?.aborted) end();
      ending?.addEventListener("abort", end, { once: true });
      const answer = session.command("concat", {
        parts: parts.remote,
        output: target,
        options: {
          ...rest,
          ...(streams && { streams: typeof streams === "function" ? "ask" : streams }),
        },
        inputOptions: { timeout, ...inputOptions },
        hooks: {
          open: true,
          log: onLog !== undefined,
          progress: onProgress !== undefined,
          start: false,
        },
      });
      const done = await orDrained(session, answer, timeout);
      await session.files.finish(timeout);
      return done;
    });
    await session.close();
    return result;
  } finally {
    await parts.discard();
  }
}

/** The inputs of a join, each opened when the worker asks for it. */
class Parts {
  /** The parts as the worker is told of them. */
  readonly remote: readonly RemotePart[];
  /** Answers for the parts by their keys, and asks the program for every other resource. */
  readonly open: OpenHook;
  readonly #waiting = new Map<string, Input>();

  constructor(inputs: readonly Input[], open: OpenHook | undefined, signal?: AbortSignal) {
    // No playlist can name a part: the keys cannot be guessed.
    const prefix = `part:${crypto.randomUUID()}:`;
    this.remote = inputs.map((input, i): RemotePart => {
      const path = typeof input === "string"
        ? input
        : input instanceof URL && input.protocol === "file:"
        ? pathOf(input)
        : undefined;
      if (path !== undefined) return { name: path, path };
      const key = prefix + i;
      this.#waiting.set(key, input);
      return { name: nameOf(input), key };
    });
    const waiting = this.#waiting;
    this.open = async (url, request) => {
      const input = waiting.get(url);
      if (input === undefined || request.write) return await open?.(url, request);
      waiting.delete(url);
      const opened = await openAnyInput(input, signal);
      return "source" in opened ? opened.source : new FileSource(opened.path) as Source;
    };
  }

  /** Closes the parts that were never opened. */
  async discard(): Promise<void> {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    await Promise.allSettled(waiting.map((input) => discardInput(input)));
  }
}

/** The name that tells a part in an error, and its format. */
function nameOf(input: Input): string | undefined {
  if (input instanceof URL) return input.protocol === "data:" ? undefined : input.href;
  if (input instanceof Response) return input.url || undefined;
  const { name } = (input ?? {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? name : undefined;
}
