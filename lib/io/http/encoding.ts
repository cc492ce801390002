/**
 * A whole body that the server compressed although it was asked not to.
 *
 * @module
 */
import { type OwnBytes, partOf } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { ignore, LoopTurn, raceAbort } from "../../promises.ts";
import type { Resource } from "./resource.ts";

/** True where the headers say that the body is not the file's own bytes. */
export function isEncoded(headers: Headers): boolean {
  const encoding = headers.get("content-encoding");
  return encoding !== null && !/^(identity)?$/i.test(encoding.trim());
}

/**
 * The file's own bytes. Bun has undone gzip by now and Deno, told `identity`, has not, and both
 * leave the header: the first three bytes tell. Other codings do not show, so they are refused.
 */
export async function decoded(
  resource: Resource,
  response: Response,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const encoding = response.headers.get("content-encoding")!;
  if (!/^(x-)?gzip$/i.test(encoding.trim())) {
    const message = `the server compresses the file (Content-Encoding: ${encoding}) although it ` +
      "was asked not to; turn that off there, or read it as a stream (`await fetch(url)`)";
    throw resource.error("encoding", message, response.status);
  }
  const reader = response.body!.getReader();
  const head: OwnBytes[] = [];
  let length = 0;
  let ended = false;
  const turn = new LoopTurn();
  try {
    while (length < 3 && !ended) {
      const { done, value } = await raceAbort(reader.read(), signal);
      ended = done;
      if (value !== undefined) {
        const chunk = takeBytes("HttpSource: the body", value);
        if (chunk.length > 0) head.push(chunk);
        length += chunk.length;
      }
      await turn.yieldIfLong();
    }
  } catch (error) {
    ignore(reader.cancel(error));
    throw error;
  }
  const rest = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const first = head.shift();
      if (first) return controller.enqueue(first as Uint8Array<ArrayBuffer>);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  const magic = head.flatMap((chunk) => [...partOf(chunk, 0, 3)]).slice(0, 3);
  const gzipped = magic[0] === 0x1f && magic[1] === 0x8b && magic[2] === 8;
  return gzipped ? rest.pipeThrough(new DecompressionStream("gzip")) : rest;
}
