import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { DemuxerSync, MemorySink, Muxer, MuxerSync } from "../../../mod.ts";
import {
  AudioDecoder,
  AudioEncoder,
  decoderConfig,
  EncodedVideoChunk,
  toChunk,
  VideoDecoder,
  VideoEncoder,
  type VideoEncoderConfig,
} from "../../../webcodecs.ts";
import { madeBy } from "../../support/made.ts";
import {
  decodeAudio,
  decodeVideo,
  encodeAudio,
  encodeVideo,
  firstChannel,
  framesOf,
  movingPicture,
  psnr,
  rgbaOf,
  sine,
} from "../../support/web_codecs.ts";

const size = { width: 160, height: 96 };
const pictures = (count: number) =>
  Array.from({ length: count }, (_, i) => movingPicture(size.width, size.height, i));

const videoConfigs: readonly (Pick<VideoEncoderConfig, "codec"> & Partial<VideoEncoderConfig>)[] = [
  { codec: "avc1.42001f" },
  { codec: "avc1.64001f", avc: { format: "annexb" } },
  { codec: "hvc1.1.6.L93.B0" },
  { codec: "hev1.1.6.L93.B0", hevc: { format: "annexb" } },
  { codec: "vp8" },
  { codec: "vp09.00.10.08" },
  { codec: "vp09.01.10.08.03" },
  { codec: "vp09.02.10.10" },
  { codec: "av01.0.04M.08" },
  { codec: "av01.0.04M.10" },
];

for (const given of videoConfigs) {
  const title = `${given.codec}${given.avc || given.hevc ? " with start codes" : ""}`;
  test(`${title}: pictures come back in order, with their times, and alike`, async (t) => {
    const config = { ...size, framerate: 25, bitrate: 2_000_000, ...given };
    const { supported } = await VideoEncoder.isConfigSupported(config);
    if (!supported) return t.skip("this libavcodec has no encoder for it");
    const { chunks, configs } = await encodeVideo(config, pictures(12));
    assertEquals(configs.length, 1);
    assertEquals(chunks.map(({ timestamp }) => timestamp), pictures12.map((i) => i * 40_000));
    assertEquals(chunks.map(({ duration }) => duration), pictures12.map(() => 40_000));
    assertEquals(chunks[0].type, "key");
    const frames = await decodeVideo(configs[0], chunks);
    assertEquals(frames.map(({ timestamp }) => timestamp), pictures12.map((i) => i * 40_000));
    for (const [i, frame] of frames.entries()) {
      using original = movingPicture(size.width, size.height, i);
      const likeness = psnr(await rgbaOf(frame), await rgbaOf(original), 255);
      assert(likeness > 28, `frame ${i}: ${likeness} dB`);
      frame.close();
    }
  });
}
const pictures12 = Array.from({ length: 12 }, (_, i) => i);

test("a quantizer of each frame decides its size", async () => {
  for (const [codec, name] of [["avc1.42001f", "avc"], ["vp09.00.10.08", "vp9"]] as const) {
    const sizes: number[] = [];
    const encoder = new VideoEncoder({
      output: (chunk) => sizes.push(chunk.byteLength),
      error: () => {},
    });
    encoder.configure({ ...size, codec, bitrateMode: "quantizer", framerate: 25 });
    for (const quantizer of [10, 50]) {
      using frame = movingPicture(size.width, size.height, 0);
      encoder.encode(frame, { [name]: { quantizer } });
    }
    await encoder.flush();
    encoder.close();
    assertEquals(sizes.length, 2);
    assert(sizes[0] > sizes[1] * 2, `${codec}: ${sizes}`);
  }
});

const audioConfigs = [
  { codec: "opus", least: 20 },
  { codec: "mp4a.40.2", least: 15 },
  { codec: "mp4a.40.2", aac: { format: "adts" }, least: 15 },
  { codec: "flac", least: 100 },
  { codec: "mp3", least: 15 },
  { codec: "vorbis", least: 15 },
  { codec: "pcm-s16", least: 80 },
  { codec: "pcm-f32", least: 120 },
  { codec: "ulaw", least: 25 },
  { codec: "alaw", least: 25 },
] as const;

