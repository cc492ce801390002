/** Misuse of the API: no crash, no hang, no lost error. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AVERROR,
  DemuxerSync,
  directory,
  DisposedError,
  IOContext,
  type LogListener,
  MemorySink,
  Muxer,
  MuxerSync,
  type OutputStream,
  probe,
  probeSync,
  remuxSync,
} from "../../mod.ts";
import { fixture } from "../support/async_sources.ts";
import { cacheFolder } from "../support/media.ts";
import { thrownBy } from "../support/thrown.ts";

/** A stream whose header makes mp4 log a warning. */
function opus(muxer: MuxerSync): OutputStream {
  const head = "OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0";
  return muxer.addStream({
    type: "audio",
    codec: "opus",
    sampleRate: 48000,
    channels: 2,
    timeBase: { num: 1, den: 1000 },
    extradata: Uint8Array.from(head, (letter) => letter.charCodeAt(0)),
  });
}

function writing(onLog: LogListener): [MuxerSync, () => void] {
  const muxer = MuxerSync.create(new MemorySink(), { format: "mp4", onLog });
  const stream = opus(muxer);
  return [muxer, () => {
    for (const pts of [100, 200]) muxer.write({ data: new Uint8Array(10), pts }, stream);
    muxer.finish();
  }];
}

test("a muxer cannot be closed or written to from inside its onLog", () => {
  const refused: string[] = [];
  const [muxer, write] = writing(() => {
    for (const use of [() => muxer.close(), () => muxer.finish()]) {
      refused.push(String(thrownBy(use)));
    }
  });
  write();
  assert(refused.length >= 2);
  for (const message of refused) assert(message.includes("inside a callback"), message);
  muxer.close();
});

test("what onLog throws comes out of the call that logged, the very object", () => {
  const error = new Error("of the listener's");
  const [muxer, write] = writing(() => {
    throw error;
  });
  assertStrictEquals(thrownBy(write), error);
  muxer.close();
});

test("a header that was refused is refused again, with the same error", () => {
  const muxer = MuxerSync.create(new MemorySink(), { format: "matroska", options: { bogus: 1 } });
  const stream = opus(muxer);
  const write = () => muxer.write({ data: new Uint8Array(10), pts: 100 }, stream);
  const first = thrownBy(write);
  assert(String(first).includes('"bogus"'), String(first));
  for (const again of [write, () => muxer.writeHeader(), () => muxer.finish(), write]) {
    assertStrictEquals(thrownBy(again), first);
  }
  muxer.close();
});

test("an IOContext that writes is not read from, and the other way round", () => {
  const read = () => 0;
  const write = (bytes: Uint8Array) => bytes.length;
  const bytes = new Uint8Array(10);
  using reader = new IOContext({ read });
  using writer = new IOContext({ write });
  using both = new IOContext({ read, write });
  assertThrows(() => reader.write(bytes), TypeError, "no write callback");
  assertThrows(() => writer.read(bytes), TypeError, "this one writes");
  assertThrows(() => both.read(bytes), TypeError, "this one writes");
  assertThrows(() => DemuxerSync.open(writer), TypeError, "an IOContext that writes");
  assertThrows(() => MuxerSync.create(reader, { format: "nut" }), TypeError, "that reads");
  // Neither was taken: both are their owner's still.
  assertEquals(reader.read(bytes), 0);
  writer.write(bytes);
});

test("an IOContext that had nothing yet goes on when there is something", () => {
  const answers = [AVERROR("EAGAIN"), 3, AVERROR("EAGAIN"), 2, 0];
  using io = new IOContext({ read: (into) => (into.fill(7), answers.shift() ?? 0) });
  const into = new Uint8Array(3);
  assertThrows(() => io.read(into), Error, "EAGAIN");
  assertEquals(io.read(into), 3);
  assertThrows(() => io.read(into), Error, "EAGAIN");
  assertEquals([io.read(into), io.read(into)], [2, 0]);
});

