import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  AGAIN,
  Demuxer,
  DemuxerSync,
  DisposedError,
  MemorySink,
  Muxer,
  MuxerSync,
  type Packet,
  type Progress,
  remux,
  remuxSync,
  type StreamDescription,
} from "../../../mod.ts";
import { rounds } from "../../support/endless.ts";
import {
  eventually,
  fixture,
  rejection,
  WatchedSink,
  WatchedSource,
} from "../../support/async_sources.ts";
import { corpus, malformed } from "../../support/media.ts";
import { packetLine, readSync } from "../../support/packets.ts";
import { later } from "../../support/random.ts";

const ts = fixture("mpegts.ts");
const mp4 = fixture("progressive.mp4");

const sound: StreamDescription = {
  type: "audio",
  codec: "pcm_s16le",
  sampleRate: 8000,
  channels: 1,
  timeBase: { num: 1, den: 8000 },
};

function syncLines(bytes: Uint8Array): string[] {
  return readSync(bytes).packets;
}

test("reads that are asked for together get a packet each, in order", async () => {
  await using input = await Demuxer.open(mp4);
  const line = ({ streamIndex, pts, dts, size }: Packet) => `${streamIndex} ${pts} ${dts} ${size}`;
  using sync = DemuxerSync.open(mp4);
  const expected = Array.from(sync, line);
  const lines: string[] = [];
  const keep = (packet: Packet | null) => void lines.push(packet === null ? "end" : line(packet));
  const reads = Array.from({ length: expected.length + 3 }, () => input.read().then(keep));
  await Promise.all(reads);
  assertEquals(lines.slice(0, expected.length), expected);
  assertEquals(lines.slice(expected.length), ["end", "end", "end"]);
});

test("a payload is on loan until the next read, and gone after close", async () => {
  const input = await Demuxer.open(mp4);
  const first = await input.read();
  const view = first!.view();
  assertEquals(view.length, first!.size);
  const clone = first!.clone();
  const second = await input.read();
  assertEquals(view.length, 0);
  assertThrows(() => first!.view(), DisposedError);
  const last = second!.view();
  await input.close();
  assertEquals(last.length, 0);
  assertThrows(() => second!.copyTo(new Uint8Array(second!.size)), DisposedError);
  assertEquals(clone.data.length, first!.size);
});

test("a seek during a pending read lets the read go on from the new place", async () => {
  const expected = syncLines(mp4);
  await using input = await Demuxer.open(mp4);
  for (let i = 0; i < 20; i++) await input.read();
  const reading = input.read();
  const packet = await reading;
  assert(packet !== null);
  const waiting = Promise.all([input.seek(0), input.read().then((p) => packetLine(p!))]);
  const [, line] = await waiting;
  assertEquals(line, expected[0]);
});

test("a seek while nothing has come yet waits for the read under way, and loses no reader", async () => {
  let gate = Promise.withResolvers<void>();
  let held = false;
  const source = new WatchedSource(mp4, { seekable: true, size: mp4.length });
  source.before = () => held ? gate.promise : undefined;
  await using input = await Demuxer.open(source, { highWaterMark: 4096 });
  held = true;
  const lines: string[] = [];
  const reading = (async () => {
    for (;;) {
      const packet = await input.read();
      if (packet === null) return;
      lines.push(packetLine(packet));
    }
  })();
  await later(20);
  const seeking = input.seek(0);
  await later(20);
  held = false;
  gate.resolve();
  gate = Promise.withResolvers<void>();
  await seeking;
  await reading;
  const expected = syncLines(mp4);
  assertEquals(lines.slice(-expected.length), expected);
});

test("a seek after the end reads on from there, again and again", async () => {
  const expected = syncLines(mp4);
  await using input = await Demuxer.open(mp4);
  for (let round = 0; round < 3; round++) {
    const lines: string[] = [];
    for await (const packet of input) lines.push(packetLine(packet));
    assertEquals(lines, expected);
    assertEquals(await input.read(), null);
    assertEquals(input.tryRead(), null);
    await input.seek(0);
  }
});

test("seeks land where the blocking ones do", async () => {
  const bytes = fixture("matroska.mkv");
  using sync = DemuxerSync.open(bytes);
  await using input = await Demuxer.open(bytes, { highWaterMark: 4096 });
  for (const mode of ["keyframe", "any"] as const) {
    for (const seconds of [0.7, 0.1, 0.5, 0, 0.9]) {
      sync.seek(seconds, { mode });
      await input.seek(seconds, { mode });
      for (let i = 0; i < 4; i++) {
        const line = (packet: Packet | null) => packet === null ? "end" : packetLine(packet);
        assertEquals(line(await input.read()), line(sync.read()), `${mode} ${seconds}`);
      }
    }
  }
});

test("two seeks at once end at the second, and a bad one is a RangeError that harms nothing", async () => {
  await using input = await Demuxer.open(mp4);
  await Promise.all([input.seek(0.9), input.seek(0)]);
  assertEquals(packetLine((await input.read())!), syncLines(mp4)[0]);
  await assertRejects(() => input.seek(NaN), RangeError);
  await assertRejects(() => input.seek(0, { stream: 9 }), RangeError);
  assertEquals(packetLine((await input.read())!), syncLines(mp4)[1]);
});

