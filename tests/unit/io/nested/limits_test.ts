import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AGAIN,
  AVError,
  DemuxerSync,
  type DemuxerSyncOptions,
  directory,
  type OpenHookSync,
  type SourceSync,
} from "../../../../mod.ts";
import { ffmpeg, filesOf, fixturePath, line, setFolder } from "../../../support/sets.ts";
import { thrownBy } from "../../../support/thrown.ts";

const files = filesOf(
  setFolder("dash_number", (folder) => {
    const copy = ["-i", fixturePath("progressive.mp4"), "-c", "copy", "-f", "dash"];
    const options = ["-seg_duration", "0.4", "-use_timeline", "0", "-use_template", "1"];
    ffmpeg([...copy, ...options, "index.mpd"], folder);
  }),
);
const manifest = files.get("index.mpd")!;
const encode = (text: string) => new TextEncoder().encode(text);
const now = () => performance.now();

/** The set, with the manifest from elsewhere, and how often that was closed. */
function instead(source: SourceSync): { open: OpenHookSync; closed: () => number } {
  const inner = directory(files);
  let closed = 0;
  return {
    closed: () => closed,
    open: (url, request) =>
      url === "index.mpd" ? { ...source, close: () => void closed++ } : inner(url, request),
  };
}

/** `bytes`, 1000 at a time. */
const slowly = (bytes: Uint8Array, each: () => void = () => {}): SourceSync => ({
  read(into, position) {
    each();
    const part = bytes.subarray(position, position + Math.min(into.length, 1000));
    into.set(part);
    return part.length;
  },
});

function failure(source: SourceSync, options: DemuxerSyncOptions = {}): unknown {
  const { open, closed } = instead(source);
  const error = thrownBy(() =>
    DemuxerSync.open(undefined, { name: "index.mpd", open, ...options })
  );
  assertEquals(closed(), 1);
  const given = instead(source);
  const main = given.open("index.mpd", { write: false, options: {} }) as SourceSync;
  thrownBy(() => DemuxerSync.open(main, { name: "index.mpd", open: given.open, ...options }));
  assertEquals(given.closed(), 1);
  return error;
}

test("A DASH manifest is read within maxBytes, signal and timeout", () => {
  const endless: SourceSync = {
    read(into, position) {
      into.fill(0x20);
      if (position === 0) into.set(encode("<MPD "));
      return into.length;
    },
  };
  const tooLong = failure(endless, { maxBytes: 100_000 });
  assert(tooLong instanceof RangeError, String(tooLong));
  assertEquals(tooLong.message, "the input is longer than maxBytes (100000)");
  const stop = new AbortController();
  const reason = new Error("enough");
  let reads = 0;
  const stopping = slowly(manifest, () => ++reads === 2 && stop.abort(reason));
  assertStrictEquals(failure(stopping, { signal: stop.signal }), reason);
  const dawdling = slowly(manifest, () => {
    for (const until = now() + 60; now() < until;);
  });
  const late = failure(dawdling, { timeout: 30 });
  assert(late instanceof AVError && late.codeName === "ETIMEDOUT", String(late));
  const { open } = instead(slowly(manifest));
  const options = { name: "index.mpd", open, timeout: 5000, maxBytes: 10_000_000 };
  using input = DemuxerSync.open(undefined, options);
  assert(Array.from(input).length > 20);
});

test("The answers of a source for a DASH manifest are checked", () => {
  const after = (answer: unknown): SourceSync => {
    const good = slowly(manifest);
    return {
      read: (into, position) => position < 1000 ? good.read(into, position) : answer as number,
    };
  };
  for (const answer of [1 << 30, -1, 1.5, NaN, "12", Promise.resolve(0)]) {
    assert(failure(after(answer)) instanceof TypeError, String(answer));
  }
  const onWouldBlock = failure(after(AGAIN), {});
  assert(
    onWouldBlock instanceof AVError && onWouldBlock.codeName === "EAGAIN",
    String(onWouldBlock),
  );
});

const mpd = (periods: string, duration = "PT1000000H") =>
  `<MPD type="static" mediaPresentationDuration="${duration}">${periods}</MPD>`;
const set = (template: string, count = 1, id = "a") => {
  const one = `<Representation id="${id}" mimeType="video/mp4" bandwidth="1"/>`;
  return `<AdaptationSet>${template}${one.repeat(count)}</AdaptationSet>`;
};
const opened = (text: string) =>
  DemuxerSync.open(encode(text), { name: "x.mpd", open: () => undefined });

