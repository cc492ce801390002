/** Values that the compiler would refuse, or that C would misread, are refused by name. */
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVERROR,
  DemuxerSync,
  directory,
  DisposedError,
  FileSink,
  FileSource,
  fragments,
  frames,
  HttpSource,
  IOContext,
  MemorySink,
  MuxerSync,
  pcm,
  probe,
  probeSync,
  remux,
  remuxSync,
  thumbnail,
  transcode,
  waveform,
} from "../../mod.ts";
import { native } from "../../ffi/mod.ts";
import { fixture } from "../support/async_sources.ts";
import { scratch } from "../support/made.ts";

const mp4 = fixture("progressive.mp4");
const any = (value: unknown) => value as never;

function refused(run: () => unknown, type: typeof TypeError | typeof RangeError, says: RegExp) {
  const error = assertThrows(run, type);
  assert(says.test(error.message), error.message);
}

test("copyTo takes a Uint8Array, and nothing that has no length to compare", () => {
  using input = DemuxerSync.open(mp4);
  const packet = input.read()!;
  for (const into of [new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), {}, [], null, 5]) {
    refused(() => packet.copyTo(any(into)), TypeError, /^copyTo: expected a Uint8Array, not /);
  }
  refused(() => packet.copyTo(any(new Float64Array(packet.size))), TypeError, /Float64Array/);
  refused(() => packet.copyTo(new Uint8Array(packet.size - 1)), RangeError, /copyTo/);
  assertEquals(packet.copyTo(new Uint8Array(packet.size + 1)), packet.size);
});

test("the guard takes bytes and whole positions", () => {
  const read = (into: Uint8Array) => into.length;
  using io = new IOContext({ read, seek: (offset) => offset }, { size: 100_000 });
  refused(() => io.read(any(new ArrayBuffer(8))), TypeError, /IOContext\.read.*ArrayBuffer/);
  for (const position of [NaN, 1.5, Infinity, -Infinity, 2 ** 63]) {
    refused(() => io.seek(position), RangeError, /^IOContext\.seek: not a position: /);
  }
  assertEquals(io.seek(7), 7);
  using out = new IOContext({ write: (bytes) => bytes.length });
  refused(() => out.write(any(5)), TypeError, /IOContext\.write.*Number/);
});

test("a closed file is not read or written by a number that is another file's by now", () => {
  using folder = scratch();
  const [first, victim] = ["first", "victim"].map((name) => join(folder.path, name));
  const sink = new FileSink(first);
  sink.write(new Uint8Array([1]), 0);
  sink.close();
  const source = new FileSource(first);
  source.close();
  writeFileSync(victim, "precious");
  const open = [openSync(victim, "r+"), openSync(victim, "r+")];
  try {
    assertThrows(() => sink.write(new Uint8Array(9), 0), DisposedError, "FileSink.write");
    assertThrows(() => sink.read(new Uint8Array(9), 0), DisposedError, "FileSink.read");
    assertThrows(() => source.read(new Uint8Array(9), 0), DisposedError, "FileSource.read");
  } finally {
    open.forEach((fd) => closeSync(fd));
  }
  assertEquals(readFileSync(victim, "utf8"), "precious");
});

test("times and time bases that C would cut are RangeErrors", () => {
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const description = { type: "video", codec: "mpeg4", width: 16, height: 16 } as const;
  const bases = [[1, 0], [0, 1], [-1, 5], [1, 1e10], [1, 2 ** 32 + 1000], [1.5, 2], [NaN, 1]];
  for (const [num, den] of bases) {
    const timeBase = { num, den };
    refused(
      () => output.addStream({ ...description, timeBase }),
      RangeError,
      /addStream: timeBase/,
    );
  }
  const stream = output.addStream(description);
  const data = new Uint8Array(4);
  const timeBase = { num: 1, den: 0 };
  refused(() => output.write({ data, pts: 0, timeBase }, stream), RangeError, /write: timeBase/);
  for (const wrong of [2 ** 63, 2 ** 64, -(2 ** 63), NaN, 1.5, Infinity]) {
    refused(() => output.write({ data, pts: wrong }, stream), RangeError, /write: pts/);
    refused(() => output.write({ data, pts: 0, dts: wrong }, stream), RangeError, /write: dts/);
    refused(() => output.write({ data, duration: wrong }, stream), RangeError, /write: duration/);
  }
  refused(() => output.write({ data, pts: 0 }, stream, 0.5), RangeError, /write: offset/);
  output.write({ data, pts: 0 }, stream);
  output.finish();
});

