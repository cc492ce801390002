/**
 * Standard input, output and error, blocking and complete.
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import process from "node:process";
import type { Source, SourceSync } from "../io/contract.ts";
import { raceAbort } from "../promises.ts";

/** The reader of standard output is gone: not a failure. */
export class ClosedPipe extends Error {
  override name = "ClosedPipe";
}

const idle = new Int32Array(new SharedArrayBuffer(4));

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

/** Calls until the descriptor, which may not block, has something to say. */
function retryWhileBusy(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const code = codeOf(error);
      if (code !== "EAGAIN" && code !== "EWOULDBLOCK" && code !== "EINTR") throw error;
      Atomics.wait(idle, 0, 0, 2);
    }
  }
}

/** Writes all of `bytes` to a descriptor. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0;
  try {
    while (done < bytes.length) {
      done += retryWhileBusy(() => writeSync(fd, bytes, done, bytes.length - done));
    }
  } catch (error) {
    if (codeOf(error) === "EPIPE") throw new ClosedPipe("the reader of the output is gone");
    throw error;
  }
}

const encoder = new TextEncoder();

/** A line on standard output. */
export function print(text: string): void {
  writeAll(1, encoder.encode(`${text}\n`));
}

/** Text on standard error; a closed standard error is ignored. */
export function printError(text: string): void {
  try {
    writeAll(2, encoder.encode(text));
  } catch {
    // There is nowhere left to say it.
  }
}

/** Lines on standard output, gathered into larger writes. */
export class LinePrinter {
  #waiting = "";

  /** Adds a line. */
  line(text: string): void {
    this.#waiting += `${text}\n`;
    if (this.#waiting.length >= 32768) this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    const text = this.#waiting;
    this.#waiting = "";
    if (text !== "") writeAll(1, encoder.encode(text));
  }
}

let abandoned = false;

/** True where a read of standard input is left waiting: a runtime may wait with it, for ever. */
export function isInputAbandoned(): boolean {
  return abandoned;
}

/**
 * Standard input, as it comes. Until {@link StandardInput.forget} is called it keeps what it reads,
 * so that a second reader can start again at byte 0.
 */
export class StandardInput implements Source {
  readonly seekable = false;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #kept: Uint8Array[] = [];
  #start = 0;
  #keeping: boolean;
  #ended = false;
  #more: Promise<void> | undefined;

  /** `keep` where the input is to be read a second time. */
  constructor(keep = false) {
    this.#keeping = keep;
    this.#chunks = (process.stdin as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** From here on nothing more is kept; what was kept is still handed out once. */
  forget(): void {
    this.#keeping = false;
  }

  /** Reads on; waits for the writer. 0 at the end. */
  async read(into: Uint8Array, position: number, signal: AbortSignal): Promise<number> {
    const reader = this.#keeping;
    for (;;) {
      // The first reader may have left while it waited: what there is belongs to the second.
      if (reader !== this.#keeping) return 0;
      let start = this.#start;
      for (const part of [...this.#kept]) {
        if (position < start + part.length) {
          const piece = part.subarray(position - start, position - start + into.length);
          into.set(piece);
          return piece.length;
        }
        start += part.length;
        if (!this.#keeping) {
          this.#kept.shift();
          this.#start = start;
        }
      }
      if (this.#ended) return 0;
      await raceAbort(this.#more ??= this.#next(), signal);
    }
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    this.#more = undefined;
    if (done) this.#ended = true;
    else this.#kept.push(value);
  }

  /** Lets go of it, after the last reader. */
  async close(): Promise<void> {
    if (this.#keeping) return;
    this.#kept = [];
    abandoned = this.#more !== undefined;
    // A program that still writes there is not waited for.
    process.stdin.destroy();
    await Promise.resolve();
  }
}

/** Standard input that blocks inside the callback. */
export class BlockingInput implements SourceSync {
  readonly seekable = false;

  /** Waits for the writer. 0 at the end. */
  read(into: Uint8Array): number {
    try {
      return retryWhileBusy(() => readSync(0, into, 0, into.length, null));
    } catch (error) {
      if (codeOf(error) === "EOF") return 0; // a closed pipe on Windows
      throw error;
    }
  }
}
