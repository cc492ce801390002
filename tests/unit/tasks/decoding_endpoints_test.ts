// Sources and sinks of the tasks that decode: closed once, whatever happens.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { frames, pcm, type Source, thumbnail, transcode, waveform } from "../../../mod.ts";
import { planStreams } from "../../../lib/codec/transcode/plan.ts";
import { DemuxerSync } from "../../../lib/format/demux/demuxer.ts";
import type { Stream, VideoStream } from "../../../lib/format/types.ts";
import { fixture } from "../../support/codec.ts";

const path = fixture("progressive.mp4");
const bytes = new Uint8Array(readFileSync(path));

class Counted implements Source {
  readonly size = bytes.length;
  closed = 0;
  readonly #failAt: number;
  #reads = 0;

  constructor(failAt = 0) {
    this.#failAt = failAt;
  }

  read(into: Uint8Array, position: number): number {
    if (++this.#reads === this.#failAt) throw new Error("the source failed");
    const part = bytes.subarray(position, position + Math.min(into.length, 3000));
    into.set(part);
    return part.length;
  }

  close(): void {
    this.closed++;
  }
}

/** True once it is closed: after a failure the task does not wait long for that. */
async function soon(is: () => boolean): Promise<boolean> {
  for (let i = 0; i < 100 && !is(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  return is();
}

async function drained(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable);
}

const readers: Readonly<Record<string, (source: Source) => Promise<unknown>>> = {
  frames: (source) => drained(frames(source)),
  "frames of a stream that is not there": (source) => drained(frames(source, { stream: "v:9" })),
  thumbnail: (source) => thumbnail(source, { time: 0.5 }),
  "thumbnail of no width": (source) => thumbnail(source, { width: 0 }),
  pcm: (source) => drained(pcm(source)),
  "pcm of no channels": (source) => drained(pcm(source, { channels: 0 })),
  waveform: (source) => waveform(source),
  "waveform of no points": (source) => waveform(source, { points: 0 }),
};
for (const [name, run] of Object.entries(readers)) {
  test(`${name}: the source is closed once, also where it fails`, async () => {
    for (const failAt of [0, 1, 3]) {
      const source = new Counted(failAt);
      const error = await run(source).then(() => undefined, (error) => error);
      if (failAt > 0 && !name.includes(" of no ")) {
        assertEquals((error as Error).message, "the source failed");
      }
      assert(await soon(() => source.closed > 0), `not closed with a failure at ${failAt}`);
      assertEquals(source.closed, 1);
    }
  });
}

test("transcode: both ends are closed once, and the sink is aborted where it fails", async () => {
  const good = {
    format: "matroska",
    video: { codec: "mpeg4", width: 64 },
    audio: { codec: "aac", bitRate: 64000 },
  };
  const cases: [object, number, number, boolean][] = [
    [good, 0, 0, true],
    [good, 1, 0, false],
    [good, 5, 0, false],
    [good, 0, 1, false],
    [{ ...good, video: { codec: "mpeg4", options: { nonsense: 1 } } }, 0, 0, false],
    [{ ...good, video: { width: -1 } }, 0, 0, false],
    [{ ...good, video: { codec: "nonsense" } }, 0, 0, false],
    [{ ...good, format: "nonsense" }, 0, 0, false],
    [{ ...good, start: 100 }, 0, 0, false],
    [{ ...good, streams: ["v:4"] }, 0, 0, false],
  ];
  for (const [options, failRead, failWrite, fine] of cases) {
    const source = new Counted(failRead);
    let [closed, aborted, writes] = [0, 0, 0];
    const sink = {
      write() {
        if (++writes === failWrite) throw new Error("the sink failed");
      },
      close: () => void closed++,
      abort: () => void aborted++,
    };
    const failed = await transcode(source, sink, options).then(() => false, () => true);
    const what = JSON.stringify([options, failRead, failWrite]);
    assertEquals(failed, !fine, what);
    assert(await soon(() => source.closed > 0 && closed > 0), what);
    assertEquals([source.closed, closed, aborted], [1, 1, fine ? 0 : 1], what);
  }
});

test("a stream that cannot be decoded is dropped and told, or an error", async () => {
  using demuxer = DemuxerSync.open(path);
  const [video, audio] = demuxer.streams;
  const unknown = { ...video as VideoStream, width: 0 } as Stream;
  const options = { format: "matroska", name: undefined, video: { codec: "mpeg4" } } as const;
  const plan = planStreams([unknown, audio], options);
  assertEquals(plan.order.map(({ index }) => index), [1]);
  assertEquals(plan.dropped.map(({ index }) => index), [0]);
  assert(plan.dropped[0].reason.includes("probeSize"));
  assertThrows(
    () => planStreams([unknown, audio], { ...options, unsupported: "error" }),
    RangeError,
    "cannot be decoded",
  );
  await assertRejects(() => transcode(path, path, {}), TypeError, "the input itself");
});
