/**
 * Examples of guides and reference pages on WebCodecs, each as a program would have it.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AudioData,
  AudioDecoder,
  AudioEncoder,
  EncodedAudioChunk,
  EncodedVideoChunk,
  ImageDecoder,
  VideoColorSpace,
  VideoDecoder,
  VideoEncoder,
  type VideoEncoderConfig,
  VideoFrame,
} from "../../../webcodecs.ts";
import { madeBy } from "../../support/made.ts";
import { decodeVideo, encodeVideo, movingPicture, rgbaOf } from "../../support/web_codecs.ts";

const size = { width: 64, height: 48 };
const fail = (error: DOMException) => {
  throw error;
};
const pictures = (count: number) =>
  Array.from({ length: count }, (_, i) => movingPicture(size.width, size.height, i));

test("samples are described, measured, copied by plane and cloned", () => {
  const data = Float32Array.from({ length: 2000 }, (_, i) => i / 2000);
  const audio = new AudioData({
    format: "f32-planar",
    sampleRate: 8000,
    numberOfFrames: 1000,
    numberOfChannels: 2,
    timestamp: 500,
    data,
  });
  assertEquals(
    [audio.format, audio.sampleRate, audio.numberOfFrames, audio.numberOfChannels],
    ["f32-planar", 8000, 1000, 2],
  );
  assertEquals([audio.duration, audio.timestamp], [125_000, 500]);
  assertEquals(audio.allocationSize({ planeIndex: 1 }), 4000);
  const right = new Float32Array(1000);
  audio.copyTo(right, { planeIndex: 1 });
  assertEquals(right, data.subarray(1000));
  const copy = audio.clone();
  audio.close();
  assertEquals([audio.format, audio.numberOfFrames, copy.numberOfFrames], [null, 0, 1000]);
  copy.close();
});

test("channels are taken out of interleaved samples", () => {
  const data = Float32Array.from({ length: 20 }, (_, i) => i % 2 ? -i : i);
  using audio = new AudioData({
    format: "f32",
    sampleRate: 48000,
    numberOfFrames: 10,
    numberOfChannels: 2,
    timestamp: 0,
    data,
  });
  const all = new Float32Array(audio.numberOfFrames * audio.numberOfChannels);
  audio.copyTo(all, { planeIndex: 0 });
  const left = all.filter((_, i) => i % audio.numberOfChannels === 0);
  const converted = new Float32Array(audio.numberOfFrames);
  audio.copyTo(converted, { planeIndex: 0, format: "f32-planar" });
  assertEquals([[...left], [...all]], [[...converted], [...data]]);
});

test("chunks say what they are and give their bytes", () => {
  const bytes = Uint8Array.from({ length: 2048 }, (_, i) => i);
  const init = { type: "key", timestamp: 1000, duration: 2_000_000, data: bytes } as const;
  for (const chunk of [new EncodedAudioChunk(init), new EncodedVideoChunk(init)]) {
    assertEquals(
      [chunk.type, chunk.timestamp, chunk.duration, chunk.byteLength],
      ["key", 1000, 2_000_000, 2048],
    );
    const copy = new ArrayBuffer(chunk.byteLength);
    chunk.copyTo(copy);
    assertEquals(new Uint8Array(copy), bytes);
  }
});

test("a frame of one colour is built of bytes, measured, copied and cloned", async () => {
  const init = { timestamp: 0, codedWidth: 1000, codedHeight: 700, format: "RGBA" } as const;
  const data = new Uint8Array(init.codedWidth * init.codedHeight * 4);
  for (let at = 0; at < data.length; at += 4) data.set([0x7f, 0xff, 0xd4, 0xff], at);
  const frame = new VideoFrame(data, init);
  const rect = { x: 0, y: 0, width: 800, height: 600 };
  assertEquals(frame.allocationSize({ rect }), 800 * 600 * 4);
  const buffer = new Uint8Array(frame.allocationSize());
  assertEquals(await frame.copyTo(buffer), [{ offset: 0, stride: 4000 }]);
  assert(buffer.every((value, i) => value === data[i]));
  const { codedRect, visibleRect, displayWidth, displayHeight, colorSpace } = frame;
  assertEquals(codedRect?.toJSON(), visibleRect?.toJSON());
  assertEquals([displayWidth, displayHeight, colorSpace.matrix], [1000, 700, "rgb"]);
  assertEquals(frame.metadata(), {});
  const copy = frame.clone();
  frame.close();
  assertEquals([frame.codedWidth, copy.codedWidth], [0, 1000]);
  copy.close();
});

test("a part of a frame is a frame of its own, with a time of its own", async () => {
  using whole = movingPicture(64, 48, 0);
  const visibleRect = { x: 16, y: 8, width: 32, height: 24 };
  using part = new VideoFrame(whole, {
    visibleRect,
    timestamp: 7,
    displayWidth: 64,
    displayHeight: 24,
  });
  assertEquals([part.timestamp, part.duration, part.displayWidth], [7, 40_000, 64]);
  const [all, some] = [await rgbaOf(whole), await rgbaOf(part)];
  assertEquals(some.subarray(0, 128), all.subarray((8 * 64 + 16) * 4, (8 * 64 + 48) * 4));
});

test("colours are described by four members, and as JSON", () => {
  const init = {
    primaries: "bt709",
    transfer: "bt709",
    matrix: "bt709",
    fullRange: false,
  } as const;
  const space = new VideoColorSpace(init);
  assertEquals({ ...space.toJSON() }, init);
  assertEquals(JSON.parse(JSON.stringify(space)), init);
  assertEquals(
    { ...new VideoColorSpace().toJSON() },
    { primaries: null, transfer: null, matrix: null, fullRange: null },
  );
});

test("lists of codecs are asked for, and unknown members are left out", async () => {
  const unheard = { not_supported_field: 123 };
  const pictureCodecs = ["avc1.42001E", "vp8", "vp09.00.10.08", "av01.0.04M.08"];
  const soundCodecs = ["mp4a.40.2", "mp3", "alaw", "ulaw"];
  const answers = [];
  for (const codec of pictureCodecs) {
    for (const hardwareAcceleration of ["prefer-hardware", "prefer-software"] as const) {
      const config = { codec, hardwareAcceleration, ...unheard };
      answers.push(await VideoDecoder.isConfigSupported(config));
      answers.push(
        await VideoEncoder.isConfigSupported({
          ...config,
          width: 640,
          height: 480,
          bitrate: 2_000_000,
          bitrateMode: "constant",
          framerate: 30,
        }),
      );
    }
  }
  for (const codec of soundCodecs) {
    const config = { codec, sampleRate: 48000, numberOfChannels: 1, ...unheard };
    answers.push(await AudioDecoder.isConfigSupported(config));
    answers.push(await AudioEncoder.isConfigSupported(config));
  }
  for (const { config, supported } of answers) {
    assertEquals(["not_supported_field" in config!, typeof supported], [false, "boolean"]);
  }
  const decoders = answers.filter((_, i) => i % 2 === 0);
  assertEquals(decoders.map(({ supported }) => supported), decoders.map(() => true));
});

test("the best of a codec's profiles is found by asking from the highest to the lowest", async () => {
  const found: string[] = [];
  const candidates = ["avc1.64003e", "avc1.4d0034", "avc1.42003e", "avc1.42001f"];
  for (const codec of ["avc1.F40034x", ...candidates]) {
    const { supported } = await VideoEncoder.isConfigSupported({
      codec,
      width: 1920,
      height: 1080,
      bitrate: 5_000_000,
      framerate: 30,
    });
    if (supported) found.push(codec);
  }
  assertEquals(found[0], "avc1.64003e");
});

test("key frames come where the program asks for them", async () => {
  const types: string[] = [];
  const encoder = new VideoEncoder({ output: ({ type }) => types.push(type), error: fail });
  const config: VideoEncoderConfig = { ...size, codec: "vp09.00.40.08.00", framerate: 25 };
  encoder.configure(config);
  for (const [i, frame] of pictures(12).entries()) {
    encoder.encode(frame, { keyFrame: i % 5 === 0 });
    frame.close();
  }
  await encoder.flush();
  encoder.close();
  assertEquals(
    types.flatMap((type, i) => type === "key" ? [i] : []),
    [0, 5, 10],
  );
});

test("work is queued up by dequeue events", async () => {
  const frames = pictures(20);
  let chunks = 0;
  const encoder = new VideoEncoder({ output: () => chunks++, error: fail });
  encoder.configure({ ...size, codec: "vp8" });
  const done = Promise.withResolvers<void>();
  const more = () => {
    while (encoder.encodeQueueSize < 2 && frames.length > 0) {
      const frame = frames.shift()!;
      encoder.encode(frame);
      frame.close();
    }
    if (frames.length === 0) done.resolve();
  };
  encoder.ondequeue = more;
  more();
  await done.promise;
  await encoder.flush();
  encoder.close();
  assertEquals(chunks, 20);
});

test("after an error another decoder goes on at the next key chunk", async () => {
  const { chunks: first, configs } = await encodeVideo({ ...size, codec: "vp8" }, pictures(3));
  const { chunks: second } = await encodeVideo({ ...size, codec: "vp8" }, pictures(3));
  const broken = new EncodedVideoChunk({ type: "delta", timestamp: 1, data: new Uint8Array(2) });
  const chunks = [...first.slice(0, 2), broken, ...first.slice(2), ...second];
  let [frames, errors] = [0, 0];
  const start = () => {
    const decoder = new VideoDecoder({
      output: (frame) => (frames++, frame.close()),
      error: () => errors++,
    });
    decoder.configure(configs[0]);
    return decoder;
  };
  let decoder = start();
  for (let at = 0; at < chunks.length; at++) {
    if (decoder.state === "closed") {
      at = chunks.findIndex(({ type }, i) => i >= at && type === "key");
      decoder = start();
    }
    decoder.decode(chunks[at]);
    if (at === 2) await decoder.flush().catch(() => {});
  }
  await decoder.flush();
  decoder.close();
  assertEquals([frames, errors], [5, 1]);
});

test("an animation is painted from a stream, round and round", async () => {
  const made = ["-f", "lavfi", "-i", "testsrc2=s=32x24:r=50:d=0.1"];
  const gif = madeBy(made, "stream.gif");
  const parts = [0, 1, 2, 3].map((i) =>
    gif.slice(i * gif.length / 4 | 0, (i + 1) * gif.length / 4)
  );
  const data = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
  const decoder = new ImageDecoder({ data, type: "image/gif" });
  const shown: number[] = [];
  let frameIndex = 0;
  while (shown.length < 12) {
    try {
      const { image } = await decoder.decode({ frameIndex });
      shown.push(image.timestamp / 20_000);
      image.close();
      const track = decoder.tracks.selectedTrack!;
      frameIndex = decoder.complete && frameIndex + 1 >= track.frameCount ? 0 : frameIndex + 1;
    } catch (error) {
      // The number of frames was not known yet.
      assert(error instanceof RangeError);
      frameIndex = 0;
    }
  }
  await decoder.completed;
  const [{ animated, frameCount, repetitionCount, selected }] = [...decoder.tracks];
  assertEquals([decoder.type, decoder.tracks.length], ["image/gif", 1]);
  assertEquals([animated, frameCount, repetitionCount, selected], [true, 5, Infinity, true]);
  assertEquals(shown, [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]);
  decoder.close();
});

test("types of images are asked for before one is decoded", async () => {
  const known = ["png", "jpeg", "gif", "webp", "avif", "bmp"].map((name) => `image/${name}`);
  const unknown = ["image/svg+xml", "image/unheard", "video/mp4", ""];
  const answers = await Promise.all([...known, ...unknown].map(ImageDecoder.isTypeSupported));
  assertEquals(answers, [...known.map(() => true), ...unknown.map(() => false)]);
});

test("decoded frames wait for their time, and late ones are left out", async () => {
  const { chunks, configs } = await encodeVideo({ ...size, codec: "vp8" }, pictures(10));
  const waiting = await decodeVideo(configs[0], chunks);
  let [clock, shown, late] = [0, 0, 0];
  while (waiting.length > 0) {
    clock += 60_000;
    while (waiting.length > 1 && waiting[1].timestamp <= clock) {
      waiting.shift()!.close();
      late++;
    }
    waiting.shift()!.close();
    shown++;
  }
  assertEquals([shown + late, late > 0], [10, true]);
});
