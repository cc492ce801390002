/**
 * The segments of a representation: SegmentTemplate, SegmentTimeline, SegmentList, SegmentBase.
 *
 * @module
 */
import { brokenManifest, type Part, type Representation, type Segment } from "./types.ts";
import { type ManifestBudget, resolveUrl } from "./urls.ts";
import type { Element } from "./xml.ts";

/** The part of a representation that its segments give. */
export type Segments = Pick<Representation, "init" | "segments" | "isFile" | "origin">;

/** Where the segments are looked for. */
export interface SegmentPlace {
  /** MPD, Period, AdaptationSet, Representation: an inner one counts before an outer one. */
  readonly levels: readonly Element[];
  /** The name that theirs are relative to. */
  readonly base: string;
  /** True where a BaseURL gave that name. */
  readonly isNamed: boolean;
  readonly bandwidth: number;
  /** Seconds of the period; 0 where unknown. */
  readonly seconds: number;
  readonly budget: ManifestBudget;
}

// A template's variables and the ID may each stand in it many times.
const MAX_TEMPLATE_CHARACTERS = 4096;

/** The children of a name. */
export function children(of: Element | undefined, name: string): Element[] {
  return of?.children.filter((child) => child.name === name) ?? [];
}

/** A number of an attribute; `fallback` where it is absent. */
function number(text: string | undefined, fallback: number, what: string): number {
  if (text === undefined || text.trim() === "") return fallback;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw brokenManifest(`${what} is no number: ${JSON.stringify(text.slice(0, 80))}`);
}

/** The segments of a representation. */
export function segmentsOf(place: SegmentPlace): Segments {
  const { levels, base, isNamed, budget } = place;
  const inherited = (name: string) =>
    [...levels].reverse().flatMap((level) => children(level, name));
  const templates = inherited("SegmentTemplate");
  if (templates.length > 0) return fromTemplate(templates, place);
  const lists = inherited("SegmentList");
  if (lists.length > 0) return fromList(lists, place);
  const id = levels[levels.length - 1].attributes.id ?? "";
  if (!isNamed) throw brokenManifest(`the representation ${JSON.stringify(id)} names no file`);
  const { origin } = clockOf(inherited("SegmentBase"));
  const segments = [{ url: budget.take(base), start: origin }];
  return { init: undefined, segments, isFile: true, origin };
}

/** An attribute of the innermost element that has it. */
function attributeOf(elements: readonly Element[], name: string): string | undefined {
  return elements.find(({ attributes }) => Object.hasOwn(attributes, name))?.attributes[name];
}

/** Ticks a second, and the beginning of the period in ticks and in seconds. */
function clockOf(elements: readonly Element[]): { scale: number; offset: number; origin: number } {
  const scale = number(attributeOf(elements, "timescale"), 1, "timescale") || 1;
  const offset = number(
    attributeOf(elements, "presentationTimeOffset"),
    0,
    "presentationTimeOffset",
  );
  return { scale, offset, origin: offset / scale };
}

function fromTemplate(templates: readonly Element[], place: SegmentPlace): Segments {
  const { base, bandwidth, budget, levels } = place;
  const { id = "" } = levels[levels.length - 1].attributes;
  const media = attributeOf(templates, "media");
  if (media === undefined) throw brokenManifest("a SegmentTemplate names no media");
  const initialization = attributeOf(templates, "initialization");
  for (const text of [media, initialization ?? "", id]) {
    if (text.length > MAX_TEMPLATE_CHARACTERS) {
      throw brokenManifest("a SegmentTemplate's names are too long");
    }
  }
  const fill = (template: string, number = 0, time = 0) =>
    budget.take(resolveUrl(base, filled(template, { id, bandwidth, number, time })));
  const { origin } = clockOf(templates);
  const segments = timesOf(templates, place).map(({ number, time, start }) => ({
    url: fill(media, number, time),
    start,
  }));
  const init = initialization === undefined ? undefined : { url: fill(initialization) };
  return { init, segments, isFile: false, origin };
}

const VARIABLE = /\$(?:(RepresentationID|Number|Bandwidth|Time)(?:%0(\d{1,9})d)?)?\$/g;
const MAX_WIDTH = 64;