for (const { least, ...given } of audioConfigs) {
  test(`${given.codec}${"aac" in given ? " in ADTS" : ""}: a sine comes back`, async (t) => {
    const config = {
      sampleRate: 48000,
      numberOfChannels: 2,
      ...given,
    };
    const { supported } = await AudioEncoder.isConfigSupported(config);
    if (!supported) return t.skip("this libavcodec has no encoder for it");
    const { chunks, configs } = await encodeAudio(config, sine(48000, 0.5));
    assertEquals([configs.length, chunks[0].timestamp], [1, 0]);
    const decoded = firstChannel(await decodeAudio(configs[0], chunks));
    assert(decoded.length >= 24000 - 1152, `${decoded.length} samples`);
    // An encoder's first samples may be silence: the sine is looked for behind them.
    const expected = firstChannel([...sine(48000, 0.5)]);
    let best = 0;
    for (let shift = 0; shift <= 2400; shift++) {
      const likeness = psnr(
        decoded.subarray(shift + 4800, shift + 9600),
        expected.subarray(4800),
        1,
      );
      best = Math.max(best, likeness);
    }
    assert(best >= least, `${best} dB`);
  });
}

test("a stream with B-frames is decoded to the frames of the tool, in their order", async () => {
  const bytes = madeBy(
    ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=1", "-c:v", "libx264", "-bf", "3"],
    "b.mp4",
  );
  const raw = madeBy(
    ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=1", "-pix_fmt", "yuv420p"],
    "b.y4m",
  );
  const frames = await framesOf(bytes);
  assertEquals(frames.length, 25);
  assertEquals(frames.map(({ timestamp }) => timestamp), frames.map((_, i) => i * 40_000));
  assertEquals(frames.map(({ duration }) => duration), frames.map(() => 40_000));
  const plane = 128 * 96 * 3 / 2;
  const start = raw.length - 25 * (plane + 6);
  for (const [i, frame] of frames.entries()) {
    const pixels = new Uint8Array(frame.allocationSize());
    await frame.copyTo(pixels);
    const at = start + i * (plane + 6) + 6;
    assert(psnr(pixels, raw.subarray(at, at + plane), 255) > 30, `frame ${i}`);
    frame.close();
  }
});

for (const [format, codec] of [["mp4", "avc1.42001f"], ["webm", "vp8"], ["mp4", "av01.0.04M.08"]]) {
  test(`a muxer writes ${codec} and Opus of the encoders to ${format}`, async (t) => {
    const { supported } = await VideoEncoder.isConfigSupported({ ...size, codec });
    if (!supported) return t.skip("this libavcodec has no encoder for it");
    const video = await encodeVideo({ ...size, codec, framerate: 25 }, pictures(10));
    const audio = await encodeAudio(
      { codec: "opus", sampleRate: 48000, numberOfChannels: 2 },
      sine(48000, 0.4),
    );
    const sink = new MemorySink();
    await using output = await Muxer.create(sink, { format });
    const streams = [output.addStream(video.configs[0]), output.addStream(audio.configs[0])];
    for (const chunk of video.chunks) await output.write(chunk, streams[0]);
    for (const chunk of audio.chunks) await output.write(chunk, streams[1]);
    await output.finish();
    const bytes = sink.take();
    using input = DemuxerSync.open(bytes);
    assertEquals(input.streams.map(({ type }) => type), ["video", "audio"]);
    const frames = await framesOf(bytes);
    assertEquals(frames.map(({ timestamp }) => timestamp), pictures10.map((i) => i * 40_000));
    for (const frame of frames) frame.close();
  });
}
const pictures10 = Array.from({ length: 10 }, (_, i) => i);

test("a configuration keeps description, shape and turn through a file", async () => {
  const { chunks, configs } = await encodeVideo(
    { ...size, codec: "avc1.42001f", displayWidth: 320, displayHeight: 96 },
    pictures(2),
  );
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format: "mp4" });
  const stream = output.addStream({ ...configs[0], rotation: 90 });
  for (const chunk of chunks) output.write(chunk, stream);
  output.finish();
  using input = DemuxerSync.open(sink.take());
  const [found] = input.streams;
  const config = decoderConfig(found);
  assertEquals([config.displayAspectWidth, config.displayAspectHeight], [320, 96]);
  assertEquals(config.rotation, 90);
  assertEquals(config.codec.slice(0, 5), "avc1.");
  assertEquals(
    [...config.description as Uint8Array],
    [...new Uint8Array(configs[0].description as ArrayBuffer)],
  );
  const packet = input.read()!;
  const chunk = toChunk(packet, found);
  assertEquals([chunk.type, chunk.byteLength], ["key", packet.size]);
});

