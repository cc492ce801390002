/**
 * A codec's return code as an error.
 *
 * @module
 */
import { AVERROR, AVError } from "../error.ts";

/** Throws an {@link AVError} where `code` is negative. */
export function check(operation: string, code: number): number {
  if (code < 0) throw new AVError({ code, operation });
  return code;
}

/** The error of an allocation that answered NULL. */
export function outOfMemory(operation: string): AVError {
  return new AVError({ code: AVERROR("ENOMEM"), operation });
}

/** `AVERROR(EAGAIN)`: a codec wants to be given, or relieved of, something first. */
export const EAGAIN: number = AVERROR("EAGAIN");
/** `AVERROR(EINVAL)`. */
export const EINVAL: number = AVERROR("EINVAL");
