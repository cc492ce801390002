import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  AGAIN,
  AVError,
  Channel,
  Demuxer,
  DisposedError,
  type Input,
  Muxer,
  type Output,
  probe,
  remux,
  remuxStream,
  type Source,
} from "../../../mod.ts";
import { acquireWorker, releaseWorker } from "../../../lib/async/main/worker_pool.ts";
import { ControlBlock } from "../../../lib/async/shared/control_block.ts";
import {
  eventually,
  fixture,
  rejection,
  WatchedSink,
  WatchedSource,
} from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";

const ts = fixture("mpegts.ts");

async function drain(input: Demuxer): Promise<number> {
  let packets = 0;
  for await (const _ of input) packets++;
  return packets;
}

/** Gives `bytes` in pieces and then fails. */
function failing(bytes: Uint8Array, failure: unknown): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.error(failure);
      controller.enqueue(bytes.slice(at, at += 1000));
    },
  });
}

test("a stream that errors rejects with that very error: opening, reading, probing, remuxing", async () => {
  const failure = new Error("upstream");
  for (const bytes of [0, 1000]) {
    const opening = Demuxer.open(failing(ts.subarray(0, bytes), failure));
    assertStrictEquals((await rejection(opening)).error, failure);
    const probing = probe(failing(ts.subarray(0, bytes), failure));
    assertStrictEquals((await rejection(probing)).error, failure);
  }
  await using input = await Demuxer.open(failing(ts, failure), { probeSize: 5000 });
  assertStrictEquals((await rejection(drain(input))).error, failure);
  const after = await rejection(input.read());
  assertInstanceOf(after.error, AVError);
  assertStrictEquals(after.error.cause, failure);
  const sink = new WatchedSink();
  const remuxing = remux(failing(ts.subarray(0, 40_000), failure), sink, { format: "matroska" });
  assertStrictEquals((await rejection(remuxing)).error, failure);
  // A failed opening waits only briefly for the sink.
  await eventually(() => sink.events.length === 2, "the sink is closed");
  assertEquals(sink.events, ["abort", "close"]);
  assertStrictEquals(sink.reason, failure);
});

test("what was there before a stream errors is delivered before the error", async () => {
  const failure = new Error("upstream");
  const long = new Uint8Array(ts.length * 30);
  for (let at = 0; at < long.length; at += ts.length) long.set(ts, at);
  await using whole = await Demuxer.open(long);
  const all = await drain(whole);
  await using input = await Demuxer.open(failing(long, failure));
  let packets = 0;
  const { error } = await rejection((async () => {
    while (await input.read()) packets++;
  })());
  assertStrictEquals(error, failure);
  // Bytes that libavformat has not yet made a packet of are lost with the failed call.
  const lost = all - packets;
  assert(lost >= 0 && lost <= all * 65536 / long.length + 3, `${packets} of ${all}`);
});

for (
  const [what, answer] of [
    ["NaN", NaN],
    ["more than asked for", 1 << 30],
    ["a negative number", -5],
    ["a fraction", 1.5],
    ["a string", "12"],
    ["undefined", undefined],
    ["an object", {}],
    ["a bigint", 5n],
  ] as const
) {
  test(`a source that answers ${what} is a TypeError, at once or from a promise`, async () => {
    for (const wrap of [(x: unknown) => x, (x: unknown) => Promise.resolve(x)]) {
      let closed = 0;
      const source = { read: () => wrap(answer), close: () => void closed++ };
      const { error } = await rejection(Demuxer.open(source as Source));
      assertInstanceOf(error, TypeError);
      assert(error.message.startsWith("source.read returned"), error.message);
      await eventually(() => closed === 1, "the source is closed");
    }
  });
}

test("a source whose size or chunk is wrong is a TypeError", async () => {
  const sized = { size: -3, read: () => 0 } as Source;
  assertInstanceOf((await rejection(Demuxer.open(sized))).error, TypeError);
  const stream = new ReadableStream({ pull: (c) => c.enqueue("text") });
  assertInstanceOf((await rejection(Demuxer.open(stream))).error, TypeError);
  async function* numbers() {
    yield 5;
  }
  const iterable = numbers() as unknown as AsyncIterable<Uint8Array>;
  assertInstanceOf((await rejection(Demuxer.open(iterable))).error, TypeError);
  for (const wrong of [null, 5, {}, undefined, Symbol("x")]) {
    assertInstanceOf((await rejection(Demuxer.open(wrong as Input))).error, TypeError);
    const writing = Muxer.create(wrong as Output, { format: "matroska" });
    assertInstanceOf((await rejection(writing)).error, TypeError);
  }
});

