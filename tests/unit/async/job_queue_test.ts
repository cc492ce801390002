import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  concat,
  Demuxer,
  type MediaInfo,
  MemorySink,
  MemorySource,
  probe,
  remux,
} from "../../../mod.ts";
import { idleWorkers } from "../../../lib/async/main/worker_pool.ts";
import { fixturePath } from "../../support/sets.ts";

const mp4 = new Uint8Array(readFileSync(fixturePath("progressive.mp4")));
const limit = Math.max(2, availableParallelism());

/** A blob that gives nothing until it is told to. */
class SlowBlob extends Blob {
  readonly #opened = Promise.withResolvers<void>();

  override slice(start?: number, end?: number): Blob {
    const part = super.slice(start, end);
    const opened = this.#opened.promise;
    return Object.assign(part, {
      arrayBuffer: () => opened.then(() => Blob.prototype.arrayBuffer.call(part)),
    });
  }

  open(): void {
    this.#opened.resolve();
  }
}

/** The most workers at work at once while `run` lasts, beside those that may be. */
async function mostWorkers(run: () => Promise<void>): Promise<[most: number, allowed: number]> {
  let most = 0;
  const since = performance.now();
  const watch = setInterval(() => most = Math.max(most, idleWorkers().working), 1);
  await run();
  clearInterval(watch);
  // One more may begin with each second in which no job ends, as on a busy machine.
  return [most, limit + 1 + Math.floor((performance.now() - since) / 1000)];
}

const slowBlobs = (count: number) => Array.from({ length: count }, () => new SlowBlob([mp4]));

test("two hundred probes have as many workers at work as there are processors", async () => {
  let all: MediaInfo[] = [];
  const [most, allowed] = await mostWorkers(async () => {
    all = await Promise.all(Array.from({ length: 200 }, () => probe(mp4.slice())));
  });
  assert(most <= allowed, `${most} workers, not ${allowed}`);
  assertEquals(new Set(all.map(({ streams }) => streams.length)), new Set([2]));
});

test("sessions that stay open are not counted", async () => {
  const open = await Promise.all(
    Array.from({ length: limit * 3 }, () => Demuxer.open(new Blob([mp4]))),
  );
  assertStrictEquals((await probe(mp4)).streams.length, 2);
  for (const demuxer of open) await demuxer.close();
});

test("a job in a hook of another job has no turn to wait for", async () => {
  const outer = Array.from({ length: limit * 2 }, () =>
    probe(undefined, {
      name: "input.mp4",
      open: async () => {
        await probe(mp4);
        return { size: mp4.length, read: (into, at) => copy(into, at) };
      },
    }));
  for (const { streams } of await Promise.all(outer)) assertStrictEquals(streams.length, 2);
});

function copy(into: Uint8Array, position: number): number {
  const part = mp4.subarray(position, position + into.length);
  into.set(part);
  return part.length;
}

test("a remux into a stream that a probe reads does not wait for the probe's turn", async () => {
  const pairs = Array.from({ length: limit * 2 }, async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const written = remux(mp4, writable, { format: "matroska" });
    const info = await probe(readable);
    await written.catch(() => {});
    return info.streams.length;
  });
  assertEquals(new Set(await Promise.all(pairs)), new Set([2]));
});

test("jobs behind inputs that give nothing begin after a while", async () => {
  const blobs = slowBlobs(limit);
  const stuck = blobs.map((blob) => probe(blob));
  assertStrictEquals((await probe(mp4)).streams.length, 2);
  for (const blob of blobs) blob.open();
  for (const info of await Promise.all(stuck)) assertStrictEquals(info.streams.length, 2);
});

test("a signal ends the waiting for a turn, and the next job has it", async () => {
  const blobs = slowBlobs(limit);
  const stuck = blobs.map((blob) => probe(blob));
  const controller = new AbortController();
  const reason = new Error("not wanted any more");
  const queued = probe(mp4, { signal: controller.signal });
  const sink = new MemorySink();
  const behind = remux(mp4, sink, { format: "matroska" });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => queued), reason);
  for (const blob of blobs) blob.open();
  await Promise.all(stuck);
  assert((await behind).packets > 0);
});

test("joins take turns as well, and each has the bytes of one that is alone", async () => {
  const alone = new MemorySink();
  await concat([mp4, new Blob([mp4])], alone, { format: "matroska" });
  const sinks = Array.from({ length: limit * 20 }, () => new MemorySink());
  const [most, allowed] = await mostWorkers(async () => {
    const parts = () => [mp4, new Blob([mp4])];
    await Promise.all(sinks.map((sink) => concat(parts(), sink, { format: "matroska" })));
  });
  assert(most <= allowed, `${most} workers, not ${allowed}`);
  for (const { bytes } of sinks) assertStrictEquals(bytes.length, alone.bytes.length);
});

test("a join of what another job writes does not wait for its turn", async () => {
  const pairs = Array.from({ length: limit * 2 }, async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const sink = new MemorySink();
    const joined = concat([readable, mp4], sink, { format: "matroska" });
    await remux(mp4, writable, { format: "matroska" });
    await joined;
    return sink.bytes.length > mp4.length;
  });
  assertEquals(new Set(await Promise.all(pairs)), new Set([true]));
});

test("a join whose signal fires before its turn closes each part and the output", async () => {
  const blobs = slowBlobs(limit);
  const stuck = blobs.map((blob) => probe(blob));
  const controller = new AbortController();
  const closed: string[] = [];
  class Part extends MemorySource {
    close() {
      closed.push("part");
    }
  }
  class Target extends MemorySink {
    abort() {
      closed.push("sink");
    }
  }
  const queued = concat([new Part(mp4), new Part(mp4)], new Target(), {
    format: "matroska",
    signal: controller.signal,
  });
  const reason = new Error("not wanted any more");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => queued), reason);
  assertEquals(closed.sort(), ["part", "part", "sink"]);
  for (const blob of blobs) blob.open();
  await Promise.all(stuck);
});
