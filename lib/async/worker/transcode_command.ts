/**
 * The command that encodes an input anew.
 *
 * @module
 */
import type { Damage } from "../../codec/frame_reader.ts";
import { transcodeSync } from "../../codec/transcode/transcode.ts";
import { toPlain } from "../shared/errors.ts";
import type { Commands } from "../shared/protocol.ts";
import { copyOptions } from "./copy_options.ts";
import type { WorkerSession } from "./worker_session.ts";

/** Encodes an input anew. */
export function transcode(
  session: WorkerSession,
  request: Commands["transcode"]["request"],
): Commands["transcode"]["answer"] {
  const { output, options } = copyOptions(session, request);
  const onDamage = ({ error, ...where }: Damage) =>
    session.post({ kind: "damage", damage: { ...where, error: toPlain(error) } });
  return transcodeSync(session.source(request.input), output, {
    ...options,
    onDamage: request.hooks.damage ? onDamage : undefined,
  }, { throwIfAborted: () => session.throwIfAborted() });
}
