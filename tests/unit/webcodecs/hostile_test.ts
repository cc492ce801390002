/**
 * Programs that misuse the codecs: the standard's error, and neither a crash nor a hang.
 */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AudioData,
  AudioDecoder,
  AudioEncoder,
  EncodedAudioChunk,
  EncodedVideoChunk,
  ImageDecoder,
  VideoDecoder,
  VideoEncoder,
  type VideoEncoderConfig,
  VideoFrame,
} from "../../../webcodecs.ts";
import { encodeVideo, movingPicture, sine } from "../../support/web_codecs.ts";
import { madeBy } from "../../support/made.ts";

const size = { width: 64, height: 48 };
const pictures = (count: number) =>
  Array.from({ length: count }, (_, i) => movingPicture(size.width, size.height, i));
const video: VideoEncoderConfig = { ...size, codec: "vp8", framerate: 25 };
const audio = { codec: "opus", sampleRate: 48000, numberOfChannels: 2 };

/** The name of the DOMException, or of another error, that a call throws. */
function nameOf(run: () => unknown): string {
  return assertThrows(run, Error).name;
}

/** The name of the error that a promise rejects with. */
async function rejection(run: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(run, Error)).name;
}

const later = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("closed codecs refuse every call with an InvalidStateError", async () => {
  const callbacks = { output: () => {}, error: () => {} };
  using picture = movingPicture(64, 48, 0);
  const chunk = new EncodedVideoChunk({ type: "key", timestamp: 0, data: new Uint8Array(9) });
  const sound = new EncodedAudioChunk({ type: "key", timestamp: 0, data: new Uint8Array(9) });
  const [samples] = sine(48000, 0.01);
  const codecs = [
    [new VideoDecoder(callbacks), { codec: "vp8" }, (one: VideoDecoder) => one.decode(chunk)],
    [new VideoEncoder(callbacks), video, (one: VideoEncoder) => one.encode(picture)],
    [new AudioDecoder(callbacks), audio, (one: AudioDecoder) => one.decode(sound)],
    [new AudioEncoder(callbacks), audio, (one: AudioEncoder) => one.encode(samples)],
  ] as const;
  for (const [codec, config, use] of codecs) {
    const call = () => use(codec as never);
    assertEquals(nameOf(call), "InvalidStateError");
    assertEquals(await rejection(() => codec.flush()), "InvalidStateError");
    codec.close();
    const calls = [() => codec.configure(config as never), call, () => codec.reset()];
    for (const one of [...calls, () => codec.close()]) {
      assertEquals(nameOf(one), "InvalidStateError");
    }
    assertEquals(await rejection(() => codec.flush()), "InvalidStateError");
  }
  samples.close();
});

test("closed frames and samples are refused, and cannot be cloned", () => {
  const encoder = new VideoEncoder({ output: () => {}, error: () => {} });
  encoder.configure(video);
  const frame = movingPicture(64, 48, 0);
  frame.close();
  frame.close();
  assertThrows(() => encoder.encode(frame), TypeError);
  assertEquals(nameOf(() => frame.clone()), "InvalidStateError");
  assertEquals(nameOf(() => new VideoFrame(frame)), "InvalidStateError");
  assertEquals(encoder.encodeQueueSize, 0);
  encoder.close();
  const speaker = new AudioEncoder({ output: () => {}, error: () => {} });
  speaker.configure(audio);
  const [samples] = sine(48000, 0.01);
  samples.close();
  assertThrows(() => speaker.encode(samples), TypeError);
  assertEquals(nameOf(() => samples.clone()), "InvalidStateError");
  speaker.close();
});

test("structuredClone and transfer throw or make a plain object, and the original goes on", async () => {
  using frame = movingPicture(64, 48, 0);
  for (const transfer of [[], [frame]]) {
    let copy: unknown;
    try {
      copy = structuredClone(frame, { transfer: transfer as never });
    } catch {
      // The runtime knows no such object.
    }
    assert(!(copy instanceof VideoFrame));
    assertEquals(frame.codedWidth, 64);
    assertEquals((await frame.copyTo(new Uint8Array(64 * 48 * 4))).length, 1);
  }
});

test("frames that are closed while they wait are encoded all the same", async () => {
  const frames = pictures(20);
  let chunks = 0;
  const encoder = new VideoEncoder({ output: () => chunks++, error: (error) => assert(!error) });
  encoder.configure(video);
  for (const frame of frames) encoder.encode(frame);
  for (const frame of frames) frame.close();
  await encoder.flush();
  encoder.close();
  assertEquals(chunks, 20);
});

