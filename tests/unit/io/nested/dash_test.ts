/** DASH manifests: seeks, cuts, periods, the ways to name segments, and what is refused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AVError,
  Demuxer,
  DemuxerSync,
  directory,
  MemorySink,
  type OpenHookSync,
  type Packet,
  remux,
  remuxSync,
  type SourceSync,
} from "../../../../mod.ts";
import { ffmpeg, filesOf, line, setFolder } from "../../../support/sets.ts";

const SECONDS = 6;
/** A film with a keyframe each half second, and its sets, all of 2 s a segment. */
const folder = setFolder("dash_seek", (path) => {
  const video = ["-f", "lavfi", "-i", `testsrc=duration=${SECONDS}:size=96x64:rate=25`];
  const audio = ["-f", "lavfi", "-i", `sine=duration=${SECONDS}:sample_rate=44100`];
  const codecs = ["-c:v", "mpeg4", "-g", "12", "-bf", "2", "-c:a", "aac", "-shortest"];
  ffmpeg([...video, ...audio, ...codecs, "film.mp4"], path);
  const made: [string, string[]][] = [
    ["timeline", ["-use_timeline", "1"]],
    ["number", ["-use_timeline", "0"]],
    ["list", ["-use_template", "0"]],
    ["base", ["-single_file", "1", "-use_template", "0", "-use_timeline", "0"]],
  ];
  for (const [name, options] of made) {
    const segments = ["-init_seg_name", `${name}-init$RepresentationID$.m4s`];
    const media = ["-media_seg_name", `${name}-$RepresentationID$-$Number%03d$.m4s`];
    const whole = ["-c", "copy", "-f", "dash", "-seg_duration", "2", ...options];
    const names = name === "base" ? ["-single_file_name", "base$RepresentationID$.mp4"] : [];
    ffmpeg(
      ["-i", "film.mp4", ...whole, ...segments, ...media, ...names, `${name}.mpd`],
      path,
    );
  }
});
const files = filesOf(folder);
files.set("file.mpd", asFiles(new TextDecoder().decode(files.get("base.mpd")!)));
const text = (name: string) => new TextDecoder().decode(files.get(name)!);

