/**
 * A source over a stream or an async iterable of chunks.
 *
 * @module
 */
import { closedOf, LoopTurn } from "../../promises.ts";
import { plainOptions } from "../../plain_options.ts";
import { type OwnBytes, ownBytes, partOf } from "../../../ffi/mod.ts";
import { nameOf, takeBytes } from "../../check.ts";
import { DisposedError } from "../../error.ts";
import { raceAbort } from "../../promises.ts";
import type { Source } from "../contract.ts";
import { READ_CHUNK } from "../internal.ts";
import { keepWithStream } from "../stream_wrapper.ts";

/** Options of {@link StreamSource}. */
export interface StreamSourceOptions {
  /** Bytes in all, where known. */
  size?: number | undefined;
  /** A file name or URL that helps detection and messages. */
  name?: string | undefined;
}

/**
 * A stream of chunks, read once from front to back. Closing it early cancels the stream, so that
 * its producer stops.
 *
 * @example
 * ```ts
 * import { probe, StreamSource } from "@avio/avio";
 *
 * declare const request: Request;
 * const info = await probe(new StreamSource(request.body!, { name: "upload.mp4" }));
 * ```
 */
export class StreamSource implements Source {
  /** A stream only ever goes on. */
  readonly seekable = false;
  /** Bytes in all, or undefined. */
  readonly size: number | undefined;
  /** The name it was given. */
  readonly name: string | undefined;
  readonly #next: () => Promise<IteratorResult<unknown>>;
  readonly #cancel: (reason: unknown) => Promise<unknown>;
  #signal: AbortSignal | undefined;
  #pending: Promise<IteratorResult<unknown>> | undefined;
  #rest: OwnBytes | undefined;
  #ended = false;
  #failed = false;
  #closed = false;

  /** Locks the stream. Throws a TypeError for one that is locked already. */
  constructor(
    stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    options: StreamSourceOptions = {},
  ) {
    const { size, name } = plainOptions("StreamSource", options, { size: true, name: true });
    this.size = size;
    this.name = name;
    const { getReader, [Symbol.asyncIterator]: iterate } = Object(stream) as {
      getReader?: unknown;
      [Symbol.asyncIterator]?: unknown;
    };
    if (typeof getReader !== "function" && typeof iterate !== "function") {
      throw new TypeError(
        `StreamSource: expected a ReadableStream or an AsyncIterable, not ${nameOf(stream)}`,
      );
    }
    if (typeof getReader === "function") {
      const reader = (stream as ReadableStream<Uint8Array>).getReader();
      closedOf("StreamSource", reader).catch(() => this.#failed = true);
      keepWithStream(reader, this);
      this.#next = () => reader.read() as Promise<IteratorResult<unknown>>;
      this.#cancel = (reason) => reader.cancel(reason);
    } else {
      const iterator = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      this.#next = () => {
        const next = answerOf(iterator);
        next.catch(() => this.#failed = true);
        return next;
      };
      this.#cancel = async () => {
        const over = iterator.return?.();
        // A generator that waits inside itself answers only when it goes on: not awaited.
        if (this.#pending) Promise.resolve(over).catch(() => {});
        else await over;
      };
    }
  }

  /** The next bytes, from whatever chunk they are in; 0 at the end. */
  async read(into: Uint8Array, _position?: number, signal?: AbortSignal): Promise<number> {
    const chunk = await this.#chunk(signal);
    if (chunk === null) return 0;
    const target = takeBytes("StreamSource.read", into);
    const part = partOf(chunk, 0, target.length);
    target.set(part);
    this.#rest = part.length < chunk.length ? partOf(chunk, part.length) : undefined;
    return part.length;
  }

  /** @ignore */
  [READ_CHUNK](_position: number, _max: number, signal: AbortSignal): Promise<Uint8Array | null> {
    return this.#chunk(signal);
  }

  /**
   * Cancels the stream, unless it has ended or failed; with the reason of an error or an abort.
   * Twice is harmless.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#ended || this.#failed) return;
    const reason: unknown = this.#signal?.reason;
    await this.#cancel(reason instanceof DisposedError ? undefined : reason);
  }

  async #chunk(signal?: AbortSignal): Promise<OwnBytes | null> {
    this.#signal = signal;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) return rest;
    const turn = new LoopTurn();
    while (!this.#ended) {
      // A chunk that comes after an abort is kept for the next reading.
      const { value, done } = await raceAbort(this.#pending ??= this.#next(), signal);
      this.#pending = undefined;
      if (done) {
        this.#ended = true;
        break;
      }
      const chunk = ownBytes(value);
      if (chunk === undefined) {
        throw new TypeError(
          `the stream gave a ${nameOf(value)}; expected chunks of Uint8Array`,
        );
      }
      if (chunk.length > 0) return chunk;
      await turn.yieldIfLong();
    }
    return null;
  }
}

/** The answer of an iterator, with or without a promise, as `for await` takes it. */
async function answerOf(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  const result = await iterator.next();
  if (typeof result === "object" && result !== null) return result;
  throw new TypeError(`the iterator's next gave ${nameOf(result)}; expected { value, done }`);
}
