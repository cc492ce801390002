/** Sets of files with a hole: the tool goes on, and so does the demuxer; a refusal is an error. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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
  remuxSync,
  type SourceSync,
} from "../../../../mod.ts";
import { filesOf, hlsSet, line, probedLines, setFolder } from "../../../support/sets.ts";

const kinds: [string, string[]][] = [
  ["ts", []],
  ["fmp4", ["-hls_segment_type", "fmp4"]],
];
const open = (name: string, hook: OpenHookSync) =>
  DemuxerSync.open(undefined, { name, open: hook });
const linesOf = (name: string, hook: OpenHookSync) => {
  using input = open(name, hook);
  return Array.from(input, line);
};

/** A copy of a set without one of its files. */
function without(folder: string, missing: string, change = (text: string) => text): string {
  return setFolder(`${folder.split("/").at(-1)}_without_${missing}_${change.name}`, (copy) => {
    for (const name of readdirSync(folder)) {
      if (name !== missing) copyFileSync(join(folder, name), join(copy, name));
    }
    const playlist = join(copy, "index.m3u8");
    writeFileSync(playlist, change(readFileSync(playlist, "utf8")));
  });
}

function segmentsOf(folder: string): string[] {
  return readFileSync(join(folder, "index.m3u8"), "utf8").split("\n").filter((text) =>
    /^[^#].*/.test(text)
  );
}

for (const [kind, options] of kinds) {
  const folder = hlsSet(kind, options);
  const segments = segmentsOf(folder);
  const places: [string, string][] = [
    ["first", segments[0]],
    ["second", segments[1]],
    ["last", segments.at(-1)!],
  ];
  for (const [place, name] of places) {
    test(`HLS of ${kind} whose ${place} segment is missing gives ffprobe's packets`, async () => {
      const holed = without(folder, name);
      const theirs = probedLines(join(holed, "index.m3u8"));
      assert(theirs.length > 20);
      assertEquals(linesOf("index.m3u8", directory(holed)), theirs);
      assertEquals(linesOf("index.m3u8", directory(filesOf(holed))), theirs);
      await using input = await Demuxer.open(undefined, {
        name: "index.m3u8",
        open: directory(holed),
      });
      const lines: string[] = [];
      for await (const packet of input) lines.push(line(packet));
      assertEquals(lines, theirs);
    });
  }
}

test("HLS that marks its first segment as a gap gives ffprobe's packets", () => {
  const folder = hlsSet("ts");
  const gap = (text: string) => text.replace("#EXTINF", "#EXT-X-GAP\n#EXTINF");
  const holed = without(folder, segmentsOf(folder)[0], gap);
  const theirs = probedLines(join(holed, "index.m3u8"));
  assertEquals(linesOf("index.m3u8", directory(holed)), theirs);
});

test("A set of which no segment is there is an error that names one", () => {
  const folder = hlsSet("ts");
  const files = new Map([...filesOf(folder)].filter(([name]) => name.endsWith(".m3u8")));
  const error = assertThrows(() => linesOf("index.m3u8", directory(files)), AVError);
  assertEquals(error.codeName, "ENOENT", error.message);
  assert(error.message.includes("not in the folder"), error.message);
  assert(error.message.includes(segmentsOf(folder)[0]), error.message);
});

test("A playlist, a key and an init section that are not there are errors that name them", () => {
  const master = new Map([
    ["master.m3u8", new TextEncoder().encode("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n")],
  ]);
  const fmp4 = filesOf(hlsSet("fmp4", ["-hls_segment_type", "fmp4"]));
  fmp4.delete("init.mp4");
  const encrypted = filesOf(keyed());
  encrypted.delete("some.key");
  const lacking: [string, Map<string, Uint8Array>, string][] = [
    ["master.m3u8", master, "a.m3u8"],
    ["index.m3u8", fmp4, "init.mp4"],
    ["index.m3u8", encrypted, "some.key"],
  ];
  for (const [name, files, missing] of lacking) {
    const error = assertThrows(() => linesOf(name, directory(files)), AVError);
    assertEquals(error.codeName, "ENOENT", error.message);
    assert(error.message.includes(JSON.stringify(missing)), error.message);
  }
});

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i * 7);

function keyed(): string {
  return hlsSet("keyed", ["-hls_key_info_file", "key.info"], (folder) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "some.key"), KEY);
    writeFileSync(join(folder, "key.info"), "some.key\nsome.key\n");
  });
}

test("A key and an init section that a data: URL spells are read within maxBytes", () => {
  const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
  const percent = (bytes: Uint8Array) =>
    Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const urls = [`data:;base64,${base64(KEY)}`, `data:application/octet-stream,${percent(KEY)}`];
  const set = filesOf(keyed());
  const whole = linesOf("index.m3u8", directory(set));
  assert(whole.length > 50);
  set.delete("some.key");
  const text = new TextDecoder().decode(set.get("index.m3u8")!);
  for (const url of urls) {
    const files = new Map(set).set(
      "index.m3u8",
      new TextEncoder().encode(text.replaceAll('"some.key"', `"${url}"`)),
    );
    assertEquals(linesOf("index.m3u8", directory(files)), whole);
  }
  const long = `data:,${"x".repeat(3000)}`;
  const hook = directory(new Map());
  const source = hook(long, { write: false, options: {} });
  assertEquals((source as SourceSync).size, 3000);
  assertEquals(hook(long, { write: true, options: {} }), undefined);
  assertEquals(hook("data:;base64,%%%", { write: false, options: {} }), undefined);
});

test("A packet that was read is delivered before the refusal that came with it", () => {
  for (const [kind, options] of kinds) {
    const folder = hlsSet(kind, options);
    const [, second] = segmentsOf(folder);
    const reading = (hook: OpenHookSync) =>
      DemuxerSync.open(undefined, { name: "index.m3u8", open: hook, findStreamInfo: false });
    const inner = directory(folder);
    using input = reading((url, request) => url === second ? undefined : inner(url, request));
    const lines: string[] = [];
    const error = assertThrows(() => {
      for (const packet of input) lines.push(line(packet));
    }, AVError);
    assertEquals(error.codeName, "EACCES");
    assert(error.message.includes(second), error.message);
    assert(lines.length > 5, `${lines.length} packets before it`);
    for (const packet of input) lines.push(line(packet));
    using holed = reading(directory(without(folder, second)));
    assertEquals(lines, Array.from(holed, line));
  }
});

test("A remux of a set with a hole has every packet that is there", () => {
  const folder = hlsSet("ts");
  const holed = without(folder, segmentsOf(folder)[1]);
  const sink = new MemorySink();
  const options = { format: "mp4", open: directory(holed), input: { name: "index.m3u8" } };
  const result = remuxSync(undefined, sink, options);
  assertEquals(result.packets, probedLines(join(holed, "index.m3u8")).length);
  assertEquals(result.truncated, true);
  const whole = remuxSync(undefined, new MemorySink(), { ...options, open: directory(folder) });
  assertEquals(whole.truncated, false);
});