function encode(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
const sets = ["timeline", "number", "list", "base", "file"];

/** The segments of a file as the file itself, with a SegmentBase. */
function asFiles(xml: string): Uint8Array {
  const base = '<SegmentBase indexRange="800-900"><Initialization range="0-799"/></SegmentBase>';
  return encode(xml.replace(/<SegmentList[\s\S]*?<\/SegmentList>/g, base));
}

const opened = (name: string, open: OpenHookSync = directory(files)) =>
  DemuxerSync.open(undefined, { name, open });

/** The same manifest, changed. */
function changed(name: string, change: (xml: string) => string): DemuxerSync {
  const xml = change(text(name));
  assert(xml !== text(name), "the manifest is as it was");
  return opened(name, directory(new Map(files).set(name, encode(xml))));
}

// How long a first packet lasts is known only once others were read.
const known = (packet: Packet) => line(packet).split(" ").toSpliced(3, 1).join(" ");
const linesOf = (demuxer: DemuxerSync) => Array.from(demuxer, known);
const payloads = (lines: string[], stream: number) =>
  lines.filter((one) => one.startsWith(`${stream} `)).map((one) =>
    one.split(" ").at(-1)!.slice(0, 9)
  );
const film = (() => {
  using input = DemuxerSync.open(new Uint8Array(readFileSync(join(folder, "film.mp4"))));
  return linesOf(input);
})();

for (const set of sets) {
  test(`A ${set} manifest gives every packet of the film`, () => {
    using input = opened(`${set}.mpd`);
    const lines = linesOf(input);
    assertEquals(payloads(lines, 0), payloads(film, 0));
    // The sound goes on a little after the picture, and a manifest of durations ends with that.
    const [sound, whole] = [payloads(lines, 1), payloads(film, 1)];
    assertEquals(sound, whole.slice(0, sound.length));
    assert(whole.length - sound.length <= (set === "number" ? 1 : 0), `${sound.length}`);
    assertEquals(input.read(), null);
  });

  test(`A seek in a ${set} manifest reads on from the keyframe before, forward and back`, () => {
    using whole = opened(`${set}.mpd`);
    const all = Array.from(whole, (packet) => ({ packet: packet.clone(), text: known(packet) }));
    using input = opened(`${set}.mpd`);
    for (const seconds of [3.3, 0.1, 5.9, 4, 1.99, 0, 100, -1]) {
      input.seek(seconds);
      const got = linesOf(input);
      const videos = all.filter(({ packet }) => packet.streamIndex === 0);
      const before = videos.filter(({ packet }) =>
        packet.isKeyframe && packet.ptsTime! <= seconds + 1e-6
      );
      const first = before.at(-1) ?? videos[0];
      const expected = videos.slice(videos.indexOf(first)).map((one) => one.text);
      assertEquals(got.filter((one) => one.startsWith("0 ")), expected, `${seconds}`);
      const sound = all.filter(({ packet }) => packet.streamIndex === 1).map((one) => one.text);
      const heard = got.filter((one) => one.startsWith("1 "));
      assertEquals(heard, sound.slice(-heard.length));
      const begin = all.find((one) => one.text === heard[0])!.packet.dtsTime!;
      assert(Math.abs(begin - first.packet.dtsTime!) < 0.1, `${seconds}: sound from ${begin}`);
    }
  });

  test(`A cut of a ${set} manifest has the packets of a cut of the film`, () => {
    const cut = (name: string) => {
      const sink = new MemorySink();
      const open = directory(files);
      remuxSync(undefined, sink, { format: "mp4", start: 3.3, end: 5, open, input: { name } });
      using back = DemuxerSync.open(sink.take());
      return linesOf(back);
    };
    const [ours, theirs] = [cut(`${set}.mpd`), cut("film.mp4")];
    assert(theirs.length > 50);
    assertEquals(payloads(ours, 0), payloads(theirs, 0));
  });
}

test("A seek by the sound, to any packet, and beyond the streams wanted", () => {
  using input = opened("timeline.mpd");
  input.seek(3.5, { stream: 1 });
  const sound = Array.from(input).find((packet) => packet.streamIndex === 1)!;
  assert(sound.ptsTime! <= 3.5 && sound.ptsTime! > 3.4, `${sound.ptsTime}`);
  input.seek(3.3, { mode: "any" });
  const first = Array.from(input).find((packet) => packet.streamIndex === 0)!;
  assert(Math.abs(first.ptsTime! - 3.3) < 0.1, `${first.ptsTime}`);
  assertThrows(() => input.seek(100, { mode: "byte" }), TypeError, "byte");
  for (const streams of [[1], ["a"]] as const) {
    const asked: string[] = [];
    const inner = directory(files);
    using one = DemuxerSync.open(undefined, {
      name: "timeline.mpd",
      streams,
      open: (url, request) => (asked.push(url), inner(url, request)),
    });
    one.seek(4.5);
    assertEquals(new Set(Array.from(one, (packet) => packet.streamIndex)), new Set([1]));
    assertEquals(asked.filter((url) => /timeline-0-00[23]/.test(url)), []);
  }
});

test("Durations with years and months, a late root element and none of the declaration are read", () => {
  const spelled = (xml: string) =>
    xml.replace(/="PT([\d.]+)S"/g, (_, seconds) => `="P0Y0M0DT0H0M${seconds}S"`);
  using years = changed("number.mpd", spelled);
  assertEquals(payloads(linesOf(years), 0), payloads(film, 0));
  const comment = `<!-- ${"long ".repeat(3000)}-->`;
  const later = (xml: string) => xml.replace(/<\?xml[^>]*\?>/, comment);
  using late = changed("number.mpd", later);
  assertEquals(payloads(linesOf(late), 0), payloads(film, 0));
  using bare = changed("number.mpd", (xml) => xml.replace(/<\?xml[^>]*\?>\s*/, ""));
  assertEquals(payloads(linesOf(bare), 0), payloads(film, 0));
  const error = assertThrows(
    () => changed("number.mpd", (xml) => xml.replace(/="PT[\d.]+S"/, '="6 seconds"')),
    AVError,
  );
  assert(error.message.includes("is no duration"), error.message);
});

test("A manifest that only goes forward is read as one that does not", async () => {
  const bytes = files.get("list.mpd")!;
  const oneWay: SourceSync = {
    seekable: false,
    read(into, position) {
      const part = bytes.subarray(position, position + Math.min(into.length, 100));
      into.set(part);
      return part.length;
    },
  };
  using input = DemuxerSync.open(oneWay, { name: "list.mpd", open: directory(files) });
  assertEquals(payloads(linesOf(input), 0), payloads(film, 0));
  await using response = await Demuxer.open(new Response(bytes as Uint8Array<ArrayBuffer>), {
    name: "list.mpd",
    open: directory(files),
  });
  await response.seek(3.3);
  let count = 0;
  for await (const packet of response) count += packet.streamIndex === 0 ? 1 : 0;
  using other = opened("list.mpd");
  other.seek(3.3);
  assertEquals(count, Array.from(other).filter((packet) => packet.streamIndex === 0).length);
  const sink = new MemorySink();
  const result = await remux(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(), sink, {
    format: "mp4",
    open: directory(files),
    input: { name: "list.mpd" },
  });
  assert(result.packets > 300);
});

/** Two periods of the same film, one after the other. */
function twoPeriods(xml: string): string {
  const period = /<Period[^>]*>([\s\S]*)<\/Period>/.exec(xml)!;
  const one = (start: number) =>
    `<Period start="PT${start}S" duration="PT${SECONDS}S">${period[1]}</Period>`;
  return xml.replace(period[0], one(0) + one(SECONDS)).replace(
    /mediaPresentationDuration="[^"]*"/,
    `mediaPresentationDuration="PT${2 * SECONDS}S"`,
  );
}

