/**
 * Workers, used again and again. One serves one session at a time; an idle one keeps no process
 * alive.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import type { Worker } from "node:worker_threads";
import type { CommandMessage, CommandName, WorkerMessage } from "../shared/protocol.ts";
import { wakeWorker } from "../shared/wake_up.ts";
import { Control, ControlBlock } from "../shared/control_block.ts";
import { discardAnswer } from "./discard_answer.ts";
import { leaveCallsAtProcessEnd } from "./process_end.ts";
import { startWorker } from "../worker/worker.ts";

// Starting a worker costs tens of milliseconds: after a rush they are kept for a while, some
// longer.
const MAX_IDLE = 64;
const MIN_IDLE = 4;
const TRIM_AFTER_MS = 5000;

/** The receiver of a worker's messages. */
export interface Listener {
  receive(message: WorkerMessage): void;
  died(error: Error): void;
}

/** A worker, and who it works for. */
export class WorkerHandle {
  readonly #worker: Worker;
  // Weak while the worker waits for the main thread: a forgotten session must not be
  // kept alive by the worker that waits for it.
  #listener: WeakRef<Listener> | undefined;
  #control: ControlBlock | undefined;
  #pinned: Listener | undefined;
  #recycling: { readonly id: number; readonly after: () => void } | undefined;
  #dead: Error | undefined;

  constructor() {
    this.#worker = startWorker("sessions");
    this.#worker.unref();
    this.#worker.on("message", (message: WorkerMessage) => this.#receive(message));
    this.#worker.on("error", (error: Error) => this.#die(error));
    this.#worker.on("exit", () => this.#die(new Error("the worker ended")));
  }

  get dead(): Error | undefined {
    return this.#dead;
  }

  /** The control block of the session that it works for. */
  get control(): ControlBlock | undefined {
    return this.#control;
  }

  listen(listener: Listener, control: ControlBlock): void {
    this.#listener = new WeakRef(listener);
    this.#control = control;
  }

  post<N extends CommandName>(message: CommandMessage & { readonly name: N }): void {
    this.#worker.postMessage(message);
  }

  /** Keeps the process and the listener alive while the worker is busy for it. */
  ref(listener: Listener): void {
    if (this.#pinned !== undefined) return;
    this.#pinned = listener;
    this.#worker.ref();
  }

  /**
   * The worker waits for the main thread: what keeps that alive is not the worker. False where it
   * did not before.
   */
  unref(): boolean {
    if (this.#pinned === undefined) return false;
    this.#pinned = undefined;
    this.#worker.unref();
    return true;
  }

  /** Closes what is open, calls `after`, and goes back to the pool: for a session forgotten. */
  closeAndRecycle(id: number, after: () => void): void {
    const control = this.#control;
    if (this.#dead || control === undefined) return after();
    this.#listener = undefined;
    this.#recycling = { id, after };
    control.store(Control.ABORT, 1);
    Atomics.add(control.words, Control.COMMANDS, 1);
    this.#worker.postMessage({ id, control: control.shared, name: "close", request: {} });
    wakeWorker(control);
  }

  /** Ends an idle worker. */
  async end(): Promise<void> {
    this.#dead ??= new Error("the worker was ended");
    await this.#worker.terminate();
  }

  #receive(message: WorkerMessage): void {
    const recycling = this.#recycling;
    if (recycling !== undefined) {
      const { kind } = message;
      if ((kind === "answer" || kind === "failed") && message.id === recycling.id) {
        this.#recycling = undefined;
        releaseWorker(this);
        recycling.after();
      } else if (kind === "answer") discardAnswer(message.answer);
      return;
    }
    const listener = this.#listener?.deref();
    if (listener !== undefined) listener.receive(message);
    else if (message.kind === "answer") discardAnswer(message.answer);
  }

  #die(error: Error): void {
    this.#dead ??= error;
    this.#listener?.deref()?.died(error);
    this.#listener = undefined;
    this.unref();
  }
}

const idle: WorkerHandle[] = [];

const working = new Set<WorkerHandle>();

function controlsAtWork(): ControlBlock[] {
  return [...working].flatMap(({ control }) => control ?? []);
}

/** Workers that have nothing to do, and those at work: for tests. */
export function idleWorkers(): { readonly idle: number; readonly working: number } {
  return { idle: idle.length, working: working.size };
}

/** A worker that has nothing to do. */
export function acquireWorker(): WorkerHandle {
  leaveCallsAtProcessEnd(controlsAtWork);
  let handle;
  do handle = idle.pop(); while (handle?.dead);
  handle ??= new WorkerHandle();
  working.add(handle);
  return handle;
}

/** Gives a worker back that has closed everything. */
export function releaseWorker(handle: WorkerHandle): void {
  working.delete(handle);
  handle.unref();
  if (handle.dead) return;
  if (idle.length >= MAX_IDLE) return end(handle);
  idle.push(handle);
  if (idle.length > MIN_IDLE && trimming === undefined) {
    trimming = builtin("timers").setTimeout(trim, TRIM_AFTER_MS);
    trimming.unref();
  }
}

// It is in its event loop: nothing native is under way.
function end(handle: WorkerHandle): void {
  handle.end().catch(() => {});
}

let trimming: { unref(): unknown } | undefined;

function trim(): void {
  trimming = undefined;
  // The last ones back are taken first: those at the front have been idle longest.
  for (const handle of idle.splice(0, Math.max(0, idle.length - MIN_IDLE))) end(handle);
}
