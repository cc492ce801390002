/**
 * Whatever may be given as an input or output of the asynchronous functions, as a source or sink.
 *
 * @module
 */
import { pathOf } from "../../builtin.ts";
import { nameOf } from "../../check.ts";
import type { Sink, Source } from "../../io/contract.ts";
import { IOContext } from "../../io/avio/io_context.ts";
import { HttpSource } from "../../io/http/http_source.ts";
import { MemorySource } from "../../io/sources/memory_source.ts";
import { BlobSource } from "../../io/sources/blob_source.ts";
import { StreamSink } from "../../io/sinks/stream_sink.ts";
import { StreamSource } from "../../io/sources/stream_source.ts";
import { waitBriefly } from "../../promises.ts";

/** What the asynchronous functions read from. */
export type Input =
  | Uint8Array
  | ArrayBuffer
  | string
  | URL
  | Blob
  | Response
  | Request
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Source
  | Omit<IOContext, "read" | "write">;

/** What the asynchronous functions write to: a sink, a stream, a file path, or a guard that writes. */
export type Output =
  | Sink
  | WritableStream<Uint8Array>
  | string
  | URL
  | Omit<IOContext, "read" | "write">;

/** A file, which the worker opens itself, or a source that the main thread serves. */
export type OpenedInput = { readonly path: string } | { readonly source: Source };

/** The same for an output. */
export type OpenedOutput = { readonly path: string } | { readonly sink: Sink };

/**
 * Turns an input into what serves it; a TypeError names what it cannot be. What is refused has been
 * let go of.
 */
export async function openAnyInput(input: Input, signal?: AbortSignal): Promise<OpenedInput> {
  try {
    return await opened(input, signal);
  } catch (error) {
    throw await discardedAfter(error, input);
  }
}

async function opened(input: Input, signal?: AbortSignal): Promise<OpenedInput> {
  if (typeof input === "string") return { path: input };
  if (input instanceof URL) return await openUrl(input, signal);
  if (input instanceof Uint8Array || input instanceof ArrayBuffer) {
    return { source: new MemorySource(input) };
  }
  if (input instanceof IOContext) return { source: guardSource(input) };
  if (input instanceof Blob) return { source: new BlobSource(input) };
  if (input instanceof Response) return { source: responseSource(input) };
  if (input instanceof Request) return { source: bodySource(input, "the request", undefined) };
  if (typeof input === "object" && input !== null) {
    // First: Node's streams have a read as well, which is not a source's.
    if ("getReader" in input || Symbol.asyncIterator in input) {
      return { source: new StreamSource(input as ReadableStream<Uint8Array>) };
    }
    if ("read" in input && typeof input.read === "function") {
      assertSource(input);
      return { source: input };
    }
  }
  throw new TypeError(
    `the input is of type ${nameOf(input)}; an input is a Uint8Array, an ArrayBuffer, a file ` +
      "path, a URL, a Blob, a Response, a Request, a ReadableStream, an AsyncIterable of " +
      "Uint8Array, a source or an IOContext",
  );
}

/** A TypeError for a runtime's open file, whose `read` knows no positions. */
export function assertSource(input: Source): void {
  const { readable, createReadStream } = input as unknown as Record<string, unknown>;
  refuseFile("input", [
    [hasMethod(readable, "getReader"), "its `readable`"],
    [typeof createReadStream === "function", "its `createReadStream()`"],
  ]);
}

/** A TypeError for a runtime's open file, whose `write` knows no positions. */
export function assertSink(output: Sink): void {
  const { writable, createWriteStream } = output as unknown as Record<string, unknown>;
  refuseFile("output", [
    [hasMethod(writable, "getWriter"), "its `writable`"],
    [typeof createWriteStream === "function", "`Writable.toWeb(file.createWriteStream())`"],
  ]);
}

function refuseFile(what: string, streams: [is: boolean, stream: string][]): void {
  for (const [is, stream] of streams) {
    if (is) throw new TypeError(`the ${what} is an open file: give its path, or ${stream}`);
  }
}

