/**
 * Codecs as transform streams, as the guides have them: a file coded anew, and encrypted chunks.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Demuxer, MemorySink, Muxer, type OutputStream } from "../../../mod.ts";
import {
  type AudioData,
  AudioDecoder,
  type AudioDecoderConfig,
  AudioEncoder,
  decoderConfig,
  EncodedAudioChunk,
  type EncodedVideoChunk,
  toChunk,
  VideoDecoder,
  type VideoDecoderConfig,
  VideoEncoder,
  type VideoFrame,
} from "../../../webcodecs.ts";
import { madeBy, scratch } from "../../support/made.ts";
import { encodeAudio, sine } from "../../support/web_codecs.ts";

const size = { width: 64, height: 48 };

/** A codec as a transform stream: a queue that is long makes the writer wait. */
function piped<In, Out>(
  open: (output: (out: Out) => void, error: (error: unknown) => void) => Codec<In>,
): TransformStream<In, Out> {
  let codec: Codec<In>;
  return new TransformStream<In, Out>({
    start: (controller) => {
      codec = open((out) => controller.enqueue(out), (error) => controller.error(error));
    },
    async transform(input) {
      codec.use(input);
      while (codec.waiting() > 4) {
        await new Promise((done) => codec.target.addEventListener("dequeue", done, { once: true }));
      }
    },
    flush: () => codec.target.flush().then(() => codec.target.close()),
  });
}

function streamOf<T>(values: readonly T[]): ReadableStream<T> {
  const left = [...values];
  return new ReadableStream({
    pull(controller) {
      const value = left.shift();
      if (value === undefined) controller.close();
      else controller.enqueue(value);
    },
  });
}

interface Codec<In> {
  readonly target: EventTarget & { flush(): Promise<undefined>; close(): void };
  use(input: In): void;
  waiting(): number;
}

test("a file is coded anew by pipes of streams", async () => {
  const source = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1"];
  const sound = ["-f", "lavfi", "-i", "sine=r=48000:d=1", "-c:v", "libx264", "-c:a", "aac"];
  await using input = await Demuxer.open(madeBy([...source, ...sound], "both.mp4"));
  const [picture, audio] = input.streams;
  assert(picture.type === "video" && audio.type === "audio");
  const [chunks, sounds]: [EncodedVideoChunk[], EncodedAudioChunk[]] = [[], []];
  for await (const packet of input) {
    if (packet.streamIndex === picture.index) chunks.push(toChunk(packet, picture));
    else sounds.push(toChunk(packet, audio));
  }
  const sink = new MemorySink();
  await using output = await Muxer.create(sink, { format: "webm" });
  // Both tracks are described before the first chunk is written.
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const writer = (mine: PromiseWithResolvers<void>, other: Promise<void>) => {
    let stream: OutputStream | undefined;
    return new WritableStream<Written>({
      async write({ chunk, config }) {
        if (config) stream = output.addStream(config as VideoDecoderConfig);
        mine.resolve();
        await other;
        await output.write(chunk as EncodedVideoChunk, stream!);
      },
    });
  };
  const pictureWriter = writer(first, second.promise);
  const soundWriter = writer(second, first.promise);
  await Promise.all([
    streamOf(chunks)
      .pipeThrough(piped<EncodedVideoChunk, VideoFrame>((output, error) => {
        const target = new VideoDecoder({ output, error });
        target.configure(decoderConfig(picture));
        return {
          target,
          use: (chunk) => target.decode(chunk),
          waiting: () => target.decodeQueueSize,
        };
      }))
      .pipeThrough(piped<VideoFrame, Written>((output, error) => {
        const target = new VideoEncoder({
          output: (chunk, { decoderConfig: config }) => output({ chunk, config }),
          error,
        });
        target.configure({ ...size, codec: "vp8", bitrate: 1_000_000 });
        return {
          target,
          use: (frame) => (target.encode(frame), frame.close()),
          waiting: () => target.encodeQueueSize,
        };
      }))
      .pipeTo(pictureWriter),
    streamOf(sounds)
      .pipeThrough(piped<EncodedAudioChunk, AudioData>((output, error) => {
        const target = new AudioDecoder({ output, error });
        target.configure(decoderConfig(audio));
        return {
          target,
          use: (chunk) => target.decode(chunk),
          waiting: () => target.decodeQueueSize,
        };
      }))
      .pipeThrough(piped<AudioData, Written>((output, error) => {
        const target = new AudioEncoder({
          output: (chunk, { decoderConfig: config }) => output({ chunk, config }),
          error,
        });
        target.configure({ codec: "opus", sampleRate: 48000, numberOfChannels: 1 });
        return {
          target,
          use: (run) => (target.encode(run), run.close()),
          waiting: () => target.encodeQueueSize,
        };
      }))
      .pipeTo(soundWriter),
  ]);
  await output.finish();
  const packets = probed(sink.take());
  assertEquals([Object.keys(packets).sort(), packets.vp8], [["opus", "vp8"], 25]);
  assert(packets.opus >= 50, `${packets.opus} packets of Opus`);
});

interface Written {
  readonly chunk: EncodedVideoChunk | EncodedAudioChunk;
  readonly config: VideoDecoderConfig | AudioDecoderConfig | undefined;
}

/** The numbers of packets that ffprobe finds, by codec. */
function probed(bytes: Uint8Array): Record<string, number> {
  using folder = scratch();
  const path = join(folder.path, "made.webm");
  writeFileSync(path, bytes);
  const words = ["-v", "error", "-count_packets", "-show_streams", "-of", "json", path];
  const { stdout, stderr } = spawnSync("ffprobe", words, { encoding: "utf8" });
  assertEquals(stderr, "");
  const { streams } = JSON.parse(stdout) as {
    streams: { codec_name: string; nb_read_packets: string }[];
  };
  return Object.fromEntries(
    streams.map((stream) => [stream.codec_name, Number(stream.nb_read_packets)]),
  );
}

test("chunks that are encrypted on their way are decoded where the key is known", async () => {
  const { chunks, configs } = await encodeAudio(
    { codec: "opus", sampleRate: 48000, numberOfChannels: 2 },
    sine(48000, 0.1),
  );
  const turned = (chunk: EncodedAudioChunk) => {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    for (let i = 0; i < data.length; i++) data[i] ^= 0x5a;
    const { type, timestamp, duration } = chunk;
    return new EncodedAudioChunk({ type, timestamp, duration: duration ?? undefined, data });
  };
  const times: number[] = [];
  const decoder = new AudioDecoder({
    output: (run) => (times.push(run.timestamp), run.close()),
    error: (error) => assert(!error),
  });
  decoder.configure(configs[0]);
  for (const chunk of chunks.map(turned).map(turned)) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  // The first of them lacks the samples that Opus has before the sound.
  assertEquals(times.map((time) => Math.ceil(time / 20_000)), chunks.map((_, i) => i));
});
