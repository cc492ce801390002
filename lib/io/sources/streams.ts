/**
 * Sources over what the web calls bytes: streams and blobs; and the sink over a stream.
 *
 * @module
 */
import { nameOf } from "../../check.ts";
import { DisposedError } from "../../error.ts";
import type { Sink, Source } from "../contract.ts";
import { GONE, PULL, unlessAborted } from "./pull.ts";

// As long as a stream is alive, so is what took it over: it can then be told that a demuxer or a
// muxer was forgotten.
const takers = new WeakMap<object, object>();

/** Options of {@link StreamSource}. */
export interface StreamSourceOptions {
  /** Bytes in all, where known. */
  size?: number;
  /** A file name or URL that helps detection and messages. */
  name?: string;
}

/**
 * A stream of chunks, read once from front to back. Closing it early cancels the stream, so that
 * whoever fills it stops.
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
  #rest: Uint8Array | undefined;
  #ended = false;
  #failed = false;
  #closed = false;

  /** Takes the stream over: nobody else may read it. Throws a TypeError for one that is locked. */
  constructor(
    stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    options: StreamSourceOptions = {},
  ) {
    this.size = options.size;
    this.name = options.name;
    if (typeof (stream as ReadableStream).getReader === "function") {
      const reader = (stream as ReadableStream<Uint8Array>).getReader();
      reader.closed.catch(() => this.#failed = true);
      takers.set(reader, this);
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
        // A generator that waits inside itself answers only when it goes on: nobody waits for that.
        if (this.#pending) Promise.resolve(over).catch(() => {});
        else await over;
      };
    }
  }

  /** The next bytes, from whatever chunk they are in; 0 at the end. */
  async read(into: Uint8Array, _position?: number, signal?: AbortSignal): Promise<number> {
    const chunk = await this.#chunk(signal);
    if (chunk === null) return 0;
    const part = chunk.subarray(0, into.length);
    into.set(part);
    this.#rest = part.length < chunk.length ? chunk.subarray(part.length) : undefined;
    return part.length;
  }

  /** @ignore */
  [PULL](_position: number, _max: number, signal: AbortSignal): Promise<Uint8Array | null> {
    return this.#chunk(signal);
  }

  /**
   * Cancels the stream, unless it has ended or failed; with the reason, where an error or an abort
   * is why nobody reads on. Twice is harmless.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#ended || this.#failed) return;
    const reason: unknown = this.#signal?.reason;
    await this.#cancel(reason instanceof DisposedError ? undefined : reason);
  }

  async #chunk(signal?: AbortSignal): Promise<Uint8Array | null> {
    this.#signal = signal;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) return rest;
    while (!this.#ended) {
      // A chunk that comes after an abort is kept for the next reading.
      const { value, done } = await unlessAborted(this.#pending ??= this.#next(), signal);
      this.#pending = undefined;
      if (done) this.#ended = true;
      else if (!(value instanceof Uint8Array)) {
        throw new TypeError(
          `the stream gave a ${nameOf(value)}; expected chunks of Uint8Array`,
        );
      } else if (value.length > 0) return value;
    }
    return null;
  }
}

/** What an iterator answers, with or without a promise, as `for await` takes it. */
async function answerOf(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  const result = await iterator.next();
  if (typeof result === "object" && result !== null) return result;
  throw new TypeError(`the iterator's next gave ${nameOf(result)}; expected { value, done }`);
}

/** A Blob or a File, read in slices. */
export class BlobSource implements Source {
  readonly #blob: Blob;
  /** The file's name, where it is a `File`. */
  readonly name: string | undefined;

  /** Takes a `Blob` or a `File`. */
  constructor(blob: Blob) {
    this.#blob = blob;
    const { name } = blob as Partial<File>;
    this.name = typeof name === "string" && name !== "" ? name : undefined;
  }

  /** Bytes in all. */
  get size(): number {
    return this.#blob.size;
  }

  /** Reads the slice at `position`; 0 at the end. */
  async read(into: Uint8Array, position: number): Promise<number> {
    const bytes = await this[PULL](position, into.length);
    if (bytes !== null) into.set(bytes);
    return bytes?.length ?? 0;
  }

  /** @ignore */
  async [PULL](position: number, max: number): Promise<Uint8Array | null> {
    const { size } = this;
    // A file that is not there has no bytes either: it says so when it is read.
    if (size === 0) await this.#blob.arrayBuffer();
    if (position >= size) return null;
    return new Uint8Array(await this.#blob.slice(position, position + max).arrayBuffer());
  }
}

/**
 * A WritableStream as a sink, append only: each chunk waits until the stream is ready for more.
 * A finished output closes the stream, one that failed or was left unfinished aborts it.
 */
export class StreamSink implements Sink {
  /** A stream only ever goes on. */
  readonly seekable = false;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #over = false;

  /** Takes the stream over: nobody else may write to it. Throws a TypeError for one that is locked. */
  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    // Its failure comes out of the next write.
    this.#writer.closed.catch(() => {});
    takers.set(this.#writer, this);
  }

  /** @ignore */
  [GONE](tell: (error: unknown) => void): void {
    this.#writer.closed.catch((error) => {
      if (!this.#over) tell(error);
    });
  }

  /** Waits for room, then writes. */
  async write(chunk: Uint8Array, _position?: number, signal?: AbortSignal): Promise<void> {
    await unlessAborted(this.#writer.ready, signal);
    this.#writer.write(chunk).catch(() => {});
    if ((this.#writer.desiredSize ?? 1) <= 0) await unlessAborted(this.#writer.ready, signal);
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
