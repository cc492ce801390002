/**
 * A queue of chunks between a producer and a demuxer.
 *
 * @module
 */
import { plainOptions } from "../../plain_options.ts";
import { type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { assertLimit, takeBytes } from "../../check.ts";
import { AGAIN, type SourceSync } from "../contract.ts";
import { READ_CHUNK } from "../internal.ts";
import { raceAbort } from "../../promises.ts";

/**
 * Chunks sent on one side, read as a source on the other: empty and open is {@link AGAIN}, ended
 * is the end of the stream, failed is that very error. Sending an empty chunk ends it.
 */
export class Channel implements SourceSync {
  /** A channel only ever goes on. */
  readonly seekable = false;
  readonly #chunks: { readonly bytes: OwnBytes; readonly length: number }[] = [];
  readonly #highWaterMark: number;
  #offset = 0;
  #queued = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #ready: PromiseWithResolvers<void> | undefined;
  #arrival: PromiseWithResolvers<void> | undefined;

  /**
   * `highWaterMark`: the bytes above which `send` answers false; default 1 MiB. Throws a RangeError
   * for what is no number of bytes.
   */
  constructor(options: { highWaterMark?: number | undefined } = {}) {
    const { highWaterMark = 1024 * 1024 } = plainOptions("Channel", options, {
      highWaterMark: true,
    });
    assertLimit("highWaterMark", highWaterMark, "bytes");
    this.#highWaterMark = highWaterMark;
  }

  /** Bytes sent and not read yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Resolves when the queue is at or below the high-water mark, or the channel is closed. */
  get ready(): Promise<void> {
    if (!this.#full) return Promise.resolve();
    return (this.#ready ??= Promise.withResolvers<void>()).promise;
  }

  get #full(): boolean {
    return this.#queued > this.#highWaterMark && !this.#ended && !this.#failure;
  }

  /**
   * Queues a chunk, which is not copied. False above the high-water mark: wait for
   * {@link Channel.ready}. An empty chunk ends the channel. Throws after the end, and a TypeError
   * for what is not a Uint8Array.
   */
  send(chunk: Uint8Array): boolean {
    if (this.#failure) throw this.#failure.error;
    if (this.#ended) throw new TypeError("Channel.send: the channel has ended");
    const bytes = takeBytes("Channel.send", chunk);
    if (bytes.length === 0) {
      this.end();
      return true;
    }
    this.#chunks.push({ bytes, length: bytes.length });
    this.#queued += bytes.length;
    this.#arrived();
    return this.#queued <= this.#highWaterMark;
  }

  /** No more chunks: what is queued is read first, then the stream ends. */
  end(): void {
    this.#ended = true;
    this.#arrived();
    this.#release();
  }

  /** Fails the reader with this very error, once what is queued has been read. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#arrived();
    this.#release();
  }

  /** The first chunk; a TypeError where its buffer was transferred after it was sent. */
  #first(): OwnBytes | undefined {
    const first = this.#chunks[0];
    if (first === undefined || first.bytes.length === first.length) return first?.bytes;
    throw new TypeError("Channel: the buffer of a chunk was transferred after it was sent");
  }

  /** The source's side. */
  read(into: Uint8Array): number | typeof AGAIN {
    const target = takeBytes("Channel.read", into);
    const chunk = this.#first();
    if (chunk === undefined) {
      if (this.#failure) throw this.#failure.error;
      return this.#ended ? 0 : AGAIN;
    }
    const part = partOf(chunk, this.#offset, this.#offset + target.length);
    target.set(part);
    this.#offset += part.length;
    this.#queued -= part.length;
    if (this.#offset === chunk.length) {
      this.#chunks.shift();
      this.#offset = 0;
    }
    if (!this.#full) this.#release();
    return part.length;
  }

  /** @ignore */
  async [READ_CHUNK](
    _position: number,
    _max: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#first();
      if (chunk !== undefined) {
        this.#chunks.shift();
        const rest = partOf(chunk, this.#offset);
        this.#offset = 0;
        this.#queued -= rest.length;
        if (!this.#full) this.#release();
        return rest;
      }
      if (this.#failure) throw this.#failure.error;
      if (this.#ended) return null;
      this.#arrival ??= Promise.withResolvers<void>();
      await raceAbort(this.#arrival.promise, signal);
    }
  }

  /** The reader has gone: nothing more is taken. */
  close(): void {
    this.#chunks.length = 0;
    this.#queued = 0;
    this.end();
  }

  #arrived(): void {
    this.#arrival?.resolve();
    this.#arrival = undefined;
  }

  #release(): void {
    this.#ready?.resolve();
    this.#ready = undefined;
  }
}
