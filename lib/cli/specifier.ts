/**
 * Stream specifiers: `v`, `a:0`, `2`, several with commas between.
 *
 * @module
 */
import { UsageError } from "./usage.ts";

const types: Readonly<Record<string, string>> = {
  v: "video",
  a: "audio",
  s: "subtitle",
  d: "data",
  t: "attachment",
};

/** The properties of a stream that a specifier reads. */
export interface Selectable {
  /** Its place in the container. */
  readonly index: number;
  /** `"video"`, `"audio"`, … */
  readonly type: string;
}

function select(specifier: string, streams: readonly Selectable[]): readonly Selectable[] {
  if (/^\d+$/.test(specifier)) return streams.filter(({ index }) => index === Number(specifier));
  const [, letter, ordinal] = /^([vasdt])(?::(\d+))?$/.exec(specifier) ?? [];
  if (letter === undefined) {
    throw new UsageError(
      `${
        JSON.stringify(specifier)
      } is no stream specifier: v, a, s, d or t, one of them with a number (v:0), or an index`,
    );
  }
  const ofType = streams.filter(({ type }) => type === types[letter]);
  return ordinal === undefined ? ofType : ofType.slice(Number(ordinal), Number(ordinal) + 1);
}

/** The indexes a list of specifiers selects, in the order given, each once. */
export function selectStreams(list: string, streams: readonly Selectable[]): number[] {
  const indexes = new Set<number>();
  for (const specifier of list.split(",").map((part) => part.trim())) {
    const found = select(specifier, streams);
    if (found.length === 0) {
      const there = streams.map(({ index, type }) => `${index} ${type}`).join(", ");
      throw new UsageError(`no stream ${specifier}; the input has ${there || "none"}`);
    }
    for (const { index } of found) indexes.add(index);
  }
  return [...indexes];
}