function filled(
  template: string,
  values: { id: string; bandwidth: number; number: number; time: number },
): string {
  return template.replace(VARIABLE, (_, name?: string, width = "1") => {
    if (name === undefined) return "$";
    if (name === "RepresentationID") return values.id;
    const value = { Number: values.number, Bandwidth: values.bandwidth, Time: values.time }[name];
    return String(value).padStart(Math.min(Number(width), MAX_WIDTH), "0");
  });
}

interface SegmentTime {
  readonly number: number;
  /** Ticks, for `$Time$`. */
  readonly time: number;
  /** Seconds. */
  readonly start: number;
}

/** The times of all segments, from a timeline or from a duration. */
function timesOf(elements: readonly Element[], place: SegmentPlace): SegmentTime[] {
  const { seconds, budget } = place;
  const { scale, offset, origin } = clockOf(elements);
  const first = number(attributeOf(elements, "startNumber"), 1, "startNumber");
  const last = number(attributeOf(elements, "endNumber"), Infinity, "endNumber");
  const times: SegmentTime[] = [];
  const timeline = elements.flatMap((element) => children(element, "SegmentTimeline"))[0];
  if (timeline === undefined) {
    const duration = number(attributeOf(elements, "duration"), 0, "duration");
    if (!(duration > 0)) {
      throw brokenManifest("a SegmentTemplate gives neither a timeline nor a duration");
    }
    const count = Math.min(wholeSegments(seconds * scale / duration), last - first + 1);
    if (count === Infinity) throw brokenManifest("the manifest names too many segments");
    for (let i = 0; i < count; i++) {
      const start = origin + i * duration / scale;
      // The names are counted when they are made: this bounds the work until then.
      if (i > MAX_RUN) throw brokenManifest("the manifest names too many segments");
      times.push({ number: first + i, time: offset + i * duration, start });
    }
    return times;
  }
  let time = 0;
  const end = seconds * scale + offset;
  const runs = children(timeline, "S");
  for (const [index, { attributes }] of runs.entries()) {
    time = number(attributes.t, time, "S@t");
    const duration = number(attributes.d, 0, "S@d");
    const repeat = number(attributes.r, 0, "S@r");
    const until = number(runs[index + 1]?.attributes.t, end, "S@t");
    const count = repeat >= 0
      ? repeat + 1
      : duration > 0
      ? wholeSegments((until - time) / duration)
      : 1;
    // A run of nothing is work, too.
    if (!(count > 0)) budget.take("");
    for (let i = 0; i < count; i++, time += duration) {
      if (times.length > MAX_RUN) throw brokenManifest("the manifest names too many segments");
      times.push({ number: first + times.length, time, start: time / scale });
    }
  }
  return times;
}

const MAX_RUN = 200_000;

// Rounded up, but not for what fractions of a second lose.
function wholeSegments(segments: number): number {
  return Math.ceil(segments - 1e-6);
}

function fromList(lists: readonly Element[], place: SegmentPlace): Segments {
  const { base, budget } = place;
  const { scale, origin } = clockOf(lists);
  const part = (name: string | undefined, range: string | undefined): Part => ({
    url: budget.take(resolveUrl(base, name ?? "")),
    ...(range !== undefined && { range: byteRange(range) }),
  });
  const named = lists.map((list) => children(list, "SegmentURL")).find((urls) => urls.length > 0);
  const hasTimeline = lists.some((list) => children(list, "SegmentTimeline").length > 0);
  const times = hasTimeline ? timesOf(lists, place) : [];
  const length = number(attributeOf(lists, "duration"), 0, "duration") / scale;
  const segments: Segment[] = (named ?? []).map(({ attributes }, index) => ({
    ...part(attributes.media, attributes.mediaRange),
    start: times[index]?.start ?? origin + index * length,
  }));
  const initialization = lists.flatMap((list) => children(list, "Initialization"))[0]?.attributes;
  return {
    init: initialization && part(initialization.sourceURL, initialization.range),
    segments,
    isFile: false,
    origin,
  };
}

/** `first-last`, in bytes; the last may be left out. */
function byteRange(text: string): NonNullable<Part["range"]> {
  const match = /^\s*(\d{1,15})-(\d{1,15})?\s*$/.exec(text);
  if (match === null) {
    throw brokenManifest(`not a byte range: ${JSON.stringify(text.slice(0, 80))}`);
  }
  const start = Number(match[1]);
  const end = match[2] === undefined ? undefined : Number(match[2]) + 1;
  if (end !== undefined && end <= start) {
    throw brokenManifest(`a byte range ends before it begins: ${text.trim()}`);
  }
  return { start, end };
}
