/**
 * Options of libav (`AVOption`s): the spellings of a boolean, and the rejection of an unknown name.
 *
 * @module
 */
import {
  advance,
  cString,
  native,
  NULL,
  type Pointer,
  pointerAt,
  type Struct,
} from "../ffi/mod.ts";
import { type OptionValue, readDictionary } from "./dictionary.ts";
import { didYouMean, nearest } from "./suggest.ts";

/** The words that libavutil reads as false (`av_match_name` in opt.c), in any case. */
const FALSE = /^(|false|n|no|disable|disabled|off)$/i;

/** True for an option that is given and not false in one of libav's spellings. */
export function isOn(value: OptionValue | undefined): boolean {
  if (value === undefined || value === false) return false;
  const text = String(value).trim();
  return !FALSE.test(text) && Number(text) !== 0;
}

/** `AV_OPT_FLAG_*` of the options that a call takes. */
const OPTION_FLAGS = { encoding: 1, decoding: 2 } as const;

/** Whose options a call takes, in order to name the one that is meant. */
export interface OptionOwner {
  /** AVFormatContext or AVCodecContext: its first field is its AVClass. */
  readonly context: Pointer;
  /** AVInputFormat, AVOutputFormat or AVCodec: its `priv_class` has the options of its own. */
  readonly kind: Struct;
  readonly use: keyof typeof OPTION_FLAGS;
}

const refusals = new WeakSet<Error>();

/** True for an error about the name of an option, which says nothing about the streams. */
export function isOptionRefusal(error: Error): boolean {
  return refusals.has(error);
}

/** The names of all options that can be given, those of the format or the codec first. */
function optionNames({ context, kind, use }: OptionOwner): string[] {
  const { avutil, ffi } = native();
  const names: string[] = [];
  // libav takes the address of a pointer to an AVClass for an object.
  for (const object of [advance(kind.pointer, kind.offset("priv_class")), context]) {
    let at = avutil.av_opt_next(object, NULL);
    for (; at !== NULL; at = avutil.av_opt_next(object, at)) {
      // An AVOption begins with its name.
      const name = ffi.string(pointerAt(at));
      // The constants of flags are listed, too, and not found.
      const found = avutil.av_opt_find(object, cString(name), null, OPTION_FLAGS[use], 0);
      if (found !== NULL) names.push(name);
    }
  }
  return names;
}

/**
 * Refuses the options that nothing has taken: libav leaves them in the dictionary of the call.
 * `refuse` makes the error. `optional` are names that only some formats know.
 */
export function assertOptionsTaken(
  left: Pointer,
  owner: OptionOwner,
  refuse: (detail: string, meant: string) => Error,
  optional?: ReadonlySet<string>,
): void {
  const unknown = Object.keys(readDictionary(left)).filter((name) => !optional?.has(name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => JSON.stringify(name)).join(", ");
  const meant = didYouMean(nearest(unknown[0], optionNames(owner)));
  const error = refuse(`unknown option${unknown.length > 1 ? "s" : ""} ${names}`, meant);
  refusals.add(error);
  throw error;
}
