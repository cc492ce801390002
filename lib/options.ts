/**
 * Options of libav (`AVOption`s): the spellings of a boolean, and the rejection of an unknown name.
 *
 * @module
 */
import type { Pointer } from "../ffi/mod.ts";
import { type OptionValue, readDictionary } from "./dictionary.ts";

/** The words that libavutil reads as false (`av_match_name` in opt.c), in any case. */
const FALSE = /^(|false|n|no|disable|disabled|off)$/i;

/** True for an option that is given and not false in one of libav's spellings. */
export function isOn(value: OptionValue | undefined): boolean {
  if (value === undefined || value === false) return false;
  const text = String(value).trim();
  return !FALSE.test(text) && Number(text) !== 0;
}

/**
 * Refuses the options that nothing has taken: libav leaves them in the dictionary of the call.
 * `refuse` makes the error. `optional` are names that only some formats know.
 */
export function assertOptionsTaken(
  left: Pointer,
  refuse: (detail: string) => Error,
  optional?: ReadonlySet<string>,
): void {
  const unknown = Object.keys(readDictionary(left)).filter((name) => !optional?.has(name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => JSON.stringify(name)).join(", ");
  throw refuse(`unknown option${unknown.length > 1 ? "s" : ""} ${names}`);
}
