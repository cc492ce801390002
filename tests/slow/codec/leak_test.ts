/** Long runs of decoding tasks: C's heap, frames and workers come back. */
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { frames, thumbnail, transcode } from "../../../mod.ts";
import { codecWorkers } from "../../../lib/async/main/codec_worker.ts";
import { idleWorkers } from "../../../lib/async/main/worker_pool.ts";
import { forgotten } from "../../../lib/codec/frame.ts";
import { fixture } from "../../support/codec.ts";
import { collector } from "../../support/gc.ts";
import { heapMeter } from "../../support/heap.ts";

/** How often each task runs: AVIO_ROUNDS=2000 for the whole of it. */
const rounds = Number(process.env.AVIO_ROUNDS ?? 200);
const path = fixture("progressive.mp4");
const meter = heapMeter(true);
const skip = meter === undefined && "the heap cannot be asked";

const WINDOWS = 3;

/**
 * The heap's growth for each run, in bytes: the least of several windows after as many runs. A leak
 * grows in each of them, what a runtime takes once in one.
 */
async function growth(runs: number, run: (index: number) => Promise<unknown>): Promise<number> {
  const count = Math.ceil(runs);
  for (let i = 0; i < count; i++) await run(i);
  let least = Infinity;
  for (let window = 0; window < WINDOWS; window++) {
    const before = await meter!();
    for (let i = 0; i < count; i++) await run(i);
    await new Promise((resolve) => setTimeout(resolve, 100));
    least = Math.min(least, (await meter!() - before) / count);
  }
  return least;
}

test(`${rounds} thumbnails leave nothing behind`, { skip }, async () => {
  const each = await growth(
    rounds / 4,
    (i) => thumbnail(path, { time: i % 10 / 10, width: 64, type: i % 2 ? "rgba" : "image/jpeg" }),
  );
  // A picture of 160×120 alone takes 29 KB.
  assert(each < 8000, `${each} bytes each`);
  assertEquals(idleWorkers().working, 0);
});

test(`${rounds / 4} aborted transcodings leave nothing behind`, { skip }, async () => {
  const reason = new Error("enough");
  let ended = 0;
  const each = await growth(rounds / 16, async (i) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), i % 25);
    try {
      await transcode(path, { write() {} }, {
        format: "matroska",
        signal: controller.signal,
        threads: 2,
        video: { codec: "mpeg4", width: 64 },
        audio: { codec: "aac", bitRate: 64000 },
      });
    } catch (error) {
      assert(error === reason, String(error));
      ended++;
    } finally {
      clearTimeout(timer);
    }
  });
  assert(each < 30_000, `${each} bytes each`);
  assert(ended > 0, "none was aborted");
  assertEquals(idleWorkers().working, 0);
});

const collect = collector();
test("frames that are forgotten are freed in the end, and the workers come back", {
  skip: collect === undefined && "the collector cannot be forced",
}, async () => {
  const before = forgotten();
  let kept = 0;
  for (let i = 0; i < 5; i++) {
    // Clones that nothing closes.
    for await (const frame of frames(path)) if (frame.clone().timestamp >= 0) kept++;
  }
  for (let i = 0; i < 100 && forgotten() - before < kept * 0.9; i++) {
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(forgotten() - before >= kept * 0.9, `${forgotten() - before} of ${kept}`);
  assertEquals([idleWorkers().working, codecWorkers()], [0, 0]);
});
