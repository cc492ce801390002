import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  AVERROR,
  AVError,
  Demuxer,
  HttpSource,
  Muxer,
  probe,
  remux,
  type Source,
  StreamSource,
} from "../../../mod.ts";
import {
  eventually,
  fixture,
  never,
  rejection,
  WatchedSink,
  WatchedSource,
} from "../../support/async_sources.ts";
import { startServer } from "../../support/http_server.ts";
import { later } from "../../support/random.ts";

// Without an abort or a timeout each would wait for ever; a busy machine takes a second and more.
const MAX_MS = 10_000;

/** Aborts 30 ms after `waits`; the promise must reject with the very reason, soon. */
async function aborts(
  what: string,
  start: (signal: AbortSignal) => Promise<unknown>,
  waits: () => boolean = () => true,
): Promise<void> {
  const reason = new Error(`enough of ${what}`);
  const controller = new AbortController();
  const running = start(controller.signal);
  running.catch(() => {});
  await eventually(waits, `${what} waits`);
  await later(30);
  controller.abort(reason);
  const { error, milliseconds } = await rejection(running);
  assertStrictEquals(error, reason);
  console.log(`${what}: ${milliseconds.toFixed(1)} ms`);
  assert(milliseconds < MAX_MS, `${what} took ${milliseconds} ms`);
}

/** A source that gives some bytes and then nothing, whatever its signal says. */
function stuck(name: string, bytes: number): WatchedSource {
  const all = fixture(name);
  const source = new WatchedSource(all.subarray(0, bytes));
  source.before = (position) => position >= bytes ? never() : undefined;
  return source;
}

async function opensAgain(): Promise<void> {
  const info = await probe(fixture("progressive.mp4"));
  assertEquals(info.streams.length, 2);
}

test("an abort is felt while an opening waits for its first bytes", async () => {
  const source = stuck("mpegts.ts", 0);
  await aborts(
    "open before the header",
    (signal) => Demuxer.open(source, { signal }),
    () => source.reading === 1,
  );
  await eventually(() => source.closed === 1, "the source is closed");
  assertEquals(source.aborted, 1);
  await opensAgain();
});

test("an abort is felt while an opening waits in the middle of the header", async () => {
  const source = stuck("mpegts.ts", 1000);
  await aborts("open amid the header", (signal) => Demuxer.open(source, { signal }));
  await eventually(() => source.closed === 1, "the source is closed");
});

test("an abort is felt while a source opens itself", async () => {
  let closed = 0;
  const source: Source = { open: () => never(), read: () => 0, close: () => void closed++ };
  await aborts("source.open", (signal) => Demuxer.open(source, { signal }));
});

test("an abort is felt while a read waits, and by every read that waits", async () => {
  const source = stuck("mpegts.ts", 40_000);
  const controller = new AbortController();
  const input = await Demuxer.open(source, { signal: controller.signal, probeSize: 5000 });
  for (let i = 0; i < 1000; i++) {
    if (typeof input.tryRead() === "symbol") await later(1);
  }
  const reason = new Error("enough");
  const reads = [input.read(), input.read(), input.read()].map(rejection);
  await later(20);
  const since = performance.now();
  controller.abort(reason);
  for (const read of reads) assertStrictEquals((await read).error, reason);
  const milliseconds = performance.now() - since;
  console.log(`read: ${milliseconds.toFixed(1)} ms`);
  assert(milliseconds < MAX_MS);
  await eventually(() => source.closed === 1, "the source is closed");
  const { error } = await rejection(input.read());
  assertInstanceOf(error, AVError);
  assertEquals(error.codeName, "AVERROR_EXIT");
  assertStrictEquals(error.cause, reason);
  await input.close();
  assertEquals(source.closed, 1);
});

test("an abort between reads comes out of the next call, and the payload on loan is gone", async () => {
  const controller = new AbortController();
  const input = await Demuxer.open(fixture("progressive.mp4"), { signal: controller.signal });
  const packet = await input.read();
  assert(packet !== null);
  const view = packet.view();
  assert(view.length > 0);
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(view.length, 0);
  assertStrictEquals((await rejection(input.read())).error, reason);
  await input.close();
});

test("an abort is felt while a remux waits for its source", async () => {
  const source = stuck("mpegts.ts", 40_000);
  const sink = new WatchedSink();
  await aborts(
    "remux, source",
    (signal) => remux(source, sink, { format: "matroska", signal }),
  );
  await eventually(() => sink.events.length === 2, "the sink is closed");
  assertEquals(sink.events, ["abort", "close"]);
  assertEquals(source.closed, 1);
});

test("an abort is felt while a remux waits for its sink", async () => {
  const source = new WatchedSource(fixture("mpegts.ts"));
  const sink = new WatchedSink();
  sink.before = () => never();
  await aborts(
    "remux, sink",
    (signal) => remux(source, sink, { format: "matroska", signal, highWaterMark: 4096 }),
  );
  await eventually(() => sink.events.length === 2, "the sink is closed");
  assertEquals(sink.events, ["abort", "close"]);
  assertEquals(source.closed, 1);
});

