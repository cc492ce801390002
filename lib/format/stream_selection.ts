/**
 * Naming streams: by index, by ffmpeg's letters or by a function.
 *
 * @module
 */
import { nameOf } from "../check.ts";
import type { Stream } from "./types.ts";

/**
 * ffmpeg's letters: `v` video, `V` video that is no cover art, `a` audio, `s` subtitles, `d` data,
 * `t` attachments.
 */
export type StreamLetter = "v" | "V" | "a" | "s" | "d" | "t";

/** A letter for every stream of its kind, or with a number for one of them: `v:0`, `a:1`. */
export type StreamSpecifier = StreamLetter | `${StreamLetter}:${number}`;

/** The streams wanted: indexes and specifiers, or a function that is asked about each. */
export type StreamSelection =
  | readonly (number | StreamSpecifier)[]
  | ((stream: Stream) => boolean);

/** The members of a stream that a selection looks at. */
export type Selectable = Pick<Stream, "index" | "type" | "disposition">;

/** Dispositions of pictures that `V` leaves out, as ffmpeg does. */
const STILL = /^(attached_pic|still_image|timed_thumbnails)$/;

const types: Readonly<Record<string, Stream["type"]>> = {
  v: "video",
  V: "video",
  a: "audio",
  s: "subtitle",
  d: "data",
  t: "attachment",
};

/**
 * Throws a TypeError for what is no selection; it can be called before any stream is known.
 * Numbers of a list are checked against the streams by {@link selectStreams}.
 */
export function assertSelection(selection: unknown): asserts selection is StreamSelection {
  if (typeof selection === "function") return;
  if (!Array.isArray(selection)) {
    throw new TypeError(
      `streams: expected an array of indexes and of letters such as "v" or "a:0", or a function, ` +
        `not ${nameOf(selection)}`,
    );
  }
  for (const wanted of selection) {
    if (typeof wanted === "number") {
      if (Number.isInteger(wanted) && wanted >= 0) continue;
      throw new RangeError(`streams: expected the index of a stream, not ${wanted}`);
    }
    if (typeof wanted === "string") parseSpecifier(wanted);
    else {
      throw new TypeError(
        `streams: expected an index or a letter such as "v" or "a:0", not ${nameOf(wanted)}`,
      );
    }
  }
}

function parseSpecifier(text: string): { letter: string; ordinal: number | undefined } {
  const [, letter, ordinal] = /^([vVasdt])(?::(\d+))?$/.exec(text) ?? [];
  if (letter === undefined) {
    throw new TypeError(
      `streams: ${JSON.stringify(text)} is no stream specifier: give v, V, a, s, d or t, one of ` +
        "them with a number (v:0), or an index",
    );
  }
  return { letter, ordinal: ordinal === undefined ? undefined : Number(ordinal) };
}

/** True for a specifier or index in text form, as a command line has it. */
export function specifierOf(text: string): number | StreamSpecifier {
  if (/^\d+$/.test(text)) return Number(text);
  parseSpecifier(text);
  return text as StreamSpecifier;
}

function matching<T extends Selectable>(wanted: number | string, streams: readonly T[]): T[] {
  if (typeof wanted === "number") return streams.filter(({ index }) => index === wanted);
  const { letter, ordinal } = parseSpecifier(wanted);
  const found = streams.filter(({ type, disposition }) =>
    type === types[letter] && !(letter === "V" && disposition.some((one) => STILL.test(one)))
  );
  return ordinal === undefined ? found : found.slice(ordinal, ordinal + 1);
}

/**
 * The streams that a selection names: in its order and each once, for a function in the order of
 * the container. Throws a RangeError for a name without a stream.
 */
export function selectStreams(selection: StreamSelection, streams: readonly Stream[]): Stream[] {
  if (typeof selection === "function") return streams.filter((stream) => selection(stream));
  return selectListed(selection, streams);
}

/** The same for a list alone, whose streams need no more than what tells them apart. */
export function selectListed<T extends Selectable>(
  list: readonly (number | StreamSpecifier)[],
  streams: readonly T[],
): T[] {
  const selected = new Set<T>();
  for (const wanted of list) {
    const found = matching(wanted, streams);
    if (found.length === 0) {
      const there = streams.map(({ index, type }) => `stream ${index} (${type})`).join(", ");
      throw new RangeError(`streams: there is no stream ${wanted}; there is ${there || "none"}`);
    }
    for (const stream of found) selected.add(stream);
  }
  return [...selected];
}
