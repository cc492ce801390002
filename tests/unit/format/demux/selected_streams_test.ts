/** The option `streams`: packets of no other stream come out, queued ones included. */
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { AGAIN, AVError, Channel, Demuxer, DemuxerSync } from "../../../../mod.ts";
import { fixture } from "../../../support/async_sources.ts";
import { generated } from "../../../support/media.ts";

type Counts = Record<number, number>;

function countOf(bytes: Uint8Array, streams?: readonly number[]): Counts {
  const counts: Counts = {};
  using input = DemuxerSync.open(bytes, { streams });
  for (const { streamIndex } of input) counts[streamIndex] = (counts[streamIndex] ?? 0) + 1;
  return counts;
}

async function countLater(bytes: Uint8Array, streams: readonly number[]): Promise<Counts> {
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
