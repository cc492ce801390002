/** Inputs and outputs that are handed over are let go of, however early it ends. */
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  Demuxer,
  DemuxerSync,
  fragments,
  Muxer,
  type Output,
  probe,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
} from "../../../mod.ts";
import {
  eventually,
  fixture,
  rejection,
  WatchedSink,
  WatchedSource,
} from "../../support/async_sources.ts";
import { collector } from "../../support/gc.ts";
import { later } from "../../support/random.ts";

const collect = collector();

/**
 * Time for everything to come to a standstill, and what nothing leads to is collected meanwhile.
 */
async function standstill(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await later(20);
    collect?.();
  }
}

const reason = new Error("enough");

function aborted(): AbortSignal {
  return AbortSignal.abort(reason);
}

/** A stream that gives `bytes` in pieces and then nothing more, and whether it was cancelled. */
function stalling(bytes: Uint8Array) {
  const state = { cancelled: 0 };
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += 16384));
      else return new Promise(() => {});
    },
    cancel: () => void state.cancelled++,
  });
  return { stream, state };
}

test("remuxStream to mp4 needs no options: it leaves in fragments", async () => {
  for (const format of ["mp4", "mov"]) {
    const body = new Blob([fixture("mpegts.ts")]).stream();
    const response = new Response(body.pipeThrough(remuxStream({ format })));
    const info = probeSync(new Uint8Array(await response.arrayBuffer()));
    assertEquals(info.streams.map(({ type }) => type), ["video", "audio"]);
  }
});

test("remuxStream that fails before it begins errors both sides", async () => {
  for (const options of [{ signal: aborted() }, { highWaterMark: -1 }]) {
    const { stream, state } = stalling(fixture("mpegts.ts"));
    const output = stream.pipeThrough(remuxStream({ format: "matroska", ...options }));
    const { error } = await rejection(new Response(output).arrayBuffer());
    if ("signal" in options) assertStrictEquals(error, reason);
    else assert(String(error).includes("highWaterMark"), String(error));
    await eventually(() => state.cancelled === 1, "the source is cancelled");
  }
});

test("a reader that leaves is noticed while the source stalls", async () => {
  const { stream, state } = stalling(fixture("mpegts.ts").subarray(0, -188));
  const reader = stream.pipeThrough(remuxStream({ format: "matroska" })).getReader();
  await reader.read();
  await standstill();
  await reader.cancel(reason);
  await eventually(() => state.cancelled === 1, "the source is cancelled");
});

test("a reader that leaves is noticed while the source is still being probed", async () => {
  let pulled = 0;
  let cancelled = 0;
  const junk = new ReadableStream<Uint8Array>({
    async pull(controller) {
      pulled++;
      await later(1);
      controller.enqueue(new Uint8Array(100));
    },
    cancel: () => void cancelled++,
  });
  const reader = junk.pipeThrough(remuxStream({ format: "matroska" })).getReader();
  await eventually(() => pulled > 3, "the source is read");
  await reader.cancel(reason);
  await eventually(() => cancelled === 1, "the source is cancelled");
});

/** A stream's controller is all that leads to a remux whose source stalls. */
function failing() {
  let fail: (error: unknown) => void = () => {};
  const target = new WritableStream<Uint8Array>({
    start: (controller) => void (fail = (error) => controller.error(error)),
  });
  return { target, fail: (error: unknown) => fail(error) };
}

test("a WritableStream that errors ends a remux whose source stalls, with its error", async () => {
  const { stream, state } = stalling(fixture("mpegts.ts").subarray(0, 60_000));
  const { target, fail } = failing();
  const running = rejection(remux(stream, target, { format: "matroska" }));
  await standstill();
  fail(reason);
  assertStrictEquals((await running).error, reason);
  await eventually(() => state.cancelled === 1, "the source is cancelled");
});

test("the same where the source is a read that nothing else holds", async () => {
  const { target, fail } = failing();
  const source = { read: () => new Promise<number>(() => {}) };
  const running = rejection(remux(source, target, { format: "matroska" }));
  await standstill();
  fail(reason);
  assertStrictEquals((await running).error, reason);
});