test("Of several periods all are read, in their order, and sought through", () => {
  using input = changed("timeline.mpd", twoPeriods);
  assertEquals(input.duration, 2 * SECONDS);
  const packets = Array.from(input, (packet) => packet.clone());
  const videos = packets.filter((packet) => packet.streamIndex === 0);
  assertEquals(videos.length, 2 * payloads(film, 0).length);
  const half = videos.length / 2;
  for (let i = 0; i < half; i++) {
    assert(Math.abs(videos[i + half].ptsTime! - videos[i].ptsTime! - SECONDS) < 1e-4);
  }
  input.seek(SECONDS + 3.3);
  const first = Array.from(input).find((packet) => packet.streamIndex === 0)!;
  assert(first.isKeyframe && Math.abs(first.ptsTime! - SECONDS - 3.3) < 0.5, `${first.ptsTime}`);
  input.seek(0.2);
  const again = Array.from(input).filter((packet) => packet.streamIndex === 0);
  assertEquals(again.length, videos.length);
});

test("Periods that do not go into the same streams are an error that says so", () => {
  const withoutSound = (xml: string) => {
    const two = twoPeriods(xml);
    const at = two.lastIndexOf("<AdaptationSet");
    return two.slice(0, at) + two.slice(two.indexOf("</AdaptationSet>", at) + 16);
  };
  const error = assertThrows(() => changed("timeline.mpd", withoutSound), AVError);
  assert(error.message.includes("other representations"), error.message);
});

test("A segment that is refused is an error after the packets before it; one that is not there a hole", () => {
  const inner = directory(files);
  const without = (answer: (url: string, request: { missing?: boolean }) => undefined) =>
    opened("number.mpd", (url, request) => {
      return /number-0-002/.test(url) ? answer(url, request) : inner(url, request);
    });
  using refused = without(() => undefined);
  let count = 0;
  const error = assertThrows(() => {
    for (const packet of refused) count += packet.streamIndex === 0 ? 1 : 0;
  }, AVError);
  assertEquals(error.codeName, "EACCES");
  assert(error.message.includes("number-0-002.m4s"), error.message);
  assert(count >= 45, `${count} packets before it`);
  const after = Array.from(refused).filter((packet) => packet.streamIndex === 0).length;
  using hole = without((_, request) => {
    request.missing = true;
  });
  const rest = Array.from(hole).filter((packet) => packet.streamIndex === 0).length;
  assertEquals(rest, count + after);
  assert(rest < payloads(film, 0).length && rest > 80, `${rest}`);
  const all = new Map([...files].filter(([name]) => !/number-\d-\d/.test(name)));
  const nothing = assertThrows(() => {
    using input = opened("number.mpd", directory(all));
    Array.from(input);
  }, AVError);
  assertEquals(nothing.codeName, "ENOENT");
});

test("The scanner of manifests takes time that is linear in their length", () => {
  const hostile = [
    (n: number) => `<MPD ${'a="'.repeat(n)}`,
    (n: number) => `<MPD ${"a='\"".repeat(n)}`,
    (n: number) => `<MPD>${"<!--".repeat(n)}`,
    (n: number) => `<MPD>${"<a ".repeat(n)}`,
    (n: number) => `<MPD>${"&".repeat(n)}</MPD>`,
    (n: number) => `<MPD ${"a=b ".repeat(n)}/>`,
    (n: number) => `<MPD>${"<![CDATA[".repeat(n)}`,
    (n: number) => `<MPD><Period duration="P${"1".repeat(n)}`,
  ];
  for (const make of hostile) {
    const bytes = encode(make(200_000));
    const started = performance.now();
    assertThrows(() => DemuxerSync.open(bytes, { name: "x.mpd", open: () => undefined }), AVError);
    // Cubic time would be years.
    assert(performance.now() - started < 20_000);
  }
});