test("a high-water mark that is no number of bytes is a RangeError", async () => {
  for (const highWaterMark of [0, -1, 1.5, NaN, Infinity, 2 ** 40]) {
    const opening = Demuxer.open(ts, { highWaterMark });
    assertInstanceOf((await rejection(opening)).error, RangeError);
    const creating = Muxer.create(new WatchedSink(), { format: "matroska", highWaterMark });
    assertInstanceOf((await rejection(creating)).error, RangeError);
  }
});

test("AGAIN from an asynchronous source is asked again, and loses nothing", async () => {
  await using whole = await Demuxer.open(ts);
  const all = await drain(whole);
  let count = 0;
  const source: Source = {
    size: ts.length,
    read(into, position) {
      if (count++ % 2 === 0) return count % 4 === 1 ? AGAIN : Promise.resolve(AGAIN);
      const part = ts.subarray(position, position + Math.min(into.length, 9000));
      into.set(part);
      return part.length;
    },
  };
  await using input = await Demuxer.open(source);
  assertEquals(await drain(input), all);
});

test("a stream is cancelled when its reader leaves early, once", async () => {
  let cancelled = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(ts.slice()),
    cancel: () => void cancelled++,
  });
  const input = await Demuxer.open(stream);
  await input.read();
  await input.close();
  assertEquals(cancelled, 1);
  await input.close();
  assertEquals(cancelled, 1);
});

test("a generator is returned when its reader leaves early", async () => {
  let left = 0;
  async function* endless() {
    try {
      for (;;) {
        await later(0);
        yield ts.slice();
      }
    } finally {
      left++;
    }
  }
  const input = await Demuxer.open(endless());
  await input.read();
  await input.close();
  await eventually(() => left === 1, "the generator has returned");
});

test("a failing close of a source comes out of close, a failed demuxer's does not mask", async () => {
  const failure = new Error("close");
  const source = new WatchedSource(ts);
  source.close = () => {
    throw failure;
  };
  const input = await Demuxer.open(source);
  assertStrictEquals((await rejection(input.close())).error, failure);
  const read = new Error("read");
  const broken: Source = { read: () => Promise.reject(read), close: () => Promise.reject(failure) };
  assertStrictEquals((await rejection(Demuxer.open(broken))).error, read);
});

test("a sink that rejects at any write, the trailer's too: that very error, abort, close", async () => {
  const bytes = fixture("matroska.mkv");
  const options = { format: "nut", highWaterMark: 4096, bufferSize: 4096 };
  const whole = new WatchedSink();
  await remux(bytes, whole, options);
  const all = whole.taken;
  assert(whole.chunks.length > 3, `${whole.chunks.length} writes`);
  assertEquals(whole.events, ["close"]);
  for (const at of [0, 1000, all >> 1, all - 5000, all - 1]) {
    const failure = new Error(`byte ${at}`);
    const sink = new WatchedSink();
    sink.before = (_, end) => {
      if (end > at) throw failure;
    };
    assertStrictEquals((await rejection(remux(bytes, sink, options))).error, failure);
    await eventually(() => sink.events.length === 2, "the sink is closed");
    assertEquals(sink.events, ["abort", "close"], `byte ${at}`);
    assertStrictEquals(sink.reason, failure);
  }
});

test("a muxer's sink that rejects comes out of write or finish, and of each later call", async () => {
  for (const synchronous of [false, true]) {
    const failure = new Error("full");
    const sink = new WatchedSink();
    sink.before = (write) => {
      if (write < 1) return;
      if (synchronous) throw failure;
      return Promise.reject(failure);
    };
    await using input = await Demuxer.open(fixture("matroska.mkv"));
    const output = await Muxer.create(sink, { format: "nut", highWaterMark: 4096 });
    const streams = input.streams.map((stream) => output.addStream(stream));
    const writing = (async () => {
      for await (const packet of input) await output.write(packet, streams[packet.streamIndex]);
      await output.finish();
    })();
    assertStrictEquals((await rejection(writing)).error, failure);
    const after = await rejection(output.finish());
    assertInstanceOf(after.error, Error);
    await output.close();
    assertEquals(sink.events, ["abort", "close"]);
    assertStrictEquals(sink.reason, failure);
  }
});

test("a sink whose close rejects comes out of remux, and of a muxer's close", async () => {
  const failure = new Error("close");
  const sink = () => {
    const made = new WatchedSink();
    made.close = () => {
      throw failure;
    };
    return made;
  };
  const remuxing = remux(ts, sink(), { format: "matroska" });
  assertStrictEquals((await rejection(remuxing)).error, failure);
  const output = await Muxer.create(sink(), { format: "matroska" });
  assertStrictEquals((await rejection(output.close())).error, failure);
});