test("A DASH manifest is bounded in what it may claim, in all its representations", () => {
  const period = (inside: string) => mpd(`<Period>${inside}</Period>`);
  const template = (media: string, duration: number) =>
    `<SegmentTemplate media="${media}" timescale="1" duration="${duration}"/>`;
  const runs = (run: string) =>
    `<SegmentTemplate media="$Time$"><SegmentTimeline>${run}</SegmentTimeline></SegmentTemplate>`;
  const claims: [string, RegExp][] = [
    [period(set(template("$Number$.m4s", 1))), /too many segments/],
    [period(set(template("$Number$.m4s", 36000), 10)), /too many segments/],
    [period(set(runs('<S d="0" r="1000000000"/>'))), /too many segments/],
    [period(set(runs('<S t="9" d="0" r="-9"/>'.repeat(1000)), 1000)), /too many segments/],
    [period(set(template("$Number%064d$".repeat(300), 36000))), /too long/],
    [period(set(template("$Number$".repeat(1000), 36000))), /too long/],
    [period(set(template("$RepresentationID$", 36000), 1, "x".repeat(10_000))), /too long/],
  ];
  for (const [text, message] of claims) {
    const started = now();
    const error = assertThrows(() => opened(text), AVError);
    assert(message.test(error.message), error.message);
    assert(now() - started < 10_000, message.source);
  }
  // As many as it may be: more than a call may have arguments.
  const error = assertThrows(() => opened(period(set(template("$Number$.m4s", 20000)))), AVError);
  assertEquals(error.codeName, "EACCES", error.message);
});

test("Of a DASH manifest with several periods, no segment beyond the one that is played is asked for", () => {
  const text = new TextDecoder().decode(manifest);
  const whole = /mediaPresentationDuration="PT([\d.]+)S"/.exec(text)!;
  const count = [...files.keys()].filter((name) => /^chunk-stream0/.test(name)).length;
  assert(count >= 3);
  const body = /<Period[^>]*>([\s\S]*)<\/Period>/.exec(text)![1];
  const head = text.slice(0, text.indexOf("<Period")).replace(
    whole[0],
    'mediaPresentationDuration="PT30S"',
  );
  const empty = '<AdaptationSet contentType="video"></AdaptationSet>';
  const periods = [
    `<Period duration="PT${whole[1]}S">${body}</Period><Period duration="PT1S">${empty}</Period>`,
    `<Period start="PT0S">${body}</Period><Period start="PT${whole[1]}S">${empty}</Period>`,
    `<Period start="PT${30 - Number(whole[1])}S">${body}</Period>`,
  ];
  const expected = (() => {
    using input = DemuxerSync.open(undefined, { name: "index.mpd", open: directory(files) });
    return Array.from(input, line);
  })();
  for (const period of periods) {
    const asked = new Set<string>();
    const inner = directory(new Map(files).set("index.mpd", encode(`${head}${period}</MPD>`)));
    using input = DemuxerSync.open(undefined, {
      name: "index.mpd",
      open(url, request) {
        asked.add(url);
        return inner(url, request);
      },
    });
    assertEquals(Array.from(input, line), expected);
    assertEquals([...asked].filter((url) => !files.has(url)), []);
  }
});

test("Numbered images without end are an error, and each is asked for within the limits", () => {
  let asks = 0;
  const source: SourceSync = { read: () => 0, close() {} };
  const endless: OpenHookSync = () => (asks++, source);
  const read = (open: OpenHookSync, options: DemuxerSyncOptions = {}) => {
    return thrownBy(() => DemuxerSync.open(undefined, { name: "x%d.png", open, ...options }));
  };
  const error = read(endless);
  assert(error instanceof AVError && error.codeName === "EINVAL", String(error));
  assert(error.message.includes("x%d.png") && asks < 100, `${asks}: ${error.message}`);
  const stop = new AbortController();
  const reason = new Error("enough");
  const stopping: OpenHookSync = (url) => (url === "x4.png" && stop.abort(reason), source);
  assertStrictEquals(read(stopping, { signal: stop.signal }), reason);
  let closed = 0;
  const late = read(() => {
    for (const until = now() + 60; now() < until;);
    return { read: () => 0, close: () => void closed++ };
  }, { timeout: 30 });
  assert(late instanceof AVError && late.codeName === "ETIMEDOUT", String(late));
  assertEquals(closed, 1);
  assert(read(() => Promise.resolve(source) as unknown as SourceSync) instanceof TypeError);
  const none = read(() => undefined, { options: { start_number_range: "x" } });
  assert(none instanceof AVError && none.codeName === "ENOENT", String(none));
});
