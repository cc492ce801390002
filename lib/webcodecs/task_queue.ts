/**
 * Tasks of a codec, run one by one from the event loop in the order in which they are queued, as
 * the standard's codec task source has it.
 *
 * @module
 */
import { builtin } from "../builtin.ts";

/** Runs tasks in order, each in a turn of the event loop of its own. */
export class TaskQueue {
  #tasks: (() => void)[] = [];
  #scheduled = false;

  /** Runs `task` after those that are queued. */
  add(task: () => void): void {
    this.#tasks.push(task);
    this.#schedule();
  }

  /** Forgets every task. */
  clear(): void {
    this.#tasks = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#tasks.length === 0) return;
    this.#scheduled = true;
    builtin("timers").setImmediate(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const task = this.#tasks.shift();
    try {
      task?.();
    } finally {
      this.#schedule();
    }
  }
}

/** Calls a callback of the program; what it throws is an uncaught error, not the codec's. */
export function invokeCallback<T extends unknown[]>(
  callback: (...values: T) => unknown,
  ...values: T
): void {
  try {
    callback(...values);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