test("bytes of a chunk are its own: changed, detached or shared buffers do no harm", async () => {
  const { chunks, configs } = await encodeVideo(video, pictures(3));
  const shared = new SharedArrayBuffer(chunks[0].byteLength);
  chunks[0].copyTo(shared);
  const bytes = new Uint8Array(new SharedArrayBuffer(chunks[1].byteLength + 7), 7);
  chunks[1].copyTo(bytes);
  const own = new Uint8Array(chunks[2].byteLength);
  chunks[2].copyTo(own);
  const copies = [
    new EncodedVideoChunk({ type: "key", timestamp: 0, data: shared }),
    new EncodedVideoChunk({ type: "delta", timestamp: 1, data: bytes }),
    new EncodedVideoChunk({ type: "delta", timestamp: 2, data: own, transfer: [own.buffer] }),
  ];
  assertEquals(own.byteLength, 0);
  new Uint8Array(shared).fill(255);
  bytes.fill(255);
  let frames = 0;
  const decoder = new VideoDecoder({
    output: (frame) => (frames++, frame.close()),
    error: (error) => assert(!error, error.message),
  });
  decoder.configure(configs[0]);
  for (const chunk of copies) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  assertEquals(frames, 3);
  assertThrows(() => new EncodedVideoChunk({ type: "key", timestamp: 0, data: own }), TypeError);
  assertThrows(() => chunks[0].copyTo(own), TypeError);
  const description = new Uint8Array(4);
  structuredClone(description, { transfer: [description.buffer] });
  const config = { codec: "avc1.42001e", description };
  assertThrows(() => new VideoDecoder({ output() {}, error() {} }).configure(config), TypeError);
});

test("detached and shared buffers of frames and samples are refused or read", async () => {
  const init = { format: "RGBA", codedWidth: 2, codedHeight: 2, timestamp: 0 } as const;
  const pixels = new Uint8Array(new SharedArrayBuffer(16)).fill(7);
  using frame = new VideoFrame(pixels, init);
  pixels.fill(0);
  const into = new Uint8Array(new SharedArrayBuffer(16));
  await frame.copyTo(into);
  assertEquals(into[5], 7);
  const gone = new Uint8Array(16);
  structuredClone(gone, { transfer: [gone.buffer] });
  assertThrows(() => new VideoFrame(gone, init), TypeError);
  await assertRejects(() => frame.copyTo(gone), TypeError);
  const sound = { format: "u8", sampleRate: 8000, numberOfFrames: 4, numberOfChannels: 1 } as const;
  assertThrows(() => new AudioData({ ...sound, timestamp: 0, data: gone }), TypeError);
  using samples = new AudioData({ ...sound, timestamp: 0, data: into });
  assertThrows(() => samples.copyTo(gone, { planeIndex: 0 }));
  assertEquals(samples.numberOfFrames, 4);
});

test("sizes beyond all reason are refused, not allocated", async () => {
  const most = 2 ** 32 - 1;
  for (const side of [65536, 2 ** 30, most]) {
    const huge = { ...video, width: side, height: side };
    assertEquals((await VideoEncoder.isConfigSupported(huge)).supported, false);
    const told = Promise.withResolvers<DOMException>();
    const encoder = new VideoEncoder({ output: () => {}, error: told.resolve });
    encoder.configure(huge);
    assertEquals((await told.promise).name, "NotSupportedError");
    assertEquals(encoder.state, "closed");
    const init = { format: "RGBA", codedWidth: side, codedHeight: side, timestamp: 0 } as const;
    assertThrows(() => new VideoFrame(new Uint8Array(16), init), TypeError);
  }
  const wrong: Partial<VideoEncoderConfig>[] = [
    { width: 0 },
    { height: -1 },
    { width: NaN },
    { bitrate: -5 },
    { framerate: Infinity },
    { displayWidth: 0 },
  ];
  for (const part of wrong) {
    const config = { ...video, ...part };
    await assertRejects(() => VideoEncoder.isConfigSupported(config), TypeError);
  }
  for (const bitrate of [1, most, 2 ** 52]) {
    const { supported } = await VideoEncoder.isConfigSupported({ ...video, bitrate });
    assertEquals(typeof supported, "boolean");
  }
  for (const framerate of [1e-300, 1e-9, 1e9, 1e300]) {
    const { supported } = await VideoEncoder.isConfigSupported({ ...video, framerate });
    assertEquals(typeof supported, "boolean");
  }
  for (const sampleRate of [1, most]) {
    const { supported } = await AudioEncoder.isConfigSupported({ ...audio, sampleRate });
    assertEquals(supported, false);
  }
  const crowd = { ...audio, numberOfChannels: most };
  assertEquals((await AudioEncoder.isConfigSupported(crowd)).supported, false);
});

test("two hundred configurations in a row leave the last one in use", async () => {
  let [chunks, width] = [0, 0];
  const encoder = new VideoEncoder({
    output(_chunk, { decoderConfig }) {
      chunks++;
      width = decoderConfig?.codedWidth ?? width;
    },
    error: (error) => assert(!error, error.message),
  });
  for (let i = 0; i < 200; i++) encoder.configure({ ...video, width: 16 + 2 * (i % 20) });
  encoder.configure({ ...video, width: 32 });
  using frame = movingPicture(64, 48, 0);
  encoder.encode(frame);
  await encoder.flush();
  encoder.close();
  assertEquals([chunks, width], [1, 32]);
});

