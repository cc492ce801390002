/** References between processes, workers, queues and late answers. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { AVError, Demuxer, DemuxerSync, Muxer } from "../../../mod.ts";
import { LOG_SLOT } from "../../../ffi/mod.ts";
import { sharedLogBlock } from "../../../lib/log/shared_block.ts";
import { eventually, fixture, rejection, WatchedSource } from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const pipes = process.platform === "win32" ? "Windows has no named pipes in folders" : false;

for (
  const [name, what] of [
    ["lateAnswer", "a late answer of a hook does not release the worker of another session"],
    ["slowPipe", "a worker that goes on by itself keeps the process until it has answered"],
  ]
) {
  test(what, { skip: pipes }, () => {
    const program = fileURLToPath(new URL("../../support/references_program.ts", import.meta.url));
    const { status, stdout, stderr } = spawnSync(executable, [...runtimeWords, program, name], {
      encoding: "utf8",
      timeout: 60_000,
    });
    assertEquals([status, stderr], [0, ""]);
    assert(stdout.endsWith("done\n"), stdout);
  });
}

test("a source that a hook answers with after the end is closed, and not read", async () => {
  const controller = new AbortController();
  const source = new WatchedSource(fixture("progressive.mp4"));
  let answer: (source: WatchedSource) => void = () => {};
  let asked = false;
  const opening = rejection(Demuxer.open(undefined, {
    name: "a.mp4",
    signal: controller.signal,
    open: () => {
      asked = true;
      return new Promise((resolve) => answer = resolve);
    },
  }));
  await eventually(() => asked, "the hook is asked");
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals((await opening).error, reason);
  await later(20);
  answer(source);
  await eventually(() => source.closed === 1, "the source is closed");
  assertEquals(source.given, 0);
});

test("what cannot be sent to the worker is refused, and the demuxer goes on", async () => {
  await using input = await Demuxer.open(fixture("mpegts.ts"));
  const options = { mode: (() => {}) as never };
  const { error } = await rejection(input.seek(0, options));
  assert(/cloned/.test((error as Error).message), String(error));
  let packets = 0;
  for await (const _ of input) packets++;
  assert(packets > 10);
});

test("a packet from a pipe comes before the next one is written", { skip: pipes }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "avio_pipe_"));
  const pipe = join(folder, "pipe");
  assertEquals(spawnSync("mkfifo", [pipe]).status, 0);
  // Open for both, so that neither end waits for the other.
  const fd = openSync(pipe, "r+");
  try {
    const piece = new Uint8Array(8192);
    let written = 0;
    const more = () => written += writeSync(fd, piece);
    const first = Demuxer.open(pipe, { format: "s16le", findStreamInfo: false, bufferSize: 4096 });
    more();
    const input = await first;
    let bytes = 0;
    for (let last = 1, turns = 0; turns < 10; turns++, more()) {
      while (bytes + last <= written) {
        const packet = await Promise.race([input.read(), later(5000)]);
        assert(packet, `${bytes} of ${written} bytes came within five seconds`);
        bytes += last = packet.size;
      }
    }
    // The end, so that no read is left waiting in the worker.
    const closed = input.close();
    more();
    await closed;
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});

test("packets that wait for the header of a muxer are freed", async () => {
  const resident = () => process.memoryUsage.rss() / 2 ** 20;
  const session = async () => {
    const muxer = await Muxer.create({ write() {}, seekable: true }, { format: "mp4" });
    const video = muxer.addStream({
      type: "video",
      codec: "mjpeg",
      width: 64,
      height: 64,
      timeBase: { num: 1, den: 25 },
    });
    const audio = muxer.addStream({
      type: "audio",
      codec: "aac",
      sampleRate: 44100,
      channels: 2,
      timeBase: { num: 1, den: 44100 },
    });
    // Until the first of the audio the header cannot be written.
    for (let i = 0; i < 24; i++) {
      await muxer.write({ data: new Uint8Array(2 ** 20), pts: i }, video);
    }
    const adts = Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, 0, 0, 0, 0);
    await muxer.write({ data: adts, pts: 0, duration: 1024 }, audio);
    for (let i = 24; i < 180; i++) await muxer.write({ data: new Uint8Array(10), pts: i }, video);
    await muxer.finish();
    await muxer.close();
  };
  await session();
  await session();
  const before = resident();
  for (let i = 0; i < 8; i++) await session();
  const grown = Math.round(resident() - before);
  console.log(`8 sessions of 24 MiB that waited: ${grown} MiB more`);
  assert(grown < 120, `${grown} MiB`);
});

test("libav may be used from inside onLog: no line is lost, no slot stays claimed", () => {
  const bytes = fixture("progressive.mp4");
  const slots = () => {
    const { slots } = sharedLogBlock();
    let taken = 0;
    for (let at = 0; at < slots.length; at += LOG_SLOT.WORDS) {
      if (slots[at] !== 0 && (slots[at] & 3) === 0) taken++;
    }
    return taken;
  };
  const before = slots();
  let told = 0;
  for (let i = 0; i < 3; i++) {
    try {
      using _ = DemuxerSync.open(bytes.subarray(0, 4000), {
        onLog() {
          told++;
          using inner = DemuxerSync.open(bytes);
          assertEquals(inner.streams.length, 2);
        },
      });
      throw new Error("a broken file was opened");
    } catch (error) {
      assert(error instanceof AVError, String(error));
      assert(error.log.some((line) => line.includes("moov atom not found")), error.log.join());
    }
  }
  assert(told >= 3);
  assertEquals(slots(), before);
});
