import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AVError,
  CallbackSink,
  DemuxerSync,
  DisposedError,
  IOContext,
  MemorySink,
  MemorySource,
  MuxerSync,
  probeSync,
  remuxSync,
  type SinkSync,
  type SourceSync,
} from "../../../mod.ts";
import { generated } from "../../support/media.ts";
import { thrownBy } from "../../support/thrown.ts";

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return readFileSync(found.path);
}

const wav = fixture("wav.wav");
const mp4 = fixture("progressive.mp4");
const mkv = fixture("matroska.mkv");

function source(bytes: Uint8Array, more: Partial<SourceSync> = {}): SourceSync {
  const inner = new MemorySource(bytes);
  return { size: bytes.length, read: (into, at) => inner.read(into, at), ...more };
}

/** Opens and reads to the end. */
function readAll(input: SourceSync): number {
  using demuxer = DemuxerSync.open(input, { bufferSize: 4096 });
  let packets = 0;
  for (const _ of demuxer) packets++;
  return packets;
}

for (const [name, bytes] of [["wav", wav], ["mp4", mp4], ["matroska", mkv]] as const) {
  test(`An exception of a ${name} source at any of its reads comes out as the very same object`, () => {
    let total = 0;
    const inner = new MemorySource(bytes);
    readAll(source(bytes, {
      read(into, at) {
        total++;
        return inner.read(into, at);
      },
    }));
    assert(total > 2);
    for (let nth = 1; nth <= total; nth += Math.max(1, Math.floor(total / 12))) {
      const thrown = new Error(`read ${nth}`);
      let reads = 0;
      const failing = source(bytes, {
        read(into, at) {
          if (++reads === nth) throw thrown;
          return inner.read(into, at);
        },
      });
      assertStrictEquals(thrownBy(() => readAll(failing)), thrown);
      assertEquals(reads, nth, "nothing is read after the failure");
    }
  });
}

test("An exception may be anything: a string, undefined, a frozen object", () => {
  for (const thrown of ["text", undefined, null, 0, Object.freeze({ frozen: true })]) {
    const failing = source(wav, {
      read() {
        throw thrown;
      },
    });
    assertStrictEquals(thrownBy(() => readAll(failing)), thrown);
  }
});

test("An exception of a seek callback comes out of the call that sought", () => {
  const thrown = new Error("seek");
  let at = 0;
  using io = new IOContext({
    read(buffer) {
      const part = mp4.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return part.length;
    },
    seek() {
      throw thrown;
    },
  });
  assertStrictEquals(thrownBy(() => DemuxerSync.open(io)), thrown);
});

test("An exception of a source during a seek comes out of that seek or the next read", () => {
  const thrown = new Error("after seek");
  let armed = false;
  const inner = new MemorySource(mkv);
  using input = DemuxerSync.open(
    source(mkv, {
      read(into, at) {
        if (armed) throw thrown;
        return inner.read(into, at);
      },
    }),
    { bufferSize: 1024 },
  );
  input.read();
  armed = true;
  const error = thrownBy(() => {
    input.seek(0.9);
    while (input.read() !== null);
  });
  assertStrictEquals(error, thrown);
});

test("After a source threw, the demuxer says that it is poisoned and by what", () => {
  const thrown = new Error("once");
  let armed = false;
  const inner = new MemorySource(wav);
  using input = DemuxerSync.open(
    source(wav, {
      read(into, at) {
        if (armed) throw thrown;
        return inner.read(into, at);
      },
    }),
    { bufferSize: 4096 },
  );
  armed = true;
  const readOn = () => {
    while (input.read() !== null);
  };
  assertStrictEquals(thrownBy(readOn), thrown);
  armed = false;
  const later = assertThrows(readOn, AVError);
  assertStrictEquals(later.cause, thrown);
});