const bytes = fixture("mpegts.ts");
const format = "matroska";

for (
  const [what, run] of [
    ["an aborted signal", (source, sink) => remux(source, sink, { format, signal: aborted() })],
    ["a mark of -1", (source, sink) => remux(source, sink, { format, highWaterMark: -1 })],
    [
      "an end before the start",
      (source, sink) => remux(source, sink, { format, start: 2, end: 1 }),
    ],
  ] as [string, (source: WatchedSource, sink: WatchedSink) => Promise<unknown>][]
) {
  test(`remux with ${what} lets go of its source and its sink, once`, async () => {
    const source = new WatchedSource(bytes);
    const sink = new WatchedSink();
    await rejection(run(source, sink));
    await eventually(() => source.closed === 1, "the source is closed");
    await eventually(() => sink.events.length === 2, "the sink is closed");
    assertEquals(sink.events, ["abort", "close"]);
  });
}

test("a source is let go of where nothing is read of it", async () => {
  const cases: [string, (source: WatchedSource) => unknown][] = [
    ["remux to a number", (source) => remux(source, 12 as unknown as Output, { format })],
    ["probe, aborted", (source) => probe(source, { signal: aborted() })],
    ["Demuxer, a mark of -1", (source) => Demuxer.open(source, { highWaterMark: -1 })],
    ["fragments to wav", (source) => fragments(source, { format: "wav" }).next()],
    ["fragments, aborted", (source) => fragments(source, { format, signal: aborted() }).next()],
  ];
  for (const [what, run] of cases) {
    const source = new WatchedSource(bytes);
    await rejection(Promise.resolve(run(source)));
    assertEquals(source.closed, 1, what);
  }
  const unread = new WatchedSource(bytes);
  await fragments(unread, { format }).return!();
  assertEquals(unread.closed, 1);
});

test("the same for synchronous sources", () => {
  const cases: [string, (source: { read(): number; close(): void }) => unknown][] = [
    ["aborted", (source) => DemuxerSync.open(source, { signal: aborted() })],
    ["a buffer of -1", (source) => probeSync(source, { bufferSize: -1 })],
    [
      "an end before the start",
      (source) => remuxSync(source, { write() {} }, { format, start: 2, end: 1 }),
    ],
  ];
  for (const [what, run] of cases) {
    let closed = 0;
    const source = { read: () => 0, close: () => void closed++ };
    try {
      run(source);
      throw new TypeError(`${what} was taken`);
    } catch (error) {
      assert(!(error instanceof TypeError), String(error));
    }
    assertEquals(closed, 1, what);
  }
});

test("Muxer.create that cannot begin lets go of its sink, once", async () => {
  for (const options of [{ signal: aborted() }, { highWaterMark: -1 }, { format: "nope" }]) {
    const sink = new WatchedSink();
    await rejection(Muxer.create(sink, { format, ...options }));
    await eventually(() => sink.events.length > 1, "the sink is closed");
    assertEquals(sink.events, ["abort", "close"], JSON.stringify(options));
  }
});

test("a stream that is left is cancelled with the reason that ended it, and with nothing else", async () => {
  const cancelled: unknown[] = [];
  const source = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes.slice(0, 188 * 8)),
      cancel: (reason) => void cancelled.push(reason),
    });
  const controller = new AbortController();
  const input = await Demuxer.open(source(), { signal: controller.signal });
  controller.abort(reason);
  await eventually(() => cancelled.length === 1, "the source is cancelled");
  const other = await Demuxer.open(source());
  await other.close();
  await input.close();
  assertEquals(cancelled, [reason, undefined]);
});

test("an aborted fragments hands out nothing more", async () => {
  const controller = new AbortController();
  const pieces = fragments(bytes, { format: "mpegts", signal: controller.signal });
  await pieces.next();
  controller.abort(reason);
  assertStrictEquals((await rejection(pieces.next())).error, reason);
});
