import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { decoderNames, encoderNames } from "../../../lib/codec/codecs.ts";
import { DecoderSync } from "../../../lib/codec/decoder.ts";
import { AVError, DisposedError } from "../../../lib/error.ts";
import { DemuxerSync } from "../../../lib/format/demux/demuxer.ts";
import type { Packet } from "../../../lib/format/packet.ts";
import { bytesOf, fixture, framemd5, framesOf, md5 } from "../../support/codec.ts";

for (const threads of [1, 4]) {
  test(`pictures are the tool's with ${threads} threads, the last ones too`, () => {
    for (const name of ["progressive.mp4", "mpegts.ts", "matroska.mkv", "avi.avi"]) {
      const path = fixture(name);
      const found = Array.from(
        framesOf(path, "video", { threads }),
        (frame) => md5(bytesOf(frame)),
      );
      assertEquals(found, framemd5(["-i", path, "-map", "0:v:0"]), name);
    }
  });
}

test("samples are the tool's", () => {
  const hash = (path: string) => Array.from(framesOf(path, "audio"), (f) => md5(bytesOf(f)));
  const path = fixture("flac.flac");
  const found = hash(path);
  assertEquals(found, framemd5(["-i", path, "-map", "0:a:0", "-c:a", "pcm_s16le"]));
});

function packetsOf(path: string, type: "video" | "audio") {
  using demuxer = DemuxerSync.open(path);
  const stream = demuxer.streams.find((one) => one.type === type)!;
  const packets: Packet[] = [];
  for (const packet of demuxer) {
    if (packet.streamIndex === stream.index) packets.push(packet.clone());
  }
  return { stream, packets };
}

test("packets of the program's own decode as the demuxer's, also after its end", () => {
  const { stream, packets } = packetsOf(fixture("progressive.mp4"), "video");
  using decoder = DecoderSync.open({ stream });
  const all = () => {
    let count = 0;
    for (const packet of [...packets, null]) {
      for (const frame of decoder.decode(packet)) {
        count++;
        frame.close();
      }
    }
    return count;
  };
  assertEquals(all(), packets.length);
  assertEquals(all(), packets.length, "a packet after the end begins anew");
});

test("packets may be sent without taking frames out: EAGAIN stays inside", () => {
  const { stream, packets } = packetsOf(fixture("progressive.mp4"), "video");
  using decoder = DecoderSync.open({ stream, threads: 1 });
  for (const packet of packets) decoder.send(packet);
  decoder.send(null);
  let count = 0;
  for (let frame; (frame = decoder.receive());) {
    count++;
    frame.close();
  }
  assertEquals(count, packets.length);
  assertEquals(decoder.receive(), null);
});

test("a flush forgets what went before", () => {
  const { stream, packets } = packetsOf(fixture("progressive.mp4"), "video");
  using decoder = DecoderSync.open({ stream });
  for (const packet of packets.slice(0, 4)) decoder.send(packet);
  decoder.flush();
  const keyframe = packets.findLastIndex(({ isKeyframe }) => isKeyframe);
  assert(keyframe > 0);
  const first: number[] = [];
  for (const packet of [...packets.slice(keyframe), null]) {
    for (const frame of decoder.decode(packet)) {
      first.push(frame.pts!);
      frame.close();
    }
  }
  assertEquals(first.length, packets.length - keyframe);
  assertEquals(first[0], packets[keyframe].pts);
});

test("a picture larger than maxPixels is refused", () => {
  const { stream, packets } = packetsOf(fixture("mpegts.ts"), "video");
  const refused = () => {
    using decoder = DecoderSync.open({ stream, maxPixels: 160 * 120 - 1, threads: 1 });
    for (const packet of [...packets, null]) {
      for (const frame of decoder.decode(packet)) frame.close();
    }
  };
  assertThrows(refused, AVError);
  for (const maxPixels of [0, -1, NaN, "1" as never]) {
    assertThrows(() => DecoderSync.open({ stream, maxPixels }), RangeError, "maxPixels");
  }
});

test("only the decoders that are allowed are used", () => {
  const { stream } = packetsOf(fixture("flac.flac"), "audio");
  using decoder = DecoderSync.open({ stream, decoders: ["nonsense", "flac"] });
  assertEquals(decoder.name, "flac");
  assertThrows(() => DecoderSync.open({ stream, decoders: ["mp3float"] }), TypeError, "flac");
  assertThrows(() => DecoderSync.open({ stream, decoders: [] }), TypeError, "empty list");
});

test("options are checked by name, and threads by number", () => {
  const { stream } = packetsOf(fixture("flac.flac"), "audio");
  const open = (options: Record<string, number>) => DecoderSync.open({ stream, options });
  assertThrows(() => open({ nonsense: 1 }), TypeError, "nonsense");
  for (const threads of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => DecoderSync.open({ stream, threads }), RangeError, "threads");
  }
});

test("damage is an AVError, and decoding goes on after it", () => {
  const { stream, packets } = packetsOf(fixture("flac.flac"), "audio");
  using decoder = DecoderSync.open({ stream });
  const junk = new Uint8Array(500).fill(7);
  assertThrows(() => [...decoder.decode({ data: junk, pts: 0 })], AVError);
  let samples = 0;
  for (const frame of decoder.decode(packets[1])) {
    samples += frame.samples;
    frame.close();
  }
  assert(samples > 0);
});

test("a decoder that is closed is a DisposedError, and closing twice is harmless", () => {
  const { stream, packets } = packetsOf(fixture("flac.flac"), "audio");
  const decoder = DecoderSync.open({ stream });
  decoder.close();
  decoder.close();
  assertThrows(() => decoder.send(packets[0]), DisposedError);
  assertThrows(() => decoder.receive(), DisposedError);
  assertThrows(() => decoder.flush(), DisposedError);
});

test("codecs are listed by name, and one that is not there has no decoder", () => {
  assert(decoderNames("flac").includes("flac"));
  assert(encoderNames("flac").includes("flac"));
  assertEquals(decoderNames("nonsense"), []);
});
