/**
 * Parts of the same codecs one after the other, without blocking: the joining runs in a worker.
 *
 * @module
 */
import { allDiscardedAfter, discardInput } from "../async/main/discard_endpoints.ts";
import type { Input, Output } from "../async/main/endpoints.ts";
import { openAnyInput } from "../async/main/open_endpoints.ts";
import type { RemotePart } from "../async/shared/copy_protocol.ts";
import { pathOf } from "../builtin.ts";
import type { RemuxResult } from "../format/remux/options.ts";
import { assertSelection } from "../format/stream_selection.ts";
import type { OpenHook, Source } from "../io/contract.ts";
import { FileSource } from "../io/sources/file_source.ts";
import { runCopy } from "./copy_session.ts";
import { type OptionNames, without } from "../plain_options.ts";
import { remuxOptionNames, type RemuxOptions } from "./remux_options.ts";

/** Options of {@link concat}: those of {@link RemuxOptions} that are for whole inputs. */
export interface ConcatOptions extends Omit<RemuxOptions, "start" | "end" | "timestamps"> {}

const optionNames: OptionNames<ConcatOptions> = without(
  remuxOptionNames,
  "start",
  "end",
  "timestamps",
);

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
  let parts: Parts;
  try {
    given = partsOf(inputs);
    parts = new Parts(given);
  } catch (error) {
    throw await allDiscardedAfter(error, given, output);
  }
  const endpoints = { inputs: given, output, closeInputs: () => parts.discard() };
  return await runCopy(
    "concat",
    endpoints,
    { given: options, names: optionNames },
    ({ streams, open, signal }) => {
      if (streams !== undefined) assertSelection(streams);
      return {
        serves: { open: parts.open(open, signal) },
        describe: () => Promise.resolve({ parts: parts.remote }),
        release: () => parts.discard(),
      };
    },
  );
}

/** The inputs, read once: what the program does to its array later changes nothing. */
function partsOf(inputs: readonly Input[]): readonly Input[] {
  const parts = Array.isArray(inputs) ? Array.from<Input>(inputs) : [];
  if (parts.length > 0) return parts;
  throw new TypeError("concat: inputs must be an array of one or more");
}

/** The inputs of a join, each opened when the worker asks for it. */
class Parts {
  /** The parts as the worker is told of them. */
  readonly remote: readonly RemotePart[];
  readonly #waiting = new Map<string, Input>();

  constructor(inputs: readonly Input[]) {
    // No playlist can name a part: the keys cannot be guessed.
    const prefix = `part:${crypto.randomUUID()}:`;
    this.remote = inputs.map(
      (input, i): RemotePart => {
        const path = typeof input === "string"
          ? input
          : input instanceof URL && input.protocol === "file:"
          ? pathOf(input)
          : undefined;
        if (path !== undefined) return { name: path, path };
        const key = prefix + i;
        this.#waiting.set(key, input);
        return { name: nameOf(input), key };
      },
    );
  }

  /** A hook that answers for the parts by their keys, and asks `other` for everything else. */
  open(other: OpenHook | undefined, signal: AbortSignal | undefined): OpenHook {
    return async (url, request) => {
      const input = this.#waiting.get(url);
      if (input === undefined || request.write) return await other?.(url, request);
      this.#waiting.delete(url);
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
