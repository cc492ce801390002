/** The option `streams`: packets of no other stream come out, queued ones included. */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AGAIN,
  AVError,
  Channel,
  Demuxer,
  DemuxerSync,
  type DemuxerSyncOptions,
  MemorySink,
  remux,
  remuxSync,
} from "../../../../mod.ts";
import { fixture } from "../../../support/async_sources.ts";
import { madeBy } from "../../../support/made.ts";
import { generated } from "../../../support/media.ts";

type Counts = Record<number, number>;
type Wanted = DemuxerSyncOptions["streams"];

function countOf(bytes: Uint8Array, streams?: Wanted): Counts {
  const counts: Counts = {};
  using input = DemuxerSync.open(bytes, { streams });
  for (const { streamIndex } of input) counts[streamIndex] = (counts[streamIndex] ?? 0) + 1;
  return counts;
}

async function countLater(bytes: Uint8Array, streams: Wanted): Promise<Counts> {
  const counts: Counts = {};
  await using input = await Demuxer.open(bytes, { streams });
  for await (const { streamIndex } of input) counts[streamIndex] = (counts[streamIndex] ?? 0) + 1;
  return counts;
}

for (const { name } of generated()) {
  test(`only the streams that were asked for come out of ${name}, on both halves`, async () => {
    const bytes = fixture(name);
    const all = countOf(bytes);
    const indexes = Object.keys(all).map(Number);
    for (const streams of [[], ...indexes.map((index) => [index]), indexes]) {
      const expected = Object.fromEntries(streams.map((index) => [index, all[index]]));
      assertEquals(countOf(bytes, streams), expected, `streams: ${streams}`);
      assertEquals(await countLater(bytes, streams), expected, `async, streams: ${streams}`);
    }
  });
}

test("ffmpeg's letters name streams, on both halves and in the input of a remux", async () => {
  const bytes = fixture("progressive.mp4");
  const all = countOf(bytes);
  const lists: [Wanted, number[]][] = [
    [["v"], [0]],
    [["a"], [1]],
    [["a:0", "V"], [0, 1]],
    [["a", 0], [0, 1]],
  ];
  for (const [streams, indexes] of lists) {
    const expected = Object.fromEntries(indexes.map((index) => [index, all[index]]));
    assertEquals(countOf(bytes, streams), expected, String(streams));
    assertEquals(await countLater(bytes, streams), expected, String(streams));
    const options = { format: "matroska", input: { streams } };
    for (const run of [remux, remuxSync]) {
      const { streams: pairs, dropped } = await run(bytes, new MemorySink(), options);
      assertEquals(pairs.map(({ input }) => input), indexes);
      assertEquals(dropped.length, 2 - indexes.length);
    }
  }
});

test("a name without a stream, or that is none, is refused before anything is read", async () => {
  const refusals: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [
      ["s"],
      RangeError,
      "streams: there is no stream s; there is stream 0 (video), stream 1 (audio)",
    ],
    [[9], RangeError, "streams: there is no stream 9; there is stream 0 (video), stream 1 (audio)"],
    [["x"], TypeError, 'streams: "x" is no stream specifier: give v, V, a'],
    ["v", TypeError, 'streams: expected an array of indexes and of letters such as "v"'],
    [() => true, TypeError, "streams: expected an array of indexes and of letters"],
  ];
  for (const [wrong, type, says] of refusals) {
    const streams = wrong as Wanted;
    const bytes = fixture("progressive.mp4");
    assertThrows(() => DemuxerSync.open(bytes, { streams }), type, says);
    await assertRejects(() => Demuxer.open(bytes, { streams }), type, says);
  }
});

test("a letter also names the streams of its kind that begin later", async () => {
  const tone = (words: readonly string[], name: string) =>
    madeBy(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "mp2", ...words], name);
  const pids = ["-mpegts_pmt_start_pid", "0x1100", "-mpegts_start_pid", "0x200"];
  const parts = [tone([], "first.ts"), tone([...pids, "-mpegts_service_id", "2"], "second.ts")];
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const probing = { probeSize: 2048, analyzeDuration: 0.1 };
  using input = DemuxerSync.open(bytes, { streams: ["a"], ...probing });
  assertEquals(input.streams.length, 1);
  const seen = new Set(Array.from(input, ({ streamIndex }) => streamIndex));
  assertEquals([...seen], [0, 1]);
  assertEquals(Object.keys(countOf(bytes, ["a:0"])), ["0"]);
});

test("tryRead gives no packet of another stream, and AGAIN where only such packets came", () => {
  const bytes = fixture("wav.wav");
  const channel = new Channel();
  channel.send(bytes.subarray(0, 72_000));
  using input = DemuxerSync.open(channel, {
    streams: [],
    findStreamInfo: false,
    bufferSize: 4096,
  });
  assert(input.tryRead() === AGAIN);
  channel.send(bytes.subarray(72_000));
  channel.end();
  assertEquals(input.tryRead(), null);
  assertEquals(input.tryRead(), null);
});

test("a stream that begins midway is listed, and not read where it was not asked for", () => {
  const bytes = fixture("flv.flv");
  using input = DemuxerSync.open(bytes, { findStreamInfo: false, streams: [] });
  assertEquals(input.streams.length, 0);
  for (const _ of input) throw new Error("nothing was asked for");
  assertEquals(input.streams.length, 2);
});

test("a mode of seeking that does not exist is a TypeError that names it, on both halves", async () => {
  const mode = "x" as "any"; // what JavaScript may say
  using input = DemuxerSync.open(fixture("progressive.mp4"));
  assertThrows(() => input.seek(0, { mode }), TypeError, '"x"');
  await using later = await Demuxer.open(fixture("progressive.mp4"));
  const error = await later.seek(0, { mode }).catch((error) => error);
  assert(error instanceof TypeError && !(error instanceof AVError), String(error));
  assert(error.message.includes('"x"'), error.message);
});
