/** A forgotten object ends by itself; one that a caller awaits does not. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Demuxer, fragments, type Packet, probe, remux, type Source } from "../../../mod.ts";
import { eventually, fixture, rejection } from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const ts = fixture("mpegts.ts");
const reason = new Error("enough");

test("what is forgotten is released, what is waited for is found", () => {
  const program = fileURLToPath(new URL("../../support/forgotten_program.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(executable, [...runtimeWords, program], {
    timeout: 120_000,
  });
  assertEquals(status, 0, stderr.toString());
  const lines = stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.length, 9);
  for (const { name, left } of lines) {
    for (const [what, count] of Object.entries(left ?? {})) {
      assertEquals(count, 0, `${name}: ${what}\n${stderr}`);
    }
  }
});

function stalled(closed: () => void): Source {
  return { read: () => new Promise<number>(() => {}), close: closed };
}

for (
  const [name, run] of [
    ["Demuxer.open", (source, signal) => Demuxer.open(source, { signal })],
    ["probe", (source, signal) => probe(source, { signal })],
    ["remux", (source, signal) => remux(source, { write() {} }, { format: "nut", signal })],
    ["fragments", (source, signal) => fragments(source, { format: "nut", signal }).next()],
    ["fragments", (source, signal) => fragments(source, { format: "mp4", signal }).next()],
  ] as [string, (source: Source, signal: AbortSignal) => Promise<unknown>][]
) {
  test(`${name} is ended by an abort as early as can be, and lets go of its source once`, async () => {
    for (let turns = 0; turns < 8; turns++) {
      let closed = 0;
      const controller = new AbortController();
      const running = rejection(run(stalled(() => void closed++), controller.signal));
      for (let turn = 0; turn < turns; turn++) await undefined;
      controller.abort(reason);
      const { error } = await running;
      if (error !== reason) assert(String(error).includes("nut"), String(error));
      await eventually(() => closed === 1, "the source is closed");
    }
  });
}

test("a read that was given up writes to its own buffer alone", async () => {
  const bytes = fixture("matroska.mkv");
  // It takes its time, piece by piece, and heeds no signal.
  const source: Source = {
    size: bytes.length,
    async read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      for (let at = 0; at < part.length; at += 8192) {
        await later(1);
        into.set(part.subarray(at, at + 8192), at);
      }
      return part.length;
    },
  };
  const sums = new Map<string, number>();
  await using whole = await Demuxer.open(bytes);
  for await (const packet of whole) sums.set(named(packet), sum(packet.view()));
  await using input = await Demuxer.open(source);
  let read = 0;
  for (let i = 0; i < 30; i++) {
    await input.seek(i % 3);
    for (let n = 0; n < 10; n++, read++) {
      const packet = await input.read();
      if (packet === null) break;
      assertEquals(sum(packet.view()), sums.get(named(packet)), named(packet));
    }
  }
  assert(read > 50, `${read} packets`);
});

function named({ streamIndex, pts }: Packet): string {
  return `${streamIndex} at ${pts}`;
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total * 31 + byte) >>> 0, 0);
}

test("timeout is also the sink's, where all there is has been written", async () => {
  const sink = { write: () => new Promise<void>(() => {}) };
  const { error } = await rejection(remux(ts, sink, { format: "matroska", timeout: 100 }));
  assert(/write_packet.*ETIMEDOUT.*100 ms/.test(String(error)), String(error));
});

test("a slow sink that goes on is not late", async () => {
  const sink = { write: () => later(60) };
  const done = await remux(ts, sink, { format: "matroska", timeout: 150 });
  assert(done.packets > 0);
});

test("the error of a stream that its muxer writes to is the one that comes out", async () => {
  let fail: (error: unknown) => void = () => {};
  const target = new WritableStream<Uint8Array>({
    start: (controller) => void (fail = (error) => controller.error(error)),
  });
  const source = stalled(() => {});
  const running = rejection(remux(source, target, { format: "nut" }));
  await later(20);
  fail(reason);
  assertStrictEquals((await running).error, reason);
});
