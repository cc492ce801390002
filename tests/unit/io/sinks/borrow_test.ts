/** Sinks that keep no chunk, and memory that is asked for once. */
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  CallbackSink,
  MemorySink,
  remux,
  remuxSync,
  type RemuxSyncOptions,
  type Sink,
  type SinkSync,
} from "../../../../mod.ts";
import { readFileSync } from "node:fs";
import { liveMedia } from "../../../support/live_media.ts";

const media = new Uint8Array(readFileSync(liveMedia("large.ts")));
const options: RemuxSyncOptions = {
  format: "matroska",
  options: { fflags: "+bitexact" },
  bufferSize: 4096,
};

function remuxed(): Uint8Array {
  const sink = new MemorySink();
  remuxSync(media, sink, options);
  return sink.take();
}

/** The chunks of a sink, copied at once, and their buffers. */
function collecting(borrows: boolean | undefined) {
  const memory = new MemorySink();
  const buffers = new Set<ArrayBufferLike>();
  let chunks = 0;
  const write = (chunk: Uint8Array, position: number): void => {
    memory.write(chunk, position);
    buffers.add(chunk.buffer);
    chunks++;
  };
  return { sink: { write, borrows }, memory, buffers, chunks: () => chunks };
}

for (const borrows of [undefined, false] as const) {
  test(`A sink whose borrows is ${borrows} is given chunks of its own`, async () => {
    const blocking = collecting(borrows);
    remuxSync(media, blocking.sink satisfies SinkSync, options);
    assertEquals(blocking.buffers.size, blocking.chunks());
    const waiting = collecting(borrows);
    await remux(media, waiting.sink satisfies Sink, options);
    assertEquals(waiting.buffers.size, waiting.chunks());
    assertEquals(waiting.memory.bytes, blocking.memory.bytes);
  });
}

test("A sink that borrows is given the same bytes, in the same memory again and again", async () => {
  const expected = remuxed();
  const blocking = collecting(true);
  remuxSync(media, blocking.sink, options);
  assertEquals(blocking.memory.bytes, expected);
  assert(blocking.chunks() > 5 && blocking.buffers.size <= 2, `${blocking.buffers.size}`);
  const waiting = collecting(true);
  await remux(media, waiting.sink, options);
  assertEquals(waiting.memory.bytes, expected);
  assert(waiting.buffers.size < waiting.chunks(), `${waiting.buffers.size}`);
});

test("A sink that borrows with a promise keeps the chunk until it resolves", async () => {
  const memory = new MemorySink();
  let pending = 0;
  await remux(media, {
    borrows: true,
    async write(chunk, position) {
      assertEquals(++pending, 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      memory.write(chunk, position);
      pending--;
    },
  }, options);
  assertEquals(memory.bytes, remuxed());
});

test("CallbackSink borrows where it is told to", () => {
  const seen = new Set<ArrayBufferLike>();
  const look = (chunk: Uint8Array) => void seen.add(chunk.buffer);
  assertEquals(new CallbackSink(look).borrows, false);
  remuxSync(media, new CallbackSink(look, { seekable: true, borrows: true }), options);
  assert(seen.size <= 2, `${seen.size}`);
});

test("A whole input's output is written into memory that was reserved once", async () => {
  for (const run of [remuxSync, remux]) {
    const sink = new MemorySink();
    await run(media, sink, options);
    const bytes = sink.take();
    assertEquals(bytes, remuxed());
    assertEquals(bytes.buffer.byteLength, media.length + Math.floor(media.length / 8) + 65536);
  }
});

test("An expected size bounds nothing, and never passes maxBytes", () => {
  const large = new MemorySink();
  // A source may say that it is larger than any memory.
  let at = 0;
  const lying = {
    size: Number.MAX_SAFE_INTEGER,
    seekable: false,
    read(into: Uint8Array) {
      const part = media.subarray(at, at += into.length);
      into.set(part);
      return part.length;
    },
  };
  remuxSync(lying, large, options);
  assertEquals(large.bytes.length, remuxed().length);
  const bounded = new MemorySink({ maxBytes: media.length });
  try {
    remuxSync(media, bounded, options);
  } catch (error) {
    assert(error instanceof RangeError, String(error));
  }
  assert(bounded.bytes.buffer.byteLength <= media.length);
  const small = new MemorySink({ maxBytes: 1000 });
  assertThrows(() => remuxSync(media, small, options), RangeError, "maxBytes");
  assert(small.bytes.length <= 1000);
});
