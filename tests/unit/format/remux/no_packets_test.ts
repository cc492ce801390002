/** A copy of streams without packets, where others were left out, is an error. */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  concatSync,
  fragments,
  MemorySink,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
} from "../../../../mod.ts";
import { madeBy } from "../../../support/made.ts";

const PACKET_BYTES = 188;
const VIDEO_PID = 0x100;
const AUDIO_PID = 0x101;

/** A transport stream of a picture and a sound without the packets of some. */
function without(...pids: number[]): Uint8Array<ArrayBuffer> {
  const whole = madeBy([
    ...["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=25"],
    ...["-f", "lavfi", "-i", "sine=duration=1", "-c:v", "mpeg2video", "-c:a", "mp2"],
  ], "whole.ts");
  const kept: number[] = [];
  for (let at = 0; at < whole.length; at += PACKET_BYTES) {
    const pid = (whole[at + 1] & 0x1f) << 8 | whole[at + 2];
    if (!pids.includes(pid)) kept.push(at);
  }
  const rest = new Uint8Array(kept.length * PACKET_BYTES);
  kept.forEach((at, i) => rest.set(whole.subarray(at, at + PACKET_BYTES), i * PACKET_BYTES));
  return rest;
}

test("the tables of a transport stream alone are an error in every copy", async () => {
  const bytes = without(VIDEO_PID, AUDIO_PID);
  assert(bytes.length > PACKET_BYTES);
  assertEquals(probeSync(bytes).streams.map(({ type }) => type), ["video", "audio"]);
  // Most formats refuse a picture without a size; mpegts takes it, and nothing comes.
  const make = () => remuxSync(bytes, new MemorySink(), { format: "mpegts" });
  assertThrows(make, AVError, "the streams to copy have no packets, and others were left out");
  for (const format of ["matroska", "mp4", "mpegts", "nut"]) {
    assertThrows(() => remuxSync(bytes, new MemorySink(), { format }), AVError);
    await assertRejects(() => remux(bytes, new MemorySink(), { format }), AVError);
  }
  assertThrows(() => concatSync([bytes], new MemorySink(), { format: "nut" }), AVError);
  await assertRejects(async () => {
    for await (const _ of fragments(bytes, { format: "mp4" }));
  }, AVError);
  const transform = remuxStream({ format: "mpegts" });
  const body = new Blob([bytes]).stream().pipeThrough(transform);
  await assertRejects(() => new Response(body).arrayBuffer());
  await assertRejects(() => transform.result, AVError);
});

test("a stream that has packets is copied where another has none", () => {
  for (const [pid, count, type] of [[AUDIO_PID, 25, "audio"], [VIDEO_PID, 39, "video"]] as const) {
    const sink = new MemorySink();
    const { packets, dropped } = remuxSync(without(pid), sink, { format: "mp4" });
    assertEquals([packets, dropped.map((one) => one.type)], [count, [type]]);
  }
});