test("reset in an output callback ends what waits, and the codec goes on", async () => {
  const { chunks, configs } = await encodeVideo(video, pictures(8));
  let [outputs, resets] = [0, 0];
  const decoder = new VideoDecoder({
    output(frame) {
      outputs++;
      frame.close();
      if (resets++ > 0) return;
      decoder.reset();
      decoder.configure(configs[0]);
      decoder.decode(chunks[0]);
    },
    error: (error) => assert(!error, error.message),
  });
  decoder.configure(configs[0]);
  for (const chunk of chunks) decoder.decode(chunk);
  assertEquals(await rejection(() => decoder.flush()), "AbortError");
  await decoder.flush();
  assertEquals([outputs, decoder.state], [2, "configured"]);
  decoder.close();
});

test("close and encode in an output callback are met in order", async () => {
  using frame = movingPicture(64, 48, 0);
  let chunks = 0;
  const encoder = new VideoEncoder({
    output() {
      if (++chunks < 5) encoder.encode(frame);
      else encoder.close();
    },
    error: (error) => assert(!error, error.message),
  });
  encoder.configure({ ...video, latencyMode: "realtime" });
  encoder.encode(frame);
  const names: string[] = [];
  while (encoder.state === "configured") {
    await encoder.flush().catch((error) => names.push(error.name));
  }
  await later();
  assertEquals([chunks, names], [5, ["AbortError"]]);
});

test("error callbacks that close, configure or throw are called once", async () => {
  const uses = [
    (one: VideoDecoder) => one.close(),
    (one: VideoDecoder) => one.configure({ codec: "vp8" }),
    (one: VideoDecoder) => one.reset(),
  ];
  for (const use of uses) {
    const names: string[] = [];
    const decoder = new VideoDecoder({
      output: (frame) => frame.close(),
      error: (error) => names.push(error.name, nameOf(() => use(decoder))),
    });
    decoder.configure({ codec: "vp8" });
    const data = new Uint8Array(3);
    for (const timestamp of [0, 1, 2]) {
      decoder.decode(new EncodedVideoChunk({ type: "key", timestamp, data }));
    }
    await assertRejects(() => decoder.flush());
    await later();
    assertEquals(names, ["EncodingError", "InvalidStateError"]);
    assertEquals([decoder.state, decoder.decodeQueueSize], ["closed", 0]);
  }
});

test("objects that pretend to be chunks, frames or samples are TypeErrors", () => {
  const callbacks = { output: () => {}, error: () => {} };
  const [decoder, encoder] = [new VideoDecoder(callbacks), new VideoEncoder(callbacks)];
  const [listener, speaker] = [new AudioDecoder(callbacks), new AudioEncoder(callbacks)];
  decoder.configure({ codec: "vp8" });
  encoder.configure(video);
  listener.configure(audio);
  speaker.configure(audio);
  const everything = new Proxy(function () {}, { get: () => everything }) as never;
  const shaped = Object.create(EncodedVideoChunk.prototype) as never;
  for (const value of [undefined, null, 1, "key", {}, [], everything, shaped]) {
    assertThrows(() => decoder.decode(value as never), TypeError);
    assertThrows(() => encoder.encode(value as never), TypeError);
    assertThrows(() => listener.decode(value as never), TypeError);
    assertThrows(() => speaker.encode(value as never), TypeError);
  }
  for (const codec of [decoder, encoder, listener, speaker]) codec.close();
});

test("image decoders that are closed, reset or given rubbish reject", async () => {
  const png = madeBy(["-f", "lavfi", "-i", "color=red:s=40x20", "-frames:v", "1"], "red.png");
  const decoder = new ImageDecoder({ data: png, type: "image/png" });
  const pending = [decoder.decode(), decoder.decode({ frameIndex: 0 })];
  decoder.reset();
  for (const one of pending) assertEquals(await rejection(() => one), "AbortError");
  (await decoder.decode()).image.close();
  await assertRejects(() => decoder.decode({ frameIndex: 1 }), RangeError);
  await assertRejects(() => decoder.decode({ frameIndex: -1 }), TypeError);
  const last = decoder.decode();
  decoder.close();
  decoder.close();
  assertEquals(await rejection(() => last), "AbortError");
  assertEquals(await rejection(() => decoder.decode()), "InvalidStateError");
  const rubbish = new ImageDecoder({ data: new Uint8Array(99).fill(3), type: "image/png" });
  assertEquals(await rejection(() => rubbish.decode()), "EncodingError");
  const streams: [string, ReadableStream<Uint8Array>][] = [
    ["NotReadableError", new ReadableStream({ start: (one) => one.error(new Error("cut")) })],
    ["DataError", new ReadableStream({ start: (one) => one.enqueue("text" as never) })],
  ];
  for (const [name, data] of streams) {
    const cut = new ImageDecoder({ data, type: "image/gif" });
    for (const promise of [cut.decode(), cut.completed, cut.tracks.ready]) {
      assertEquals(await rejection(() => promise), name);
    }
    cut.close();
  }
  const unknown = new ImageDecoder({ data: png, type: "image/unheard" });
  assertEquals(await rejection(() => unknown.completed), "NotSupportedError");
});
