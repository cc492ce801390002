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

/** Commands that wait for the end of the caller's turn: more are sent at once. */
const MAX_COMMANDS = 64;
const MAX_WORKERS = 4;
const IDLE_MS = 2000;

/** A worker and the codecs in it. */
class CodecWorker {
  readonly #worker: Worker = startWorker("codecs");
  /** Weakly: a codec that is forgotten must not be kept by its worker. */
  readonly #codecs = new Map<number, WeakRef<CodecListener>>();
  /** Codecs that commands are under way for, which their callers await: strongly. */
  readonly #busy = new Map<number, CodecListener>();
  #commands: CodecCommand[] = [];
  readonly #messages: CodecMessage[] = [];
  #receiving = false;
  #pending = 0;
  #idle: { unref(): unknown } | undefined;
  dead: Error | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on("message", (messages: CodecMessage[]) => void this.#receiveAll(messages));
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

  /** Sends the command that opens a codec at once. Throws where it cannot be sent. */
  open(command: CodecCommand, listener: CodecListener): void {
    this.#send();
    this.#worker.postMessage({ commands: [command] });
    this.#note(command, listener);
  }

  /** Sends a command together with others; `listener` is kept alive until the answer. */
  post(command: CodecCommand, listener?: CodecListener): void {
    if (this.#commands.push(command) === 1) queueMicrotask(() => this.#send());
    else if (this.#commands.length >= MAX_COMMANDS) this.#send();
    this.#note(command, listener);
  }

  #note(command: CodecCommand, listener?: CodecListener): void {
    if (listener) this.#busy.set(command.codec, listener);
    if (this.#pending++ === 0) this.#worker.ref();
  }

  #send(): void {
    const commands = this.#commands;
    if (commands.length === 0 || this.dead) return;
    this.#commands = [];
    this.#worker.postMessage({ commands });
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

  /** As if each came by itself: promises go on in between, and none is lost by one that throws. */
  async #receiveAll(messages: readonly CodecMessage[]): Promise<void> {
    this.#messages.push(...messages);
    if (this.#receiving) return;
    this.#receiving = true;
    let message: CodecMessage | undefined;
    while ((message = this.#messages.shift()) !== undefined) {
      try {
        this.#receive(message);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
      // More messages may come meanwhile: they wait for their turn.
      if (message.kind !== "done") await undefined;
    }
    this.#receiving = false;
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
