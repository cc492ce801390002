import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Demuxer, Muxer, remux } from "../../../mod.ts";
import { endlessStream } from "../../support/endless.ts";
import { eventually, fixture, WatchedSink } from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";

const MARK = 65536;
const CHUNK = 10_000;
// libavformat's own buffer, and a packet that is being put together.
const NATIVE = 65536 + 32768;

const ts = fixture("mpegts.ts");

const endless = () => endlessStream(ts, { chunk: CHUNK });

/** Waits until nothing is pulled any more; returns what was. */
async function settled(counter: { pulled: number }): Promise<number> {
  for (let quiet = 0, before = -1; quiet < 10;) {
    await later(10);
    if (counter.pulled === before) quiet++;
    else quiet = 0;
    before = counter.pulled;
  }
  return counter.pulled;
}

test("a reader that does not read stops the source", async () => {
  const { stream, counter } = endless();
  await using input = await Demuxer.open(stream, { highWaterMark: MARK, probeSize: 20_000 });
  const opened = await settled(counter);
  // The ring, the chunk that waits for room in it, and what the opening has taken.
  console.log(`opened: ${opened} bytes pulled`);
  assert(opened <= MARK + CHUNK + NATIVE, `${opened} bytes`);
  let payload = 0;
  for (let i = 0; i < 200; i++) payload += (await input.read())!.size;
  const read = await settled(counter);
  // Now the packets' queue is full as well.
  console.log(`read: ${payload} bytes of payload, ${read} bytes pulled`);
  const most = payload * 1.2 + MARK + MARK * 1.2 + CHUNK + NATIVE;
  assert(read <= most, `${read} bytes, at most ${most}`);
  assert(read > opened, "nothing was pulled for the packets that were read");
});

test("a reader that polls with tryRead stops the source as well", async () => {
  const { stream, counter } = endless();
  await using input = await Demuxer.open(stream, { highWaterMark: MARK, probeSize: 20_000 });
  input.tryRead();
  const first = await settled(counter);
  assert(first <= MARK * 2.2 + CHUNK + NATIVE + 20_000, `${first} bytes`);
});

test("the queue holds no more than its packets, however small they are", async () => {
  // 4 bytes of sound each: the bytes would allow for thousands.
  const { stream, counter } = endless();
  await using input = await Demuxer.open(stream, { highWaterMark: 1 << 20, probeSize: 20_000 });
  await input.read();
  const pulled = await settled(counter);
  console.log(`1 MiB marks: ${pulled} bytes pulled`);
  assert(pulled <= (1 << 20) * 2.2 + CHUNK + NATIVE, `${pulled} bytes`);
});

test("a slow sink stops the source of a remux", async () => {
  const { stream, counter } = endless();
  const sink = new WatchedSink();
  const gate = Promise.withResolvers<void>();
  sink.before = (_, end) => end > 50_000 ? gate.promise : undefined;
  const stop = new AbortController();
  const running = remux(stream, sink, {
    format: "mpegts",
    highWaterMark: MARK,
    signal: stop.signal,
    bufferSize: 8192,
  });
  running.catch(() => {});
  const pulled = await settled(counter);
  console.log(`remux: ${pulled} bytes pulled, ${sink.taken} taken by the sink`);
  // Two rings, a chunk, the buffers of both sides, what the opening looked at, and the
  // interleaving.
  assert(pulled <= sink.taken * 1.5 + 2 * MARK + CHUNK + 2 * NATIVE + ts.length * 4, `${pulled}`);
  gate.resolve();
  await eventually(() => sink.taken > 3_000_000, "the rest is written");
  assert(counter.pulled > pulled, "it went on");
  stop.abort(new Error("enough"));
  await running.catch(() => {});
  const stopped = counter.pulled;
  await later(50);
  assert(counter.pulled <= stopped + CHUNK, "it stopped");
});

test("a slow sink stops the writer of a muxer", async () => {
  const sink = new WatchedSink();
  const gate = Promise.withResolvers<void>();
  sink.before = (_, end) => end > 10_000 ? gate.promise : undefined;
  await using output = await Muxer.create(sink, { format: "nut", highWaterMark: MARK });
  const stream = output.addStream({
    type: "audio",
    codec: "pcm_s16le",
    sampleRate: 8000,
    channels: 1,
    timeBase: { num: 1, den: 8000 },
  });
  let written = 0;
  const data = new Uint8Array(1000);
  const writing = (async () => {
    for (let i = 0; i < 1000; i++) {
      await output.write({ data, pts: i }, stream);
      written += data.length;
    }
    await output.finish();
  })();
  await later(300);
  const before = written;
  console.log(`muxer: ${before} bytes accepted, ${sink.taken} taken by the sink`);
  assert(before <= 2 * MARK + 65536 + 20_000, `${before} bytes`);
  gate.resolve();
  await writing;
  assertEquals(written, 1_000_000);
  assert(sink.taken > 1_000_000);
  assertEquals(sink.taken, output.bytesWritten);
});
