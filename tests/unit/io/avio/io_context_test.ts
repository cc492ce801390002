import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AVERROR,
  AVError,
  AVSEEK_SIZE,
  DemuxerSync,
  DisposedError,
  IOContext,
  MemorySource,
  MuxerSync,
  SEEK_SET,
  type SinkSync,
} from "../../../../mod.ts";
import { liveCallbacks } from "../../../../ffi/mod.ts";
import { generated } from "../../../support/media.ts";

const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);

function reader(options: { size?: number; bufferSize?: number } = {}) {
  let at = 0;
  return new IOContext({
    read(buffer) {
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return part.length;
    },
    seek(offset, whence) {
      if (whence === AVSEEK_SIZE) return bytes.length;
      assertEquals(whence & 0xffff, SEEK_SET);
      return at = offset;
    },
  }, { bufferSize: 1024, ...options });
}

test("IOContext.read hands over the callback's bytes in order", () => {
  using io = reader();
  const into = new Uint8Array(3000);
  assertEquals(io.read(into), 3000);
  assertEquals(into, bytes.slice(0, 3000));
  assertEquals(io.position, 3000);
});

test("IOContext.read answers 0 at the end, and eof is then true", () => {
  using io = reader();
  assertEquals(io.eof, false);
  const into = new Uint8Array(bytes.length + 10);
  let got = 0;
  for (let n = 1; n > 0;) got += n = io.read(into.subarray(got));
  assertEquals(got, bytes.length);
  assertEquals(into.subarray(0, got), bytes);
  assertEquals(io.read(new Uint8Array(1)), 0);
  assertEquals(io.eof, true);
});

test("IOContext.seek moves to a byte and clears the end", () => {
  using io = reader();
  const one = new Uint8Array(1);
  assertEquals(io.seek(9_999), 9_999);
  assertEquals(io.read(one), 1);
  assertEquals(io.read(one), 0);
  assertEquals(io.seek(1234), 1234);
  assertEquals(io.position, 1234);
  assertEquals(io.read(one), 1);
  assertEquals(one[0], bytes[1234]);
  assertEquals(io.eof, false);
});

test("IOContext.size is what the seek callback answers AVSEEK_SIZE with", () => {
  using io = reader();
  assertEquals(io.size(), bytes.length);
  assertEquals(io.seekable, true);
});

test("IOContext.size is the size option where there is no seek callback", () => {
  using io = new IOContext({ read: () => 0 }, { size: 77 });
  assertEquals(io.size(), 77);
  assertEquals(io.seekable, false);
});

test("IOContext.size is null where it is unknown", () => {
  using io = new IOContext({ read: () => 0 });
  assertEquals(io.size(), null);
});

test("IOContext.bufferSize is the option, and 64 KiB without one", () => {
  using small = reader();
  using plain = new IOContext({ read: () => 0 });
  assertEquals(small.bufferSize, 1024);
  assertEquals(plain.bufferSize, 65536);
});

test("IOContext refuses a buffer that is too small and an object without callbacks", () => {
  assertThrows(() => new IOContext({ read: () => 0 }, { bufferSize: 10 }), RangeError);
  assertThrows(() => new IOContext({ read: () => 0 }, { bufferSize: NaN }), RangeError);
  assertThrows(() => new IOContext({}), TypeError);
});

