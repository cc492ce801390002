/** Work that is given up in the middle, and what it leaves in memory. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { frames, transcode } from "../../../mod.ts";
import { forgotten } from "../../../lib/codec/frame.ts";
import { fixture } from "../../support/codec.ts";
import { heapMeter, leastGrowth } from "../../support/heap.ts";

const path = fixture("progressive.mp4");
const frameMeter = heapMeter();
const meter = heapMeter(true);

test("frames that are left in the middle leave nothing behind", {
  skip: frameMeter === undefined && "the heap cannot be asked",
}, async () => {
  const round = async (count: number) => {
    for await (const _ of frames(path, { threads: 1 })) if (--count === 0) break;
  };
  for (let i = 0; i < 20; i++) await round(i % 5);
  const lost = forgotten();
  const grown = await leastGrowth(frameMeter!, async () => {
    for (let i = 0; i < 60; i++) await round(i % 5);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  // A frame alone takes 29 KB.
  assert(grown < 500_000, `${grown} bytes`);
  assertEquals(forgotten() - lost, 0);
});

test("a transcoding that is aborted anywhere ends with the reason and leaves nothing behind", {
  skip: meter === undefined && "the heap cannot be asked",
}, async () => {
  const reason = new Error("enough");
  const round = async (after: number) => {
    const controller = new AbortController();
    let writes = 0;
    const sink = {
      write: () => {
        if (++writes === after) controller.abort(reason);
      },
    };
    const timer = setTimeout(() => controller.abort(reason), after);
    try {
      await transcode(path, sink, {
        format: "matroska",
        signal: controller.signal,
        threads: 2,
        video: { codec: "mpeg4", width: 64 },
        audio: { codec: "aac", bitRate: 64000 },
      });
    } catch (error) {
      assert(error === reason, String(error));
    } finally {
      clearTimeout(timer);
    }
  };
  for (let i = 0; i < 12; i++) await round(i);
  const lost = forgotten();
  const grown = await leastGrowth(meter!, async () => {
    for (let i = 0; i < 24; i++) await round(i % 12);
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  assert(grown < 1_000_000, `${grown} bytes`);
  assertEquals(forgotten() - lost, 0);
});
