/**
 * Calls of the program's own code, outside libavformat's callbacks and within the same limits.
 *
 * @module
 */
import { makeBytes, partOf } from "../../../ffi/mod.ts";
import { isThenable, nameOf } from "../../check.ts";
import { AVERROR, AVError } from "../../error.ts";
import {
  AGAIN,
  type OpenHookSync,
  type OpenRequest,
  type SinkSync,
  type SourceSync,
} from "../contract.ts";
import { readSource } from "../avio/check_callback_answers.ts";
import { releasedAfter } from "../avio/release.ts";

/** The options that bound a call. */
export interface HookLimits {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly maxBytes?: number;
}

/** One call; `discard` takes an answer that came too late. */
export function callWithLimits<T>(
  call: { operation: string; what: string; run: () => T; discard?: (answer: T) => void },
  { signal, timeout }: HookLimits,
): T {
  signal?.throwIfAborted();
  const started = timeout === undefined ? 0 : performance.now();
  const answer = call.run();
  if (timeout === undefined || performance.now() - started <= timeout) return answer;
  const late = new AVError({
    code: AVERROR("ETIMEDOUT"),
    operation: call.operation,
    detail: `${call.what} took longer than ${timeout} ms`,
  });
  throw releasedAfter(late, () => call.discard?.(answer));
}

/** Asks a hook for a source: undefined where it refuses, null where there is none. */
export function openThroughHook(
  open: OpenHookSync,
  url: string,
  limits: HookLimits,
): SourceSync | undefined | null {
  const answer = callWithLimits({
    operation: "io_open",
    what: `open(${JSON.stringify(url)})`,
    run: () => askHook(open, url, { write: false, options: {} }),
    discard: (late) => late?.close?.(),
  }, limits);
  if (answer === undefined || answer === null) return answer;
  return assertHookResult(url, answer, "read") as SourceSync;
}

/** The answer of a hook to one opening: undefined where it refuses, null where there is none. */
export function askHook(
  open: OpenHookSync | undefined,
  url: string,
  request: OpenRequest,
): SourceSync | SinkSync | undefined | null {
  const answer = open?.(url, request);
  if (answer !== undefined) return answer === null ? assertHookResult(url, answer, "read") : answer;
  return request.missing === true ? null : undefined;
}

/** The answer of a hook, which is not undefined; a TypeError where it has no `method`. */
export function assertHookResult<T>(url: string, answer: T, method: "read" | "write"): T & object {
  const given: unknown = (answer as Partial<Record<string, unknown>> | null)?.[method];
  if (typeof given === "function") return answer as T & object;
  const what = isThenable(answer)
    ? "a promise (an asynchronous open needs the asynchronous functions)"
    : answer === null
    ? "null"
    : `a value of type ${nameOf(answer)}`;
  const expected = `a ${method === "read" ? "source" : "sink"}: an object with ${method}`;
  throw new TypeError(`open(${JSON.stringify(url)}) returned ${what}; expected ${expected}`);
}

/** The first bytes of a source; undefined where it has nothing yet. */
export function readUpTo(
  source: SourceSync,
  max: number,
  limits: HookLimits,
): Uint8Array | undefined {
  const { maxBytes = Infinity } = limits;
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < max) {
    const into = makeBytes(Math.min(max - length, 65536));
    const run = () => readSource(source, into, length);
    const got = callWithLimits({ operation: "read_packet", what: "the callback", run }, limits);
    if (got === AGAIN) return undefined;
    if (got === null) break;
    length += got;
    if (length > maxBytes) throw new RangeError(`the input is longer than maxBytes (${maxBytes})`);
    chunks.push(partOf(into, 0, got));
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
