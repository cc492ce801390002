/**
 * Many frames and many codecs: nothing grows, and all of them end.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import {
  AudioData,
  AudioDecoder,
  AudioEncoder,
  type AudioEncoderConfig,
  VideoDecoder,
  VideoEncoder,
  VideoFrame,
} from "../../../webcodecs.ts";
import {
  decodeAudio,
  decodeVideo,
  encodeAudio,
  encodeVideo,
  movingPicture,
  sine,
} from "../../support/web_codecs.ts";

const size = { width: 64, height: 64 };
const FRAMES = 10_000;
const MEBIBYTE = 1024 * 1024;

/** Waits until the queue of a codec is short. */
async function shortQueue(codec: EventTarget, length: () => number): Promise<void> {
  while (length() > 16) {
    await new Promise((resolve) => codec.addEventListener("dequeue", resolve, { once: true }));
  }
}

for (const codec of ["avc1.42001f", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08", "av01.0.04M.08"]) {
  test(`${codec}: ten thousand frames pass through without growth`, async (t) => {
    const config = { ...size, codec, framerate: 25, latencyMode: "realtime" as const };
    if (!(await VideoEncoder.isConfigSupported(config)).supported) {
      return t.skip("this libavcodec has no encoder for it");
    }
    let [decoded, failure] = [0, undefined as DOMException | undefined];
    const error = (failed: DOMException) => failure = failed;
    const decoder = new VideoDecoder({ output: (frame) => (decoded++, frame.close()), error });
    const encoder = new VideoEncoder({
      output(chunk, { decoderConfig }) {
        if (decoderConfig) decoder.configure(decoderConfig);
        decoder.decode(chunk);
      },
      error,
    });
    encoder.configure(config);
    const pictures = Array.from({ length: 8 }, (_, i) => movingPicture(64, 64, i));
    let before = 0;
    for (let i = 0; i < FRAMES && failure === undefined; i++) {
      const frame = new VideoFrame(pictures[i % 8], { timestamp: i * 40_000 });
      encoder.encode(frame);
      frame.close();
      await shortQueue(encoder, () => encoder.encodeQueueSize);
      await shortQueue(decoder, () => decoder.decodeQueueSize);
      // Caches are filled by then.
      if (i === FRAMES / 4) before = process.memoryUsage().rss;
    }
    await encoder.flush();
    await decoder.flush();
    const grown = (process.memoryUsage().rss - before) / MEBIBYTE;
    encoder.close();
    decoder.close();
    for (const picture of pictures) picture.close();
    assertEquals([decoded, failure], [FRAMES, undefined]);
    assert(grown < 64, `${grown} MiB more`);
  });
}

const sounds: readonly Pick<AudioEncoderConfig, "codec">[] = [
  { codec: "opus" },
  { codec: "mp4a.40.2" },
  { codec: "mp3" },
  { codec: "flac" },
  { codec: "vorbis" },
  { codec: "pcm-s16" },
  { codec: "ulaw" },
];

for (const { codec } of sounds) {
  test(`${codec}: ten thousand runs of samples pass through without growth`, async (t) => {
    const config = { codec, sampleRate: 48000, numberOfChannels: 2 };
    if (!(await AudioEncoder.isConfigSupported(config)).supported) {
      return t.skip("this libavcodec has no encoder for it");
    }
    let [samples, failure] = [0, undefined as DOMException | undefined];
    const error = (failed: DOMException) => failure = failed;
    const decoder = new AudioDecoder({
      output(run) {
        samples += run.numberOfFrames;
        run.close();
      },
      error,
    });
    const encoder = new AudioEncoder({
      output(chunk, { decoderConfig }) {
        if (decoderConfig) decoder.configure(decoderConfig);
        decoder.decode(chunk);
      },
      error,
    });
    encoder.configure(config);
    const data = Float32Array.from({ length: 2 * 960 }, (_, i) => Math.sin(i / 20) / 2);
    const init = { format: "f32", ...config, numberOfFrames: 960, data } as const;
    let before = 0;
    for (let i = 0; i < FRAMES && failure === undefined; i++) {
      const run = new AudioData({ ...init, timestamp: i * 20_000 });
      encoder.encode(run);
      run.close();
      await shortQueue(encoder, () => encoder.encodeQueueSize);
      await shortQueue(decoder, () => decoder.decodeQueueSize);
      if (i === FRAMES / 4) before = process.memoryUsage().rss;
    }
    await encoder.flush();
    await decoder.flush();
    const grown = (process.memoryUsage().rss - before) / MEBIBYTE;
    encoder.close();
    decoder.close();
    assertEquals(failure, undefined);
    // Encoders pad the last packet, and some decoders drop the first one's padding.
    const missing = FRAMES * 960 - samples;
    assert(Math.abs(missing) < 10_000, `${missing} samples are missing`);
    assert(grown < 64, `${grown} MiB more`);
  });
}

test("two hundred decoders at once give every frame", async () => {
  const pictures = Array.from({ length: 5 }, (_, i) => movingPicture(64, 64, i));
  const { chunks, configs } = await encodeVideo({ ...size, codec: "avc1.42001f" }, pictures);
  const all = await Promise.all(
    Array.from({ length: 200 }, () => decodeVideo(configs[0], chunks)),
  );
  assertEquals(all.map((frames) => frames.length), all.map(() => 5));
  for (const frames of all) for (const frame of frames) frame.close();
});

test("two hundred decoders of sound at once give every sample", async () => {
  const config = { codec: "opus", sampleRate: 48000, numberOfChannels: 2 };
  const { chunks, configs } = await encodeAudio(config, sine(48000, 0.2));
  const [expected, ...all] = await Promise.all(
    Array.from({ length: 200 }, () => decodeAudio(configs[0], chunks)),
  );
  const samplesOf = (runs: readonly AudioData[]) =>
    runs.reduce((sum, { numberOfFrames }) => sum + numberOfFrames, 0);
  assert(samplesOf(expected) >= 9600);
  for (const runs of all) assertEquals(samplesOf(runs), samplesOf(expected));
  for (const runs of [expected, ...all]) for (const run of runs) run.close();
});
