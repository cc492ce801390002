import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { DemuxerSync, MemorySink, MuxerSync, remuxSync } from "../../../mod.ts";
import { liveCallbacks, platform } from "../../../ffi/mod.ts";
import { heapMeter } from "../../support/heap.ts";
import { generated } from "../../support/media.ts";

const CYCLES = 2000;
// Room for what the allocator keeps for itself; a leak of one AVPacket a cycle is twice this. Deno
// keeps its own bookkeeping, about 100 bytes a cycle, on the same heap; Node keeps some of V8's,
// 130 bytes a cycle here and none after some ten thousand.
const SLACK_BYTES = platform.runtime === "bun" ? 128 * 1024 : 1024 * 1024;

const files = generated().filter(({ name }) => /^(progressive|matroska|mpegts|wav)/.test(name));

test(`${CYCLES} cycles of open, read and close leave the native heap where it was`, async (t) => {
  const measure = heapMeter();
  if (measure === undefined) return t.skip("this platform has no mallinfo2 to ask");
  const inputs = files.map(({ path }) => new Uint8Array(readFileSync(path)));
  assert(inputs.length > 0, "no fixtures");
  const cycle = (i: number) => {
    using input = DemuxerSync.open(inputs[i % inputs.length]);
    for (let n = 0; n < 5; n++) input.read();
  };
  for (let i = 0; i < 200; i++) cycle(i);
  const callbacks = liveCallbacks();
  const before = await measure();
  for (let i = 0; i < CYCLES; i++) cycle(i);
  const grown = await measure() - before;
  assertEquals(liveCallbacks(), callbacks);
  assert(grown < SLACK_BYTES, `${grown} bytes more after ${CYCLES} cycles`);
});

test("300 remuxes through a bitstream filter, half left unfinished, leave the native heap", async (t) => {
  const measure = heapMeter();
  if (measure === undefined) return t.skip("this platform has no mallinfo2 to ask");
  const adts = readFileSync(generated().find(({ name }) => name === "adts.aac")!.path);
  const cycle = (i: number) => {
    using input = DemuxerSync.open(adts);
    using output = MuxerSync.create(new MemorySink(), { format: "mp4" });
    const stream = output.addStream(input.streams[0]);
    output.addStream({ type: "audio", codec: "aac", sampleRate: 44100, channels: 1 });
    // The second stream gets no packet, so that those of the first wait.
    for (const packet of input) output.write(packet, stream);
    if (i % 2 === 0) output.finish();
  };
  for (let i = 0; i < 40; i++) cycle(i);
  const before = await measure();
  for (let i = 0; i < 300; i++) cycle(i);
  const grown = await measure() - before;
  assert(grown < SLACK_BYTES, `${grown} bytes more after 300 remuxes`);
});

test("300 remuxes leave the native heap where it was", async (t) => {
  const measure = heapMeter();
  if (measure === undefined) return t.skip("this platform has no mallinfo2 to ask");
  const inputs = files.map(({ path }) => new Uint8Array(readFileSync(path)));
  const cycle = (i: number) =>
    remuxSync(inputs[i % inputs.length], new MemorySink(), { format: "matroska" });
  for (let i = 0; i < 40; i++) cycle(i);
  const before = await measure();
  for (let i = 0; i < 300; i++) cycle(i);
  const grown = await measure() - before;
  assert(grown < SLACK_BYTES, `${grown} bytes more after 300 remuxes`);
});
