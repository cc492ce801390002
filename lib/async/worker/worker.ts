/**
 * Starts a worker, and is the module that it runs.
 *
 * A worker whose module is the very file that starts it survives every way of publishing. The
 * worker alone loads `serve.ts`: a main thread that only starts workers needs none of it.
 *
 * @module
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Pointer } from "../../../ffi/mod.ts";
import { attachAt, sharedLogBlock } from "../../log/shared_block.ts";
import type { CodecCommand } from "../shared/codec_protocol.ts";
import type { CommandMessage } from "../shared/protocol.ts";

const KEY = "avio.worker";

/** Starts a worker. */
export function startWorker(): Worker {
  const { href } = new URL(import.meta.url);
  // node:worker_threads takes files only; a module from elsewhere is imported by one in a URL.
  const module = href.startsWith("file:")
    ? href
    : `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(href)};`)}`;
  return new Worker(new URL(module), { workerData: { [KEY]: sharedLogBlock().address } });
}

type Message = CommandMessage | CodecCommand;

/** Listens before it loads the rest: runtimes drop messages that come without a listener. */
async function serveFrom(port: NonNullable<typeof parentPort>): Promise<void> {
  const early: Message[] = [];
  let receive = (message: Message): void => void early.push(message);
  port.on("message", (message: Message) => receive(message));
  const { serve } = await import("./serve.ts");
  receive = serve(port);
  for (const message of early) receive(message);
}

const blockAddress: unknown = isMainThread ? undefined : workerData?.[KEY];
if (typeof blockAddress === "number" && parentPort !== null) {
  attachAt(blockAddress as Pointer);
  await serveFrom(parentPort);
  // In a bundle the worker's module is the whole program, which must not run here as well: its
  // other modules wait for this one.
  if (!/\/worker\.[jt]s$/.test(import.meta.url)) await new Promise(() => {});
}
