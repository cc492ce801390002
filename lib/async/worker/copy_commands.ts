/**
 * Commands that copy packets of one input, or of several, into an output.
 *
 * @module
 */
import { type JoinedInput, joinParts } from "../../format/remux/concat.ts";
import { remuxWith } from "../../format/remux/remux.ts";
import type { SourceSync } from "../../io/contract.ts";
import type { Commands } from "../shared/protocol.ts";
import { copyOptions } from "./copy_options.ts";
import type { WorkerSession } from "./worker_session.ts";

/** Copies one input. */
export function remux(
  session: WorkerSession,
  request: Commands["remux"]["request"],
): Commands["remux"]["answer"] {
  const { output, options, start } = copyOptions(session, request);
  const hooks = { onStart: start, live: request.live };
  return remuxWith(session.source(request.input), output, options, hooks);
}

/** Copies one input after the other. */
export function concat(
  session: WorkerSession,
  request: Commands["concat"]["request"],
): Commands["concat"]["answer"] {
  const { output, options } = copyOptions(session, request);
  const parts = request.parts.map((part): JoinedInput => ({
    name: part.name,
    open: () =>
      "path" in part
        ? session.source({ kind: "path", path: part.path })
        : session.open(part.key, { write: false, options: {} }) as SourceSync,
    // The main thread closes it.
    discard: () => {},
    ...("key" in part && part.name !== undefined && { options: { name: part.name } }),
  }));
  return joinParts(parts, output, options, () => session.inputsEnded);
}
