/**
 * A thread that listens to libav's log stays inside, where threads take turns: how long another
 * waits, and which lines it is told before and after the first comes out.
 *
 * @module
 */
import process from "node:process";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { NULL } from "../../ffi/mod.ts";
import { disableTrampolineForTests } from "../../lib/log/shared_block.ts";
import { LogLock } from "../../lib/log/turn_lock.ts";
import { AVError, DemuxerSync } from "../../mod.ts";

const STAYS_INSIDE_MS = 6000;

/** How many lines libav says of bytes that are no media, and how long that takes. */
function listen(): { lines: number; milliseconds: number } {
  const since = performance.now();
  try {
    DemuxerSync.open(new Uint8Array(4000), { formats: ["mov"], format: "mov" }).close();
  } catch (error) {
    if (!(error instanceof AVError)) throw error;
    return { lines: error.log.length, milliseconds: Math.round(performance.now() - since) };
  }
  throw new Error("bytes that are no media were opened");
}

if (isMainThread) {
  disableTrampolineForTests();
  const before = listen();
  const worker = new Worker(new URL(import.meta.url));
  const told = () => new Promise<void>((resolve) => worker.once("message", () => resolve()));
  await told();
  const out = told();
  const first = listen();
  const second = listen();
  await out;
  console.log(JSON.stringify({ before, first, second, after: listen() }));
  process.exit(0);
} else {
  const lock = new LogLock(NULL);
  lock.enter(true);
  parentPort!.postMessage("inside");
  // As in a native call that takes its time.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STAYS_INSIDE_MS);
  lock.leave();
  parentPort!.postMessage("out");
}
