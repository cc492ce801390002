/**
 * Stream specifiers of a command line: `v`, `a:0`, `2`, several with commas between.
 *
 * @module
 */
import {
  type Selectable,
  selectListed,
  specifierOf,
  type StreamSpecifier,
} from "../format/stream_selection.ts";
import { UsageError } from "./usage.ts";

/** The specifiers of a list; wrong ones are a {@link UsageError}. */
export function parseStreams(list: string): (number | StreamSpecifier)[] {
  return explained(() => list.split(",").map((part) => specifierOf(part.trim())));
}

/** The indexes a list of specifiers selects, in the order given, each once. */
export function selectStreams(list: string, streams: readonly Selectable[]): number[] {
  const wanted = parseStreams(list);
  return explained(() => selectListed(wanted, streams)).map(({ index }) => index);
}

/** The error of a selection as one of usage. */
export function asUsageError(error: unknown): unknown {
  const message = error instanceof TypeError || error instanceof RangeError ? error.message : "";
  return message.startsWith("streams: ")
    ? new UsageError(message.slice("streams: ".length))
    : error;
}

function explained<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asUsageError(error);
  }
}
