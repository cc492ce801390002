import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  Channel,
  Demuxer,
  DemuxerSync,
  IOContext,
  MemorySink,
  MemorySource,
  type MuxerOptions,
  MuxerSync,
  type Packet,
  probe,
  probeSync,
  remuxSync,
  type SourceSync,
  StreamSource,
} from "../../../mod.ts";
import { native } from "../../../ffi/mod.ts";
import { RangeSource, ShiftedSource } from "../../../lib/io/nested/byte_range.ts";
import { AesSource } from "../../../lib/io/nested/aes.ts";
import { fixturePath } from "../../support/sets.ts";
import { thrownBy } from "../../support/thrown.ts";

const mp4 = new Uint8Array(readFileSync(fixturePath("progressive.mp4")));
const LIE = 1_000_000_000;

/** An array whose own `length` says what it is told to. */
function lying(bytes: Uint8Array, length: number): Uint8Array {
  return Object.defineProperty(bytes, "length", { get: () => length, configurable: true });
}

class Liar extends Uint8Array {
  override get length(): number {
    return LIE;
  }

  override get byteLength(): number {
    return LIE;
  }

  override subarray(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(1024).fill(255);
  }

  override slice(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(1024).fill(255);
  }
}

const liarOf = (bytes: Uint8Array) => {
  const liar = new Liar(new ArrayBuffer(bytes.byteLength));
  new Uint8Array(liar.buffer).set(bytes);
  return liar;
};

const firstPacket = (input: DemuxerSync): Packet => {
  const packet = input.read();
  assert(packet !== null);
  return packet;
};

test("a source that transfers its buffer and lies about its length is a TypeError", () => {
  const source: SourceSync = {
    read(into) {
      const { length } = into;
      into.buffer.slice(0);
      (into.buffer as ArrayBuffer).transfer();
      lying(into, length);
      return length;
    },
  };
  assertThrows(() => probeSync(source), TypeError, "transferred");
});

test("a sink that borrows and lies about its chunk's length gets the same bytes", () => {
  const plain = new MemorySink();
  remuxSync(mp4, plain, { format: "matroska" });
  const kept = new MemorySink();
  const liar = {
    borrows: true,
    write(chunk: Uint8Array, position: number) {
      kept.write(chunk, position);
      lying(chunk, LIE);
    },
  };
  remuxSync(mp4, liar, { format: "matroska" });
  assertStrictEquals(kept.bytes.length, plain.bytes.length);
});

test("copyTo writes no further than the array really reaches", () => {
  using input = DemuxerSync.open(mp4);
  const packet = firstPacket(input);
  const small = lying(new Uint8Array(4), LIE);
  assertThrows(() => packet.copyTo(small), RangeError, "the buffer 4");
  const whole = liarOf(new Uint8Array(packet.size));
  assertStrictEquals(packet.copyTo(whole), packet.size);
  assertEquals(new Uint8Array(whole.buffer), packet.data);
});

test("a subclass as input is read as the bytes that it has", async () => {
  const expected = probeSync(mp4);
  const liar = liarOf(mp4);
  assertEquals(probeSync(liar), expected);
  assertEquals(probeSync(new MemorySource(liar)), expected);
  assertEquals(await probe(liar), expected);
});

test("chunks of a stream and of a channel are read as the bytes that they have", async () => {
  // Its index comes first: one that comes last is found again only while the media before it is
  // still in libavformat's buffer, which depends on when the chunks arrive.
  const bytes = new Uint8Array(readFileSync(fixturePath("faststart.mp4")));
  const half = bytes.length >> 1;
  const chunks = () => [liarOf(bytes.subarray(0, half)), liarOf(bytes.subarray(half))];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks()) controller.enqueue(chunk);
      controller.close();
    },
  });
  const count = async (input: Parameters<typeof Demuxer.open>[0]) => {
    await using demuxer = await Demuxer.open(input);
    let packets = 0;
    for await (const packet of demuxer) packets += packet.size;
    return packets;
  };
  const expected = await count(bytes);
  assertStrictEquals(await count(new StreamSource(stream)), expected);
  const channel = new Channel();
  for (const chunk of chunks()) channel.send(chunk);
  channel.end();
  assertStrictEquals(await count(channel), expected);
});

test("a chunk that is transferred after it was sent is an error, not a gap", () => {
  const channel = new Channel();
  const chunk = new Uint8Array(64);
  channel.send(chunk);
  chunk.buffer.transfer();
  assertThrows(() => channel.read(new Uint8Array(8)), TypeError, "transferred");
});

