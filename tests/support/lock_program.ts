/**
 * Threads of a program's own, each with the module for itself, inside libav at once: no crash, and
 * every thread its own lines. The arguments: how many rounds, and `turns` for a machine that has no
 * switch for the log.
 *
 * @module
 */
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { AVError, Demuxer, DemuxerSync } from "../../mod.ts";
import { disableTrampolineForTests } from "../../lib/log/shared_block.ts";
import { fixture } from "./async_sources.ts";
import { later } from "./random.ts";
import { runtimeName } from "./runtime.ts";

const rounds = Number(process.argv[2] ?? 30);

/** Opens a file that is cut short, and returns what libav said of it. */
function brokenLines(bytes: Uint8Array): string[] {
  const heard: string[] = [];
  try {
    using _ = DemuxerSync.open(bytes, { onLog: ({ message }) => heard.push(message) });
  } catch (error) {
    if (error instanceof AVError) return [...error.log];
    throw error;
  }
  throw new Error("a broken file was opened");
}

function work(mp4: Uint8Array, ts: Uint8Array, times: number): { packets: number; lines: number } {
  const broken = mp4.subarray(0, 4000);
  let packets = 0;
  let lines = 0;
  for (let i = 0; i < times; i++) {
    using input = DemuxerSync.open(i % 2 ? mp4 : ts);
    for (const packet of input) if (packet.size >= 0) packets++;
    if (brokenLines(broken).some((line) => line.includes("moov atom not found"))) lines++;
  }
  return { packets, lines };
}

if (isMainThread) {
  if (process.argv[3] === "turns") disableTrampolineForTests();
  const mp4 = fixture("progressive.mp4");
  const ts = fixture("mpegts.ts");
  const start = (mode: string) =>
    new Worker(new URL(import.meta.url), { workerData: { mode, rounds, mp4, ts } });
  const result = (worker: Worker) =>
    new Promise<{ packets: number; lines: number }>((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
    });
  const expected = work(mp4, ts, 2);
  const workers = [start("work"), start("work")];
  const running = Promise.all(workers.map(result));
  let done = false;
  running.finally(() => done = true);
  // Meanwhile this thread opens broken files as well, and media through the module's own workers.
  let opened = 0;
  let missed = 0;
  for (; !done && opened < 100_000; opened++) {
    const lines = brokenLines(mp4.subarray(0, 4000));
    if (!lines.some((line) => line.includes("moov atom not found"))) missed++;
    if (opened % 10 === 5) {
      await using input = await Demuxer.open(ts);
      await input.read();
    }
    await later(0);
  }
  const results = await running;
  // One that is ended in the middle of whatever it does, and one that sleeps in a callback.
  // Node aborts the whole process when a thread inside a callback is ended.
  const doomed = runtimeName === "node"
    ? []
    : [start("work for ever"), start("sleep in a callback")];
  await Promise.all(
    doomed.map((worker) => new Promise((resolve) => worker.once("message", resolve))),
  );
  await later(50);
  for (const worker of doomed) {
    // A runtime that cannot end a thread inside a native call does not wait for it.
    worker.terminate().catch(() => {});
    worker.unref();
  }
  const since = performance.now();
  const after = work(mp4, ts, 2);
  const milliseconds = Math.round(performance.now() - since);
  console.log(JSON.stringify({ rounds, expected, results, opened, missed, after, milliseconds }));
  process.exit(0);
} else {
  const { mode, rounds, mp4, ts } = workerData;
  if (mode === "work") parentPort!.postMessage(work(mp4, ts, rounds));
  else if (mode === "work for ever") {
    parentPort!.postMessage("here");
    work(mp4, ts, 1e9);
  } else {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    parentPort!.postMessage("here");
    DemuxerSync.open({
      read() {
        Atomics.wait(sleeper, 0, 0, 20_000);
        return 0;
      },
    });
  }
}
