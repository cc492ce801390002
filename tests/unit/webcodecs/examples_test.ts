/**
 * Examples of the standard and its guides, each as a program would have it.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AudioData,
  AudioDecoder,
  type EncodedVideoChunk,
  ImageDecoder,
  install,
  VideoDecoder,
  type VideoDecoderConfig,
  VideoEncoder,
  type VideoEncoderConfig,
  VideoFrame,
} from "../../../webcodecs.ts";
import { madeBy } from "../../support/made.ts";
import {
  encodeAudio,
  encodeVideo,
  firstChannel,
  movingPicture,
  rgbaOf,
  sine,
} from "../../support/web_codecs.ts";

const size = { width: 64, height: 48 };

test("the best of several configurations is chosen by what is supported", async () => {
  const candidates: VideoEncoderConfig[] = ["bogus", "avc1.FF000b", "vp8", "vp09.00.10.08"].map((
    codec,
  ) => ({ ...size, codec, bitrate: 1_000_000, framerate: 30 }));
  const supported: VideoEncoderConfig[] = [];
  for (const candidate of candidates) {
    const support = await VideoEncoder.isConfigSupported(candidate);
    assertEquals(support.config?.codec, candidate.codec);
    if (support.supported) supported.push(support.config!);
  }
  assertEquals(supported.map(({ codec }) => codec), ["vp8", "vp09.00.10.08"]);
});

test("an unknown member of a configuration is left out of the answer", async () => {
  const config = { codec: "vp8", ...size, futureMember: true };
  const { config: answer } = await VideoEncoder.isConfigSupported(config);
  assertEquals("futureMember" in answer!, false);
  assertEquals([answer?.bitrateMode, answer?.latencyMode], ["variable", "quality"]);
});

test("a live source drops frames while the encoder's queue is long", async () => {
  let [dropped, given, chunks] = [0, 0, 0];
  const encoder = new VideoEncoder({ output: () => chunks++, error: (error) => assert(!error) });
  encoder.configure({ ...size, codec: "vp8", latencyMode: "realtime", framerate: 30 });
  for (let i = 0; i < 40; i++) {
    using frame = movingPicture(size.width, size.height, i);
    if (encoder.encodeQueueSize > 2) dropped++;
    else {
      encoder.encode(frame, { keyFrame: given % 15 === 0 });
      given++;
    }
    if (i % 10 === 9) await encoder.flush();
  }
  await encoder.flush();
  encoder.close();
  assertEquals([chunks, dropped + given], [given, 40]);
  assert(dropped > 0);
});

test("the bit rate changes in the middle of a stream that one decoder reads", async () => {
  const frames: number[] = [];
  const decoder = new VideoDecoder({
    output: (frame) => (frames.push(frame.timestamp), frame.close()),
    error: (error) => assert(!error),
  });
  const encoder = new VideoEncoder({
    output(chunk, { decoderConfig }) {
      if (decoderConfig) decoder.configure(decoderConfig);
      decoder.decode(chunk);
    },
    error: (error) => assert(!error),
  });
  for (const bitrate of [200_000, 800_000]) {
    encoder.configure({ ...size, codec: "vp8", bitrate, framerate: 25 });
    for (let i = 0; i < 5; i++) {
      using frame = movingPicture(size.width, size.height, frames.length + i);
      encoder.encode(frame);
    }
    await encoder.flush();
    await decoder.flush();
  }
  encoder.close();
  decoder.close();
  assertEquals(frames, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i * 40_000));
});

test("a transform stream of a decoder gives frames as they are asked for", async () => {
  const pictures = Array.from({ length: 8 }, (_, i) => movingPicture(size.width, size.height, i));
  const { chunks, configs } = await encodeVideo({ ...size, codec: "vp8" }, pictures);
  let decoder: VideoDecoder;
  const frames = new ReadableStream<EncodedVideoChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  }).pipeThrough(
    new TransformStream<EncodedVideoChunk, VideoFrame>({
      start(controller) {
        decoder = new VideoDecoder({
          output: (frame) => controller.enqueue(frame),
          error: (error) => controller.error(error),
        });
        decoder.configure(configs[0]);
      },
      async transform(chunk) {
        decoder.decode(chunk);
        if (decoder.decodeQueueSize > 2) {
          await new Promise((done) => decoder.addEventListener("dequeue", done, { once: true }));
        }
      },
      flush: () => decoder.flush(),
    }),
  );
  const timestamps: number[] = [];
  for await (const frame of frames) {
    timestamps.push(frame.timestamp);
    frame.close();
  }
  assertEquals(timestamps, chunks.map(({ timestamp }) => timestamp));
});

test("a seek resets the decoder, and only frames of the new place come out", async () => {
  const pictures = Array.from({ length: 6 }, (_, i) => movingPicture(size.width, size.height, i));
  const { chunks, configs } = await encodeVideo({ ...size, codec: "vp8" }, pictures);
  const timestamps: number[] = [];
  const decoder = new VideoDecoder({
    output: (frame) => (timestamps.push(frame.timestamp), frame.close()),
    error: (error) => assert(!error),
  });
  const config: VideoDecoderConfig = configs[0];
  decoder.configure(config);
  for (const chunk of chunks) decoder.decode(chunk);
  decoder.reset();
  decoder.configure(config);
  for (const chunk of chunks.slice(0, 2)) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  assertEquals(timestamps, [0, 40_000]);
});

test("pixels are changed and go on as a new frame", async () => {
  using original = movingPicture(size.width, size.height, 0);
  const pixels = await rgbaOf(original);
  for (let at = 0; at < pixels.length; at += 4) pixels[at] = 255 - pixels[at];
  using negative = new VideoFrame(pixels, {
    format: "RGBA",
    codedWidth: original.codedWidth,
    codedHeight: original.codedHeight,
    timestamp: original.timestamp,
    duration: original.duration ?? undefined,
    colorSpace: original.colorSpace.toJSON(),
  });
  assertEquals((await rgbaOf(negative))[0], 255 - (await rgbaOf(original))[0]);
  assertEquals([negative.timestamp, negative.duration], [0, 40_000]);
});

test("planes are copied to a layout of the program's own", async () => {
  using frame = new VideoFrame(new Uint8Array([1, 2, 3, 4, 5, 6]), {
    format: "I420",
    codedWidth: 2,
    codedHeight: 2,
    timestamp: 0,
  });
  const layout = [{ offset: 8, stride: 4 }, { offset: 0, stride: 1 }, { offset: 4, stride: 1 }];
  const into = new Uint8Array(frame.allocationSize({ layout }));
  assertEquals(await frame.copyTo(into, { layout }), layout);
  assertEquals([...into], [5, 0, 0, 0, 6, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0]);
});

test("decoded samples are mixed and encoded again", async () => {
  const { chunks, configs } = await encodeAudio(
    { codec: "flac", sampleRate: 48000, numberOfChannels: 2 },
    sine(48000, 0.2),
  );
  const mono: AudioData[] = [];
  const decoder = new AudioDecoder({
    output(audio) {
      const { numberOfFrames, sampleRate, timestamp } = audio;
      const [left, right] = [0, 1].map((planeIndex) => {
        const plane = new Float32Array(numberOfFrames);
        audio.copyTo(plane, { planeIndex, format: "f32-planar" });
        return plane;
      });
      audio.close();
      const data = left.map((value, i) => (value + right[i]) / 2);
      mono.push(
        new AudioData({
          format: "f32",
          sampleRate,
          numberOfFrames,
          numberOfChannels: 1,
          timestamp,
          data,
        }),
      );
    },
    error: (error) => assert(!error),
  });
  decoder.configure(configs[0]);
  for (const chunk of chunks) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  const again = await encodeAudio({ codec: "opus", sampleRate: 48000, numberOfChannels: 1 }, mono);
  assertEquals(again.chunks[0].timestamp, 0);
  const total = again.chunks.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
  assert(total >= 200_000, `${total} microseconds`);
  assertEquals(firstChannel([...sine(48000, 0.2)]).length, 9600);
});

test("an animation is played frame by frame, as often as it says", async () => {
  const gif = madeBy(
    ["-f", "lavfi", "-i", "testsrc2=s=32x24:r=10:d=0.5", "-loop", "3"],
    "animation.gif",
  );
  const decoder = new ImageDecoder({ data: gif, type: "image/gif" });
  await decoder.tracks.ready;
  await decoder.completed;
  const track = decoder.tracks.selectedTrack!;
  assertEquals([track.animated, track.frameCount, track.repetitionCount], [true, 5, 3]);
  const times: [number, number | null][] = [];
  for (let frameIndex = 0; frameIndex < track.frameCount; frameIndex++) {
    const { image, complete } = await decoder.decode({ frameIndex });
    assertEquals([image.displayWidth, image.displayHeight, complete], [32, 24, true]);
    times.push([image.timestamp, image.duration]);
    image.close();
  }
  assertEquals(times, [0, 1, 2, 3, 4].map((i) => [i * 100_000, 100_000]));
  const early = await decoder.decode({ frameIndex: 1 });
  assertEquals(early.image.timestamp, 100_000);
  early.image.close();
  decoder.close();
});

test("an image is decoded at the size that is asked for", async () => {
  const png = madeBy(["-f", "lavfi", "-i", "color=red:s=40x20", "-frames:v", "1"], "red.png");
  const init = { data: png, type: "image/png", desiredWidth: 10, desiredHeight: 5 };
  const decoder = new ImageDecoder(init);
  const { image } = await decoder.decode();
  assertEquals([image.displayWidth, image.displayHeight], [10, 5]);
  const [red, green, blue] = await rgbaOf(image);
  assert(red > 250 && green < 5 && blue < 5);
  image.close();
  decoder.close();
});

test("install puts what a target lacks, and nothing else", () => {
  const own = class VideoFrame {};
  const target: Record<string, unknown> = { VideoFrame: own };
  const put = install(target);
  assert(put.includes("VideoDecoder") && !put.includes("VideoFrame"));
  assertEquals(target.VideoFrame, own);
  assertEquals(Object.keys(target), ["VideoFrame"]);
  assertEquals(install(target), []);
});
