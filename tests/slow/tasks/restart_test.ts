/** A broadcast of ten minutes that restarts, and is left open: fragments leave, memory is flat. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert } from "@std/assert";
import { Channel, fragments } from "../../../mod.ts";
import { collector } from "../../support/gc.ts";
import { madeBy, scratch } from "../../support/made.ts";
import { emulated } from "../../support/runtime.ts";

const MINUTES = 10;
const PARTS = 2;
/** Fragments between two looks at the memory. */
const SAMPLE_EVERY = 60;
/** Seconds of media that may be on the way: rings and queues hold about two megabytes. */
const MAX_LAG_SECONDS = 60;
const MIB = 1024 * 1024;
const MAX_GROWTH_BYTES = 56 * MIB;

/** A minute at a constant rate of about 110 kB a second, so that memory held back would be seen. */
function minute(): Uint8Array<ArrayBuffer> {
  const rate = ["-b:v", "800k", "-minrate", "800k", "-maxrate", "800k", "-bufsize", "800k"];
  return madeBy([
    ...["-f", "lavfi", "-i", "testsrc2=duration=60:size=160x96:rate=25"],
    ...["-f", "lavfi", "-i", "sine=duration=60"],
    ...["-c:v", "mpeg2video", "-g", "25", "-bf", "2", ...rate, "-c:a", "mp2", "-ar", "32000"],
  ], "constant.ts");
}

/** Ten minutes from the beginning of the clock, as ffmpeg writes them. */
async function broadcast(path: string, channel: Channel, sent: (bytes: number) => void) {
  const loop = ["-stream_loop", String(MINUTES - 1), "-i", path, "-c", "copy", "-f", "mpegts", "-"];
  const tool = spawn("ffmpeg", ["-v", "error", "-nostdin", ...loop]);
  for await (const chunk of tool.stdout as AsyncIterable<Uint8Array>) {
    channel.send(new Uint8Array(chunk));
    sent(chunk.length);
    await channel.ready;
  }
}

test("twice ten minutes into fragments: each second leaves, and memory is flat", {
  skip: emulated,
}, async () => {
  using folder = scratch();
  const path = join(folder.path, "minute.ts");
  const media = minute();
  writeFileSync(path, media);
  const collect = collector();
  const channel = new Channel();
  let sent = 0;
  let count = 0;
  let lag = 0;
  let time = 0;
  let longest = 0;
  const sizes: number[] = [];
  let bytes = 0;
  const running = (async () => {
    for await (const one of fragments(channel, { format: "mp4" })) {
      if (one.kind !== "fragment") continue;
      longest = Math.max(longest, one.time! - time);
      time = one.time!;
      bytes += one.data.length;
      count++;
      lag = Math.max(lag, sent * 60 / media.length - count);
      if (count % SAMPLE_EVERY !== 0) continue;
      collect?.();
      sizes.push(process.memoryUsage().rss);
    }
  })();
  for (let part = 0; part < PARTS; part++) await broadcast(path, channel, (n) => sent += n);
  // It is left open: nothing but the media itself makes the last seconds leave.
  const whole = MINUTES * PARTS * 60;
  for (let i = 0; i < 400 && count < whole - 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert(count >= whole - 10, `${count} of ${whole} seconds left`);
  assert(longest < 1.6, `${longest} s between two fragments`);
  assert(lag < MAX_LAG_SECONDS, `${lag} s were held back`);
  assert(bytes > 100 * MIB, `${bytes} bytes`);
  const [, first, ...rest] = sizes;
  const growth = Math.max(...rest) - first;
  assert(growth < MAX_GROWTH_BYTES, `${growth / MIB} MiB: ${sizes.map((n) => n / MIB | 0)}`);
  channel.end();
  await running;
});
