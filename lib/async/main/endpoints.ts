/**
 * The values that the asynchronous functions take as an input or output, and the refusal of a
 * runtime's open file.
 *
 * @module
 */
import type { IOContext } from "../../io/avio/io_context.ts";
import type { Sink, Source } from "../../io/contract.ts";

/** Input of the asynchronous functions. */
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

/** Output of the asynchronous functions: a sink, a stream, a file path, or a guard that writes. */
export type Output =
  | Sink
  | WritableStream<Uint8Array>
  | string
  | URL
  | Omit<IOContext, "read" | "write">;

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