test("an unfinished muxer writes no trailer: its sink is aborted, then closed", async () => {
  const sink = new WatchedSink();
  {
    await using input = await Demuxer.open(ts);
    await using output = await Muxer.create(sink, { format: "matroska" });
    const streams = input.streams.map((stream) => output.addStream(stream));
    const packet = await input.read();
    await output.write(packet!, streams[packet!.streamIndex]);
  }
  assertEquals(sink.events, ["abort", "close"]);
  assertInstanceOf(sink.reason, DisposedError);
});

test("a hook that throws or rejects comes out, the very object", async () => {
  const failure = new Error("hook");
  for (
    const open of [() => {
      throw failure;
    }, () => Promise.reject(failure)]
  ) {
    const options = { format: "segment", name: "part%d.ts", open };
    const remuxing = remux(ts, new WatchedSink(), {
      ...options,
      options: { segment_format: "mpegts" },
    });
    assertStrictEquals((await rejection(remuxing)).error, failure);
  }
});

test("a listener that throws ends it with that very error", async () => {
  const failure = new Error("listener");
  const boom = () => {
    throw failure;
  };
  const progress = remux(ts, new WatchedSink(), { format: "matroska", onProgress: boom });
  assertStrictEquals((await rejection(progress)).error, failure);
  const marker = remux(ts, new WatchedSink(), { format: "matroska", onMarker: boom });
  assertStrictEquals((await rejection(marker)).error, failure);
  const broken = fixture("progressive.mp4").subarray(0, 4000);
  const log = Demuxer.open(broken, { onLog: boom });
  assertStrictEquals((await rejection(log)).error, failure);
});

test("a worker that dies is one clear error, and the others go on", async () => {
  await using other = await Demuxer.open(ts);
  // The next session's worker gets something that it cannot take for a command, and throws.
  const doomed = acquireWorker();
  releaseWorker(doomed);
  const wrong = { id: 1, control: 5 as unknown as SharedArrayBuffer, name: "close", request: {} };
  doomed.post(wrong as Parameters<typeof doomed.post>[0]);
  const source = new WatchedSource(ts);
  const { error } = await rejection(Demuxer.open(source));
  assertInstanceOf(error, Error);
  assert(error.message.startsWith("the worker of this demuxer died"), error.message);
  await eventually(() => source.closed === 1, "the source is closed");
  assert(await drain(other) > 0);
  assertEquals((await probe(ts)).streams.length, 2);
});

test("a worker that dies between two reads ends its demuxer alone, and closing it is harmless", async () => {
  const handle = acquireWorker();
  releaseWorker(handle);
  const source = new WatchedSource(ts);
  const input = await Demuxer.open(source);
  let reads = 0;
  const { error } = await rejection((async () => {
    for (;;) {
      if (await input.read() === null) return;
      if (++reads === 5) {
        // It reads ahead until its queue is full, and takes messages then.
        const control = new ControlBlock();
        const wrong = { id: 1, control: control.shared, name: "close", request: {} };
        handle.post(wrong as Parameters<typeof handle.post>[0]);
        handle.post({ ...wrong, control: 5 } as unknown as Parameters<typeof handle.post>[0]);
        // Ended from outside in the middle of a read, it would take Node with it.
        await eventually(() => handle.dead !== undefined, "the worker dies");
      }
    }
  })());
  assertInstanceOf(error, Error);
  assert(/died|ended/.test(error.message), error.message);
  await input.close();
  await eventually(() => source.closed === 1, "the source is closed");
});

test("remuxStream: a failure of the source errors the result with it, one of the muxer's cancels the source", async () => {
  const failure = new Error("upstream");
  const stream = failing(ts.subarray(0, 40_000), failure).pipeThrough(
    remuxStream({ format: "matroska" }),
  );
  assertStrictEquals((await rejection(new Response(stream).arrayBuffer())).error, failure);
  let cancelled: unknown;
  const junk = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65536)),
    cancel: (reason) => void (cancelled = reason ?? "cancelled"),
  });
  const broken = junk.pipeThrough(remuxStream({ format: "matroska" }));
  assertInstanceOf((await rejection(new Response(broken).arrayBuffer())).error, AVError);
  await eventually(() => cancelled !== undefined, "the source is cancelled");
});

test("remuxStream: a reader that cancels stops the source", async () => {
  let cancelled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(ts.slice()),
    cancel: () => void cancelled++,
  });
  const reader = endless.pipeThrough(remuxStream({ format: "mpegts" })).getReader();
  await reader.read();
  await reader.cancel(new Error("enough"));
  await eventually(() => cancelled === 1, "the source is cancelled");
});

test("a channel that fails rejects with that very error", async () => {
  const channel = new Channel();
  const failure = new Error("sender");
  channel.send(ts.subarray(0, 1000));
  channel.fail(failure);
  assertStrictEquals((await rejection(Demuxer.open(channel))).error, failure);
});
