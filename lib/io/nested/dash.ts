/**
 * A DASH manifest put as HLS playlists, whose demuxer asks for every file. The packets are the
 * same.
 *
 * @module
 */
import { AVERROR, AVError } from "../../error.ts";
import type { OpenHookSync } from "../contract.ts";
import { MemorySource } from "../sources/memory_source.ts";
import { type Element, parseXml } from "./xml.ts";

/** One file of a representation, or a part of one. */
interface Segment {
  readonly url: string;
  readonly seconds: number;
  /** `first-last`, in bytes. */
  readonly range?: string;
}

interface Representation {
  readonly bandwidth: number;
  readonly map: Segment | undefined;
  readonly segments: readonly Segment[];
}

/** True for the first bytes of a DASH manifest. */
export function looksLikeDash(head: Uint8Array): boolean {
  return /^\s*(<\?xml[\s\S]*)?<MPD[\s>]/.test(
    new TextDecoder().decode(head).replace(/^\uFEFF/, ""),
  );
}

/**
 * A manifest as HLS: the master playlist, and a hook that answers for the others. Undefined for a
 * live one.
 */
export function dashAsHls(
  manifest: Uint8Array,
  name: string,
  open: OpenHookSync,
): { master: Uint8Array; open: OpenHookSync } | undefined {
  const mpd = parseXml(new TextDecoder().decode(manifest));
  if (mpd?.name !== "MPD") throw broken("the manifest is not well-formed XML");
  if (mpd.attributes.type === "dynamic") return undefined;
  const playlists = representations(mpd).map(playlist);
  const folder = name.slice(0, name.replace(/[?#].*/, "").lastIndexOf("/") + 1);
  const names = new Map(
    playlists.map(({ text }, index) => [`${folder}avio-dash-${index}.m3u8`, text]),
  );
  const master = [
    "#EXTM3U",
    ...playlists.flatMap(({ bandwidth }, index) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth}`,
      `avio-dash-${index}.m3u8`,
    ]),
  ].join("\n");
  const encoder = new TextEncoder();
  return {
    master: encoder.encode(`${master}\n`),
    open: (url, request) => {
      const text = request.write ? undefined : names.get(url);
      return text === undefined ? open(url, request) : new MemorySource(encoder.encode(text));
    },
  };
}

function playlist(
  { bandwidth, map, segments }: Representation,
): { bandwidth: number; text: string } {
  let longest = 1;
  for (const { seconds } of segments) longest = Math.max(longest, seconds);
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${Math.ceil(longest)}`];
  const bytes = (range: string) => {
    const [first, last] = range.split("-").map(Number);
    return `${last - first + 1}@${first}`;
  };
  if (map) {
    const range = map.range === undefined ? "" : `,BYTERANGE="${bytes(map.range)}"`;
    lines.push(`#EXT-X-MAP:URI="${map.url}"${range}`);
  }
  for (const { url, seconds, range } of segments) {
    lines.push(`#EXTINF:${seconds.toFixed(6)},`);
    if (range !== undefined) lines.push(`#EXT-X-BYTERANGE:${bytes(range)}`);
    lines.push(url);
  }
  return { bandwidth, text: [...lines, "#EXT-X-ENDLIST", ""].join("\n") };
}

function broken(detail: string): AVError {
  return new AVError({
    code: AVERROR("EINVAL"),
    operation: "avformat_open_input",
    detail: `DASH: ${detail}`,
  });
}

const children = (of: Element | undefined, name: string) =>
  of?.children.filter((child) => child.name === name) ?? [];

/** Every representation as libavformat orders them: video, then audio, then subtitles. */
function representations(mpd: Element): Representation[] {
  const periods = children(mpd, "Period");
  if (periods.length === 0) throw broken("the manifest has no Period");
  // As libavformat, which plays the longest period alone.
  const period = periods.reduce((best, one) =>
    seconds(one.attributes.duration) > seconds(best.attributes.duration) ? one : best
  );
  const following = periods[periods.indexOf(period) + 1];
  const total = periodSeconds(mpd, period, following);
  const budget = new ManifestBudget();
  const found: { kind: string; representation: Representation }[] = [];
  for (const set of children(period, "AdaptationSet")) {
    for (const one of children(set, "Representation")) {
      const kind = kindOf(one) ?? kindOf(children(set, "ContentComponent")[0]) ?? kindOf(set);
      if (kind === undefined) continue;
      found.push({ kind, representation: representation([mpd, period, set, one], total, budget) });
    }
  }
  return ["video", "audio", "text"].flatMap((kind) =>
    found.filter((one) => one.kind === kind).map((one) => one.representation)
  );
}

/** Seconds of a period. */
function periodSeconds(mpd: Element, period: Element, following: Element | undefined): number {
  const start = seconds(period.attributes.start);
  const whole = seconds(mpd.attributes.mediaPresentationDuration);
  const said = seconds(period.attributes.duration);
  if (said > 0) return said;
  const next = seconds(following?.attributes.start);
  if (next > start) return next - start;
  return whole > start ? whole - start : whole;
}

/** The limits of a manifest: it may claim any number of segments, of any names. */
class ManifestBudget {
  #segments = 200_000;
  #characters = 64 * 1024 * 1024;

  take(url: string): string {
    this.#characters -= url.length;
    if (this.#segments-- === 0) throw broken("the manifest names too many segments");
    if (this.#characters < 0) throw broken("the names of the segments are too long");
    return url;
  }
}

// A template's parts and the ID may each stand in it many times.
const MAX_TEMPLATE_SEGMENTS = 4096;

function kindOf(element: Element | undefined): "video" | "audio" | "text" | undefined {
  const { contentType = "", mimeType = "", codecs = "" } = element?.attributes ?? {};
  for (const value of [contentType, mimeType]) {
    if (/video/i.test(value)) return "video";
    if (/audio/i.test(value)) return "audio";
    if (/text|subtitle|ttml/i.test(value)) return "text";
  }
  return /wvtt|stpp/i.test(codecs) ? "text" : undefined;
}

/** `levels`: MPD, Period, AdaptationSet, Representation. The innermost value counts. */
function representation(
  levels: readonly Element[],
  total: number,
  budget: ManifestBudget,
): Representation {
  const one = levels[3];
  const base = levels.reduce((url, level) => {
    const text = children(level, "BaseURL")[0]?.text.trim() ?? "";
    return /^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith("/") ? text : joined(url, text);
  }, "");
  const bandwidth = Number(one.attributes.bandwidth ?? 0) || 1;
  const inherited = (name: string) =>
    [...levels].reverse().flatMap((level) => children(level, name));
  const templates = inherited("SegmentTemplate");
  if (templates.length > 0) return fromTemplate(templates, one, { base, bandwidth, total, budget });
  const lists = inherited("SegmentList");
  if (lists.length > 0) return fromList(lists[0], { base, bandwidth, budget });
  if (base === "") throw broken(`the representation ${one.attributes.id ?? ""} names no file`);
  return { bandwidth, map: undefined, segments: [{ url: budget.take(base), seconds: total || 1 }] };
}

function joined(base: string, relative: string): string {
  return relative === "" ? base : base.slice(0, base.lastIndexOf("/") + 1) + relative;
}

function fromTemplate(
  templates: readonly Element[],
  one: Element,
  { base, bandwidth, total, budget }: {
    base: string;
    bandwidth: number;
    total: number;
    budget: ManifestBudget;
  },
): Representation {
  const { id = "" } = one.attributes;
  const attribute = (name: string) =>
    templates.find((template) => name in template.attributes)?.attributes[name];
  const fill = (template: string, number = 0, time = 0) =>
    joined(
      base,
      template.replace(
        /\$(?:(RepresentationID|Number|Bandwidth|Time)(?:%0(\d+)d)?)?\$/g,
        (_, name?: string, width = "1") => {
          if (name === undefined) return "$";
          if (name === "RepresentationID") return id;
          const value = { Number: number, Bandwidth: bandwidth, Time: time }[name] ?? 0;
          return String(value).padStart(Math.min(Number(width), 64), "0");
        },
      ),
    );
  const media = attribute("media");
  if (media === undefined) throw broken("a SegmentTemplate names no media");
  const initialization = attribute("initialization");
  for (const text of [media, initialization ?? "", id]) {
    if (text.length > MAX_TEMPLATE_SEGMENTS) throw broken("a SegmentTemplate's names are too long");
  }
  const scale = Number(attribute("timescale") ?? 1) || 1;
  const first = Number(attribute("startNumber") ?? 1);
  const segments: Segment[] = [];
  const add = (time: number, duration: number) => {
    const url = budget.take(fill(media, first + segments.length, time));
    segments.push({ url, seconds: duration / scale });
  };
  const timeline = templates.flatMap((template) => children(template, "SegmentTimeline"))[0];
  if (timeline !== undefined) {
    let time = 0;
    const end = total * scale + Number(attribute("presentationTimeOffset") ?? 0);
    const runs = children(timeline, "S");
    for (const [index, { attributes }] of runs.entries()) {
      time = Number(attributes.t ?? time);
      const duration = Number(attributes.d ?? 0);
      const repeat = Number(attributes.r ?? 0);
      const times = repeat >= 0
        ? repeat + 1
        : duration > 0
        ? whole((Number(runs[index + 1]?.attributes.t ?? end) - time) / duration)
        : 1;
      // A run of nothing is work, too.
      if (!(times > 0)) budget.take("");
      for (let i = 0; i < times; i++, time += duration) add(time, duration);
    }
  } else {
    const duration = Number(attribute("duration") ?? 0);
    if (!(duration > 0)) throw broken("a SegmentTemplate gives neither a timeline nor a duration");
    const times = whole(total * scale / duration);
    for (let i = 0; i < times; i++) add(i * duration, duration);
  }
  return {
    bandwidth,
    map: initialization === undefined
      ? undefined
      : { url: budget.take(fill(initialization)), seconds: 0 },
    segments,
  };
}

// Rounded up, but not for what fractions of a second lose.
const whole = (segments: number) => Math.ceil(segments - 1e-6);

function fromList(
  list: Element,
  { base, bandwidth, budget }: { base: string; bandwidth: number; budget: ManifestBudget },
): Representation {
  const scale = Number(list.attributes.timescale ?? 1) || 1;
  const length = Number(list.attributes.duration ?? 0) / scale || 1;
  const initialization = children(list, "Initialization")[0]?.attributes;
  return {
    bandwidth,
    map: initialization && {
      url: budget.take(joined(base, initialization.sourceURL ?? "")),
      seconds: 0,
      range: initialization.range,
    },
    segments: children(list, "SegmentURL").map(({ attributes }) => ({
      url: budget.take(joined(base, attributes.media ?? "")),
      seconds: length,
      range: attributes.mediaRange,
    })),
  };
}

/** Seconds of an ISO 8601 duration such as `PT1H2M3.5S`. */
function seconds(text: string | undefined): number {
  const match = /^P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/.exec(
    text ?? "",
  );
  if (match === null) return 0;
  const [days, hours, minutes, rest] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}
