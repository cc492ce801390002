/**
 * Ctrl-C: a copy is ended as if its input had ended, so that what is written can be played.
 *
 * @module
 */
import process from "node:process";
import { AVError } from "../error.ts";
import { printError } from "./standard.ts";

/** The signals, and the code that each one's process exits with. */
const signals = [["SIGINT", 130], ["SIGTERM", 143]] as const;

/** How long letting go of everything may take, after a second signal. */
const FORCE_EXIT_MS = 2000;

const interrupted = new Error("interrupted");

/** Listens to SIGINT and SIGTERM until it is disposed of. */
export class Interruption {
  readonly #listeners: [signal: "SIGINT" | "SIGTERM", listener: () => void][] = [];
  readonly #end = new AbortController();
  readonly #stop = new AbortController();
  #exitCode: number | undefined;
  #last: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    for (const [signal, code] of signals) {
      const listener = () => this.#take(code);
      try {
        process.on(signal, listener);
        this.#listeners.push([signal, listener]);
      } catch {
        // Not every system has both.
      }
    }
  }

  /** The code to exit with, once a signal came. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Fires at the first signal: the input ends. */
  get ending(): AbortSignal {
    return this.#end.signal;
  }

  /** Fires at the second signal. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  #take(code: number): void {
    if (this.#exitCode === undefined) {
      this.#exitCode = code;
      printError("avio: interrupted: finishing the output (a second signal ends at once)\n");
      this.#end.abort(interrupted);
    } else if (!this.#stop.signal.aborted) {
      this.#stop.abort(interrupted);
      // process.exit would wait for a worker that waits for us.
      this.#last = setTimeout(() => process.kill(process.pid, "SIGKILL"), FORCE_EXIT_MS);
    }
  }

  /** Whether this is how the input's end looked, where a signal ended it. */
  explains(error: unknown): boolean {
    if (this.#exitCode === undefined) return false;
    if (this.#stop.signal.aborted || error === interrupted) return true;
    return error instanceof AVError &&
      /^(avformat_open_input|avformat_find_stream_info|av_read_frame)$/.test(error.operation);
  }

  /** Signals do again what they did before. */
  [Symbol.dispose](): void {
    clearTimeout(this.#last);
    for (const [signal, listener] of this.#listeners.splice(0)) process.off(signal, listener);
  }
}
