import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Demuxer, MemorySink, probe, remux } from "../../../mod.ts";
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

const slowBlobs = (count: number) => Array.from({ length: count }, () => new SlowBlob([mp4]));

test("two hundred probes have as many workers at work as there are processors", async () => {
  let most = 0;
  const watch = setInterval(() => most = Math.max(most, idleWorkers().working), 1);
  const all = await Promise.all(Array.from({ length: 200 }, () => probe(mp4.slice())));
  clearInterval(watch);
  // One more may begin where the machine stands still for a second.
  assert(most <= limit * 2, `${most} workers`);
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
