/**
 * A small media server over the web's Request and Response: the same handlers for any runtime.
 * Started by `server_deno.ts` and `server_bun.ts`.
 *
 *     POST /probe                 what the body holds, as JSON
 *     POST /remux?format=mp4      the body in another container, as it comes
 *     POST /relay/NAME            a body for the viewer of /relay/NAME, at the speed of watching
 *     GET  /relay/NAME            that body as fragmented mp4, while it still comes in
 *     GET  /sample                the file named on the command line, as fragmented mp4
 *     GET  /play                  a page that plays the sample, or a file chosen there
 */
import { readFileSync } from "node:fs";
import { AVError, type Fragment, fragments, probe, type RemuxStream, remuxStream } from "../mod.ts";

const page = new URL("./play.html", import.meta.url);
const cuttable = new Map([
  ["mp4", "video/mp4"],
  ["webm", "video/webm"],
  ["matroska", "video/x-matroska"],
  ["mpegts", "video/mp2t"],
]);

/** A request that cannot be answered as it is. */
class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An upload and its viewer: either may come first. */
class Relay {
  readonly upload = Promise.withResolvers<ReadableStream<Uint8Array>>();
  readonly over = Promise.withResolvers<void>();
  sent = false;
  watched = false;
}

const PATIENCE_MILLISECONDS = 10_000;

/** Makes the handler. `sample` is a file's path. */
export function server({ sample }: { sample?: string } = {}) {
  const relays = new Map<string, Relay>();

  const routes: Record<string, (request: Request, url: URL) => Response | Promise<Response>> = {
    "GET /": () => {
      const here = readFileSync(new URL(import.meta.url), "utf8").match(/ {5}(POST|GET) .*/g) ?? [];
      return text(`${here.map((line) => line.trim()).join("\n")}\n`);
    },
    "GET /play": () =>
      new Response(readFileSync(page), { headers: { "content-type": "text/html; charset=utf-8" } }),
    "GET /sample": (request) => {
      if (sample === undefined) throw new RequestError(404, "no sample was given at the start");
      return live(fragments(sample, { format: "mp4", signal: request.signal }), "mp4");
    },
    "POST /probe": async (request) => {
      const info = await probe(bodyOf(request), { signal: request.signal });
      return Response.json(info);
    },
    "POST /remux": async (request, url) => {
      const format = url.searchParams.get("format") ?? "mp4";
      const { signal } = request;
      const body = bodyOf(request);
      if (cuttable.has(format)) return await live(fragments(body, { format, signal }), format);
      return await whole(body, remuxStream({ format, signal }));
    },
  };

  function relay(request: Request, name: string): Promise<Response> {
    const found = relays.get(name) ?? new Relay();
    relays.set(name, found);
    const post = request.method === "POST";
    if (post ? found.sent : found.watched) throw new RequestError(409, `${name} is taken`);
    return (post ? send : watch)(request, found).finally(() => relays.delete(name));
  }

  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    try {
      const [, name] = /^\/relay\/([\w-]{1,40})$/.exec(url.pathname) ?? [];
      if (name !== undefined && /^(GET|POST)$/.test(request.method)) {
        return await relay(request, name);
      }
      const handle = routes[`${request.method} ${url.pathname}`];
      if (handle) return await handle(request, url);
      const known = Object.keys(routes).some((route) => route.endsWith(` ${url.pathname}`));
      throw new RequestError(known ? 405 : 404, `no ${request.method} ${url.pathname} here`);
    } catch (error) {
      return failure(error);
    }
  };
}

async function send(request: Request, relay: Relay): Promise<Response> {
  relay.sent = true;
  relay.upload.resolve(bodyOf(request));
  const gone = () => relay.over.reject(new RequestError(400, "the upload was given up"));
  request.signal.addEventListener("abort", gone, { once: true });
  await relay.over.promise;
  return text("watched\n");
}

async function watch({ signal }: Request, relay: Relay): Promise<Response> {
  relay.watched = true;
  const nobody = setTimeout(
    () => relay.upload.reject(new RequestError(404, "nothing is sent there")),
    PATIENCE_MILLISECONDS,
  );
  try {
    const pieces = fragments(await relay.upload.promise, { format: "mp4", signal });
    return await live(pieces, "mp4", relay.over.resolve);
  } catch (error) {
    relay.over.promise.catch(() => {});
    relay.over.reject(error);
    throw error;
  } finally {
    clearTimeout(nobody);
  }
}

function bodyOf({ body }: Request): ReadableStream<Uint8Array> {
  if (body === null) throw new RequestError(400, "the request has no body");
  return body;
}

/** libavformat's error about the client's bytes is sent to the client. */
function failure(error: unknown): Response {
  const { message, name } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof RequestError) return text(`${message}\n`, error.status);
  if (error instanceof AVError) return text(`${message}\n`, 422);
  if (error instanceof TypeError) return text(`${message}\n`, 400);
  if (name !== "AbortError") console.error(error);
  return text("something went wrong here\n", 500);
}

function text(body: string, status = 200): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

/** Fragments as a response. The first one decides on the status and names the codecs. */
async function live(
  pieces: AsyncIterableIterator<Fragment, undefined>,
  format: string,
  over: () => void = () => {},
): Promise<Response> {
  let { value } = await pieces.next();
  const type = cuttable.get(format) ?? "application/octet-stream";
  const codecs = value && format === "mp4" ? await codecsOf(value.data) : [];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        value ??= (await pieces.next()).value;
        if (value) controller.enqueue(value.data);
        else {
          over();
          controller.close();
        }
        value = undefined;
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    async cancel() {
      await pieces.return?.();
      over();
    },
  }, { highWaterMark: 0 });
  return media(body, codecs.length > 0 ? `${type}; codecs="${codecs.join(",")}"` : type);
}

/** The names that `MediaSource.addSourceBuffer` wants. */
async function codecsOf(init: Uint8Array): Promise<string[]> {
  const { streams } = await probe(init, { findStreamInfo: false });
  return streams.flatMap(({ codec }) => codec.string ?? []);
}

/** A transform as a response: the status is decided once the format accepts the streams. */
async function whole(body: ReadableStream<Uint8Array>, transform: RemuxStream): Promise<Response> {
  const output = body.pipeThrough(transform);
  const { mimeType } = await transform.ready;
  return media(output, mimeType);
}

function media(body: ReadableStream<Uint8Array>, type: string): Response {
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}
