/**
 * The codecs of WebCodecs by the clock and by the processor's time over all threads: those of this
 * module, or of another one with the same classes.
 *
 *     RUNTIME bench/webcodecs.ts FILE.mp4 [MODULE] [--only WORD]
 *
 * FILE has H.264 of 1920x1080 as its first stream and AAC as its second. --only: the rows whose
 * title holds WORD.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { DemuxerSync, type Packet, type Stream } from "../mod.ts";
import * as own from "../webcodecs.ts";

const words = process.argv.slice(2);
const at = words.indexOf("--only");
const [, only = ""] = at < 0 ? [] : words.splice(at, 2);
const [file, other] = words;
const web: typeof own = other === undefined ? own : await import(other);

interface Queue extends EventTarget {
  readonly decodeQueueSize?: number;
  readonly encodeQueueSize?: number;
}

/** Back-pressure, as programs have it. */
async function shortQueue(codec: Queue): Promise<void> {
  while ((codec.decodeQueueSize ?? codec.encodeQueueSize ?? 0) > 8) {
    await new Promise((resolve) => codec.addEventListener("dequeue", resolve, { once: true }));
  }
}

const error = (failure: DOMException) => {
  throw failure;
};

async function measure(title: string, run: () => Promise<number>): Promise<void> {
  if (!title.includes(only)) return;
  await run();
  const cpu = process.cpuUsage();
  const since = performance.now();
  const count = await run();
  const elapsed = performance.now() - since;
  const { user, system } = process.cpuUsage(cpu);
  const each = (milliseconds: number) => (milliseconds / count).toFixed(2).padStart(8);
  console.log(
    `${title.padEnd(30)} ${String(count).padStart(6)}  ${each(elapsed)} ms` +
      `  ${each((user + system) / 1000)} ms of the processor`,
  );
}

using input = DemuxerSync.open(new Uint8Array(readFileSync(file)));
const [picture, sound]: readonly Stream[] = input.streams;
const packets: { stream: number; timestamp: number; key: boolean; data: Uint8Array }[] = [];
for (const packet of input) packets.push(kept(packet));

function kept(packet: Packet) {
  const timestamp = Math.round((packet.ptsTime ?? 0) * 1_000_000);
  return { stream: packet.streamIndex, timestamp, key: packet.isKeyframe, data: packet.data };
}

function initOf({ key, timestamp, data }: (typeof packets)[number]) {
  return { type: key ? "key" as const : "delta" as const, timestamp, data };
}

async function decodeVideo(use: (frame: own.VideoFrame) => unknown): Promise<number> {
  let count = 0;
  const decoder = new web.VideoDecoder({
    async output(frame) {
      count++;
      await use(frame);
      frame.close();
    },
    error,
  });
  decoder.configure(own.decoderConfig(picture));
  for (const packet of packets) {
    if (packet.stream !== picture.index) continue;
    decoder.decode(new web.EncodedVideoChunk(initOf(packet)));
    await shortQueue(decoder);
  }
  await decoder.flush();
  decoder.close();
  return count;
}

async function encodeVideo(latencyMode: "realtime" | "quality"): Promise<number> {
  const [width, height] = [1920, 1080];
  const pixels = Uint8Array.from({ length: width * height * 3 / 2 }, (_, i) => i >> 6 & 255);
  let count = 0;
  const encoder = new web.VideoEncoder({ output: () => count++, error });
  const codec = "avc1.640028";
  encoder.configure({ codec, width, height, bitrate: 5_000_000, framerate: 25, latencyMode });
  const init = { format: "I420", codedWidth: width, codedHeight: height } as const;
  for (let i = 0; i < 60; i++) {
    pixels.fill(i * 4, i * 20_000, i * 20_000 + 400_000);
    const frame = new web.VideoFrame(pixels, { ...init, timestamp: i * 40_000 });
    encoder.encode(frame);
    frame.close();
    await shortQueue(encoder);
  }
  await encoder.flush();
  encoder.close();
  return count;
}

async function decodeAudio(): Promise<number> {
  let count = 0;
  const decoder = new web.AudioDecoder({
    output(audio) {
      count++;
      audio.close();
    },
    error,
  });
  decoder.configure(own.decoderConfig(sound));
  for (const packet of packets) {
    if (packet.stream !== sound.index) continue;
    decoder.decode(new web.EncodedAudioChunk({ ...initOf(packet), type: "key" }));
    await shortQueue(decoder);
  }
  await decoder.flush();
  decoder.close();
  return count;
}

async function encodeAudio(): Promise<number> {
  let count = 0;
  const encoder = new web.AudioEncoder({ output: () => count++, error });
  encoder.configure({ codec: "opus", sampleRate: 48000, numberOfChannels: 2, bitrate: 128_000 });
  const data = Float32Array.from({ length: 1920 }, (_, i) => Math.sin(i / 20) / 2);
  for (let i = 0; i < 3000; i++) {
    const audio = new web.AudioData({
      format: "f32",
      sampleRate: 48000,
      numberOfFrames: 960,
      numberOfChannels: 2,
      timestamp: i * 20_000,
      data,
    });
    encoder.encode(audio);
    audio.close();
    await shortQueue(encoder);
  }
  await encoder.flush();
  encoder.close();
  return count;
}

const rgba = new Uint8Array(1920 * 1080 * 4);
await measure("decode 1080p h264, close", () => decodeVideo(() => {}));
await measure(
  "decode 1080p h264, copyTo RGBA",
  () => decodeVideo((frame) => frame.copyTo(rgba, { format: "RGBA" })),
);
await measure("encode 1080p h264, realtime", () => encodeVideo("realtime"));
await measure("encode 1080p h264, quality", () => encodeVideo("quality"));
await measure("decode aac", decodeAudio);
await measure("encode opus", encodeAudio);
process.exit(0);
