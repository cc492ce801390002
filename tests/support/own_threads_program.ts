/**
 * Threads of a program's own, each with the module for itself, and the memory that they share.
 * The argument: `find` prints each thread's block; `end` terminates threads inside libav and prints
 * how many slots are left in use.
 *
 * @module
 */
import { once } from "node:events";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { AVError, DemuxerSync } from "../../mod.ts";
import { FREE, LOG_SLOT } from "../../ffi/mod.ts";
import { sharedLogBlock } from "../../lib/log/shared_block.ts";
import { fixture } from "./async_sources.ts";
import { later } from "./random.ts";

const THREADS = 8;
const ROUNDS = 12;

function start(mode: string, bytes?: Uint8Array): Worker {
  return new Worker(new URL(import.meta.url), { workerData: { mode, bytes } });
}

/**
 * Opens a broken file many times. It ends by itself: a callback may swallow the termination on
 * Deno, whose thread then goes on.
 */
function openOften(bytes: Uint8Array): void {
  for (let i = 0; i < 300; i++) {
    try {
      DemuxerSync.open(bytes).close();
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
  }
}

if (!isMainThread) {
  if (workerData.mode === "find") {
    const { address, shared } = sharedLogBlock();
    parentPort!.postMessage({ address, shared });
  } else {
    parentPort!.postMessage("started");
    openOften(workerData.bytes);
  }
} else if (process.argv[2] === "find") {
  const workers = Array.from({ length: THREADS }, () => start("find"));
  const found = await Promise.all(
    workers.map(async (worker) => (await once(worker, "message"))[0]),
  );
  const { address, shared } = sharedLogBlock();
  const inherited = Object.keys(process.env).filter((name) => name.includes("AVIO_LOG"));
  console.log(JSON.stringify({ found: [...found, { address, shared }], inherited }));
  process.exit(0);
} else {
  const bytes = fixture("progressive.mp4").subarray(0, 4000);
  for (let round = 0; round < ROUNDS; round++) {
    const worker = start("open", bytes.slice());
    await once(worker, "message");
    await later(5 + round % 7);
    // Bun does not always tell of a thread that ended inside a native call.
    await Promise.race([worker.terminate(), later(500)]);
    worker.unref();
  }
  const { slots, trampoline } = sharedLogBlock();
  const used = () => slots.filter((low, at) => at % LOG_SLOT.WORDS === 0 && low !== FREE).length;
  // A thread may need a moment to come out of libav, and to end.
  for (let waits = 0; used() > 0 && waits < 50; waits++) await later(100);
  console.log(JSON.stringify({ used: used(), trampoline: trampoline !== undefined }));
  process.exit(0);
}
