/**
 * Image sequences through the hook. libavformat looks for numbered images on the disk, whatever
 * `io_open` says; so it is given one name to read again and again, and each time the next image.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import { isOn } from "../../options.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { OpenHookSync, SourceSync } from "../contract.ts";
import { type HookLimits, openThroughHook } from "./hook_call.ts";
import { isImageName } from "./muxer_guess.ts";

/** Answers an opening when no image is left: the end, and no refusal. */
export const NO_MORE: SourceSync = { read: () => 0 };

/** A numbered sequence, as the hook has it. */
export interface Sequence {
  /** How many images there are. */
  readonly count: number;
  /** Asked for the sequence's own name, the next image. */
  readonly open: OpenHookSync;
  /** The first image, for detection. */
  first(): SourceSync;
  /** The demuxer's options: the search is done here. */
  readonly options: Record<string, OptionValue>;
}

const sequences = new WeakMap<OpenHookSync, Sequence>();

/** The sequence that a hook reads, if it is one's. */
export function sequenceOf(open: OpenHookSync | undefined): Sequence | undefined {
  return open && sequences.get(open);
}

// `%d` and `%03d`; `%%` is a plain `%`.
const number = /%(?:%|(0\d+)?d)/g;

/** The name of an image. */
function imageName(pattern: string, index: number): string {
  return pattern.replace(
    number,
    (found, width) => found === "%%" ? "%" : String(index).padStart(Number(width ?? 1), "0"),
  );
}

/** True for a name that stands for numbered images. */
export function isSequenceName(name: string, format: string | undefined): boolean {
  const numbered = [...name.matchAll(number)].some(([found]) => found !== "%%");
  return numbered && (format === "image2" || (format === undefined && isImageName(name)));
}

// libavformat's own: its numbers are of 32 bits.
const MAX_STEP = 2 ** 30;
const LAST = 2 ** 31 - 1;

/**
 * Looks for the images as libavformat does: the first at `start_number` or one of the
 * `start_number_range` (5) after it, the last by doubling steps. Undefined where there is none.
 */
export function findSequence(
  pattern: string,
  given: Readonly<Record<string, OptionValue>>,
  open: OpenHookSync,
  limits: HookLimits = {},
): Sequence | undefined {
  const { start_number = 0, start_number_range = 5, loop = 0, ...rest } = given;
  const options: Record<string, OptionValue> = rest;
  if (/^(sequence|glob_sequence)$/.test(String(options.pattern_type))) delete options.pattern_type;
  const ask = (index: number) => openThroughHook(open, imageName(pattern, index), limits);
  const exists = (index: number) => {
    const found = ask(index);
    found?.close?.();
    return found !== undefined && found !== null;
  };
  const from = Number(start_number);
  let first = from;
  while (!exists(first)) {
    if (!(++first < from + Number(start_number_range))) return undefined;
  }
  let last = first;
  for (;;) {
    let reach = 0;
    for (let step = 1; exists(last + step); step *= 2) {
      if (step >= MAX_STEP || last + step > LAST) throw endless(pattern);
      reach = step;
    }
    if (reach === 0) break;
    last += reach;
  }
  let next = first;
  const repeat = isOn(loop);
  const sequence: Sequence = {
    count: last - first + 1,
    options: { pattern_type: "none", ...options, loop: 1 },
    first: () => ask(first)!,
    open: (url, request) => {
      if (request.write || url !== pattern) return open(url, request);
      if (next > last && repeat) next = first;
      return next > last
        ? NO_MORE
        : open(imageName(pattern, next++), { write: false, options: {} });
    },
  };
  sequences.set(sequence.open, sequence);
  return sequence;
}

function endless(pattern: string): AVError {
  return new AVError({
    code: AVERROR("EINVAL"),
    operation: "avformat_open_input",
    detail: `${JSON.stringify(pattern)} has no end: the open option answers for every number`,
  });
}