test("index between reads disturbs no packet", async () => {
  const expected = syncLines(mp4);
  using sync = DemuxerSync.open(mp4);
  await using input = await Demuxer.open(mp4, { highWaterMark: 4096 });
  const lines: string[] = [];
  for (;;) {
    const packet = await input.read();
    if (packet === null) break;
    lines.push(packetLine(packet));
    if (lines.length % 10 === 0) assertEquals(await input.index(0), sync.index(0));
    if (lines.length % 10 === 5) {
      const [index, next] = await Promise.all([input.index(1), input.read()]);
      assertEquals(index, sync.index(1));
      if (next) lines.push(packetLine(next));
    }
  }
  assertEquals(lines, expected);
  await assertRejects(() => input.index(7), RangeError);
});

test("a stream that appears midway is there when its first packet is", async () => {
  // One program after the other: the second brings a stream that the first did not have.
  const video = await remuxed(ts, [0]);
  const both = ts;
  const joined = new Uint8Array(video.length + both.length);
  joined.set(video);
  joined.set(both, video.length);
  const expected = readSync(joined, { probeSize: 4000, findStreamInfo: false });
  for (const poll of [false, true]) {
    await using input = await Demuxer.open(joined, { probeSize: 4000, findStreamInfo: false });
    const before = input.streams.length;
    const lines: string[] = [];
    for (;;) {
      const packet = poll ? input.tryRead() : await input.read();
      if (packet === null) break;
      if (packet === AGAIN) {
        await later(0);
        continue;
      }
      assert(packet.streamIndex < input.streams.length, "a packet of a stream that is not there");
      lines.push(packetLine(packet));
    }
    assertEquals(lines, expected.packets);
    assert(input.streams.length > before, `${before} streams, and no more afterwards`);
    assertEquals(input.streams.length, expected.streams.length);
  }
});

async function remuxed(bytes: Uint8Array, streams: number[]): Promise<Uint8Array> {
  const sink = new MemorySink();
  await remux(bytes, sink, { format: "mpegts", streams });
  return sink.take();
}

test("a source is closed after the native release, exactly once, in every ending", async () => {
  const endings: Record<string, (input: Demuxer, stop: AbortController) => Promise<unknown>> = {
    close: (input) => input.close(),
    "close twice": (input) => Promise.all([input.close(), input.close()]),
    "close while reading": (input) => {
      const reading = rejection((async () => {
        while (await input.read()) { /* on */ }
      })());
      return Promise.all([reading, input.close()]);
    },
    "at the end": async (input) => {
      for await (const _ of input) { /* on */ }
      await input.close();
    },
    abort: async (input, stop) => {
      stop.abort(new Error("stop"));
      await input.close();
    },
    dispose: async (input) => {
      await using _ = input;
    },
  };
  for (const [ending, run] of Object.entries(endings)) {
    const source = new WatchedSource(ts);
    let closedWhileLent = false;
    const stop = new AbortController();
    const input = await Demuxer.open(source, { signal: stop.signal });
    const packet = await input.read();
    const view = packet!.view();
    const close = source.close.bind(source);
    source.close = () => {
      closedWhileLent ||= view.length > 0 || source.reading > 0;
      close();
    };
    await run(input, stop);
    await eventually(() => source.closed === 1, ending);
    await later(5);
    assertEquals(source.closed, 1, ending);
    assert(!closedWhileLent, `${ending}: closed before libavformat had let go`);
    assertInstanceOf((await rejection(input.read())).error, DisposedError);
    assertThrows(() => input.tryRead(), DisposedError);
    assertInstanceOf((await rejection(input.seek(0))).error, DisposedError);
    assertInstanceOf((await rejection(input.index(0))).error, DisposedError);
    assertEquals(input.format.name, "mpegts");
  }
});

test("a muxer used after close says so by name", async () => {
  const sink = new WatchedSink();
  const output = await Muxer.create(sink, { format: "nut" });
  const stream = output.addStream(sound);
  await output.close();
  await output.close();
  const uses = [
    () => output.write({ data: new Uint8Array(4), pts: 0 }, stream),
    () => output.finish(),
    () => output.writeHeader(),
  ];
  for (const use of uses) assertInstanceOf((await rejection(use())).error, DisposedError);
  assertThrows(() => output.addStream(sound), DisposedError);
  assertEquals(sink.events, ["abort", "close"]);
});

test("a muxer closed while writes wait rejects them and releases everything", async () => {
  const sink = new WatchedSink();
  const output = await Muxer.create(sink, { format: "nut", highWaterMark: 4096 });
  const stream = output.addStream(sound);
  sink.before = () => later(1000);
  const writes = Array.from(
    { length: 50 },
    (_, i) =>
      rejection(output.write({ data: new Uint8Array(1000), pts: i }, stream)).catch(() => null),
  );
  await later(20);
  await output.close();
  const results = await Promise.all(writes);
  assert(results.some((result) => result !== null));
  for (const result of results) if (result) assertInstanceOf(result.error, DisposedError);
});

