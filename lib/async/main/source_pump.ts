/**
 * From a source into a ring: as far ahead as is worth it, and no further than there is room.
 *
 * @module
 */
import { Scratch } from "../../io/avio/scratch.ts";
import { lendBytes, type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { isWorkerWakeDue } from "../shared/wake_up.ts";
import { isThenable, takeBytes } from "../../check.ts";
import { AGAIN, type Source } from "../../io/contract.ts";
import { assertKept, sourceAnswer } from "../../io/avio/check_callback_answers.ts";
import { raceAbort, sharedAbortController, withTimeout } from "../../promises.ts";
import { type ChunkSource, READ_CHUNK } from "../../io/internal.ts";
import { type Ring, RingState } from "../shared/ring.ts";
import type { PumpSession } from "./pump_session.ts";

const FIRST_WINDOW_BYTES = 64 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
const MAX_PAUSE_MS = 16;

const movedOn = () => new DOMException("the reader moved on", "AbortError");

/** Serves one source of a session. */
export class SourcePump {
  readonly source: Source & Partial<ChunkSource>;
  readonly #session: PumpSession;
  readonly #ring: Ring;
  readonly #scratch = new Scratch();
  #position = 0;
  #window = 0;
  /** Bytes given since the last jump, and those at which the window grows. */
  #given = 0;
  #closed = false;
  /** Ends the reading that is under way; another one after it was used. */
  #stop = sharedAbortController();
  #reading = false;

  constructor(session: PumpSession, ring: Ring, source: Source) {
    this.#session = session;
    this.#ring = ring;
    this.source = source;
    this.#window = this.#firstWindow();
    session.resources.files.push(new WeakRef(source));
  }

  /**
   * Opens the source, which tells its size and whether it can be sought only then. It may take
   * `timeout` milliseconds.
   */
  async open(timeout?: number): Promise<void> {
    const openSession = this.source.open?.(this.#session.signal);
    await withTimeout(Promise.resolve(openSession), "open", timeout);
  }

  #firstWindow(): number {
    return Math.min(FIRST_WINDOW_BYTES, this.#ring.capacity);
  }

  /** Runs until the session closes or the source fails. */
  async run(): Promise<void> {
    const session = this.#session;
    const forward = () => this.#stop.abort(session.signal.reason);
    session.signal.addEventListener("abort", forward, { once: true });
    const unlisten = session.onWake(() => {
      if (this.#reading && this.#ring.seekPending) this.#stop.abort(movedOn());
    });
    let ended = false;
    const wanted = () =>
      this.#closed || this.#ring.seekPending || (!ended && this.#room() > 0) || undefined;
    try {
      for (;;) {
        if (!wanted() || session.shouldYield) await session.until(wanted);
        if (this.#closed) return;
        if (this.#ring.seekPending) {
          this.#position = this.#ring.acceptSeek();
          this.#window = this.#firstWindow();
          this.#given = 0;
          ended = false;
          session.notifyWorker();
          continue;
        }
        const chunk = await this.#pull(this.#room());
        // The ring may have been recycled.
        if (this.#closed) return;
        if (chunk === undefined) continue;
        if (chunk === null) {
          ended = true;
          this.#ring.state = RingState.ENDED;
          session.notifyWorker();
        } else await this.#put(chunk);
      }
    } catch (error) {
      if (this.#closed || session.signal.aborted) return;
      session.fail(error);
      this.#ring.state = RingState.FAILED;
      session.notifyWorker();
    } finally {
      unlisten();
      session.signal.removeEventListener("abort", forward);
    }
  }

  #room(): number {
    return Math.min(this.#ring.free, Math.max(0, this.#window - this.#ring.filled));
  }

  /** Bytes; null at the end; undefined where the reader has moved on meanwhile. */
  async #pull(max: number): Promise<OwnBytes | null | undefined> {
    const { source } = this;
    const { signal } = this.#stop;
    this.#reading = true;
    try {
      if (source[READ_CHUNK]) {
        const pulled = await source[READ_CHUNK](this.#position, max, signal);
        return pulled === null ? null : takeBytes("pull", pulled);
      }
      return await this.#read(Math.min(max, MAX_CHUNK_BYTES), signal);
    } catch (error) {
      if (this.#ring.seekPending && signal.aborted && !this.#session.signal.aborted) {
        return undefined;
      }
      throw error;
    } finally {
      this.#reading = false;
      // A reading that was given up may still write to what it was handed.
      if (signal.aborted) this.#scratch.release();
      // A program's own source may leave listeners on the signal of each reading.
      const used = signal.aborted || !source[READ_CHUNK];
      if (used && !this.#session.signal.aborted && !this.#closed) {
        this.#stop = sharedAbortController();
      }
    }
  }

  async #read(max: number, signal: AbortSignal): Promise<OwnBytes | null> {
    const into = this.#scratch.take(max);
    for (let pause = 1;; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      const reading = this.source.read(lendBytes(into), this.#position, signal);
      const got = sourceAnswer(
        isThenable(reading) ? await raceAbort(reading, signal) : reading,
        max,
      );
      assertKept(into, max);
      if (got !== AGAIN) return got === null ? null : partOf(into, 0, got);
      await raceAbort(new Promise((resolve) => setTimeout(resolve, pause)), signal);
    }
  }

  async #put(chunk: OwnBytes): Promise<void> {
    const ring = this.#ring;
    const free = () => this.#closed || ring.seekPending ? 0 : ring.free || undefined;
    const { length } = chunk;
    for (let done = 0; done < length;) {
      const room = free() ?? await this.#session.until(free);
      if (room === 0) return;
      // While it waited, the program may have transferred it.
      assertKept(chunk, length);
      const part = partOf(chunk, done, done + room);
      ring.put(part);
      done += part.length;
      this.#position += part.length;
      this.#given += part.length;
      if (isWorkerWakeDue(ring.filled, this.#window)) this.#session.notifyWorker();
      else this.#session.notifyWorkerSoon();
    }
    if (this.#given >= this.#window * 4) {
      this.#given = 0;
      this.#window = Math.min(this.#window * 2, ring.capacity);
    }
  }

  /** Lets go of the source, once; it may take the session's timeout for that. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop.abort(this.#session.signal.reason);
    this.#session.wake();
    await withTimeout(this.#letGo(), "close", this.#session.options.timeout);
  }

  // Async, so that an answer and an exception are both a promise.
  async #letGo(): Promise<void> {
    await this.source.close?.();
  }
}
