/**
 * The way of an input or output into a session: limits are checked, the endpoint is opened, and
 * the session serves it to the worker.
 *
 * @module
 */
import { assertMaxBytes, assertTimeout } from "../../check.ts";
import { AVError } from "../../error.ts";
import { waitBriefly, waitUpTo } from "../../promises.ts";
import type { RemoteInput, RemoteOutput } from "../shared/protocol.ts";
import { checkedHighWaterMark } from "../shared/ring.ts";
import { discardedAfter, discardInput } from "./discard_endpoints.ts";
import type { Input, Output } from "./endpoints.ts";
import { openAnyInput, openAnyOutput } from "./open_endpoints.ts";
import type { Session } from "./session.ts";

/** Bytes read ahead, where nothing else is asked for. */
export const DEFAULT_HIGH_WATER_MARK = 2 * 1024 * 1024;

/** A source or sink is closed before the failure comes out, unless its closing takes longer. */
const CLOSE_AFTER_FAILURE_MS = 500;

/** The options that bound an input. */
interface InputLimits {
  readonly highWaterMark?: number;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly maxBytes?: number;
}

/** The input as the worker will see it, served by the session. */
export async function describeInput(
  session: Session,
  input: Input | undefined,
  options: InputLimits,
): Promise<RemoteInput> {
  const { signal, timeout, maxBytes } = options;
  const highWaterMark = checkedHighWaterMark(options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK);
  try {
    assertTimeout(timeout);
    assertMaxBytes(maxBytes);
  } catch (error) {
    throw await discardedAfter(error, input);
  }
  if (input === undefined) return { kind: "from-hook" };
  const opened = await openAnyInput(input, signal);
  if (session.signal.aborted) {
    // Meanwhile the session has let go of everything that it knew.
    if ("source" in opened) await discardInput(opened.source);
    throw session.signal.reason;
  }
  return "path" in opened
    ? { kind: "path", path: opened.path }
    : await session.files.read(opened.source, highWaterMark, timeout);
}

/** The output as the worker will see it, served by the session. */
export function describeOutput(
  session: Session,
  output: Output | undefined,
  highWaterMark: number,
): RemoteOutput {
  const markers = session.options.onMarker !== undefined;
  if (output === undefined) return { kind: "from-hook", markers };
  const opened = openAnyOutput(output);
  return "path" in opened
    ? { kind: "path", path: opened.path, markers }
    : session.files.write(opened.sink, highWaterMark);
}

/** Runs the opening of a session; whatever goes wrong releases everything. */
export async function openSession<T>(session: Session, open: () => Promise<T>): Promise<T> {
  try {
    // An abort is felt at once, whatever the opening waits for.
    return await session.race(open());
  } catch (error) {
    if (session.failure === undefined) session.fail(error);
    const closing = session.close();
    if (session.options.signal?.aborted) await waitBriefly(closing);
    else await waitUpTo(CLOSE_AFTER_FAILURE_MS, closing).catch(() => {});
    throw error;
  }
}

/**
 * The answer of a command that writes; where it fails, the sink first gets everything that was
 * written before the failure.
 */
export async function orDrained<T>(
  session: Session,
  answer: Promise<T>,
  timeout: number | undefined,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const sinkFailed = error instanceof AVError && error.operation === "write_packet";
    if (!sinkFailed && !session.signal.aborted) {
      await session.files.drained(timeout).catch(() => {});
    }
    throw error;
  }
}