test("a payload whose view was transferred stays where it is, and the demuxer goes on", () => {
  const bytes = fixture("progressive.mp4");
  const count = () => {
    using input = DemuxerSync.open(bytes);
    return [...input].length;
  };
  const expected = count();
  const input = DemuxerSync.open(bytes);
  const packet = input.read()!;
  const copy = packet.data.slice();
  const { buffer } = packet.view();
  const moved = new Uint8Array((buffer as ArrayBuffer).transfer());
  let packets = 1;
  for (const _ of input) packets++;
  input.close();
  assertEquals(packets, expected);
  for (let i = 0; i < 20; i++) count();
  assertEquals(moved, copy);
});

test("a closed demuxer that had come to its end says DisposedError", () => {
  const input = DemuxerSync.open(fixture("progressive.mp4"));
  for (const _ of input);
  input.close();
  assertThrows(() => input.read(), DisposedError);
  assertThrows(() => input.tryRead(), DisposedError);
});

test("a size that no buffer may have is refused before anything is opened", () => {
  const path = join(cacheFolder, "never.mp4");
  const bad = { format: "mp4", bufferSize: 10 };
  assertThrows(() => MuxerSync.create(path, bad), RangeError, "bufferSize");
  assertEquals(existsSync(path), false);
  let closed = 0;
  const close = () => void closed++;
  assertThrows(() => MuxerSync.create({ write() {}, close }, bad), RangeError);
  assertEquals(closed, 1);
  const open = () => ({ read: () => 0, close });
  assertThrows(
    () => DemuxerSync.open(undefined, { name: "a.wav", bufferSize: 10, open }),
    RangeError,
  );
});

test("mp4 to what cannot be sought says what to do, where that is what is wrong", () => {
  const sink = () => ({ write() {}, seekable: false });
  const bytes = fixture("progressive.mp4");
  const error = thrownBy(() => remuxSync(bytes, sink(), { format: "mp4" }));
  assert(String(error).includes("movflags=frag_keyframe+empty_moov"), String(error));
  const other = thrownBy(() =>
    remuxSync(bytes, sink(), {
      format: "mp4",
      options: { movflags: "frag_keyframe+empty_moov", nonsense: 1 },
    })
  );
  assert(!String(other).includes("frag_keyframe"), String(other));
});

test("a marker says where its bytes go, also after the muxer went back", () => {
  using input = DemuxerSync.open(fixture("progressive.mp4"));
  const written: number[] = [];
  const marked: number[] = [];
  using output = MuxerSync.create({ write: (_, position) => void written.push(position) }, {
    format: "mp4",
    onMarker: ({ position }) => marked.push(position),
  });
  const streams = input.streams.map((stream) => output.addStream(stream));
  for (const packet of input) output.write(packet, streams[packet.streamIndex]);
  output.finish();
  assert(written.some((position, i) => i > 0 && position < written[i - 1]), "it never went back");
  assertEquals(marked, written);
});

test("a format of many files takes no IOContext for its main one", () => {
  using io = new IOContext({ write: (bytes) => bytes.length });
  const files = new Map<string, Uint8Array>();
  assertThrows(
    () => MuxerSync.create(io, { format: "hls", name: "a.m3u8", open: directory(files) }),
    TypeError,
    "no IOContext",
  );
});

test("a place beyond all numbers in a SeekHead changes nothing for bytes in memory", () => {
  const bytes = fixture("matroska.mkv").slice();
  const count = (options: { bufferSize?: number }) => {
    using input = DemuxerSync.open(bytes, options);
    return [...input].length;
  };
  const whole = count({});
  // SeekPosition (0x53AC) of every entry, as long as it is: the largest number of that length.
  let changed = 0;
  for (let at = 0; at < 400; at++) {
    if (bytes[at] !== 0x53 || bytes[at + 1] !== 0xac) continue;
    const length = bytes[at + 2] & 0x7f;
    bytes.fill(0x7f, at + 3, at + 3 + length);
    changed++;
  }
  assert(changed > 0, "there is no SeekHead");
  assertEquals(count({}), count({ bufferSize: 65536 }));
  assert(count({}) > whole / 2);
});

