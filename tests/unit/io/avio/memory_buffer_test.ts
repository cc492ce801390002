import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { liveCallbacks, makeBytes, ownBytes } from "../../../../ffi/mod.ts";
import { openInput } from "../../../../lib/io/input.ts";
import { release } from "../../../../lib/io/avio/release.ts";
import {
  DemuxerSync,
  type DemuxerSyncOptions,
  type InputSync,
  MemorySource,
} from "../../../../mod.ts";
import { collector } from "../../../support/gc.ts";
import { generated } from "../../../support/media.ts";

const files = generated().map(({ name, path }) => ({ name, bytes: bytesAt(path) }));
const mp4 = files.find(({ name }) => name === "progressive.mp4")!.bytes;

function bytesAt(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}

/** Everything that can be told of an input, the error that ends it included. */
function everything(input: InputSync, options: DemuxerSyncOptions = {}): unknown[] {
  const told: unknown[] = [];
  try {
    using demuxer = DemuxerSync.open(input, options);
    told.push(demuxer.format, demuxer.streams);
    for (const packet of demuxer) {
      const { streamIndex, pts, dts, duration, size, position, isKeyframe } = packet;
      const sum = packet.data.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 0);
      told.push([streamIndex, pts, dts, duration, size, position, isKeyframe, sum]);
    }
  } catch (error) {
    told.push(`${(error as Error).name}: ${(error as { code?: number }).code}`);
  }
  return told;
}

// A buffer size is what a program gives that wants callbacks.
const withCallbacks: DemuxerSyncOptions = { bufferSize: 65536 };

test(`bytes in memory tell what callbacks tell (${files.length} files)`, () => {
  for (const { name, bytes } of files) {
    assertEquals(everything(bytes), everything(bytes, withCallbacks), name);
    assertEquals(everything(new MemorySource(bytes)), everything(bytes), name);
  }
});

test("truncated bytes end as they do through callbacks, wherever they are cut", () => {
  for (const { name, bytes } of files) {
    for (const share of [0.02, 0.3, 0.5, 0.77, 0.98]) {
      const cut = bytes.subarray(0, Math.ceil(bytes.length * share));
      assertEquals(everything(cut), everything(cut, withCallbacks), `${name} cut at ${share}`);
    }
  }
});

test("bytes in memory are libavformat's buffer itself, and come back untouched", () => {
  const before = liveCallbacks();
  const copy = mp4.slice();
  const { core } = openInput(mp4, {});
  assert(core.attachMemory());
  const { avformat, ffi } = core.native;
  assertStrictEquals(core.struct.at("buffer"), ffi.address(ownBytes(mp4)!));
  const into = makeBytes(mp4.length + 100);
  assertStrictEquals(avformat.avio_read(core.pointer, into, into.length), mp4.length);
  assertEquals(into.subarray(0, mp4.length), mp4);
  assertStrictEquals(core.transferred, mp4.length);
  release(core.releaseSteps());
  assertEquals(mp4, copy);
  assertStrictEquals(liveCallbacks(), before);
});

test("a seek far beyond the end goes on with callbacks, and back again", () => {
  const { core } = openInput(mp4, {});
  assert(core.attachMemory());
  const { avformat, ffi } = core.native;
  const far = mp4.length + 10_000_000;
  assertStrictEquals(avformat.avio_seek(core.pointer, far, 0), far);
  assert(core.struct.at("buffer") !== ffi.address(ownBytes(mp4)!));
  const into = makeBytes(5000);
  assert(avformat.avio_read(core.pointer, into, into.length) < 0);
  assertStrictEquals(avformat.avio_seek(core.pointer, 1000, 0), 1000);
  assertStrictEquals(avformat.avio_read(core.pointer, into, into.length), 5000);
  assertEquals(into, mp4.slice(1000, 6000));
  release(core.releaseSteps());
});

test("memory that can shrink or is shared is not held, and is read all the same", () => {
  const expected = everything(mp4);
  const resizable = new Uint8Array(new ArrayBuffer(mp4.length, { maxByteLength: mp4.length * 2 }));
  const shared = new Uint8Array(new SharedArrayBuffer(mp4.length));
  for (const bytes of [resizable, shared]) {
    bytes.set(mp4);
    const { core } = openInput(bytes, {});
    assertStrictEquals(core.attachMemory(), false);
    release(core.releaseSteps());
    assertEquals(everything(bytes), expected);
  }
});

test("a buffer that is transferred midway is a TypeError, and closing is harmless", () => {
  const bytes = mp4.slice();
  using demuxer = DemuxerSync.open(bytes);
  assert(demuxer.read() !== null);
  const taken = bytes.buffer.transfer();
  assertThrows(() => demuxer.read(), TypeError, "transferred");
  assertThrows(() => demuxer.read(), Error, "cannot be used after it");
  assertThrows(() => demuxer.seek(0), Error, "cannot be used after it");
  demuxer.close();
  assertEquals(new Uint8Array(taken), mp4);
});

test("a demuxer whose buffer was transferred closes without reading it", () => {
  const bytes = mp4.slice();
  const demuxer = DemuxerSync.open(bytes);
  bytes.buffer.transfer(0);
  demuxer.close();
});

test("a part of a larger buffer is read from its own beginning to its own end", () => {
  const larger = new Uint8Array(mp4.length + 300).fill(0xff);
  larger.set(mp4, 77);
  assertEquals(everything(larger.subarray(77, 77 + mp4.length)), everything(mp4));
});

test("bytes that only the demuxer knows stay while the garbage is collected", () => {
  const collect = collector();
  assert(collect !== undefined);
  const expected = everything(mp4);
  const demuxer = DemuxerSync.open(mp4.slice());
  const sizes: number[] = [];
  for (const packet of demuxer) {
    sizes.push(packet.size);
    if (sizes.length % 20 === 0) collect();
  }
  demuxer.close();
  assertEquals(sizes, expected.slice(2).map((packet) => (packet as number[])[4]));
});

test("a signal stops the reading of bytes in memory with its reason", () => {
  const controller = new AbortController();
  using demuxer = DemuxerSync.open(mp4, { signal: controller.signal });
  assert(demuxer.read() !== null);
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(assertThrows(() => demuxer.read()), reason);
});

test("maxBytes still bounds bytes in memory", () => {
  assertThrows(() => DemuxerSync.open(mp4, { maxBytes: 100 }), RangeError, "maxBytes");
});

test("a memory source whose read was exchanged is read through it", () => {
  let asked = 0;
  class Counting extends MemorySource {
    override read(into: Uint8Array, position: number): number {
      asked++;
      return super.read(into, position);
    }
  }
  assertEquals(everything(new Counting(mp4)), everything(mp4));
  assert(asked > 0);
});

test("the log's filter lets warnings and errors through, and a listener hears no more than info", () => {
  const lines: string[] = [];
  using demuxer = DemuxerSync.open(mp4, { onLog: ({ level }) => lines.push(level) });
  demuxer.read();
  assert(lines.every((level) => ["panic", "fatal", "error", "warning", "info"].includes(level)));
  // The error's own lines are what the filter must let through.
  const error = assertThrows(() => DemuxerSync.open(mp4.subarray(0, 2000))) as unknown as {
    log: string[];
  };
  assert(error.log.some((line) => line.includes("moov")), error.log.join("\n"));
});
