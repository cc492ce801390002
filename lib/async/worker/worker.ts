/**
 * Starts a worker, and is the module that it runs.
 *
 * A worker whose module is the very file that starts it survives every way of publishing. The
 * worker alone loads `serve.ts` or `codec_server.ts`: a main thread that only starts workers needs
 * neither.
 *
 * @module
 */
import type { MessagePort, Worker } from "node:worker_threads";
import { permitWorker, platform, type Pointer } from "../../../ffi/mod.ts";
import { builtin } from "../../builtin.ts";
import { attachAt, sharedLogBlock } from "../../log/shared_block.ts";

const KEY = "avio.worker";

/** This file, where it is not part of a bundle. */
const OWN_FILE = /\/lib\/async\/worker\/worker\.[jt]s$/;

/** The work of a worker for all its life: one session after the other, or codecs. */
export type Work = "sessions" | "codecs";

/** The data that a worker starts with. */
interface Start {
  /** The block that threads share. */
  readonly block: Pointer;
  readonly work: Work;
  /** Milliseconds by which each message of the worker's is late. */
  readonly delay: number;
}

let delay = 0;

/** For tests: workers started from now on work as on a slow machine. */
export function slowWorkersForTests(milliseconds: number): void {
  delay = milliseconds;
}

/** Starts a worker. Throws where the runtime does not permit to read its modules. */
export function startWorker(work: Work): Worker {
  const { href } = new URL(import.meta.url);
  // A bundle is one file; else the worker's modules are anywhere in this module's folder.
  const folder = OWN_FILE.test(href) ? "../../../" : href;
  // The libraries first: a program that may not use FFI hears of that.
  const start: Start = { block: sharedLogBlock().address, work, delay };
  permitWorker(new URL(folder, href));
  // node:worker_threads takes files only; a module from elsewhere is imported by one in a URL.
  const module = href.startsWith("file:")
    ? href
    : `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(href)};`)}`;
  const threads = builtin("worker_threads");
  const options: object = {
    // Without a prototype: what is left out is not looked for on `Object.prototype`.
    __proto__: null,
    workerData: { [KEY]: start },
    // Without SHARE_ENV Deno asks for the permission to read the whole environment, and copies it.
    env: threads.SHARE_ENV,
    // Bun copies its options to an object that has a prototype.
    preload: [],
  };
  return new threads.Worker(new URL(module), options);
}

/** Listens before it loads the rest: runtimes drop messages that come without a listener. */
async function serveFrom(port: MessagePort, work: Work): Promise<void> {
  const early: unknown[] = [];
  let receive = (message: unknown): void => void early.push(message);
  port.on("message", (message: unknown) => receive(message));
  const serve = work === "codecs"
    ? (await import("./codec_server.ts")).serveCodecs
    : (await import("./serve.ts")).serve;
  receive = serve(port) as typeof receive;
  for (const message of early) receive(message);
}

/** Delays every message from this thread, and all that it would do meanwhile. */
function slow(port: MessagePort, milliseconds: number): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const post = port.postMessage.bind(port);
  port.postMessage = (message: unknown) => {
    Atomics.wait(sleeper, 0, 0, milliseconds);
    post(message);
  };
}

const worker = platform.isMainThread ? undefined : builtin("worker_threads");
const parentPort = worker?.parentPort;
const start: Start | undefined = worker?.workerData?.[KEY];
if (typeof start?.block === "number" && parentPort) {
  attachAt(start.block);
  if (start.delay > 0) slow(parentPort, start.delay);
  await serveFrom(parentPort, start.work);
  // In a bundle the worker's module is the whole program, which must not run here as well: its
  // other modules wait for this one.
  if (!OWN_FILE.test(import.meta.url)) await new Promise(() => {});
}