test("an abort is felt while a muxer's write waits for its sink", async () => {
  const sink = new WatchedSink();
  sink.before = () => never();
  await aborts("write", async (signal) => {
    await using input = await Demuxer.open(fixture("mpegts.ts"));
    const output = await Muxer.create(sink, { format: "matroska", signal, highWaterMark: 4096 });
    const streams = input.streams.map((stream) => output.addStream(stream));
    for (;;) {
      const packet = await input.read();
      if (packet === null) return;
      await output.write(packet, streams[packet.streamIndex]);
    }
  });
  await eventually(() => sink.events.length === 2, "the sink is closed");
});

test("an abort is felt while a server stalls", async () => {
  await using server = await startServer((answer) => {
    answer.head(206, { "content-length": 65536, "content-range": "bytes 0-65535/1000000" });
    return answer.write(new Uint8Array(100));
  });
  await aborts(
    "HttpSource",
    (signal) => Demuxer.open(new HttpSource(server.url("/a")), { signal }),
  );
  await eventually(() => server.seen.every(({ closed }) => closed), "the connection is closed");
});

test("an abort is felt though the source's close never ends", async () => {
  const source: Source = { read: () => never(), close: () => never() };
  await aborts("a close that hangs", (signal) => Demuxer.open(source, { signal }));
});

test("a stream is cancelled by an abort, though its reader still waits", async () => {
  let cancelled = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: () => never(),
    cancel: () => void cancelled++,
  });
  await aborts("stream", (signal) => probe(stream, { signal }));
  await eventually(() => cancelled === 1, "the stream is cancelled");
});

for (const [what, bytes] of [["before the header", 0], ["amid the header", 1000]] as const) {
  test(`a source that never answers ${what} is given up after the timeout`, async () => {
    const source = stuck("mpegts.ts", bytes);
    const { error, milliseconds } = await rejection(Demuxer.open(source, { timeout: 60 }));
    console.log(`timeout of 60 ms: ${milliseconds.toFixed(1)} ms`);
    assertInstanceOf(error, AVError);
    assertEquals(error.code, AVERROR("ETIMEDOUT"));
    assert(milliseconds < MAX_MS && milliseconds > 50, `${milliseconds} ms`);
    await eventually(() => source.closed === 1, "the source is closed");
    await opensAgain();
  });
}

test("a read is given up after the timeout, and the demuxer says so ever after", async () => {
  const source = stuck("mpegts.ts", 40_000);
  await using input = await Demuxer.open(source, { timeout: 60, probeSize: 5000 });
  const { error } = await rejection((async () => {
    while (await input.read()) { /* on */ }
  })());
  assertInstanceOf(error, AVError);
  assertEquals(error.code, AVERROR("ETIMEDOUT"));
  const later = await rejection(input.read());
  assertInstanceOf(later.error, AVError);
  assertEquals(later.error.codeName, "AVERROR_EXIT");
});

test("a remux is given up after the timeout, for its source and for its sink", async () => {
  const source = stuck("mpegts.ts", 40_000);
  const sink = new WatchedSink();
  const first = await rejection(remux(source, sink, { format: "matroska", timeout: 60 }));
  assertInstanceOf(first.error, AVError);
  assertEquals(first.error.code, AVERROR("ETIMEDOUT"));
  const slow = new WatchedSink();
  slow.before = () => never();
  const options = { format: "matroska", timeout: 60, highWaterMark: 4096 };
  const second = await rejection(remux(fixture("mpegts.ts"), slow, options));
  assertInstanceOf(second.error, AVError);
  assertEquals(second.error.code, AVERROR("ETIMEDOUT"));
  assert(second.milliseconds < MAX_MS);
});

test("an aborted signal is refused before anything is asked of the source", async () => {
  const source = new WatchedSource(fixture("mpegts.ts"));
  const reason = new Error("before");
  const signal = AbortSignal.abort(reason);
  assertStrictEquals((await rejection(Demuxer.open(source, { signal }))).error, reason);
  assertStrictEquals(
    (await rejection(remux(source, new WatchedSink(), { format: "nut", signal }))).error,
    reason,
  );
  assertEquals(source.given, 0);
});

test("a StreamSource keeps the chunk that came after an abort", async () => {
  const gate = Promise.withResolvers<void>();
  const source = new StreamSource(
    (async function* () {
      await gate.promise;
      yield Uint8Array.of(1, 2, 3);
    })(),
  );
  const controller = new AbortController();
  const into = new Uint8Array(8);
  const reading = rejection(source.read(into, 0, controller.signal));
  controller.abort(new Error("stop"));
  await reading;
  gate.resolve();
  assertEquals(await source.read(into, 0, new AbortController().signal), 3);
});
