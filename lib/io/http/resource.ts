/**
 * One file on a server: asks for ranges of it, and lets no answer pass that is not exactly that.
 *
 * @module
 */
import { followRedirects, hasPrivateHeaders } from "./redirects.ts";
import { nameOf } from "../../check.ts";
import { basicCredentials, shownUrl } from "./credentials.ts";
import {
  HttpError,
  type HttpErrorKind,
  isNetworkFailure,
  networkError,
  statusError,
} from "./errors.ts";
import { ignore, raceAbort } from "../../promises.ts";
import { difference, type Identity, identityOf } from "./identity.ts";
import { contentLength, parseContentRange, rangeHeader } from "./ranges.ts";
import { parseRetryAfter } from "./retries.ts";

/**
 * An answer: the range, the whole file from a server without ranges, or nothing as it ended before.
 */
export type Answer =
  | { readonly kind: "range"; readonly response: Response; readonly end: number }
  | { readonly kind: "whole"; readonly response: Response }
  | { readonly kind: "end" };

/** A `fetch`; one of the program's own may answer anything. */
export type Fetch = (input: string, init?: RequestInit) => unknown;

// These headers would change which bytes are answered.
const ours = [
  "range",
  "if-range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "accept-encoding",
];

// Not by its class: a `fetch` may bring a Response of its own.
function isResponse(answer: unknown): answer is Response {
  const { status, headers } = (answer ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

/** The known facts about the file, and the counters. */
export class Resource {
  /** Where it was found, after redirects; without a password. */
  name: string;
  /** Bytes in all; undefined where unknown. */
  size: number | undefined;
  /** Requests made. */
  requests = 0;
  /** Bytes that came in bodies. */
  bytesFetched = 0;
  readonly #url: string;
  readonly #headers: Headers;
  /** The program's own, or undefined for the global one. */
  readonly #fetch: Fetch | undefined;
  #identity: Identity | undefined;

  constructor(
    url: string,
    headers: ConstructorParameters<typeof Headers>[0],
    fetch: Fetch | undefined,
  ) {
    this.name = shownUrl(url);
    this.#url = this.name;
    this.#headers = new Headers(headers);
    // A `fetch` may refuse a URL that holds a password.
    const credentials = basicCredentials(url);
    if (credentials !== undefined && !this.#headers.has("authorization")) {
      this.#headers.set("authorization", credentials);
    }
    for (const name of ours) this.#headers.delete(name);
    // A compressed answer is refused: see `#checkEncoding`.
    this.#headers.set("accept-encoding", "identity");
    this.#fetch = fetch;
  }

  /** Before the file is opened again: what an earlier answer said does not bind. */
  forget(): void {
    this.#identity = undefined;
    this.size = undefined;
  }

  /** An error about this file. */
  error(kind: HttpErrorKind, message: string, status?: number): HttpError {
    return new HttpError({ kind, url: this.name, message, status });
  }

  /** The exception of a wait for an answer, or of reading it. */
  failure(cause: unknown, position: number): HttpError {
    return cause instanceof HttpError ? cause : networkError(this.name, cause, position);
  }

  /** One request for `start` up to `end`, or to the end of the file. Throws {@link HttpError}. */
  async ask(start: number, end: number | undefined, signal: AbortSignal): Promise<Answer> {
    const headers = new Headers(this.#headers);
    headers.set("range", rangeHeader(start, end));
    const ifRange = this.#identity?.ifRange;
    if (ifRange !== undefined) headers.set("if-range", ifRange);
    this.requests++;
    const response = await this.#answer({ headers, signal, redirect: "follow" }, signal, start);
    try {
      return this.#check(response, start, end);
    } catch (error) {
      ignore(response.body?.cancel());
      throw error;
    }
  }

  async #answer(
    init: RequestInit & { readonly headers: Headers },
    signal: AbortSignal,
    start: number,
  ): Promise<Response> {
    let answer: unknown;
    try {
      const asked = this.#asked(init);
      // A late answer, without a waiter: its body is cancelled.
      asked.then((late) => {
        if (signal.aborted && isResponse(late)) ignore(late.body?.cancel());
      }, () => {});
      answer = await raceAbort(asked, signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      // Deno says best itself what it was not allowed to do.
      if (cause instanceof Error && /^(NotCapable|PermissionDenied)$/.test(cause.name)) throw cause;
      if (this.#fetch && !isNetworkFailure(cause)) throw cause;
      throw this.failure(cause, start);
    }
    if (isResponse(answer)) return answer;
    throw new TypeError(`HttpSource: fetch returned ${nameOf(answer)}; expected a Response`);
  }

  async #asked(init: RequestInit & { readonly headers: Headers }): Promise<unknown> {
    // Looked up at each request, so that a global `fetch` that is replaced counts.
    const ask = this.#fetch ?? globalThis.fetch;
    if (!hasPrivateHeaders(init.headers)) return await ask(this.#url, init);
    return await followRedirects((url, each) => ask(url, each), this.#url, init);
  }

  #check(response: Response, start: number, end: number | undefined): Answer {
    const { status, headers } = response;
    if (this.#identity === undefined && response.url) this.name = shownUrl(response.url);
    if (status === 206) return this.#range(response, start, end);
    if (status === 416) return this.#beyond(response, start);
    if (status === 200) return this.#whole(response);
    throw statusError(
      this.name,
      response,
      parseRetryAfter(headers.get("retry-after"), Date.now()),
    );
  }

  #range(response: Response, start: number, end: number | undefined): Answer {
    const { headers } = response;
    const text = headers.get("content-range");
    const range = parseContentRange(text);
    const wrong = (what: string) =>
      this.error("protocol", `${what}; the server's ranges cannot be trusted`, 206);
    if (range?.start === undefined || range.end === undefined) {
      throw wrong(`a 206 whose Content-Range is ${text === null ? "missing" : `"${text}"`}`);
    }
    if (range.start !== start) throw wrong(`asked for byte ${start}, it answered "${text}"`);
    const encoding = headers.get("content-encoding");
    if (encoding !== null && encoding.toLowerCase() !== "identity") {
      const message = `the server compresses ranges (Content-Encoding: ${encoding}), which says ` +
        "nothing of the file's own bytes; turn compression off for it there, or read the whole " +
        "as a stream (`await fetch(url)`)";
      throw this.error("encoding", message, 206);
    }
    const length = contentLength(headers);
    if (length !== undefined && length !== range.end - start) {
      throw wrong(`Content-Range "${text}" with a Content-Length of ${length}`);
    }
    this.#same(response, range.size);
    this.size ??= range.size;
    return { kind: "range", response, end: Math.min(range.end, end ?? Infinity) };
  }

  /** 416: nothing at `start`, which is right only where the file ends there. */
  #beyond(response: Response, start: number): Answer {
    const size = parseContentRange(response.headers.get("content-range"))?.size;
    const known = this.#identity === undefined ? size === 0 : this.size === undefined;
    if (!known || (size !== undefined && size > start)) {
      const message = "the server refuses the range (416)" +
        (this.size === undefined ? "" : ` though the file had ${this.size} bytes`) +
        "; it may have changed: open it again";
      throw this.error(this.#identity ? "changed" : "status", message, 416);
    }
    this.#same(response, undefined);
    this.size = size ?? start;
    ignore(response.body?.cancel());
    return { kind: "end" };
  }

  #whole(response: Response): Answer {
    if (this.#identity !== undefined) {
      this.#same(response, undefined);
      const changed = this.#identity.ifRange !== undefined;
      throw changed
        ? this.error("changed", "the file changed while it was read: open it again", 200)
        : this.error("protocol", "the server stopped answering ranges: open it again", 200);
    }
    this.#identity = identityOf(response.headers);
    return { kind: "whole", response };
  }

  /** Throws where the answer is about another version than the first one was. */
  #same(response: Response, size: number | undefined): void {
    const identity = identityOf(response.headers);
    if (this.#identity === undefined) {
      this.#identity = identity;
      return;
    }
    const what = size !== undefined && this.size !== undefined && size !== this.size
      ? `${this.size} bytes became ${size}`
      : difference(this.#identity, identity);
    if (what === undefined) return;
    const message = `the file changed while it was read (${what}): open it again`;
    throw this.error("changed", message, response.status);
  }
}