function hasMethod(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function";
}

async function openUrl(url: URL, signal?: AbortSignal): Promise<OpenedInput> {
  switch (url.protocol) {
    case "file:":
      return { path: pathOf(url) };
    case "http:":
    case "https:":
      return { source: new HttpSource(url, { signal }) };
    case "data:": {
      const response = await fetch(url.href);
      return { source: new MemorySource(await response.arrayBuffer()) };
    }
    default:
      throw new TypeError(
        `the URL ${url.href} has the scheme ${url.protocol}; http:, https:, file: and data: can be read`,
      );
  }
}

function responseSource(response: Response): Source {
  if (!response.ok) {
    throw new TypeError(
      `the response from ${response.url || "the server"} is ${response.status} ` +
        `${response.statusText}, not media`,
    );
  }
  return bodySource(response, "the response", response.url || undefined);
}

function bodySource(
  { body, headers }: Response | Request,
  what: string,
  name: string | undefined,
): Source {
  if (body === null) throw new TypeError(`${what} has no body`);
  // With an encoding the length is that of other bytes.
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  const size = length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
  return new StreamSource(body, { size, name });
}

/** libav's callbacks live on this thread: they are called here, through the guard. */
function guardSource(io: IOContext): Source {
  return {
    size: io.size() ?? undefined,
    seekable: io.seekable,
    read(into, position) {
      if (position !== io.position) io.seek(position);
      return io.read(into);
    },
    close: () => io.close(),
  };
}

/** Lets go of an input that nobody has come to read. */
export async function discardInput(input: Input | undefined): Promise<void> {
  if (typeof input !== "object" || input === null || input instanceof URL) return;
  if (input instanceof IOContext) return input.close();
  if (input instanceof Response || input instanceof Request) {
    if (!input.bodyUsed) await input.body?.cancel();
  } else if ("getReader" in input) {
    if (!input.locked) await input.cancel();
  } else if ("close" in input && typeof input.close === "function") await input.close();
}

/** Lets go of an output that nobody has come to write: what it holds is not complete. */
export async function discardOutput(output: Output | undefined, reason: unknown): Promise<void> {
  if (typeof output !== "object" || output === null || output instanceof URL) return;
  if (output instanceof IOContext) return output.close();
  if ("getWriter" in output) {
    if (!output.locked) await output.abort(reason);
    return;
  }
  await (output as Sink).abort?.(reason);
  await output.close?.();
}

/** The error, once what nobody comes to read or to write has been let go of. */
export async function discardedAfter(
  error: unknown,
  input: Input | undefined,
  output?: Output,
): Promise<unknown> {
  await waitBriefly(Promise.allSettled([discardInput(input), discardOutput(output, error)]));
  return error;
}

/** Turns an output into what takes it. What is refused is let go of. */
export function openAnyOutput(output: Output): OpenedOutput {
  try {
    return openedOutput(output);
  } catch (error) {
    discardOutput(output, error).catch(() => {});
    throw error;
  }
}

function openedOutput(output: Output): OpenedOutput {
  if (typeof output === "string") return { path: output };
  if (output instanceof URL && output.protocol === "file:") {
    return { path: pathOf(output) };
  }
  if (output instanceof IOContext) return { sink: guardSink(output) };
  if (typeof output === "object" && output !== null) {
    if ("getWriter" in output) return { sink: new StreamSink(output) };
    if ("write" in output && typeof output.write === "function") {
      assertSink(output);
      return { sink: output };
    }
  }
  throw new TypeError(
    `the output is of type ${nameOf(output)}; an output is a sink, a WritableStream, a file ` +
      "path, a file: URL or an IOContext with a write callback",
  );
}

function guardSink(io: IOContext): Sink {
  return {
    seekable: io.seekable,
    write(chunk, position) {
      if (position !== io.position) io.seek(position);
      io.write(chunk);
    },
    close() {
      io.flush();
      io.close();
    },
  };
}