test("An exception of a sink at its first, a middle or its last write comes out as the same object", () => {
  for (const format of ["matroska", "mp4", "mpegts", "nut"]) {
    let total = 0;
    const count = { write: () => void total++, seekable: format === "mp4" };
    remuxSync(mp4, count, { format, bufferSize: 4096 });
    for (const nth of new Set([1, Math.ceil(total / 2), total])) {
      const thrown = new Error(`${format} write ${nth}`);
      let writes = 0;
      const sink = {
        seekable: format === "mp4",
        write() {
          if (++writes === nth) throw thrown;
        },
      };
      const error = thrownBy(() => remuxSync(mp4, sink, { format, bufferSize: 4096 }));
      assertStrictEquals(error, thrown, `${format}, write ${nth} of ${total}`);
    }
  }
});

test("An exception of a sink at the trailer comes out of finish", () => {
  const thrown = new Error("trailer");
  let armed = false;
  using input = DemuxerSync.open(mp4);
  using output = MuxerSync.create(
    new CallbackSink(() => {
      if (armed) throw thrown;
    }, { seekable: true }),
    { format: "mp4" },
  );
  const streams = input.streams.map((stream) => output.addStream(stream));
  for (const packet of input) output.write(packet, streams[packet.streamIndex]);
  armed = true;
  assertStrictEquals(thrownBy(() => output.finish()), thrown);
});

const answers: [string, unknown, string][] = [
  ["more than was asked for", 1 << 28, "268435456"],
  ["one byte too many", "one more", "at most"],
  ["a negative number", -5, "-5"],
  ["NaN", NaN, "NaN"],
  ["Infinity", Infinity, "Infinity"],
  ["a fraction", 1.5, "1.5"],
  ["a string", "12", '"12"'],
  ["a promise", Promise.resolve(4), "promise"],
  ["undefined", undefined, "undefined"],
  ["a bigint", 4n, "4n"],
  ["true", true, "true"],
  ["an object", {}, "object"],
];
for (const [name, answer, shown] of answers) {
  test(`A read that returns ${name} is a TypeError that names it`, () => {
    const lying = source(wav, {
      read: (into) => (answer === "one more" ? into.length + 1 : answer) as number,
    });
    assertThrows(() => readAll(lying), TypeError, shown);
  });
}

test("A write callback that takes less than everything is a TypeError that names it", () => {
  for (const [answer, shown] of [[1, "1"], [NaN, "NaN"], [undefined, "undefined"]] as const) {
    const io = new IOContext({ write: () => answer as number });
    io.write(new Uint8Array(10));
    assertThrows(() => io.flush(), TypeError, `returned ${shown}`);
    io.close();
  }
});

test("A sink whose write returns a promise is a TypeError that names it", () => {
  const sink: unknown = { write: () => Promise.resolve() };
  const error = assertThrows(
    () => remuxSync(wav, sink as SinkSync, { format: "wav" }),
    TypeError,
  );
  assert(error.message.includes("promise"));
});

test("A size that is no number of bytes is a TypeError that names it", () => {
  for (const [size, shown] of [[-1, "-1"], [NaN, "NaN"], [1.5, "1.5"], ["9", '"9"']] as const) {
    const lying = source(mp4, { size: size as number });
    assertThrows(() => readAll(lying), TypeError, shown);
  }
});

test("A size that is too large or too small neither crashes nor hangs", () => {
  for (const bytes of [wav, mp4, mkv]) {
    for (const size of [0, 1, bytes.length - 1, bytes.length * 10, Number.MAX_SAFE_INTEGER]) {
      try {
        readAll(source(bytes, { size }));
      } catch (error) {
        assert(error instanceof AVError, String(error));
      }
    }
  }
});

test("A source without a size is read to its end", () => {
  assertEquals(readAll(source(mkv, { size: undefined })), readAll(source(mkv)));
});

test("A source of one byte at a time gives the same packets", () => {
  const inner = new MemorySource(mkv);
  const slow = source(mkv, { read: (into, at) => inner.read(into.subarray(0, 1), at) });
  assertEquals(readAll(slow), readAll(source(mkv)));
});

