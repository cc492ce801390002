/**
 * Asynchronous sources and sinks that tell what happens to them.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Sink, Source } from "../../mod.ts";
import { generated } from "./media.ts";
import { later } from "./random.ts";

/** The bytes of a generated fixture. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return readFileSync(found.path);
}

/** A promise that never settles. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/** Bytes as a source that counts: pulls, closings, aborted signals. */
export class WatchedSource implements Source {
  readonly seekable: boolean;
  readonly size: number | undefined;
  readonly #bytes: Uint8Array;
  /** Bytes given so far, all in all. */
  given = 0;
  /** Times `close` was called. */
  closed = 0;
  /** Times a read's signal fired while it was under way. */
  aborted = 0;
  /** Reads that are under way. */
  reading = 0;
  /** Called before each read; its promise delays the answer. */
  before: (position: number) => void | Promise<void> = () => {};

  constructor(bytes: Uint8Array, options: { seekable?: boolean; size?: number } = {}) {
    this.#bytes = bytes;
    this.seekable = options.seekable ?? false;
    this.size = options.size;
  }

  async read(into: Uint8Array, position: number, signal: AbortSignal): Promise<number> {
    this.reading++;
    const count = () => this.aborted++;
    signal.addEventListener("abort", count);
    try {
      await this.before(position);
      const part = this.#bytes.subarray(position, position + into.length);
      into.set(part);
      this.given += part.length;
      return part.length;
    } finally {
      this.reading--;
      signal.removeEventListener("abort", count);
    }
  }

  close(): void {
    this.closed++;
  }
}

/** A sink that counts. */
export class WatchedSink implements Sink {
  readonly seekable = false;
  /** The written bytes. */
  readonly chunks: Uint8Array[] = [];
  /** Bytes written so far. */
  taken = 0;
  /** The events at the end, in order. */
  readonly events: string[] = [];
  /** The argument of `abort`. */
  reason: unknown;
  /** Called before each write, with its number and the end of its chunk; its promise delays it. */
  before: (write: number, end: number) => void | Promise<void> = () => {};
  #writes = 0;

  async write(chunk: Uint8Array): Promise<void> {
    await this.before(this.#writes++, this.taken + chunk.length);
    this.chunks.push(chunk);
    this.taken += chunk.length;
  }

  abort(reason: unknown): void {
    this.reason = reason;
    this.events.push("abort");
  }

  close(): void {
    this.events.push("close");
  }
}

/** Waits until `ready`, at most a minute: a busy machine is slow. */
export async function eventually(ready: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!ready()) {
    if (performance.now() > end) throw new Error(`${what}: not within a minute`);
    await later(1);
  }
}

/** Milliseconds until `promise` rejects, and with what. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<{ readonly error: unknown; readonly milliseconds: number }> {
  const since = performance.now();
  try {
    await promise;
  } catch (error) {
    return { error, milliseconds: performance.now() - since };
  }
  throw new Error("it did not reject");
}
