import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Decoder } from "../../../lib/async/decoder.ts";
import { Encoder } from "../../../lib/async/encoder.ts";
import { codecWorkers } from "../../../lib/async/main/codec_worker.ts";
import { DecoderSync } from "../../../lib/codec/decoder.ts";
import type { EncodedPacket } from "../../../lib/codec/encoder.ts";
import { forgotten, Frame } from "../../../lib/codec/frame.ts";
import { AVError, DisposedError } from "../../../lib/error.ts";
import { DemuxerSync } from "../../../lib/format/demux/demuxer.ts";
import type { Packet } from "../../../lib/format/packet.ts";
import type { StreamDescription } from "../../../lib/format/parameters.ts";
import { bytesOf, fixture, framemd5, md5 } from "../../support/codec.ts";
import { heapMeter, leastGrowth } from "../../support/heap.ts";

function packetsOf(path: string, type: "video" | "audio") {
  using demuxer = DemuxerSync.open(path);
  const stream = demuxer.streams.find((one) => one.type === type)!;
  const packets: Packet[] = [];
  for (const packet of demuxer) {
    if (packet.streamIndex === stream.index) packets.push(packet.clone());
  }
  return { stream, packets };
}

const path = fixture("progressive.mp4");
const { stream, packets } = packetsOf(path, "video");

test("a decoder in a worker gives the tool's pictures, in order", async () => {
  const hashes: string[] = [];
  const output = (frame: Frame) => {
    hashes.push(md5(bytesOf(frame)));
    frame.close();
  };
  using decoder = Decoder.open({ stream }, { output });
  assertEquals((await decoder.ready).name, "h264");
  for (const packet of packets) decoder.decode(packet);
  assertEquals(decoder.queued, packets.length);
  await decoder.flush();
  assertEquals(decoder.queued, 0);
  assertEquals(hashes, framemd5(["-i", path, "-map", "0:v:0"]));
});

test("one worker serves many decoders, and each gives its own frames", async () => {
  const counts = new Array(12).fill(0);
  const all = counts.map((_, i) =>
    Decoder.open({ stream, threads: 1 }, {
      output: (frame) => {
        counts[i]++;
        frame.close();
      },
    })
  );
  await Promise.all(all.map(async (decoder) => {
    for (const packet of packets) await decoder.decode(packet);
    await decoder.flush();
  }));
  assert(codecWorkers() <= 4, `${codecWorkers()} workers`);
  assertEquals(counts, counts.map(() => packets.length));
  for (const decoder of all) decoder.close();
});

test("a reset drops what waits, and decoding begins anew", async () => {
  const times: (number | null)[] = [];
  using decoder = Decoder.open({ stream }, {
    output: (frame) => {
      times.push(frame.pts);
      frame.close();
    },
  });
  const dropped = packets.map((packet) => decoder.decode(packet));
  decoder.reset();
  const results = await Promise.allSettled(dropped);
  assert(results.every(({ status }) => status === "rejected"));
  const error = (results[0] as PromiseRejectedResult).reason as DOMException;
  assertEquals(error.name, "AbortError");
  assertEquals(times, []);
  for (const packet of packets) decoder.decode(packet);
  await decoder.flush();
  assertEquals(times.length, packets.length);
});

test("a flush leaves the decoder usable", async () => {
  let count = 0;
  using decoder = Decoder.open({ stream }, {
    output: (frame) => {
      count++;
      frame.close();
    },
  });
  for (let i = 1; i <= 3; i++) {
    for (const packet of packets) decoder.decode(packet);
    await decoder.flush();
    assertEquals(count, i * packets.length);
  }
});

test("an error closes the decoder and is the same object everywhere", async () => {
  const flac = packetsOf(fixture("flac.flac"), "audio");
  const errors: unknown[] = [];
  const decoder = Decoder.open({ stream: flac.stream }, {
    output: (frame) => frame.close(),
    error: (error) => errors.push(error),
  });
  const bad = decoder.decode({ data: new Uint8Array(500).fill(7), pts: 0 });
  const after = decoder.decode(flac.packets[0]);
  const error = await assertRejects(() => bad, AVError);
  assert(await after.catch((again) => again) === error);
  assertEquals(errors, [error]);
  assert(decoder.closed);
  assert(assertThrows(() => decoder.decode(flac.packets[0])) === error);
});

