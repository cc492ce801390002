/**
 * The demuxer's own hooks, inside of `input`, in every task that writes an output. A signal, a
 * listener or a hook that stands beside `input` serves both ends.
 */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  concat,
  concatSync,
  type DemuxerOptions,
  directory,
  fragments,
  type LogLine,
  MemorySink,
  type OpenHookSync,
  probeSync,
  remux,
  type RemuxOptions,
  remuxSync,
  type RemuxSyncOptions,
  transcode,
} from "../../../mod.ts";
import { fixture, never } from "../../support/async_sources.ts";

const mp4 = fixture("progressive.mp4");
const files = new Map<string, Uint8Array>();
remuxSync(mp4, undefined, { name: "index.m3u8", open: directory(files) });
const playlist = files.get("index.m3u8")!;
const sound = new MemorySink();
remuxSync(mp4, sound, { format: "adts" });
const adts = sound.take();

type Options = RemuxOptions & { format: string };

/** Each task, from a playlist to Matroska or mp4; how many streams came out. */
const tasks: Readonly<Record<string, (input: Uint8Array, options: object) => Promise<number>>> = {
  remux: (input, options) => written((sink) => remux(input, sink, ofMatroska(options))),
  remuxSync: (input, options) =>
    written((sink) => remuxSync(input, sink, ofMatroska(options) as RemuxSyncOptions)),
  concat: (input, options) => written((sink) => concat([input, input], sink, ofMatroska(options))),
  concatSync: (input, options) =>
    written((sink) => concatSync([input, input], sink, ofMatroska(options) as RemuxSyncOptions)),
  transcode: (input, options) =>
    written((sink) => transcode(input, sink, { ...ofMatroska(options), end: 0.2 })),
  fragments: (input, options) =>
    written(async (sink) => {
      for await (const { data } of fragments(input, { ...ofMatroska(options), format: "mp4" })) {
        sink.write(data, sink.bytes.length);
      }
    }),
};

function ofMatroska(options: object): Options {
  return { format: "matroska", ...options };
}

async function written(run: (sink: MemorySink) => unknown): Promise<number> {
  const sink = new MemorySink();
  await run(sink);
  return probeSync(sink.take()).streams.length;
}

/** A hook that counts the openings. */
function counted(): { open: OpenHookSync; urls: string[] } {
  const urls: string[] = [];
  const inside = directory(files);
  return { urls, open: (url, request) => (urls.push(url), inside(url, request)) };
}

for (const [name, run] of Object.entries(tasks)) {
  test(`${name}: the demuxer's own hook answers for its files`, async () => {
    const { open, urls } = counted();
    assertEquals(await run(playlist, { input: { open } }), 2);
    assert(urls.length >= 1, "the hook was never asked");
  });

  test(`${name}: the demuxer's own hook comes before the one beside input`, async () => {
    const { open, urls } = counted();
    const asked: string[] = [];
    const other = (url: string) => void asked.push(url);
    assertEquals(await run(playlist, { open: other, input: { open } }), 2);
    assert(urls.length >= 1, "the hook was never asked");
    assertEquals(asked, []);
  });

  test(`${name}: a hook of input that is undefined is one left out`, async () => {
    const { open, urls } = counted();
    const input = { open: undefined, signal: undefined, onLog: undefined, format: undefined };
    assertEquals(await run(playlist, { open, input }), 2);
    assert(urls.length >= 1, "the hook was never asked");
  });

  test(`${name}: the demuxer's lines go to its own listener`, async () => {
    const lines: string[] = [];
    const others: string[] = [];
    const options = {
      onLog: ({ message }: LogLine) => others.push(message),
      input: { onLog: ({ message }: LogLine) => lines.push(message) },
    };
    await run(adts, options);
    const guessed = (text: string) => text.startsWith("Estimating duration from bitrate");
    assert(lines.some(guessed), lines.join("\n") || "no line was told");
    assert(!others.some(guessed), others.join("\n"));
  });

  test(`${name}: the demuxer's own signal ends the task with its reason`, async () => {
    const reason = new Error("enough");
    const input = { open: directory(files), signal: AbortSignal.abort(reason) };
    const error = await assertRejects(() => run(playlist, { input }));
    assertStrictEquals(error, reason);
  });
}

test("either signal ends a task that waits for its source", async () => {
  for (const own of [true, false]) {
    const stop = new AbortController();
    const idle = new AbortController().signal;
    const input: DemuxerOptions = { signal: own ? stop.signal : idle };
    const source = { read: () => never<number>() };
    const signal = own ? idle : stop.signal;
    const running = remux(source, new MemorySink(), { format: "matroska", signal, input });
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 20);
    assertStrictEquals(await assertRejects(() => running), reason);
  }
});

test("the demuxer's own high-water mark is checked by name", async () => {
  const input = { highWaterMark: -1 };
  const run = () => remux(mp4, new MemorySink(), { format: "matroska", input });
  await assertRejects(run, RangeError, "highWaterMark");
});

test("a hook of the muxer alone is not asked for the demuxer's files", () => {
  const asked: string[] = [];
  const input = { open: (url: string) => void asked.push(url) };
  const { open, urls } = counted();
  assertThrows(() => remuxSync(playlist, new MemorySink(), { format: "matroska", open, input }));
  assertEquals(urls, []);
  assertEquals(asked.length, 1);
});
