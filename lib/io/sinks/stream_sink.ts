/**
 * A sink over a WritableStream.
 *
 * @module
 */
import { closedOf } from "../../promises.ts";
import { nameOf } from "../../check.ts";
import { raceAbort } from "../../promises.ts";
import type { Sink } from "../contract.ts";
import { ON_CLOSED } from "../internal.ts";
import { keepWithStream } from "../stream_wrapper.ts";

/**
 * A WritableStream as a sink, append only: each chunk waits until the stream is ready for more.
 * A finished output closes the stream, one that failed or was left unfinished aborts it.
 */
export class StreamSink implements Sink {
  /** A stream only ever goes on. */
  readonly seekable = false;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #over = false;

  /** Locks the stream. Throws a TypeError for one that is locked already. */
  constructor(stream: WritableStream<Uint8Array>) {
    if (typeof stream?.getWriter !== "function") {
      throw new TypeError(`StreamSink: expected a WritableStream, not ${nameOf(stream)}`);
    }
    this.#writer = stream.getWriter();
    // Its failure comes out of the next write.
    closedOf("StreamSink", this.#writer).catch(() => {});
    keepWithStream(this.#writer, this);
  }

  /** @ignore */
  [ON_CLOSED](tell: (error: unknown) => void): void {
    this.#writer.closed.catch((error) => {
      if (!this.#over) tell(error);
    });
  }

  /** Waits for room, then writes. */
  async write(chunk: Uint8Array, _position?: number, signal?: AbortSignal): Promise<void> {
    await raceAbort(this.#writer.ready, signal);
    this.#writer.write(chunk).catch(() => {});
    if ((this.#writer.desiredSize ?? 1) <= 0) await raceAbort(this.#writer.ready, signal);
  }

  /** Ends the stream with an error: what it holds is not complete. */
  async abort(reason: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#writer.abort(reason);
  }

  /** Ends the stream. Twice is harmless. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#writer.close();
  }
}
