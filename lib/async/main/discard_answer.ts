/**
 * Answers that nothing awaits any more: the frames in them are freed.
 *
 * @module
 */
import { freeFrame } from "../../codec/frame.ts";
import type { RemoteFrame } from "../shared/decode_protocol.ts";

/** Frees what an answer of a worker brings. */
export function discardAnswer(answer: unknown): void {
  const { frames } = (answer ?? {}) as { frames?: readonly RemoteFrame[] };
  for (const { pointer } of Array.isArray(frames) ? frames : []) freeFrame(pointer);
}
