/**
 * Ctrl-C: a copy is ended as if its input had ended, so that what is written can be played.
 *
 * @module
 */
import process from "node:process";
import type { AsyncOpenHook } from "../async/files.ts";
import { AVError } from "../error.ts";
import type { Source } from "../io/contract.ts";
import type { OpenHook } from "../io/nested.ts";
import { complain } from "./standard.ts";

/** The signals, and the code that each one's process exits with. */
const signals = [["SIGINT", 130], ["SIGTERM", 143]] as const;

/** How long letting go of everything may take, after a second signal. */
const PATIENCE_MILLISECONDS = 1000;

const interrupted = new Error("interrupted");

/** A source that can be told to have ended. */
class EndingSource implements Source {
  readonly #source: Source;
  readonly #ended: () => boolean;
  readonly #forget: (source: EndingSource) => void;
  #waking: AbortController | undefined;

  constructor(source: Source, ended: () => boolean, forget: (source: EndingSource) => void) {
    this.#source = source;
    this.#ended = ended;
    this.#forget = forget;
  }

  get size(): number | undefined {
    return this.#source.size;
  }

  get seekable(): boolean | undefined {
    return this.#source.seekable;
  }

  get name(): string | undefined {
    return this.#source.name;
  }

  async open(signal: AbortSignal): Promise<void> {
    if (this.#ended()) throw interrupted;
    await this.#wakeable(signal, (waking) => this.#source.open?.(waking));
  }

  async read(into: Uint8Array, position: number, signal: AbortSignal) {
    if (this.#ended()) return 0;
    try {
      const reading = (waking: AbortSignal) => this.#source.read(into, position, waking);
      return await this.#wakeable(signal, reading);
    } catch (error) {
      if (this.#ended()) return 0;
      throw error;
    }
  }

  async #wakeable<T>(signal: AbortSignal, wait: (waking: AbortSignal) => T): Promise<Awaited<T>> {
    const waking = this.#waking = new AbortController();
    const forward = () => waking.abort(signal.reason);
    signal.addEventListener("abort", forward, { once: true });
    if (signal.aborted) forward();
    try {
      return await wait(waking.signal);
    } finally {
      signal.removeEventListener("abort", forward);
    }
  }

  /** Whoever waits for bytes waits no longer. */
  wake(): void {
    this.#waking?.abort(interrupted);
  }

  async close(): Promise<void> {
    this.#forget(this);
    await this.#source.close?.();
  }
}

/** Listens to SIGINT and SIGTERM until it is disposed of. */
export class Interruption {
  readonly #sources = new Set<EndingSource>();
  readonly #listeners: [signal: "SIGINT" | "SIGTERM", listener: () => void][] = [];
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

  /** Fires at the second signal. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  #take(code: number): void {
    if (this.#exitCode === undefined) {
      this.#exitCode = code;
      complain("avio: interrupted: finishing the output (a second signal ends at once)\n");
      for (const source of this.#sources) source.wake();
    } else if (!this.#stop.signal.aborted) {
      this.#stop.abort(interrupted);
      // process.exit would wait for a worker that waits for us.
      this.#last = setTimeout(() => process.kill(process.pid, "SIGKILL"), PATIENCE_MILLISECONDS);
    }
  }

  /** A source that ends when a signal comes. */
  over(source: Source): Source {
    const ended = () => this.#exitCode !== undefined;
    const ending = new EndingSource(source, ended, (one) => this.#sources.delete(one));
    this.#sources.add(ending);
    return ending;
  }

  /** The same for everything that a hook answers with. */
  overAll(open: OpenHook): AsyncOpenHook {
    return (url, request) => {
      const answer = open(url, request);
      return answer === undefined || "write" in answer ? answer : this.over(answer);
    };
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
