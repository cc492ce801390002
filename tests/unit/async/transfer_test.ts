/** Buffers that a callback transfers to another thread: no foreign memory is read or written. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { CallbackSink, IOContext, remuxSync, type SinkSync } from "../../../mod.ts";
import { fixture } from "../../support/async_sources.ts";
import { thrownBy } from "../../support/thrown.ts";

const ts = fixture("mpegts.ts");

/** As `postMessage` with a transfer list does. */
function giveAway(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
}

test("a read callback that gives its buffer away is told, whatever it answers", () => {
  for (const answer of [1, 100]) {
    using io = new IOContext({
      read(into) {
        giveAway(into);
        return answer;
      },
    });
    const error = thrownBy(() => io.read(new Uint8Array(1000)));
    assert(error instanceof TypeError && error.message.includes("transferred"), String(error));
  }
});

test("what is read into may be given away meanwhile: libavformat writes elsewhere", () => {
  const into = new Uint8Array(100_000);
  let at = 0;
  using io = new IOContext({
    read(part) {
      if (at === 0) giveAway(into);
      const bytes = ts.subarray(at, at += part.length);
      part.set(bytes);
      return bytes.length;
    },
  });
  assert(thrownBy(() => io.read(into)) instanceof TypeError);
  assertEquals(into.length, 0);
});

test("a small array whose buffer is asked for in a callback is filled all the same", () => {
  const into = new Uint8Array(48);
  using io = new IOContext({
    read(part) {
      void into.buffer;
      part.fill(7);
      return part.length;
    },
  }, { bufferSize: 1024 });
  assertEquals(io.read(into), 48);
  assertEquals([...new Set(into)], [7]);
});

test("what is written may be given away meanwhile: all of it arrives", () => {
  const bytes = new Uint8Array(ts.subarray(0, 90_000));
  const arrived: Uint8Array[] = [];
  using io = new IOContext({
    write(chunk) {
      if (bytes.length > 0) giveAway(bytes);
      arrived.push(new Uint8Array(chunk));
      return chunk.length;
    },
  }, { bufferSize: 1024 });
  io.write(bytes);
  io.flush();
  let at = 0;
  for (const chunk of arrived) {
    assertEquals(chunk, new Uint8Array(ts.subarray(at, at + chunk.length)));
    at += chunk.length;
  }
  assertEquals(at, 90_000);
});

test("a chunk is the sink's to give away", () => {
  let bytes = 0;
  const write = (chunk: Uint8Array) => {
    bytes += chunk.length;
    giveAway(chunk);
  };
  for (const sink of [{ write } as SinkSync, new CallbackSink(write)]) {
    bytes = 0;
    const done = remuxSync(ts, sink, { format: "matroska", options: { live: true } });
    assert(bytes > 50_000 && bytes === done.bytesWritten, `${bytes} of ${done.bytesWritten}`);
  }
});
