/**
 * Sources and sinks that do not close: a timeout and a signal end the waiting for that, too.
 */
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  AVERROR,
  AVError,
  Demuxer,
  MemorySink,
  Muxer,
  probe,
  remux,
  type Sink,
  type Source,
} from "../../../mod.ts";
import { eventually, fixture, never, rejection } from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";

const timeout = 100;

/** A source that is asked to close, and goes on with it for ever. */
class Ajar implements Source {
  readonly #bytes = fixture("progressive.mp4");
  readonly size = this.#bytes.length;
  closing = 0;
  read(into: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }
  close(): Promise<void> {
    this.closing++;
    return never();
  }
}

/** The same of a sink. */
class AjarSink extends MemorySink implements Sink {
  closing = 0;
  close(): Promise<void> {
    this.closing++;
    return never();
  }
}

interface Ajars {
  readonly source: Ajar;
  readonly sink: AjarSink;
}
type Limits = { timeout?: number; signal?: AbortSignal };

/** An operation under way, and the `close` that ends it. */
const ways: Record<string, (ajars: Ajars, limits: Limits) => [Promise<unknown>, Ajar | AjarSink]> =
  {
    "probe": ({ source }, limits) => [probe(source, limits), source],
    "Demuxer.close": ({ source }, limits) => [
      Demuxer.open(source, limits).then((demuxer) => demuxer.close()),
      source,
    ],
    "remux, the source": ({ source }, limits) => [
      remux(source, new MemorySink(), { format: "nut", ...limits }),
      source,
    ],
    "remux, the sink": ({ sink }, limits) => [
      remux(fixture("progressive.mp4"), sink, { format: "nut", ...limits }),
      sink,
    ],
  };

for (const [what, begin] of Object.entries(ways)) {
  test(`what never closes is given up after the timeout: ${what}`, async () => {
    const [working, ajar] = begin({ source: new Ajar(), sink: new AjarSink() }, { timeout });
    const { error } = await rejection(working);
    assertInstanceOf(error, AVError);
    assertEquals([error.code, error.operation], [AVERROR("ETIMEDOUT"), "close"]);
    assertEquals(ajar.closing, 1);
  });

  test(`what never closes is given up at the signal: ${what}`, async () => {
    const stop = new AbortController();
    const [working, ajar] = begin({ source: new Ajar(), sink: new AjarSink() }, {
      signal: stop.signal,
    });
    working.catch(() => {});
    await eventually(() => ajar.closing === 1, "it is closing");
    const reason = new Error("enough");
    stop.abort(reason);
    const { error } = await rejection(working);
    assertEquals(error, reason);
    await later(20);
    assertEquals(ajar.closing, 1);
  });
}

test("what never closes is given up at the signal: Muxer.close", async () => {
  const stop = new AbortController();
  const sink = new AjarSink();
  const muxer = await Muxer.create(sink, { format: "nut", signal: stop.signal });
  const closed = rejection(muxer.close());
  await eventually(() => sink.closing === 1, "it is closing");
  const reason = new Error("enough");
  stop.abort(reason);
  assertEquals((await closed).error, reason);
});

test("after an abort, what never closes is waited for no longer than a moment", async () => {
  const stop = new AbortController();
  const source = new Ajar();
  const demuxer = await Demuxer.open(source, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await demuxer.close();
  assertEquals(source.closing, 1);
});

test("after an abort, what takes its time to close is waited for", async () => {
  const stop = new AbortController();
  const bytes = fixture("progressive.mp4");
  let closed = false;
  const demuxer = await Demuxer.open({
    size: bytes.length,
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    async close() {
      await later(100);
      closed = true;
    },
  }, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await demuxer.close();
  assert(closed);
});