test("Closing or reading the demuxer from inside its source throws and changes nothing", () => {
  const inner = new MemorySource(wav);
  const seen: unknown[] = [];
  const held: { input?: DemuxerSync } = {};
  const meddling = source(wav, {
    read(into, at) {
      const demuxer = held.input;
      if (demuxer && seen.length === 0) {
        seen.push(
          assertThrows(() => demuxer.close(), Error, "inside a callback"),
          assertThrows(() => demuxer.read(), Error, "inside a callback"),
        );
      }
      return inner.read(into, at);
    },
  });
  using demuxer = DemuxerSync.open(meddling, { bufferSize: 4096 });
  held.input = demuxer;
  let bytes = 0;
  for (const packet of demuxer) bytes += packet.data.length;
  assertEquals(seen.length, 2);
  using plain = DemuxerSync.open(wav);
  let expected = 0;
  for (const packet of plain) expected += packet.data.length;
  assertEquals(bytes, expected);
});

test("Closing the muxer from inside its sink throws and changes nothing", () => {
  const written = new MemorySink();
  const seen: unknown[] = [];
  const held: { output?: MuxerSync } = {};
  const sink: SinkSync = {
    write(chunk, at) {
      const muxer = held.output;
      if (muxer) seen.push(assertThrows(() => muxer.close(), Error, "inside a callback"));
      written.write(chunk, at);
    },
  };
  using muxer = MuxerSync.create(sink, { format: "wav" });
  held.output = muxer;
  using input = DemuxerSync.open(wav);
  const [stream] = input.streams.map((from) => muxer.addStream(from));
  for (const packet of input) muxer.write(packet, stream);
  muxer.finish();
  assert(seen.length > 0);
  assertEquals(probeSync(written.bytes).format.name, "wav");
});

test("A source that keeps its buffer and writes to it later changes no packet", () => {
  const inner = new MemorySource(wav);
  const kept: Uint8Array[] = [];
  const keeping = source(wav, {
    read(into, at) {
      kept.push(into);
      return inner.read(into, at);
    },
  });
  using plain = DemuxerSync.open(wav);
  using input = DemuxerSync.open(keeping, { bufferSize: 4096 });
  for (const expected of plain) {
    const packet = input.read()!;
    for (const into of kept) into.fill(0xee);
    assertEquals(packet.data, expected.data);
  }
  input.close();
  for (const into of kept) into.fill(0xdd);
});

test("A source that detaches its buffer is an error or is read on, never a crash", () => {
  const inner = new MemorySource(wav);
  const detaching = source(wav, {
    read(into, at) {
      const got = inner.read(into, at);
      (into.buffer as ArrayBuffer).transfer();
      return got;
    },
  });
  try {
    readAll(detaching);
  } catch (error) {
    assert(error instanceof Error);
  }
});

test("The next read ends the loan: data then throws DisposedError", () => {
  using input = DemuxerSync.open(wav);
  const first = input.read()!;
  input.read();
  assertThrows(() => first.data, DisposedError);
  assertThrows(() => first.view(), DisposedError);
  assertThrows(() => first.copyTo(new Uint8Array(first.size)), DisposedError);
  assertEquals(typeof first.size, "number");
});

test("A clone and a copy taken in time survive the next read and the close", () => {
  let clone, data, bytes;
  {
    using input = DemuxerSync.open(wav);
    const first = input.read()!;
    bytes = first.view().slice();
    clone = first.clone();
    data = first.data;
    input.read();
    assertEquals(first.data, bytes);
  }
  assertEquals(clone.data, bytes);
  assertEquals(data, bytes);
  assertEquals(clone.pts, 0);
});

test("An old view is detached: its length is 0", () => {
  const input = DemuxerSync.open(wav);
  const first = input.read()!.view();
  assert(first.length > 0);
  const second = input.read()!.view();
  assertEquals(first.length, 0);
  assert(second.length > 0);
  input.close();
  assertEquals(second.length, 0);
});