test("a decoder that cannot be opened tells it", async () => {
  const errors: unknown[] = [];
  const decoder = Decoder.open({ stream, decoders: ["nonsense"] }, {
    output: (frame) => frame.close(),
    error: (error) => errors.push(error),
  });
  await assertRejects(() => decoder.ready, Error, "nonsense");
  assertEquals(errors.length, 1);
  assertThrows(() => Decoder.open({ stream, threads: 0 }, { output: () => {} }), RangeError);
  const data = { type: "data", codec: "none" } as const;
  assertThrows(() => Decoder.open({ stream: data }, { output: () => {} }), TypeError, "data");
});

test("a decoder may be closed at any time, and nothing is delivered afterwards", async () => {
  for (const after of [0, 1, 5]) {
    let count = 0;
    const decoder = Decoder.open({ stream }, {
      output: (frame) => {
        count++;
        frame.close();
      },
    });
    const waits = packets.map((packet) => decoder.decode(packet));
    for (let i = 0; i < after; i++) await waits[i];
    decoder.close();
    decoder.close();
    const seen = count;
    const results = await Promise.allSettled(waits);
    // Packets that came back together with the awaited one are done, too.
    const first = results.findIndex((one) => one.status === "rejected");
    const done = first < 0 ? packets.length : first;
    assert(after === 0 ? done === 0 : done >= after, `${done} are done`);
    for (const one of results.slice(done)) {
      assert(one.status === "rejected" && one.reason instanceof DisposedError);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(count, seen);
    assertThrows(() => decoder.flush(), DisposedError);
  }
});

test("an encoder in a worker: its packets decode to as many frames", async () => {
  const made: EncodedPacket[] = [];
  let described: StreamDescription | undefined;
  using encoder = Encoder.open({
    encoder: "mpeg4",
    stream: { type: "video", width: 64, height: 48, pixelFormat: "yuv420p" },
    timeBase: { num: 1, den: 25 },
  }, {
    output: (packet, description) => {
      made.push(packet);
      described ??= description;
    },
  });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 10; i++) {
      using frame = Frame.video({
        pixelFormat: "yuv420p",
        width: 64,
        height: 48,
        pts: i,
        planes: [
          { data: new Uint8Array(64 * 48).fill(i * 20), stride: 64 },
          { data: new Uint8Array(32 * 24).fill(128), stride: 32 },
          { data: new Uint8Array(32 * 24).fill(128), stride: 32 },
        ],
      });
      encoder.encode(frame, { keyframe: i === 5 });
    }
    await encoder.flush();
    assertEquals(made.length, (round + 1) * 10);
  }
  assert(made[5].isKeyframe && made[15].isKeyframe);
  assert(described !== undefined);
  using decoder = DecoderSync.open({ stream: described });
  let frames = 0;
  for (const packet of [...made.slice(0, 10), null]) {
    for (const frame of decoder.decode(packet)) {
      frames++;
      frame.close();
    }
  }
  assertEquals(frames, 10);
});

test("the event loop goes on while a worker decodes", async () => {
  using decoder = Decoder.open({ stream, threads: 1 }, { output: (frame) => frame.close() });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  for (let i = 0; i < 20; i++) {
    for (const packet of packets) decoder.decode(packet);
    await decoder.flush();
  }
  clearInterval(timer);
  assert(turns > 10, `${turns} turns`);
});

const meter = heapMeter();
test("decoders that are closed in the middle of their work leave nothing behind", {
  skip: meter === undefined && "the heap cannot be asked",
}, async () => {
  const round = async () => {
    const decoder = Decoder.open({ stream, threads: 1 }, { output: (frame) => frame.close() });
    for (const packet of packets) decoder.decode(packet);
    await new Promise((resolve) => setTimeout(resolve, 1));
    decoder.close();
  };
  for (let i = 0; i < 30; i++) await round();
  const lost = forgotten();
  const grown = await leastGrowth(meter!, async () => {
    for (let i = 0; i < 100; i++) await round();
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  // A frame of 160×120 alone takes 29 KB.
  assert(grown < 500_000, `${grown} bytes`);
  assertEquals(forgotten() - lost, 0);
});