test("IOContext.write keeps bytes in the buffer until flush or close", () => {
  const chunks: Uint8Array[] = [];
  const io = new IOContext({ write: (buffer) => chunks.push(buffer) && buffer.length });
  io.write(Uint8Array.of(1, 2, 3));
  assertEquals(chunks.length, 0);
  assertEquals(io.position, 3);
  io.flush();
  assertEquals(chunks, [Uint8Array.of(1, 2, 3)]);
  io.write(Uint8Array.of(4));
  io.close();
  assertEquals(chunks, [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
});

test("A chunk given to the write callback may be kept", () => {
  const kept: Uint8Array[] = [];
  const io = new IOContext({ write: (buffer) => kept.push(buffer) && buffer.length }, {
    bufferSize: 1024,
  });
  for (let i = 0; i < 10; i++) io.write(new Uint8Array(1024).fill(i));
  io.close();
  const all = kept.flatMap((chunk) => [...chunk]);
  assertEquals(all.length, 10 * 1024);
  assert(all.every((value, i) => value === Math.floor(i / 1024)));
});

test("A negative AVERROR from the read callback is an AVError with that code", () => {
  using io = new IOContext({ read: () => AVERROR("EIO") });
  const error = assertThrows(() => io.read(new Uint8Array(4)), AVError);
  assertEquals(error.code, AVERROR("EIO"));
  assertEquals(error.codeName, "EIO");
});

test("Every use of a closed IOContext throws DisposedError", () => {
  const io = reader();
  io.close();
  const uses: (() => unknown)[] = [
    () => io.read(new Uint8Array(1)),
    () => io.write(new Uint8Array(1)),
    () => io.seek(0),
    () => io.size(),
    () => io.flush(),
    () => io.position,
    () => io.eof,
    () => io.error,
    () => io.seekable,
    () => io.bufferSize,
    () => DemuxerSync.open(io),
  ];
  for (const use of uses) assertThrows(use, DisposedError);
});

test("Closing an IOContext twice is harmless and tells onClose once", () => {
  let closed = 0;
  const io = new IOContext({ read: () => 0 }, { onClose: () => closed++ });
  const before = liveCallbacks();
  io.close();
  io.close();
  io[Symbol.dispose]();
  assertEquals(closed, 1);
  assertEquals(liveCallbacks(), before - 1);
});

test("Closing from inside a callback throws and changes nothing", () => {
  let seen: unknown;
  let closed = 0;
  using io: IOContext = new IOContext({
    read(buffer) {
      seen ??= assertThrows(() => io.close(), Error, "callback");
      buffer.fill(7);
      return buffer.length;
    },
  }, { onClose: () => closed++ });
  const into = new Uint8Array(4);
  assertEquals(io.read(into), 4);
  assertEquals(into, Uint8Array.of(7, 7, 7, 7));
  assert(seen instanceof Error);
  assertEquals(closed, 0);
});

test("Reading from inside a callback of the same context throws", () => {
  let seen: unknown;
  using io: IOContext = new IOContext({
    read(buffer) {
      seen ??= assertThrows(() => io.read(new Uint8Array(1)), Error, "callback");
      return buffer.length;
    },
  });
  assertEquals(io.read(new Uint8Array(4)), 4);
  assert(seen instanceof Error);
});

test("Other contexts work from inside a callback", () => {
  using inner = reader();
  using io = new IOContext({ read: (buffer) => inner.read(buffer) });
  const into = new Uint8Array(5000);
  let got = 0;
  while (got < into.length) got += io.read(into.subarray(got));
  assertEquals(into, bytes.slice(0, 5000));
});

test("After a callback threw, the context is poisoned and says so", () => {
  const thrown = new Error("mine");
  using io = new IOContext({
    read() {
      throw thrown;
    },
  });
  const first = assertThrows(() => io.read(new Uint8Array(1)));
  assertStrictEquals(first, thrown);
  const second = assertThrows(() => io.read(new Uint8Array(1)), AVError);
  assertStrictEquals(second.cause, thrown);
  assert(second.message.includes("earlier callback failed"));
});

test("An IOContext given to a demuxer belongs to it, and is closed with it", () => {
  const wav = readFileSync(generated().find((file) => file.name === "wav.wav")!.path);
  let at = 0;
  const io = new IOContext({
    read(buffer) {
      const part = wav.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return part.length;
    },
  });
  const input = DemuxerSync.open(io);
  assertThrows(() => DemuxerSync.open(io), TypeError, "already in use");
  assertThrows(() => io.close(), TypeError, "belongs to");
  io[Symbol.dispose]();
  assert(input.read() !== null);
  input.close();
  assertThrows(() => io.read(new Uint8Array(1)), DisposedError);
  io.close();
});

test("An IOContext whose opening failed is closed", () => {
  const io = reader();
  assertThrows(() => DemuxerSync.open(io, { format: "wav" }), AVError);
  assertThrows(() => io.read(new Uint8Array(1)), DisposedError);
});

test("A source is refused as an output", () => {
  const source: unknown = new MemorySource(bytes);
  assertThrows(() => MuxerSync.create(source as SinkSync, { format: "wav" }), TypeError, "output");
});