test("data, extradata and side data that grow while they are read are copied as they are", () => {
  let asked = 0;
  const growing = (bytes: Uint8Array) =>
    Object.defineProperty(bytes, "length", { get: () => (asked++ === 0 ? 4 : LIE) });
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format: "matroska" });
  const stream = output.addStream({
    type: "video",
    codec: "mpeg4",
    width: 16,
    height: 16,
    extradata: growing(Uint8Array.of(1, 2, 3, 4)),
    sideData: [{ type: "Display Matrix", data: growing(new Uint8Array(36)) }],
  });
  output.write({
    data: growing(Uint8Array.of(9, 9, 9)),
    pts: 0,
    sideData: [{ type: "New Extradata", data: growing(Uint8Array.of(7)) }],
  }, stream);
  output.finish();
  using back = DemuxerSync.open(sink.bytes, { findStreamInfo: false });
  assertEquals(back.streams[0].extradata, Uint8Array.of(1, 2, 3, 4));
  assertEquals(firstPacket(back).data, Uint8Array.of(9, 9, 9));
});

test("getters of a packet that close the muxer or the demuxer meet a DisposedError", () => {
  for (
    const field of ["data", "pts", "dts", "duration", "isKeyframe", "sideData", "timeBase"] as const
  ) {
    using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
    const stream = output.addStream({
      type: "audio",
      codec: "opus",
      sampleRate: 48000,
      channels: 2,
    });
    const packet = { data: Uint8Array.of(1), pts: 0 };
    Object.defineProperty(packet, field, {
      get() {
        output.close();
        return undefined;
      },
    });
    const error = thrownBy(() => output.write(packet, stream)) as Error;
    assert(["DisposedError", "TypeError"].includes(error.name), `${field}: ${error}`);
  }
});

test("a getter that ends the loan while the packet is written is met by the copy or an error", () => {
  using input = DemuxerSync.open(mp4);
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const stream = output.addStream(input.streams[0]);
  const packet = firstPacket(input);
  Object.defineProperty(packet, "timeBase", {
    get() {
      input.close();
      return { num: 1, den: 1000 };
    },
  });
  const error = thrownBy(() => output.write(packet, stream)) as Error;
  assertStrictEquals(error.name, "DisposedError");
});

test("getters of a stream that close the muxer meet a DisposedError", () => {
  const fields = ["type", "codec", "timeBase", "metadata", "sideData", "averageFrameRate", "width"];
  for (const field of fields) {
    using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
    const description = { type: "video", codec: "h264", width: 16, height: 16 } as const;
    const hostile = Object.create(description, {
      [field]: {
        get() {
          output.close();
          return (description as Record<string, unknown>)[field];
        },
      },
    });
    const error = thrownBy(() => output.addStream(hostile)) as Error;
    assertStrictEquals(error.name, "DisposedError", field);
  }
});

test("a signal whose own aborted closes the demuxer or transfers the input is met in time", () => {
  for (const attack of ["close", "transfer"] as const) {
    const bytes = mp4.slice();
    const { signal } = new AbortController();
    using input = DemuxerSync.open(bytes, { signal });
    Object.defineProperty(signal, "aborted", {
      get() {
        if (attack === "close") input.close();
        else bytes.buffer.transfer();
        return false;
      },
    });
    const error = thrownBy(() => {
      for (;;) input.read();
    }) as Error;
    assertStrictEquals(error.name, attack === "close" ? "DisposedError" : "TypeError");
  }
});

test("options that transfer the input while they are read are met in time", () => {
  const bytes = mp4.slice();
  const options = Object.defineProperty({}, "probeSize", {
    enumerable: true,
    get() {
      bytes.buffer.transfer();
      return undefined;
    },
  });
  assertThrows(() => DemuxerSync.open(bytes, options));
});

test("chapters with a hole, or of wrong numbers, are refused by their place", () => {
  const chapter = { id: 1, start: 0, end: 1, metadata: {} };
  const create = (chapters: unknown[]) => () =>
    MuxerSync.create(new MemorySink(), { format: "matroska", chapters } as MuxerOptions as never);
  // deno-lint-ignore no-sparse-arrays
  assertThrows(create([chapter, , chapter]), TypeError, "chapters[1]");
  assertThrows(create([{ ...chapter, start: NaN }]), RangeError, "chapters[0].start");
  assertThrows(create([{ ...chapter, end: 1e300 }]), RangeError, "chapters[0].end");
  assertThrows(create([{ ...chapter, id: 1.5 }]), RangeError, "chapters[0].id");
  create([{ start: 0, end: 1 }])().close();
});

