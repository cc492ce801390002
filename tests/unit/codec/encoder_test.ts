import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { findEncoder } from "../../../lib/codec/codecs.ts";
import { DecoderSync } from "../../../lib/codec/decoder.ts";
import { type EncodedPacket, EncoderSync } from "../../../lib/codec/encoder.ts";
import { Frame } from "../../../lib/codec/frame.ts";
import { supportedFormats } from "../../../lib/codec/supported_formats.ts";
import { AVError, DisposedError } from "../../../lib/error.ts";

const video = { type: "video", width: 64, height: 48, pixelFormat: "yuv420p" } as const;
const timeBase = { num: 1, den: 25 };

function picture(index: number, width = 64, height = 48): Frame {
  const plane = (size: number, at: number) =>
    new Uint8Array(size).map((_, i) => (i * 3 + index * 5 + at) & 255);
  return Frame.video({
    pixelFormat: "yuv420p",
    width,
    height,
    pts: index,
    planes: [
      { data: plane(width * height, 0), stride: width },
      { data: plane(width * height / 4, 50), stride: width / 2 },
      { data: plane(width * height / 4, 90), stride: width / 2 },
    ],
  });
}

function encoded(encoder: EncoderSync, count: number, keyframes: number[] = []): EncodedPacket[] {
  const packets: EncodedPacket[] = [];
  for (let i = 0; i < count; i++) {
    using frame = picture(i);
    packets.push(...encoder.encode(frame, { keyframe: keyframes.includes(i) }));
  }
  packets.push(...encoder.encode(null));
  return packets;
}

test("every frame comes out of mpeg4 as a packet, and decodes again", () => {
  using encoder = EncoderSync.open({ encoder: "mpeg4", stream: video, timeBase, threads: 1 });
  const packets = encoded(encoder, 10);
  assertEquals(packets.length, 10);
  assert(packets[0].isKeyframe);
  assert((encoder.description.extradata?.length ?? 0) > 0, "the setup bytes are in it");
  using decoder = DecoderSync.open({ stream: encoder.description });
  const times: (number | null)[] = [];
  for (const packet of [...packets, null]) {
    for (const frame of decoder.decode(packet)) {
      times.push(frame.pts);
      frame.close();
    }
  }
  assertEquals(times, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("an encoder begins anew after its end", () => {
  using encoder = EncoderSync.open({ encoder: "mpeg4", stream: video, timeBase });
  const sizes = () => encoded(encoder, 5).map(({ data }) => data.length);
  assertEquals(sizes(), sizes());
});

test("a keyframe is made where it is asked for", () => {
  using encoder = EncoderSync.open({
    encoder: "mpeg4",
    stream: video,
    timeBase,
    options: { g: 100, bf: 0 },
  });
  const at = encoded(encoder, 8, [5]).flatMap(({ isKeyframe }, i) => isKeyframe ? [i] : []);
  assertEquals(at, [0, 5]);
});

test("samples are cut into frames of the encoder's size, and the last one is not lost", () => {
  using encoder = EncoderSync.open({
    encoder: "aac",
    stream: { type: "audio", sampleRate: 44100, channels: 2, sampleFormat: "fltp" },
  });
  assertEquals(encoder.frameSize, 1024);
  const packets: EncodedPacket[] = [];
  for (let i = 0; i < 10; i++) {
    using frame = Frame.audio({
      sampleFormat: "fltp",
      sampleRate: 44100,
      channels: 2,
      samples: 700,
      pts: 5000 + i * 700,
      planes: [new Uint8Array(2800), new Uint8Array(2800)],
    });
    packets.push(...encoder.encode(frame));
  }
  packets.push(...encoder.encode(null));
  assertEquals(packets[0].pts, 5000 - 1024);
  // 7,000 samples and the 1,024 of priming.
  assertEquals(packets.length, Math.ceil(8024 / 1024));
});

test("flac takes samples as they are and its description says what it is", () => {
  using encoder = EncoderSync.open({
    encoder: "flac",
    stream: { type: "audio", sampleRate: 8000, channels: 1, sampleFormat: "s16" },
  });
  const { description } = encoder;
  assertEquals([description.codec, description.sampleRate, description.channels], [
    "flac",
    8000,
    1,
  ]);
  assert((description.extradata?.length ?? 0) >= 34);
});

test("options are checked by name, and what the encoder refuses is an AVError", () => {
  const open = (more: object) => EncoderSync.open({ encoder: "mpeg4", stream: video, ...more });
  assertThrows(() => open({ options: { nonsense: 1 } }), TypeError, "nonsense");
  assertThrows(() => open({ stream: { ...video, pixelFormat: "rgba" } }), AVError);
  assertThrows(() => open({ encoder: "nonsense" }), TypeError, "nonsense");
  assertThrows(() => open({ stream: { ...video, width: 0 } }), AVError);
});

test("what encoders take is known", () => {
  const mpeg4 = supportedFormats(findEncoder("mpeg4"));
  assert(mpeg4.pixelFormats?.includes("yuv420p"));
  const aac = supportedFormats(findEncoder("aac", ["aac"]));
  assertEquals(aac.sampleFormats, ["fltp"]);
  assert(aac.sampleRates?.includes(48000));
  assertEquals(aac.pixelFormats, null);
});

test("an encoder that is closed is an error, and closing twice is harmless", () => {
  const encoder = EncoderSync.open({ encoder: "mpeg4", stream: video, timeBase });
  using frame = picture(0);
  encoder.close();
  encoder.close();
  assertThrows(() => [...encoder.encode(frame)], DisposedError);
});
