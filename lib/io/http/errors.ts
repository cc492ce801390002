/**
 * Errors of HTTP, with advice.
 *
 * @module
 */
import { plainOptions } from "../../plain_options.ts";

/**
 * Why an HTTP request failed: `status` (the server refused it), `network` (no answer, or one that
 * was cut), `redirect` (a loop), `changed` (the file is another one now), `encoding` (the bytes
 * are compressed), `protocol` (the answer contradicts itself or what was asked).
 */
export type HttpErrorKind =
  | "status"
  | "network"
  | "redirect"
  | "changed"
  | "encoding"
  | "protocol";

/** The parts of an {@link HttpError}. */
export interface HttpErrorOptions {
  /** Why it failed. */
  kind: HttpErrorKind;
  /** The requested URL. */
  url: string;
  /** The failure, and advice about it. */
  message: string;
  /** The status of the answer, where there was one. */
  status?: number | undefined;
  /** Milliseconds that the server asked to wait (`Retry-After`). */
  retryAfter?: number | undefined;
  /** The error that caused it. */
  cause?: unknown | undefined;
}

/** A request failed for good: after every retry, or where a retry cannot help. */
export class HttpError extends Error {
  /** The class's name. */
  override name = "HttpError";
  /** Why it failed. */
  readonly kind: HttpErrorKind;
  /** The status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** The requested URL, without a password. */
  readonly url: string;
  /** Milliseconds that the server asked to wait (`Retry-After`); undefined where it did not. */
  readonly retryAfter: number | undefined;

  /** See {@link HttpErrorOptions}. */
  constructor(options: HttpErrorOptions) {
    const { kind, url, message, status, retryAfter, cause } = plainOptions("HttpError", options);
    super(`${url}: ${message}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.status = status;
    this.url = url;
    this.retryAfter = retryAfter;
  }
}

const advice: Readonly<Record<number, string>> = {
  401: "pass credentials in `headers`",
  403: "pass credentials in `headers`, or check that the URL has not expired",
  404: "check the URL",
  405: "the URL does not answer GET",
  407: "the proxy wants credentials",
  408: "the server waited too long; try again",
  410: "the file is gone for good",
  429: "too many requests: ask less often, or raise `retries`",
  451: "the file may not be served here",
};

/** An answer that is neither the bytes nor a reason to go on. */
export function statusError(url: string, response: Response, retryAfter?: number): HttpError {
  const { status, statusText } = response;
  const what = advice[status] ??
    (status >= 500 ? "the server failed: try later, or raise `retries`" : "it gave no bytes");
  return new HttpError({
    kind: "status",
    url,
    status,
    retryAfter,
    message: `the server answered ${status}${statusText ? ` ${statusText}` : ""}; ${what}`,
  });
}

// Names of network failures in the runtimes and in the libraries behind a `fetch`.
const names = new RegExp(
  "^(Connection(Refused|Reset|Aborted|Closed)|NotConnected|BrokenPipe|TimedOut|UnexpectedEof|" +
    "AddrNotAvailable|NetworkUnreachable|Http|FetchError)$",
);
const codes = new RegExp(
  "^(E(CONN|PIPE|TIMEDOUT|NOTFOUND|AI_|HOST|NET|ADDR|PROTO)|UND_ERR_|Connection|Timeout$|" +
    "FailedToOpenSocket|TooManyRedirects)",
);

/** True for what `fetch` throws where the network fails; else it is the program's own error. */
export function isNetworkFailure(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return names.test(error.name) || (typeof code === "string" && codes.test(code));
}

/** `fetch` itself, or a body under way, threw. */
export function networkError(url: string, cause: unknown, position: number): HttpError {
  const { cause: inner } = cause instanceof Error ? cause : { cause: undefined };
  // Node says no more than "fetch failed", and what failed in the cause.
  const words = inner instanceof Error && inner.message !== "" ? inner : cause;
  const text = words instanceof Error ? words.message : String(words);
  const code = words instanceof Error && "code" in words ? String(words.code) : "";
  // A plain TypeError: the words are all there is to tell it by.
  const loop = /too ?many ?redirects|redirected too many|number of redirects|redirect count/i;
  if (loop.test(text) || loop.test(code)) {
    const message = "redirected too often, it is probably a loop: check the URL";
    return new HttpError({ kind: "redirect", url, message, cause });
  }
  const message = position === 0
    ? `no answer (${text}); check the address and the network`
    : `the connection failed at byte ${position} (${text}); try again, or raise \`retries\``;
  return new HttpError({ kind: "network", url, message, cause });
}