test("a muxer writes what the blocking one writes", async () => {
  for (const format of ["matroska", "nut", "mpegts"]) {
    const bytes = fixture("matroska.mkv");
    const [own, expected] = [new MemorySink(), new MemorySink()];
    using reader = DemuxerSync.open(bytes);
    using writer = MuxerSync.create(expected, { format, options: { fflags: "+bitexact" } });
    const targets = reader.streams.map((stream) => writer.addStream(stream));
    for (const packet of reader) writer.write(packet, targets[packet.streamIndex]);
    writer.finish();
    await using input = await Demuxer.open(bytes);
    await using output = await Muxer.create(own, { format, options: { fflags: "+bitexact" } });
    const streams = input.streams.map((stream) => output.addStream(stream));
    for await (const packet of input) await output.write(packet, streams[packet.streamIndex]);
    await output.finish();
    assertEquals(output.bytesWritten, writer.bytesWritten, format);
    const [a, b] = [own.take(), expected.take()];
    assertEquals(a.length, b.length, format);
    assert(a.every((byte, i) => byte === b[i]), `${format}: the bytes differ`);
  }
});

test("writes that are not awaited arrive in order, and the payload may go meanwhile", async () => {
  const sink = new MemorySink();
  await using input = await Demuxer.open(mp4);
  const { metadata } = input;
  await using output = await Muxer.create(sink, { format: "nut", highWaterMark: 4096, metadata });
  const streams = input.streams.map((stream) => output.addStream(stream));
  const writes: Promise<void>[] = [];
  for await (const packet of input) writes.push(output.write(packet, streams[packet.streamIndex]));
  await Promise.all(writes);
  await output.finish();
  const expected = new MemorySink();
  remuxSync(mp4, expected, { format: "nut", metadata });
  assertEquals(syncLines(sink.take()), syncLines(expected.take()));
});

test("a raw packet keeps all parameters of its stream, in a blocking and in an asynchronous muxer, cloned too", async () => {
  const bytes = fixture("progressive.mp4");
  const expected = new MemorySink();
  using reader = DemuxerSync.open(bytes);
  using writer = MuxerSync.create(expected, { format: "mp4" });
  const targets = reader.streams.map((stream) => writer.addStream(stream));
  for (const packet of reader) writer.write(packet, targets[packet.streamIndex]);
  writer.finish();
  const wanted = expected.take();
  for (const clone of [false, true]) {
    const sync = new MemorySink();
    const own = new MemorySink();
    await using input = await Demuxer.open(bytes);
    using blocking = MuxerSync.create(sync, { format: "mp4" });
    await using output = await Muxer.create(own, { format: "mp4" });
    const a = input.streams.map((stream) => blocking.addStream(stream));
    const b = input.streams.map((stream) => output.addStream(stream));
    for await (const raw of input) {
      const packet = clone ? raw.clone() : raw;
      blocking.write(packet, a[packet.streamIndex]);
      await output.write(packet, b[packet.streamIndex]);
    }
    blocking.finish();
    await output.finish();
    for (const [what, sink] of [["MuxerSync", sync], ["Muxer", own]] as const) {
      const bytes = sink.take();
      assertEquals(bytes.length, wanted.length, `${what}, clone ${clone}`);
      assert(bytes.every((byte, i) => byte === wanted[i]), `${what}, clone ${clone}: bytes differ`);
    }
  }
});

test("onProgress comes at most ten times a second, and once at the end", async () => {
  const told: { at: number; progress: Progress }[] = [];
  const next = rounds(ts, 1.2);
  async function* slow() {
    for (let i = 0; i < 40; i++) {
      await later(10);
      yield next();
    }
  }
  const since = performance.now();
  const result = await remux(slow(), new WatchedSink(), {
    format: "matroska",
    onProgress: (progress) => told.push({ at: performance.now(), progress }),
  });
  const seconds = (performance.now() - since) / 1000;
  console.log(`${told.length} times in ${seconds.toFixed(2)} s`);
  assert(told.length >= 2 && told.length <= seconds * 10 + 2, `${told.length} in ${seconds} s`);
  const last = told.at(-1)!.progress;
  assertEquals(last.packets, result.packets);
  assertEquals(last.bytesRead, result.bytesRead);
});

test("broken files fail as they do for the blocking reader", {
  skip: malformed().length === 0 && corpus().length === 0,
}, async () => {
  const { readFileSync } = await import("node:fs");
  const { difference, readAsync } = await import("../../support/packets.ts");
  const differences: string[] = [];
  for (const { name, path } of malformed()) {
    const bytes = readFileSync(path);
    const found = difference(await readAsync(bytes), readSync(bytes));
    if (found) differences.push(`${name}: ${found}`);
  }
  assertEquals(differences, []);
});
