/**
 * A web server that can misbehave, for both runtimes.
 *
 * @module
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came in. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** First byte asked for; 0 without a range. */
  readonly start: number;
  /** One past the last byte; undefined without a range or with an open one. */
  readonly end: number | undefined;
  /** The client's port: the same for requests over one connection. */
  readonly port: number;
  /** Bytes of the body handed to the socket so far. */
  sent: number;
  /** True once the answer is complete or its connection is gone. */
  closed: boolean;
}

/** Answers one request. `count` is 1 for the first request of its path. */
export type Handler = (answer: Answer, seen: Seen, count: number) => unknown;

/** The answer of a handler. */
export class Answer {
  readonly response: ServerResponse;
  readonly #seen: Seen;

  constructor(response: ServerResponse, seen: Seen) {
    this.response = response;
    this.#seen = seen;
  }

  /** Status and headers, without a body. */
  status(status: number, headers: Record<string, string | number> = {}): void {
    this.response.writeHead(status, headers);
    this.response.end();
  }

  /** Only the head: a body is to follow. */
  head(status: number, headers: Record<string, string | number> = {}): void {
    this.response.writeHead(status, headers);
    this.response.flushHeaders();
  }

  /** Sends bytes, as fast as they are taken; false when the connection is gone. */
  async write(bytes: Uint8Array): Promise<boolean> {
    const { response } = this;
    for (let at = 0; at < bytes.length; at += 65536) {
      if (this.#seen.closed) return false;
      const part = bytes.subarray(at, at + 65536);
      this.#seen.sent += part.length;
      if (response.write(part)) continue;
      await new Promise<void>((resolve) => {
        const done = () => {
          response.off("drain", done);
          response.off("close", done);
          resolve();
        };
        response.once("drain", done);
        response.once("close", done);
      });
    }
    return !this.#seen.closed;
  }

  /** Sends bytes, waits until they have left, and cuts the connection. */
  async cut(bytes: Uint8Array): Promise<void> {
    this.#seen.sent += bytes.length;
    await new Promise<void>((resolve) => this.response.write(bytes, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.response.socket?.destroy();
  }

  /** The range that was asked for, or what `range` says instead, as an honest server answers it. */
  async file(
    bytes: Uint8Array,
    { etag, lastModified, ifRange = true, headers = {} }: FileOptions = {},
  ): Promise<void> {
    const { start, headers: asked } = this.#seen;
    const { end = bytes.length } = this.#seen;
    const own = { ...headers };
    if (etag) own["etag"] = etag;
    if (lastModified) own["last-modified"] = lastModified;
    const same = !ifRange || asked["if-range"] === undefined ||
      asked["if-range"] === etag || asked["if-range"] === lastModified;
    if (asked.range === undefined || !same) {
      this.head(200, { ...own, "content-length": bytes.length });
      if (await this.write(bytes)) this.response.end();
      return;
    }
    if (start >= bytes.length) {
      return this.status(416, { ...own, "content-range": `bytes */${bytes.length}` });
    }
    const part = bytes.subarray(start, end);
    this.head(206, {
      ...own,
      "content-length": part.length,
      "content-range": `bytes ${start}-${start + part.length - 1}/${bytes.length}`,
    });
    if (await this.write(part)) this.response.end();
  }
}

/** How {@link Answer.file} describes the file. */
export interface FileOptions {
  etag?: string;
  lastModified?: string;
  /** False: a server that does not know `If-Range`. */
  ifRange?: boolean;
  headers?: Record<string, string | number>;
}

/** The server, until disposed. */
export interface TestServer extends AsyncDisposable {
  /** Every request, in order. */
  readonly seen: Seen[];
  /** The URL of a path. */
  url(path: string): string;
}

function seenOf(request: IncomingMessage): Seen {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  return {
    path: request.url ?? "",
    headers: request.headers,
    start: Number(range?.[1] ?? 0),
    end: range?.[2] ? Number(range[2]) + 1 : undefined,
    port: request.socket.remotePort ?? 0,
    sent: 0,
    closed: false,
  };
}

/** Starts it: a handler for each path, or one for all. */
export async function startServer(
  handlers: Handler | Record<string, Handler>,
): Promise<TestServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const entry = seenOf(request);
    seen.push(entry);
    response.on("close", () => entry.closed = true);
    response.on("error", () => {});
    const handler = typeof handlers === "function" ? handlers : handlers[entry.path];
    const count = seen.filter(({ path }) => path === entry.path).length;
    if (handler) handler(new Answer(response, entry), entry, count);
    else new Answer(response, entry).status(404);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bytes that differ from place to place, so that a wrong position shows. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
