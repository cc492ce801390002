/**
 * Reads a DASH manifest: its periods and their representations.
 *
 * @module
 */
import { isoSeconds } from "./duration.ts";
import { children, segmentsOf } from "./segments.ts";
import { brokenManifest, type Kind, type Manifest, type Period } from "./types.ts";
import { ManifestBudget, resolveUrl } from "./urls.ts";
import { type Element, parseXml } from "./xml.ts";

/** libavformat's order of the streams. */
const ORDER: readonly Kind[] = ["video", "audio", "text", "other"];
// libavformat is opened anew for each of them.
const MAX_PERIODS = 1000;

/** Reads a manifest that is called `name`, as seen from which its names are. */
export function readManifest(bytes: Uint8Array, name: string): Manifest {
  const mpd = parseXml(new TextDecoder().decode(bytes));
  if (mpd?.name !== "MPD") throw brokenManifest("the manifest is not well-formed XML");
  const whole = secondsOf(mpd.attributes.mediaPresentationDuration, "mediaPresentationDuration");
  const information = children(mpd, "ProgramInformation")[0];
  const metadata = Object.fromEntries(
    ["Title", "Source", "Copyright"].flatMap((tag) => {
      const text = children(information, tag)[0]?.text.trim();
      return text ? [[tag, text]] : [];
    }),
  );
  if (mpd.attributes.type === "dynamic") {
    return { isLive: true, duration: whole, periods: [], metadata };
  }
  const elements = children(mpd, "Period");
  if (elements.length === 0) throw brokenManifest("the manifest has no Period");
  if (elements.length > MAX_PERIODS) throw brokenManifest("the manifest has too many periods");
  const times = periodTimes(elements, whole);
  const budget = new ManifestBudget();
  const periods = elements.map((element, index): Period => ({
    start: times[index].start,
    representations: representationsOf(mpd, element, { ...times[index], name, budget }),
  })).filter(({ representations }) => representations.length > 0);
  if (periods.length === 0) throw brokenManifest("the manifest has no representation");
  const last = times[times.length - 1];
  const duration = whole ?? (last.seconds > 0 ? last.start + last.seconds : undefined);
  return { isLive: false, duration, periods, metadata };
}

/** Seconds; undefined where the attribute is absent. A duration that cannot be read is an error. */
function secondsOf(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  const seconds = isoSeconds(text);
  if (seconds !== undefined) return seconds;
  throw brokenManifest(`${what} is no duration: ${JSON.stringify(text.slice(0, 80))}`);
}

interface PeriodTime {
  readonly start: number;
  /** 0 where unknown. */
  readonly seconds: number;
}

/** A period begins where it says, or where the one before ends. */
function periodTimes(elements: readonly Element[], whole: number | undefined): PeriodTime[] {
  const asked = elements.map(({ attributes, children }) => {
    if (attributes.href !== undefined && children.length === 0) {
      throw brokenManifest("a Period in another file (xlink:href) is not followed");
    }
    return {
      start: secondsOf(attributes.start, "Period@start"),
      seconds: secondsOf(attributes.duration, "Period@duration"),
    };
  });
  const times: PeriodTime[] = [];
  for (const [index, { start: said, seconds: length }] of asked.entries()) {
    const before = times[index - 1];
    const start = said ?? (before === undefined ? 0 : before.start + before.seconds);
    const next = asked[index + 1]?.start ?? (index === asked.length - 1 ? whole : undefined);
    const seconds = length || (next !== undefined && next > start ? next - start : 0);
    // A manifest of one period may give its start twice, in `start` and in the whole.
    times.push({ start, seconds: seconds || (elements.length === 1 ? whole ?? 0 : 0) });
  }
  return times;
}

function representationsOf(
  mpd: Element,
  period: Element,
  { seconds, name, budget }: PeriodTime & { name: string; budget: ManifestBudget },
): Period["representations"] {
  const found = children(period, "AdaptationSet").flatMap((set) =>
    children(set, "Representation").flatMap((one) => {
      const kind = kindOf([one, children(set, "ContentComponent")[0], set]);
      if (kind === "image") return [];
      const levels = [mpd, period, set, one];
      const names = levels.map((level) => children(level, "BaseURL")[0]?.text.trim() ?? "");
      const bandwidth = Number(one.attributes.bandwidth ?? 0) || 0;
      return [{
        id: one.attributes.id ?? "",
        kind,
        bandwidth,
        language: set.attributes.lang,
        ...segmentsOf({
          levels,
          base: names.reduce(resolveUrl, name),
          isNamed: names.some((base) => base !== ""),
          bandwidth,
          seconds,
          budget,
        }),
      }];
    })
  );
  return ORDER.flatMap((kind) => found.filter((one) => one.kind === kind));
}

/** `image` is a set of thumbnails: it has no media. */
function kindOf(levels: readonly (Element | undefined)[]): Kind | "image" {
  const known = levels.filter((level) => level !== undefined);
  for (const { attributes: { contentType = "", mimeType = "" } } of known) {
    for (const value of [contentType, mimeType]) {
      if (/video/i.test(value)) return "video";
      if (/audio/i.test(value)) return "audio";
      if (/text|subtitle|ttml/i.test(value)) return "text";
      if (/image/i.test(value)) return "image";
    }
  }
  const codecs = known.find(({ attributes }) => attributes.codecs)?.attributes.codecs ?? "";
  if (/^(wvtt|stpp)/i.test(codecs)) return "text";
  if (/^(avc|hev|hvc|vp0?[89]|av01|mp4v|vvc|vvi|dvh|dva)/i.test(codecs)) return "video";
  return /^(mp4a|[ae]c-|opus|flac|vorbis|dts|mh[am])/i.test(codecs) ? "audio" : "other";
}
