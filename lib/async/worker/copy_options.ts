/**
 * The output and the options of a copy, as the main thread sends them.
 *
 * @module
 */
import type { Progress, RemuxStart } from "../../format/remux/options.ts";
import type { CopyRequest } from "../shared/copy_protocol.ts";
import { inputHooks, sessionHooks, sessionSink } from "./session_hooks.ts";
import type { WorkerSession } from "./worker_session.ts";

/** The output and the options of a copy, with the session's hooks. */
export function copyOptions<Options>(session: WorkerSession, request: CopyRequest<Options>) {
  const { output, options, inputOptions, hooks } = request;
  const { timeout, ...rest } = inputOptions;
  session.timeout = timeout;
  const { sink, onMarker } = sessionSink(session, output);
  const shared = sessionHooks(session, hooks);
  const { streams, ...settings } = options;
  return {
    output: sink,
    options: {
      ...settings,
      ...(streams && { streams: streams === "ask" ? session.select : streams }),
      ...shared,
      onMarker,
      input: { ...rest, ...shared, ...inputHooks(session, hooks.input) },
      onProgress: hooks.progress
        ? (progress: Progress) => session.post({ kind: "progress", progress })
        : undefined,
    },
    start: hooks.start ? (start: RemuxStart) => session.post({ kind: "start", start }) : undefined,
  };
}
