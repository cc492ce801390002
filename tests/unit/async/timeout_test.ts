/**
 * How long a source may take to open, and whom a timeout is not for.
 */
import { test } from "node:test";
import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  AVERROR,
  AVError,
  Demuxer,
  fragments,
  MemorySink,
  probe,
  remux,
  remuxStream,
  type Source,
} from "../../../mod.ts";
import { eventually, fixture, never, rejection } from "../../support/async_sources.ts";
import { startServer } from "../../support/http_server.ts";
import { later } from "../../support/random.ts";

const timeout = 100;

/** A source whose opening never answers. */
class Shut implements Source {
  closed = 0;
  open(): Promise<void> {
    return never();
  }
  read(): number {
    throw new Error("it is not open");
  }
  close(): void {
    this.closed++;
  }
}

async function timesOut(promise: Promise<unknown>): Promise<void> {
  const { error } = await rejection(promise);
  assertInstanceOf(error, AVError);
  assertEquals(error.code, AVERROR("ETIMEDOUT"));
  assertEquals(error.operation, "open");
  assertEquals(error.message.includes(`no answer within ${timeout} ms`), true, error.message);
}

const ways: Record<string, (source: Source) => Promise<unknown>> = {
  "Demuxer.open": (source) => Demuxer.open(source, { timeout }),
  "probe": (source) => probe(source, { timeout }),
  "remux": (source) => remux(source, new MemorySink(), { format: "nut", timeout }),
  "remux, its input's options": (source) =>
    remux(source, new MemorySink(), { format: "nut", input: { timeout } }),
  "fragments": (source) => fragments(source, { format: "mp4", timeout }).next(),
  "a source that the open hook gives": (source) =>
    probe(undefined, { name: "a.mp4", open: () => source, timeout }),
};

for (const [what, open] of Object.entries(ways)) {
  test(`a source that never opens is given up after the timeout: ${what}`, async () => {
    const source = new Shut();
    await timesOut(open(source));
    await eventually(() => source.closed === 1, "the source is closed");
  });
}

test("an open hook that never answers is given up after the timeout", async () => {
  await timesOut(probe(undefined, { name: "a.mp4", open: () => never(), timeout }));
});

test("a server that accepts and never answers is given up after the timeout", async () => {
  await using server = await startServer(() => never());
  await timesOut(probe(new URL(server.url("/a.mp4")), { timeout }));
  await eventually(() => server.seen.every(({ closed }) => closed), "the connection is closed");
});

for (const patience of [60_000, 2 ** 40, Infinity]) {
  test(`a source may take its time to open: ${patience} ms`, async () => {
    const bytes = fixture("progressive.mp4");
    const info = await probe({
      size: bytes.length,
      open: () => later(20),
      read(into, position) {
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
    }, { timeout: patience });
    assertEquals(info.streams.length, 2);
  });
}

// Beyond the timeout, with more to come than what may wait for it.
const slowly = { format: "mpegts", timeout: 500, highWaterMark: 16 * 1024 };
const pause = () => later(3 * slowly.timeout);

test("a timeout is not for the consumer of fragments", async () => {
  const source = fixture("mpegts.ts");
  let length = 0;
  let count = 0;
  for await (const { data } of fragments(source, slowly)) {
    if (count++ < 2) await pause();
    length += data.length;
  }
  const whole = new MemorySink();
  await remux(source, whole, { format: "mpegts" });
  assertEquals(length >= source.length / 2, true, `${length}`);
  assertEquals(count > 1, true);
});

test("a timeout is not for the reader of a remuxStream", async () => {
  const source = fixture("mpegts.ts");
  const reader = new Blob([source]).stream().pipeThrough(remuxStream(slowly)).getReader();
  let length = 0;
  for (let count = 0;; count++) {
    if (count < 2) await pause();
    const { value, done } = await reader.read();
    if (done) break;
    length += value.length;
  }
  assertEquals(length >= source.length / 2, true, `${length}`);
});
