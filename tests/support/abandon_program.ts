/**
 * Demuxers opened and abandoned at every stage: what is left alive, and that the process ends by
 * itself. The argument is how many.
 *
 * @module
 */
import process from "node:process";
import { readdirSync } from "node:fs";
import { Demuxer, Muxer, remux } from "../../mod.ts";
import { liveCallbacks } from "../../ffi/mod.ts";
import { idleWorkers } from "../../lib/async/main/worker_pool.ts";
import { fixture } from "./async_sources.ts";
import { collector } from "./gc.ts";
import { later } from "./random.ts";

process.on("unhandledRejection", (error) => {
  console.error("stray", error);
  process.exit(3);
});

const all = Number(process.argv[2] ?? 100);
const ts = fixture("mpegts.ts");
const collect = collector();
let cancelled = 0;
const held: ReadableStream[] = [];

const threads = () => {
  try {
    return readdirSync("/proc/self/task").length;
  } catch {
    return 0;
  }
};

/** Gives `bytes` and then nothing for ever; nothing alive holds it. */
function stuck(bytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes) return new Promise(() => {});
      controller.enqueue(ts.subarray(at, Math.min(bytes, at += 4000)));
    },
    cancel: () => void cancelled++,
  }, { highWaterMark: 0 });
}

const stages: Record<string, () => Promise<unknown>> = {
  // deno-lint-ignore require-await
  "before the header": async () => {
    Demuxer.open(stuck(0)).catch(() => {});
  },
  "amid the header": async () => {
    Demuxer.open(stuck(1000)).catch(() => {});
    await later(1);
  },
  "after the header": () => Demuxer.open(ts),
  midway: async () => {
    const input = await Demuxer.open(ts);
    for (let i = 0; i < 10; i++) await input.read();
  },
  "during a wait": async () => {
    const input = await Demuxer.open(stuck(60_000), { probeSize: 5000 });
    for (let i = 0; i < 10; i++) await input.read();
    (async () => {
      while (await input.read()) { /* on */ }
    })().catch(() => {});
    await later(1);
  },
  "with a stream that another object holds": async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(ts.subarray()),
      cancel: () => void cancelled++,
    });
    held.push(stream);
    const input = await Demuxer.open(stream);
    await input.read();
  },
  "at the end": async () => {
    const input = await Demuxer.open(ts);
    for await (const _ of input) { /* on */ }
  },
  "a muxer": async () => {
    const input = await Demuxer.open(ts);
    const output = await Muxer.create({ write() {} }, { format: "nut" });
    const streams = input.streams.map((stream) => output.addStream(stream));
    const packet = await input.read();
    await output.write(packet!, streams[packet!.streamIndex]);
  },
  // deno-lint-ignore require-await
  "a remux": async () => {
    remux(stuck(60_000), { write() {} }, { format: "nut" }).catch(() => {});
  },
};

const names = Object.keys(stages);
let most = 0;
for (let i = 0; i < all; i++) {
  await stages[names[i % names.length]]();
  most = Math.max(most, threads());
  if (i % 8 !== 7) continue;
  collect?.();
  await later(5);
}
for (let i = 0; i < 40 && collect; i++) {
  collect();
  await later(25);
}
console.log(JSON.stringify({
  abandoned: all,
  collected: collect !== undefined,
  mostThreads: most,
  threads: threads(),
  liveCallbacks: liveCallbacks(),
  idleWorkers: idleWorkers(),
  held: held.length,
  cancelled,
}));
