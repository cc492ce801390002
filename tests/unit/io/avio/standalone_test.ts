/**
 * Sources and sinks used by a program itself: the signal is the program's to give or to leave out.
 */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BlobSource, StreamSink, StreamSource } from "../../../../mod.ts";

test("a StreamSource is read without a signal, waiting included", async () => {
  const source = new StreamSource((async function* () {
    await Promise.resolve();
    yield Uint8Array.of(1, 2, 3);
    yield Uint8Array.of(4);
  })());
  const into = new Uint8Array(2);
  const lengths: number[] = [];
  const bytes: number[] = [];
  for (let n = await source.read(into); n > 0; n = await source.read(into, bytes.length)) {
    lengths.push(n);
    bytes.push(...into.subarray(0, n));
  }
  assertEquals(lengths, [2, 1, 1]);
  assertEquals(bytes, [1, 2, 3, 4]);
  await source.close();
});

test("a StreamSink is written to without a signal, and waits for its reader", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const sink = new StreamSink(writable);
  const reading = new Response(readable).arrayBuffer();
  await sink.write(Uint8Array.of(1, 2));
  await sink.write(Uint8Array.of(3), 2);
  await sink.close();
  assertEquals(new Uint8Array(await reading), Uint8Array.of(1, 2, 3));
});

test("a BlobSource is read without a signal", async () => {
  const into = new Uint8Array(4);
  assertEquals(await new BlobSource(new Blob([Uint8Array.of(7, 8)])).read(into, 1), 1);
  assertEquals(into[0], 8);
});