test("what an open hook answers must be able to read or to write, wherever it is asked", async () => {
  const playlist = new TextEncoder().encode(
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n",
  );
  const answers: [answer: unknown, called: string][] = [
    [null, "null"],
    [{}, "a value of type Object"],
    [5, "a value of type Number"],
    // Not a path either: the hook would open what it was asked not to.
    ["deno.json", "a value of type String"],
  ];
  for (const [answer, called] of answers) {
    const open = () => answer as undefined;
    const ways: [url: string, expected: string, () => unknown][] = [
      ["a.ts", "a source: an object with read", () => probeSync(playlist, { open })],
      ["a.ts", "a source: an object with read", () => probe(playlist, { open })],
      [
        "a.mp4",
        "a source: an object with read",
        () => probeSync(undefined, { name: "a.mp4", open }),
      ],
      ["a.mp4", "a source: an object with read", () => probe(undefined, { name: "a.mp4", open })],
      ["a.mp4", "a sink: an object with write", () => {
        MuxerSync.create(undefined, { name: "a.mp4", open });
      }],
      [
        "a.mp4",
        "a sink: an object with write",
        () => Muxer.create(undefined, { name: "a.mp4", open }),
      ],
    ];
    for (const [url, expected, way] of ways) {
      const error = await Promise.resolve().then(way).catch((error) => error);
      assert(error instanceof TypeError, `${called}: ${error}`);
      assertEquals(error.message, `open("${url}") returned ${called}; expected ${expected}`);
    }
  }
});

test("a name of a megabyte is refused at once, by every list of names that it may be near", () => {
  const long = "x".repeat(1_000_000);
  const started = performance.now();
  assertThrows(
    () => DemuxerSync.open(fixture("progressive.mp4"), { format: long }),
    TypeError,
    "unknown demuxer",
  );
  assertThrows(() => MuxerSync.create(new MemorySink(), { format: long }), Error, "unknown muxer");
  assertThrows(
    () => DemuxerSync.open(fixture("progressive.mp4"), { [long]: 1 } as never),
    TypeError,
    "unknown option",
  );
  assert(performance.now() - started < 5000);
});

test("an array of names with a hole is refused, and names are read once", () => {
  // deno-lint-ignore no-sparse-arrays
  for (const formats of [["mov", , "mp4"], Object.assign([], { length: 2 ** 32 - 1 })]) {
    assertThrows(
      () => DemuxerSync.open(fixture("progressive.mp4"), { formats } as never),
      TypeError,
      "array of names",
    );
  }
  let reads = 0;
  const formats = new Proxy(["mov", "mp4"], {
    get(names, key, receiver) {
      if (key === "0") reads++;
      return Reflect.get(names, key, receiver);
    },
  });
  DemuxerSync.open(fixture("progressive.mp4"), { formats }).close();
  assertStrictEquals(reads, 1);
});

test("a time base of a packet that is no time base is a RangeError", () => {
  for (const timeBase of [0, "", false, [1, 5], { num: 1n, den: 5n }, { num: 1, den: 1e308 }]) {
    using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
    const stream = output.addStream({
      type: "audio",
      codec: "opus",
      sampleRate: 48000,
      channels: 2,
    });
    const packet = { data: Uint8Array.of(1), pts: 0, timeBase } as never;
    assertThrows(() => output.write(packet, stream), RangeError, "write: timeBase");
  }
});

test("a place in a MemorySink that is no position is a RangeError that names it", () => {
  const sink = new MemorySink();
  for (const position of [-1, NaN, 0.5, Infinity, 2 ** 53, "4", undefined, null]) {
    assertThrows(() => sink.write(Uint8Array.of(1), position as number), RangeError, "MemorySink");
  }
  assertStrictEquals(sink.bytes.length, 0);
});
