/**
 * A file on a web server as a source.
 *
 * @module
 */
import { quoted } from "../../check.ts";
import { type OptionNames, plainOptions } from "../../plain_options.ts";
import { DisposedError } from "../../error.ts";
import type { Source } from "../contract.ts";
import { ignore, raceAbort } from "../../promises.ts";
import { decoded, isEncoded } from "./encoding.ts";
import { PlainReader } from "./plain.ts";
import { type RangedOptions, RangedReader } from "./ranged.ts";
import { contentLength } from "./ranges.ts";
import { Resource } from "./resource.ts";
import { Transfer } from "./transfer.ts";

export { HttpError, type HttpErrorKind, type HttpErrorOptions } from "./errors.ts";

/** Options of {@link HttpSource}. */
export interface HttpSourceOptions {
  /**
   * Sent with every request. `Range`, the conditional headers and `Accept-Encoding` are the
   * source's own: what is given for them is ignored.
   */
  headers?: ConstructorParameters<typeof Headers>[0] | undefined;
  /**
   * Instead of the global `fetch`. It should follow redirects and heed `signal`. Its exception is
   * tried again where the network failed; any other error comes out at once, the object itself.
   */
  fetch?: ((input: string, init?: RequestInit) => Promise<Response>) | undefined;
  /** Bytes of a block: what a jump asks for, and the unit of the cache. Default 64 KiB. */
  blockSize?: number | undefined;
  /** Bytes that the cache may hold, though never fewer than four blocks. Default 8 MiB. */
  cacheBytes?: number | undefined;
  /** How often a request is tried again when nothing came since the last failure. Default 3. */
  retries?: number | undefined;
  /**
   * Milliseconds before the first retry, doubled each time; `Retry-After` goes first. Default 250.
   */
  retryDelay?: number | undefined;
  /** Aborts whatever is pending, and every later read, with its reason. */
  signal?: AbortSignal | undefined;
}

const optionNames: OptionNames<HttpSourceOptions> = {
  headers: true,
  fetch: true,
  blockSize: true,
  cacheBytes: true,
  retries: true,
  retryDelay: true,
  signal: true,
};

/** The first request under way. */
interface Opening {
  readonly first: Transfer;
  readonly done: Promise<void>;
  waiting: number;
}

function integer(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(
    `HttpSource: ${name} must be an integer from ${least}, not ${quoted(value)}`,
  );
}

/**
 * A file on a web server, read by Range requests over `fetch`. Reading on in one place turns into
 * one open response; several places may be read on from at once; a jump fetches one block. A server
 * without ranges gives a stream that cannot be sought in.
 *
 * Failures of the network, 5xx, 408 and 429 are retried, and go on at the byte that is missing. A
 * file that changes while it is read is an {@link HttpError}, never a mixture of both versions.
 *
 * @example
 * ```ts
 * import { HttpSource } from "@avio/avio";
 *
 * const token = "abc";
 * const source = new HttpSource("https://example.com/film.mp4", {
 *   headers: { authorization: `Bearer ${token}` },
 * });
 * async function firstBytes(signal: AbortSignal): Promise<Uint8Array> {
 *   await source.open(signal);
 *   const into = new Uint8Array(64);
 *   return into.subarray(0, await source.read(into, 0, signal));
 * }
 * ```
 */
export class HttpSource implements Source {
  readonly #resource: Resource;
  readonly #options: RangedOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #opening: Opening | undefined;
  #reader: RangedReader | PlainReader | undefined;

