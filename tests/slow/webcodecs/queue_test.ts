/** Long queues of the codecs. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AudioDecoder,
  VideoDecoder,
  VideoEncoder,
  type VideoEncoderConfig,
} from "../../../webcodecs.ts";
import { encodeAudio, encodeVideo, movingPicture, sine } from "../../support/web_codecs.ts";

const size = { width: 64, height: 48 };
const pictures = (count: number) =>
  Array.from({ length: count }, (_, i) => movingPicture(size.width, size.height, i));
const video: VideoEncoderConfig = { ...size, codec: "vp8", framerate: 25 };
const audio = { codec: "opus", sampleRate: 48000, numberOfChannels: 2 };
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("ten thousand chunks that are queued at once all come out", async () => {
  const { chunks, configs } = await encodeVideo(video, pictures(10));
  const sound = await encodeAudio(audio, sine(48000, 0.2));
  const [frames, samples] = [[] as number[], [] as number[]];
  const decoder = new VideoDecoder({
    output: (frame) => (frames.push(frame.timestamp), frame.close()),
    error: (error) => assert(!error, error.message),
  });
  const listener = new AudioDecoder({
    output: (run) => (samples.push(run.timestamp), run.close()),
    error: (error) => assert(!error, error.message),
  });
  decoder.configure(configs[0]);
  listener.configure(sound.configs[0]);
  for (let i = 0; i < 5000; i++) {
    decoder.decode(chunks[i % 10]);
    listener.decode(sound.chunks[i % sound.chunks.length]);
  }
  assertEquals([decoder.decodeQueueSize, listener.decodeQueueSize], [5000, 5000]);
  await Promise.all([decoder.flush(), listener.flush()]);
  decoder.close();
  listener.close();
  assertEquals([frames.length, samples.length], [5000, 5000]);
  assertEquals(frames.slice(0, 12), [...chunks, ...chunks].slice(0, 12).map((c) => c.timestamp));
});

test("a thousand pictures that are queued and thrown away are freed", async () => {
  const encoder = new VideoEncoder({ output: () => {}, error: (error) => assert(!error) });
  using frame = movingPicture(64, 48, 0);
  for (let round = 0; round < 5; round++) {
    encoder.configure(video);
    for (let i = 0; i < 1000; i++) encoder.encode(frame);
    if (round % 2) await later(1);
    encoder.reset();
    assertEquals(encoder.encodeQueueSize, 0);
  }
  encoder.close();
  assertEquals(frame.codedWidth, 64);
});