test("reset and close at every point of a pipeline settle every promise", async () => {
  const { chunks, configs } = await encodeVideo({ ...size, codec: "vp8" }, pictures(6));
  for (let point = 0; point <= 8; point++) {
    for (const action of ["reset", "close"] as const) {
      let [outputs, errors, over] = [0, 0, false];
      const decoder = new VideoDecoder({
        output(frame) {
          assert(!over, "an output after the end");
          outputs++;
          frame.close();
        },
        error: () => errors++,
      });
      const steps = [
        () => decoder.configure(configs[0]),
        ...chunks.map((chunk) => () => decoder.decode(chunk)),
      ];
      for (const step of steps.slice(0, point)) step();
      const flushed = point > 0 ? decoder.flush() : Promise.resolve();
      if (point % 3 === 1) await new Promise((resolve) => setTimeout(resolve, 2));
      decoder[action]();
      over = true;
      assertEquals(decoder.decodeQueueSize, 0);
      assertEquals(decoder.state, action === "reset" ? "unconfigured" : "closed");
      await flushed.catch((error) => assertEquals(error.name, "AbortError"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      assertEquals(errors, 0);
      if (action === "reset") decoder.close();
    }
  }
});

test("reset and close at every point of encoders and of sound settle every promise", async () => {
  const callbacks = (outputs: () => void) => ({ output: outputs, error: () => assert(false) });
  const sound = { codec: "opus", sampleRate: 48000, numberOfChannels: 2 };
  const { chunks, configs } = await encodeAudio(sound, sine(48000, 0.1));
  const kinds: [(output: () => void) => AnyCodec, object, readonly unknown[]][] = [
    [(out) => new VideoEncoder(callbacks(out)), { ...size, codec: "vp8" }, pictures(5)],
    [(out) => new AudioEncoder(callbacks(out)), sound, [...sine(48000, 0.05)]],
    [(out) => new AudioDecoder(callbacks(out)), configs[0], chunks.slice(0, 5)],
  ];
  for (const [open, config, inputs] of kinds) {
    for (let point = 0; point <= 6; point++) {
      for (const action of ["reset", "close"] as const) {
        let over = false;
        const codec = open(() => assert(!over, "an output after the end"));
        if (point > 0) codec.configure(config as never);
        for (const input of inputs.slice(0, Math.max(0, point - 1))) {
          if ("encode" in codec) codec.encode(input as never);
          else codec.decode(input as never);
        }
        const flushed = point > 0 ? codec.flush() : Promise.resolve();
        if (point % 3 === 1) await new Promise((resolve) => setTimeout(resolve, 2));
        codec[action]();
        over = true;
        assertEquals(codec.state, action === "reset" ? "unconfigured" : "closed");
        await flushed.catch((error) => assertEquals(error.name, "AbortError"));
        await new Promise((resolve) => setTimeout(resolve, 3));
        if (action === "reset") codec.close();
      }
    }
    for (const input of inputs) (input as { close?(): void }).close?.();
  }
});

type AnyCodec = VideoEncoder | AudioEncoder | AudioDecoder;

test("an output callback that throws is the program's error, not the codec's", async () => {
  const { chunks, configs } = await encodeVideo({ ...size, codec: "vp8" }, pictures(2));
  const queue = globalThis.queueMicrotask;
  const thrown: unknown[] = [];
  globalThis.queueMicrotask = (task) =>
    queue(() => {
      try {
        task();
      } catch (error) {
        thrown.push(error);
      }
    });
  try {
    const decoder = new VideoDecoder({
      output(frame) {
        frame.close();
        throw new Error("mine");
      },
      error: () => {},
    });
    decoder.configure(configs[0]);
    for (const chunk of chunks) decoder.decode(chunk);
    await decoder.flush();
    assertEquals(decoder.state, "configured");
    decoder.close();
  } finally {
    globalThis.queueMicrotask = queue;
  }
  assertEquals(thrown.map((error) => (error as Error).message), ["mine", "mine"]);
});

test("an error of the decoder is told once, and rejects what waits", async () => {
  const errors: DOMException[] = [];
  const decoder = new VideoDecoder({
    output: (frame) => frame.close(),
    error: (e) => errors.push(e),
  });
  decoder.configure({ codec: "vp8" });
  decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data: new Uint8Array(3) }));
  const flushes = [decoder.flush(), decoder.flush()];
  for (const flush of flushes) {
    await flush.then(() => assert(false), (error) => assertEquals(error.name, "EncodingError"));
  }
  assertEquals(errors.map(({ name }) => name), ["EncodingError"]);
  assertEquals(decoder.state, "closed");
});

test("codecs answer for what the libraries have", async () => {
  const video = async (codec: string) =>
    (await VideoDecoder.isConfigSupported({ codec })).supported;
  assertEquals(await video("avc1.64001f"), true);
  assertEquals(await video("avc1.4D401D"), false);
  assertEquals(await video("vp9"), false);
  const audio = async (codec: string) =>
    (await AudioDecoder.isConfigSupported({ codec, sampleRate: 48000, numberOfChannels: 2 }))
      .supported;
  assertEquals(await audio("opus"), true);
  assertEquals(await audio("mp4a.40.2"), true);
  assertEquals(await audio("avc1.64001f"), false);
});