  /**
   * Asks for nothing yet. Throws a TypeError for what is no http or https URL, and for a `fetch` or
   * a `signal` that is none; a RangeError for a bad number.
   */
  constructor(url: string | URL, given: HttpSourceOptions = {}) {
    const options = plainOptions("HttpSource", given, optionNames);
    const { href, protocol } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") {
      throw new TypeError(`HttpSource takes an http or https URL, not ${href}`);
    }
    this.#options = {
      blockSize: integer("blockSize", options.blockSize ?? 64 * 1024, 1),
      cacheBytes: integer("cacheBytes", options.cacheBytes ?? 8 * 1024 * 1024, 0),
      retries: integer("retries", options.retries ?? 3, 0),
      retryDelay: integer("retryDelay", options.retryDelay ?? 250, 0),
    };
    const { headers, fetch, signal } = options;
    this.#resource = new Resource(href, headers, fetch);
    this.#signal = signal;
    if (this.#signal?.aborted) this.#abort();
    else this.#signal?.addEventListener("abort", this.#abort);
  }

  /** Bytes in all, once opened; undefined where the server does not say. */
  get size(): number | undefined {
    return this.#resource.size;
  }

  /** Once opened: false where the server answers no ranges. */
  get seekable(): boolean {
    return !(this.#reader instanceof PlainReader);
  }

  /** The URL; once opened, the one that redirects led to. Without a password. */
  get name(): string {
    return this.#resource.name;
  }

  /** Requests made so far. */
  get requests(): number {
    return this.#resource.requests;
  }

  /** Bytes of bodies taken from the network so far. */
  get bytesFetched(): number {
    return this.#resource.bytesFetched;
  }

  /** Bytes of memory that the cache holds now. */
  get cachedBytes(): number {
    return this.#reader instanceof RangedReader ? this.#reader.cachedBytes : 0;
  }

  /**
   * Makes the first request, for the first block. Throws {@link HttpError}; after a failure or an
   * abort it may be called again.
   */
  async open(signal?: AbortSignal): Promise<void> {
    this.#stop.signal.throwIfAborted();
    signal?.throwIfAborted();
    if (this.#reader !== undefined) return;
    const opening = this.#opening ??= this.#start();
    opening.waiting++;
    try {
      await raceAbort(opening.done, signal, this.#stop.signal);
    } finally {
      // The last waiter has gone: the request is aborted.
      if (--opening.waiting === 0 && this.#opening === opening) {
        this.#opening = undefined;
        opening.first.cancel(this.#stop.signal.reason ?? signal?.reason);
      }
    }
  }

  /**
   * Fills `into` from `position`; returns the bytes, 0 at the end. Opens first where that was not
   * done. Cached bytes are answered at once. Throws {@link HttpError}, or the reason of the
   * signal that fired; after the read's own signal the source can be read on.
   */
  read(
    into: Uint8Array,
    position: number,
    signal?: AbortSignal,
  ): number | Promise<number> {
    this.#stop.signal.throwIfAborted();
    signal?.throwIfAborted();
    if (this.#reader !== undefined) return this.#reader.read(into, position, signal);
    return this.open(signal).then(() => this.read(into, position, signal));
  }

  /** Closes every connection; what waits is rejected. Twice is harmless. */
  close(): void {
    this.#halt(new DisposedError("HttpSource: the source is closed"));
  }

  readonly #abort = () => this.#halt(this.#signal?.reason);

  #halt(reason: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#stop.abort(reason);
    this.#reader?.close();
  }

  #start(): Opening {
    this.#resource.forget();
    const first = new Transfer(this.#resource, this.#options, 0, this.#options.blockSize);
    const done = this.#begin(first).finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    ignore(done);
    const opening: Opening = { first, done, waiting: 0 };
    return opening;
  }

  async #begin(first: Transfer): Promise<void> {
    const stop = this.#stop.signal;
    const resource = this.#resource;
    const answer = await first.start();
    if (answer.kind === "whole") {
      const { response } = answer;
      const encoded = isEncoded(response.headers);
      if (!encoded) resource.size = contentLength(response.headers);
      const body = encoded ? await decoded(resource, response, first.signal) : response.body;
      try {
        first.throwIfCancelled();
      } catch (error) {
        // Closed meanwhile, by a fetch that looks at no signal.
        await body?.cancel(error);
        throw error;
      }
      this.#reader = new PlainReader(resource, body ?? new Blob().stream(), stop);
    } else {
      first.throwIfCancelled();
      this.#reader = new RangedReader(resource, this.#options, first, stop);
    }
  }
}