test("index() in a callback of its own context is refused", () => {
  const memory = new MemorySource(mp4);
  // deno-lint-ignore prefer-const -- the callback runs before it is assigned
  let input: DemuxerSync | undefined;
  const errors: unknown[] = [];
  const source: SourceSync = {
    size: mp4.length,
    read(into, position) {
      if (input) errors.push(thrownBy(() => input!.index(0)));
      return memory.read(into, position);
    },
  };
  input = DemuxerSync.open(source, { bufferSize: 1024 });
  while (input.read() !== null);
  assert(errors.length > 0);
  for (const error of errors) assert(String(error).includes("inside a callback"), String(error));
  input.close();
  assertThrows(() => input.index(0), Error, "closed");
});

test("streams and output streams that a program holds cannot be changed under libavformat", () => {
  using input = DemuxerSync.open(mp4);
  assert(thrownBy(() => (input.streams as unknown[]).push({})) instanceof TypeError);
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const stream = output.addStream(input.streams[0]);
  assert(thrownBy(() => Object.assign(stream, { index: 99 })) instanceof TypeError);
});

test("what a hook's source answers is checked below AES and byte ranges as well", () => {
  const wrong = [-1, 2 ** 40, NaN, 0.5, "4", Promise.resolve(4), {}, undefined, true, 4n];
  const key = new Uint8Array(16);
  for (const answer of wrong) {
    const source = { read: () => answer as number, size: 1000 };
    const chains: SourceSync[] = [
      new AesSource(source, key, key),
      new RangeSource(source, { start: 10, end: 500 }, true),
      new RangeSource({ ...source, seekable: false }, { start: 10, end: 500 }, false),
      new ShiftedSource(source, 10),
      new AesSource(new RangeSource(source, { start: 16, end: 500 }, true), key, key),
    ];
    for (const chain of chains) {
      assertThrows(() => chain.read(new Uint8Array(64), 16), TypeError, "source.read");
    }
  }
  for (const size of [-1, NaN, "7", {}, 2 ** 60]) {
    const source = { read: () => 0, size: size as number };
    assertThrows(() => new RangeSource(source, { start: 0, end: 9 }, true), TypeError);
    assertThrows(() => new ShiftedSource(source, 9), TypeError);
  }
});

test("a source below AES that transfers what it is given is a TypeError", () => {
  const key = new Uint8Array(16);
  const source: SourceSync = {
    read(into) {
      (into.buffer as ArrayBuffer).transfer();
      return 0;
    },
  };
  assertThrows(() => new AesSource(source, key, key).read(new Uint8Array(64), 0), TypeError);
});

test("a proxy that answers everything with a function does not pass for the module's own", () => {
  const everything: object = new Proxy(function () {}, {
    get: (_, name) => (name === Symbol.toPrimitive ? undefined : everything),
    apply: () => LIE,
  });
  const source = new Proxy({}, { get: () => everything }) as SourceSync;
  assertThrows(() => probeSync(source));
  const sink = new Proxy({}, { get: () => everything }) as never;
  thrownBy(() => {
    remuxSync(mp4, sink, { format: "matroska" });
    throw new Error("written");
  });
});

test("a view's buffer is detached by the engine, whatever its object answers", () => {
  using input = DemuxerSync.open(mp4);
  const view = firstPacket(input).view();
  const { buffer } = view;
  Object.defineProperty(buffer, "byteLength", { get: () => 0 });
  Object.defineProperty(buffer, "transfer", { value: () => {} });
  input.read();
  assertStrictEquals(view.length, 0);
});

test("classes whose constructors are private make nothing of what a program gives them", () => {
  using input = DemuxerSync.open(mp4);
  const packet = firstPacket(input);
  const memory = { view: new DataView(new ArrayBuffer(512)), offset: () => 0 };
  const forged = { struct: memory, native: native(), generation: 0, pointer: 8 };
  for (const value of [packet, input, MuxerSync.prototype, Demuxer.prototype]) {
    const made = value.constructor as unknown as new (...args: unknown[]) => unknown;
    assertThrows(() => new made(forged, forged, {}), TypeError);
  }
});

test("an IOContext's own reads and writes take arrays as they are", () => {
  using io = new IOContext({
    read(buffer) {
      lying(buffer, LIE);
      return 8;
    },
  });
  const into = liarOf(new Uint8Array(8));
  assertStrictEquals(io.read(into), 8);
  const taken: number[] = [];
  using out = new IOContext({
    write(buffer) {
      taken.push(...buffer);
      return buffer.length;
    },
  });
  out.write(liarOf(Uint8Array.of(1, 2, 3)));
  out.flush();
  assertEquals(taken, [1, 2, 3]);
});

test("an asynchronous source that lies about its buffer is an error of the reading", async () => {
  await assertRejects(() =>
    probe({
      read(into: Uint8Array) {
        const { length } = into;
        (into.buffer as ArrayBuffer).transfer();
        return Promise.resolve(length);
      },
    }), TypeError);
});
