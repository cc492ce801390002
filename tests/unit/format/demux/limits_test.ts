/**
 * Limits of memory for untrusted bytes: pictures that probing decodes, and blocks of one
 * allocation.
 */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { AVError, DemuxerSync, probe, probeSync } from "../../../../mod.ts";
import { fixturePath } from "../../../support/sets.ts";

const mp4 = new Uint8Array(readFileSync(fixturePath("progressive.mp4")));
const ts = new Uint8Array(readFileSync(fixturePath("mpegts.ts")));

/** The fixture, its first track said to hold so many samples of one byte. */
function withSamples(count: number): Uint8Array {
  const bytes = mp4.slice();
  const view = new DataView(bytes.buffer);
  const at = new TextDecoder("latin1").decode(bytes).indexOf("stsz");
  assert(at > 0);
  // Behind the name: version and flags, the size of every sample, their number.
  view.setUint32(at + 8, 1);
  view.setUint32(at + 12, count);
  return bytes;
}

test("maxPixels keeps probing from decoding larger pictures, decoders names the ones allowed", async () => {
  const video = (options: object) => {
    const stream = probeSync(ts, options).streams.find(({ type }) => type === "video");
    assert(stream?.type === "video");
    return stream;
  };
  const usual = video({});
  assert(usual.width > 0 && usual.pixelFormat !== null);
  assertStrictEquals(video({ maxPixels: 16, decoders: ["mpeg2video"] }).pixelFormat, null);
  assertStrictEquals(video({ decoders: ["h264"] }).pixelFormat, null);
  assertEquals(video({ decoders: ["mpeg2video"] }), usual);
  for (const maxPixels of [0, -1, NaN, "64"]) {
    assertThrows(() => probeSync(ts, { maxPixels: maxPixels as number }), RangeError, "maxPixels");
  }
  assertEquals((await probe(ts)).streams, probeSync(ts).streams);
});

test("maxMemory refuses the index that a small file announces", () => {
  const limits = { maxMemory: 16 * 1024 * 1024 };
  const huge = withSamples(60_000_000);
  const streams = () => {
    using input = DemuxerSync.open(huge, { ...limits, findStreamInfo: false });
    return input.streams.map(({ index }) => input.index(index).length);
  };
  let entries: number[] = [];
  try {
    entries = streams();
  } catch (error) {
    assert(error instanceof AVError, String(error));
  }
  assert(entries.every((count) => count < 1_000_000), `${entries}`);
  assertEquals(probeSync(mp4, limits).streams.length, 2);
  for (const maxMemory of [0, 1000, NaN, -1, "1"]) {
    assertThrows(() => probeSync(mp4, { maxMemory: maxMemory as number }), RangeError, "maxMemory");
  }
});
