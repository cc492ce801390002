/**
 * Turns an input or output into a path for the worker, or a source or sink on this thread.
 *
 * @module
 */
import { pathOf } from "../../builtin.ts";
import { nameOf } from "../../check.ts";
import { IOContext } from "../../io/avio/io_context.ts";
import type { Sink, Source } from "../../io/contract.ts";
import { HttpSource } from "../../io/http/http_source.ts";
import { StreamSink } from "../../io/sinks/stream_sink.ts";
import { BlobSource } from "../../io/sources/blob_source.ts";
import { memoryInput, MemorySource } from "../../io/sources/memory_source.ts";
import { StreamSource } from "../../io/sources/stream_source.ts";
import { discardedAfter, discardOutput } from "./discard_endpoints.ts";
import { assertSink, assertSource, type Input, type Output } from "./endpoints.ts";

/** A file that the worker opens, or a source that the main thread serves. */
export type OpenedInput = { readonly path: string } | { readonly source: Source };

/** The same for an output. */
export type OpenedOutput = { readonly path: string } | { readonly sink: Sink };

/** Opens an input. A refused one is closed; a TypeError says what an input may be. */
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
  const memory = memoryInput(input);
  if (memory !== undefined) return { source: memory };
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
  { body, bodyUsed, headers }: Response | Request,
  what: string,
  name: string | undefined,
): Source {
  if (body === null) throw new TypeError(`${what} has no body`);
  if (bodyUsed) throw new TypeError(`the body of ${what} was read already: give a clone() of it`);
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

/** Opens an output. A refused one is closed. */
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