test("what no stream can be is a RangeError, as an index beyond the last one is", () => {
  for (const index of [-1, 0.5, NaN, 99]) {
    refused(() => DemuxerSync.open(mp4, { streams: [index] }), RangeError, /^streams: /);
    const options = { format: "matroska", streams: [index] };
    refused(() => remuxSync(mp4, new MemorySink(), options), RangeError, /^streams: /);
  }
  refused(() => DemuxerSync.open(mp4, { streams: any(["0"]) }), TypeError, /^streams: "0" is no/);
});

test("a number that is none is refused where it would be no limit", () => {
  refused(() => new MemorySink({ maxBytes: NaN }), RangeError, /maxBytes/);
  for (const wrong of [NaN, -1, null, "9"]) {
    refused(() => probeSync(mp4, { maxBytes: any(wrong) }), RangeError, /maxBytes/);
    refused(() => probeSync(mp4, { timeout: any(wrong) }), RangeError, /timeout/);
  }
  for (const range of [{ end: NaN }, { start: NaN }, { end: any("1") }]) {
    const options = { format: "matroska", ...range };
    refused(() => remuxSync(mp4, new MemorySink(), options), RangeError, /^remux: (start|end)/);
  }
});

test("names that every object has are names of nothing", () => {
  for (const name of ["toString", "constructor", "__proto__"]) {
    assertThrows(() => AVERROR(name), RangeError, "unknown errno name");
    using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
    const description = { type: "video", codec: "mpeg4", width: 16, height: 16 } as const;
    const disposition = [name];
    refused(() => output.addStream({ ...description, disposition }), RangeError, /disposition/);
    refused(() => output.addStream({ ...description, type: any(name) }), TypeError, /stream type/);
  }
});

test("a key of metadata may be called __proto__", () => {
  const metadata = JSON.parse('{"__proto__":"kept","constructor":"too"}');
  const sink = new MemorySink();
  remuxSync(mp4, sink, { format: "matroska", metadata });
  const again = new MemorySink();
  remuxSync(sink.take(), again, { format: "nut" });
  const found = new Map(Object.entries(probeSync(again.take()).format.metadata));
  const entry = (name: string) => found.get(name) ?? found.get(name.toUpperCase());
  assertEquals([entry("__proto__"), entry("constructor")], ["kept", "too"]);
});

test("a guard that was lent and is closed says that it is closed", () => {
  let at = 0;
  const io = new IOContext({
    read(buffer) {
      const part = mp4.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return part.length;
    },
    seek: (offset, whence) => whence === 0 ? at = offset : whence === 0x10000 ? mp4.length : -1,
  });
  DemuxerSync.open(io).close();
  assertThrows(() => DemuxerSync.open(io), DisposedError, "closed");
});

test("seeking beyond any media goes to its end, not to its beginning", () => {
  using input = DemuxerSync.open(mp4);
  const after = (seconds: number) => {
    input.seek(seconds);
    return input.read()?.pts;
  };
  const [begin, end] = [after(-10), after(1e6)];
  assert(begin !== end);
  for (const far of [1e12, 1e13, 1e300]) {
    assertEquals(after(far), end, String(far));
    assertEquals(after(-far), begin, String(-far));
  }
});

test("an input of exactly maxBytes is read whole, however often libavformat goes back", () => {
  for (const name of ["progressive.mp4", "matroska.mkv", "mpegts.ts", "avi.avi", "ogg.ogg"]) {
    const bytes = fixture(name);
    const count = (maxBytes: number) => {
      using input = DemuxerSync.open(bytes, { maxBytes });
      return [...input].length;
    };
    assert(count(bytes.length) > 0);
    assertThrows(() => count(bytes.length >> 1), RangeError, "longer than maxBytes");
  }
});

