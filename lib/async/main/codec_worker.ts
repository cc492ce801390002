/**
 * The workers that codecs run in: a few for all of them, started when the first codec is opened
 * and ended some time after the last one is closed.
 *
 * @module
 */
import type { Worker } from "node:worker_threads";
import { builtin } from "../../builtin.ts";
import { freeFrame } from "../../codec/frame.ts";
import type { CodecCommand, CodecMessage } from "../shared/codec_protocol.ts";
import { startWorker } from "../worker/worker.ts";

/** Receives what a codec's worker sends. */
export interface CodecListener {
  receive(message: CodecMessage): void;
  died(error: Error): void;
}

const MAX_WORKERS = 4;
const IDLE_MS = 2000;

/** A worker and the codecs in it. */
class CodecWorker {
  readonly #worker: Worker = startWorker();
  /** Weakly: a codec that is forgotten must not be kept by its worker. */
  readonly #codecs = new Map<number, WeakRef<CodecListener>>();
  /** Codecs that commands are under way for, which their callers await: strongly. */
  readonly #busy = new Map<number, CodecListener>();
  #pending = 0;
  #idle: { unref(): unknown } | undefined;
  dead: Error | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on("message", (message: CodecMessage) => this.#receive(message));
    this.#worker.on("error", (error: Error) => this.#die(error));
    this.#worker.on("exit", () => this.#die(new Error("the worker ended")));
  }

  /** How many codecs it serves. */
  get load(): number {
    return this.#codecs.size;
  }

  add(codec: number, listener: CodecListener): void {
    if (this.#idle !== undefined) builtin("timers").clearTimeout(this.#idle as never);
    this.#idle = undefined;
    this.#codecs.set(codec, new WeakRef(listener));
  }

  /** `listener` is kept alive until the answer. */
  post(command: CodecCommand, listener?: CodecListener): void {
    this.#worker.postMessage(command);
    if (listener) this.#busy.set(command.codec, listener);
    if (this.#pending++ === 0) this.#worker.ref();
  }

  /** The codec has no command under way any more. */
  rest(codec: number): void {
    this.#busy.delete(codec);
  }

  remove(codec: number): void {
    this.#codecs.delete(codec);
    this.#busy.delete(codec);
    if (this.#codecs.size > 0 || this.dead) return;
    this.#idle = builtin("timers").setTimeout(() => this.#end(), IDLE_MS);
    this.#idle.unref();
  }

  #end(): void {
    if (this.#codecs.size > 0 || this.#pending > 0) return;
    this.dead ??= new Error("the worker was ended");
    workers.delete(this);
    this.#worker.terminate().catch(() => {});
  }

  #receive(message: CodecMessage): void {
    const { codec, kind } = message;
    if ((kind === "done" || kind === "failed") && --this.#pending === 0) this.#worker.unref();
    const listener = this.#codecs.get(codec)?.deref();
    if (listener !== undefined) listener.receive(message);
    else if (kind === "frame") freeFrame(message.frame);
  }

  #die(error: Error): void {
    if (this.dead) return;
    this.dead = error;
    workers.delete(this);
    for (const listener of this.#codecs.values()) listener.deref()?.died(error);
    this.#codecs.clear();
    this.#busy.clear();
  }
}

const workers = new Set<CodecWorker>();

/** Workers that codecs run in now: for tests. */
export function codecWorkers(): number {
  return workers.size;
}

/** The worker for one more codec: a new one, or the one with the fewest. */
export function acquireCodecWorker(): CodecWorker {
  const { hardwareConcurrency = 1 } = (globalThis as { navigator?: Navigator }).navigator ?? {};
  const [least] = [...workers].sort((a, b) => a.load - b.load);
  const enough = workers.size >= Math.min(MAX_WORKERS, hardwareConcurrency);
  if (least !== undefined && (least.load === 0 || enough)) return least;
  const worker = new CodecWorker();
  workers.add(worker);
  return worker;
}

export type { CodecWorker };
