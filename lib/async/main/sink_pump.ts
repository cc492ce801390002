/**
 * From a ring to a sink: what the sink has not taken stays in the ring and holds the muxer back.
 *
 * @module
 */
import { Scratch } from "../../io/avio/scratch.ts";
import { lendBytes, makeBytes, type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { isThenable } from "../../check.ts";
import type { Sink } from "../../io/contract.ts";
import type { Marker } from "../../io/avio/marker.ts";
import { type ClosableSink, hasNoTimeout, ON_CLOSED } from "../../io/internal.ts";
import { canWait, raceAbort, timeoutError, withTimeout } from "../../promises.ts";
import { reserveIn } from "../../io/sinks/memory_sink.ts";
import { readRecord, RECORD_HEADER } from "../shared/records.ts";
import { type Ring, RingState } from "../shared/ring.ts";
import type { PumpSession } from "./pump_session.ts";
import type { Abortable, PinnableRef } from "./pinnable_ref.ts";

const MAX_CHUNK_BYTES = 64 * 1024;

/** A stream that lives on must not keep a forgotten muxer alive. */
function abortVia(ref: PinnableRef<Abortable>): (error: unknown) => void {
  return (error) => ref.get()?.abort(error);
}

/** Serves one sink of a session. */
export class SinkPump {
  readonly sink: Sink;
  readonly #session: PumpSession;
  readonly #ring: Ring;
  readonly #onMarker: ((marker: Marker) => void) | undefined;
  /** Where it is memory that the sink writes to: the bytes go there at once. */
  readonly #memory: ReturnType<typeof reserveIn>;
  /** For a sink that keeps no chunk. */
  readonly #scratch = new Scratch();
  #closed = false;
  /** Bytes the sink has taken. */
  taken = 0;

  constructor(session: PumpSession, ring: Ring, sink: Sink, onMarker?: (marker: Marker) => void) {
    this.#session = session;
    this.#ring = ring;
    this.sink = sink;
    this.#onMarker = onMarker;
    this.#memory = reserveIn(sink);
    session.resources.files.push(new WeakRef(sink));
    (sink as Partial<ClosableSink>)[ON_CLOSED]?.(abortVia(session.ref));
  }

  /** Runs until the session closes or the sink fails. */
  async run(): Promise<void> {
    const session = this.#session;
    const wanted = () => this.#closed || this.#ring.filled > 0 || undefined;
    try {
      for (;;) {
        if (!wanted() || session.shouldYield) await session.until(wanted);
        if (this.#closed) return;
        await this.#step();
        session.notifyWorker();
        session.wake();
      }
    } catch (error) {
      if (this.#closed || session.signal.aborted) return;
      session.fail(error);
      this.#ring.state = RingState.FAILED;
      session.notifyWorker();
    }
  }

  /** Pieces that follow each other become one chunk; the receiver may keep it. */
  async #step(): Promise<void> {
    const ring = this.#ring;
    const filled = ring.filled;
    const pieces: { readonly offset: number; readonly length: number }[] = [];
    let start = 0;
    let size = 0;
    let used = 0;
    while (used < filled) {
      const record = readRecord(ring, used);
      if (record.kind === "marker") {
        if (pieces.length > 0) break;
        this.#onMarker?.(record.marker);
        ring.skip(RECORD_HEADER);
        return;
      }
      if (pieces.length === 0) start = record.position;
      else if (record.position !== start + size || size + record.length > MAX_CHUNK_BYTES) break;
      pieces.push({ offset: used + RECORD_HEADER, length: record.length });
      size += record.length;
      used += RECORD_HEADER + record.length;
    }
    const room = this.#memory?.(size, start);
    const chunk = room ?? this.#chunk(size);
    let at = 0;
    for (const { offset, length } of pieces) {
      ring.copyOut(partOf(chunk, at, at + length), offset);
      at += length;
    }
    if (room === undefined) {
      const { signal } = this.#session;
      const writing: unknown = this.sink.write(lendBytes(chunk), start, signal);
      if (isThenable(writing)) await raceAbort(writing, signal);
    }
    this.taken += size;
    // The ring may have been recycled.
    if (this.#closed) return;
    ring.skip(used);
  }

  #chunk(size: number): OwnBytes {
    return this.sink.borrows ? this.#scratch.take(size) : makeBytes(size);
  }

  /**
   * Resolves when the sink has taken everything there is; rejects with what it threw, or where one
   * chunk takes it longer than `timeout` milliseconds.
   */
  async empty(timeout?: number): Promise<void> {
    const empty = this.#session.until(() => {
      if (this.#ring.state === RingState.FAILED) this.#session.throwIfFailed("write_packet");
      return this.#ring.filled === 0 || undefined;
    });
    if (!canWait(timeout) || hasNoTimeout(this.sink)) return void await empty;
    const late = Promise.withResolvers<never>();
    let taken = this.taken;
    const timer = setInterval(() => {
      if (this.taken === taken) late.reject(timeoutError("write_packet", timeout));
      taken = this.taken;
    }, timeout);
    try {
      await Promise.race([empty, late.promise]);
    } finally {
      clearInterval(timer);
      empty.catch(() => {});
    }
  }

  /** Lets go of the sink, once; it may take the session's timeout for that. */
  async close(unfinished?: { readonly reason: unknown }): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#session.wake();
    const timeout = hasNoTimeout(this.sink) ? undefined : this.#session.options.timeout;
    await withTimeout(this.#letGo(unfinished), "close", timeout);
  }

  async #letGo(unfinished?: { readonly reason: unknown }): Promise<void> {
    try {
      if (unfinished) await this.sink.abort?.(unfinished.reason);
    } finally {
      await this.sink.close?.();
    }
  }
}