test("a clone tells that it may be dropped, and what has no dts keeps none", () => {
  using input = DemuxerSync.open(mp4);
  const packets = Array.from(input, (packet) => packet.clone());
  const write = (change: (packet: typeof packets[0]) => unknown) => {
    const sink = new MemorySink();
    using output = MuxerSync.create(sink, { format: "mp4", options: { fflags: "+bitexact" } });
    const streams = input.streams.map((stream) => output.addStream(stream));
    for (const packet of packets) output.write(any(change(packet)), streams[packet.streamIndex]);
    output.finish();
    return sink.take();
  };
  using again = DemuxerSync.open(mp4);
  const sink = new MemorySink();
  {
    using output = MuxerSync.create(sink, { format: "mp4", options: { fflags: "+bitexact" } });
    const streams = again.streams.map((stream) => output.addStream(stream));
    for (const packet of again) output.write(packet, streams[packet.streamIndex]);
    output.finish();
  }
  assertEquals(write((packet) => packet), sink.take());
  // FFmpeg 4 reckons otherwise with what is unknown.
  if (native().versions.avformat[0] < 59) return;
  using muxer = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const stream = muxer.addStream(input.streams[0]);
  const timeBase = { num: 1, den: 1000 };
  const data = new Uint8Array(4);
  // As matroska tells frames in another order: the first ones without a dts.
  for (const [pts, dts] of [[80, null], [0, null], [40, 0]]) {
    muxer.write({ data, pts, dts, timeBase }, stream);
  }
  muxer.finish();
});

test("a part that begins before the media, or ends before it begins, is a RangeError", async () => {
  const ranges = [{ start: -1 }, { start: -1e-9, end: 1 }, { end: -1 }, { start: 1, end: 1 }];
  const sink = () => new MemorySink();
  const ways: Record<string, (part: object) => unknown> = {
    remux: (part) => remux(mp4, sink(), { format: "matroska", ...part }),
    transcode: (part) => transcode(mp4, sink(), { format: "matroska", ...part }),
    frames: (part) => frames(mp4, part).next(),
    pcm: (part) => pcm(mp4, part).next(),
    waveform: (part) => waveform(mp4, part),
  };
  for (const range of ranges) {
    const part = { format: "matroska", ...range };
    refused(() => remuxSync(mp4, sink(), part), RangeError, /^remux: (start|end)/);
    for (const [task, run] of Object.entries(ways)) {
      const { message } = await assertRejects(async () => await run(range), RangeError);
      assert(message.startsWith(`${task}: `), message);
    }
    const cut = fragments(mp4, { ...part, format: "mp4" });
    await assertRejects(() => cut.next(), RangeError, "fragments: ");
  }
  const { packets } = remuxSync(mp4, new MemorySink(), { format: "matroska", start: -0 });
  assert(packets > 0);
});

test("a text that spells a number is told as a text", async () => {
  const says = /, not "5"$/;
  const five = any("5");
  refused(() => remuxSync(mp4, new MemorySink(), { start: five }), RangeError, says);
  refused(() => probeSync(mp4, { timeout: five }), RangeError, says);
  refused(() => new HttpSource("http://127.0.0.1/", { retries: five }), RangeError, says);
  const later: (() => Promise<unknown>)[] = [
    () => thumbnail(mp4, { time: five }),
    () => thumbnail(mp4, { width: five }),
    () => thumbnail(mp4, { threads: five }),
    () => waveform(mp4, { points: five }),
    () => pcm(mp4, { channels: five }).next(),
    () => transcode(mp4, new MemorySink(), { format: "mp4", video: { frameRate: five } }),
    () => transcode(mp4, new MemorySink(), { format: "mp4", video: { width: five } }),
  ];
  for (const run of later) {
    const { message } = await assertRejects(run, RangeError);
    assert(says.test(message), message);
  }
});

test("metadata that is no text is refused with its name", async () => {
  const options = { format: "matroska", metadata: any({ track: 3 }) };
  const says = /^metadata: expected a string for "track", not Number$/;
  refused(() => remuxSync(mp4, new MemorySink(), options), TypeError, says);
  refused(() => MuxerSync.create(new MemorySink(), options), TypeError, says);
  const { message } = await assertRejects(() => remux(mp4, new MemorySink(), options), TypeError);
  assert(says.test(message), message);
});

test("a target of directory that is none is refused with those that are", () => {
  for (const target of [undefined, null, 5, {}, []]) {
    refused(() => directory(any(target)), TypeError, /^directory: expected a Map, a folder's path/);
  }
});

test("a body that was read already is refused with the way to keep it", async () => {
  const request = new Request("http://127.0.0.1/", { method: "POST", body: mp4 });
  for (const body of [new Response(mp4), request]) {
    await body.arrayBuffer();
    await assertRejects(() => probe(body), TypeError, "was read already: give a clone() of it");
  }
});
