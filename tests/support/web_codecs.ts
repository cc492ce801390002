/**
 * Pictures and sounds for the tests of WebCodecs, and what comes out of its codecs.
 *
 * @module
 */
import { Demuxer } from "../../mod.ts";
import {
  AudioData,
  AudioDecoder,
  type AudioDecoderConfig,
  AudioEncoder,
  type AudioEncoderConfig,
  decoderConfig,
  type EncodedAudioChunk,
  type EncodedVideoChunk,
  toChunk,
  VideoDecoder,
  type VideoDecoderConfig,
  VideoEncoder,
  type VideoEncoderConfig,
  VideoFrame,
} from "../../webcodecs.ts";

/** A picture that moves: smooth, so that any codec keeps it. */
export function movingPicture(width: number, height: number, index: number): VideoFrame {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      pixels[at] = 128 + 100 * Math.sin((x + index * 3) / 17);
      pixels[at + 1] = 128 + 100 * Math.sin((y - index * 2) / 23);
      pixels[at + 2] = 128 + 80 * Math.sin((x + y) / 31 + index / 5);
      pixels[at + 3] = 255;
    }
  }
  return new VideoFrame(pixels, {
    format: "RGBX",
    codedWidth: width,
    codedHeight: height,
    timestamp: index * 40_000,
    duration: 40_000,
  });
}

/** The pixels of a frame as RGBA. */
export async function rgbaOf(frame: VideoFrame): Promise<Uint8Array> {
  const pixels = new Uint8Array(frame.allocationSize({ format: "RGBA" }));
  await frame.copyTo(pixels, { format: "RGBA" });
  return pixels;
}

/** The likeness of two runs of samples in decibels: Infinity where they are equal. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>, peak: number): number {
  let sum = 0;
  const count = Math.min(a.length, b.length);
  for (let i = 0; i < count; i++) sum += (a[i] - b[i]) ** 2;
  return sum === 0 ? Infinity : 10 * Math.log10(peak ** 2 / (sum / count));
}

/** Encodes frames, which it closes. */
export async function encodeVideo(config: VideoEncoderConfig, frames: Iterable<VideoFrame>) {
  const chunks: EncodedVideoChunk[] = [];
  const configs: VideoDecoderConfig[] = [];
  let failure: DOMException | undefined;
  const encoder = new VideoEncoder({
    output(chunk, metadata) {
      chunks.push(chunk);
      if (metadata.decoderConfig) configs.push(metadata.decoderConfig);
    },
    error: (error) => failure = error,
  });
  encoder.configure(config);
  for (const frame of frames) {
    encoder.encode(frame);
    frame.close();
  }
  await encoder.flush();
  encoder.close();
  if (failure) throw failure;
  return { chunks, configs };
}

/** Decodes chunks; the frames are the caller's. */
export async function decodeVideo(
  config: VideoDecoderConfig,
  chunks: Iterable<EncodedVideoChunk>,
): Promise<VideoFrame[]> {
  const frames: VideoFrame[] = [];
  const decoder = new VideoDecoder({
    output: (frame) => frames.push(frame),
    error: () => {},
  });
  decoder.configure(config);
  for (const chunk of chunks) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  return frames;
}

/** Encodes samples, which it closes. */
export async function encodeAudio(config: AudioEncoderConfig, runs: Iterable<AudioData>) {
  const chunks: EncodedAudioChunk[] = [];
  const configs: AudioDecoderConfig[] = [];
  const encoder = new AudioEncoder({
    output(chunk, metadata) {
      chunks.push(chunk);
      if (metadata.decoderConfig) configs.push(metadata.decoderConfig);
    },
    error: () => {},
  });
  encoder.configure(config);
  for (const run of runs) {
    encoder.encode(run);
    run.close();
  }
  await encoder.flush();
  encoder.close();
  return { chunks, configs };
}

/** Decodes chunks; the samples are the caller's. */
export async function decodeAudio(
  config: AudioDecoderConfig,
  chunks: Iterable<EncodedAudioChunk>,
): Promise<AudioData[]> {
  const runs: AudioData[] = [];
  const decoder = new AudioDecoder({ output: (run) => runs.push(run), error: () => {} });
  decoder.configure(config);
  for (const chunk of chunks) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  return runs;
}

/** A sine of two channels in runs of 10 ms. */
export function* sine(sampleRate: number, seconds: number, channels = 2): Generator<AudioData> {
  const size = sampleRate / 100;
  for (let run = 0; run < seconds * 100; run++) {
    const data = new Float32Array(size * channels);
    for (let i = 0; i < size; i++) {
      for (let channel = 0; channel < channels; channel++) {
        const time = (run * size + i) / sampleRate;
        data[channel * size + i] = 0.5 * Math.sin(time * 2 * Math.PI * (220 + 110 * channel));
      }
    }
    yield new AudioData({
      format: "f32-planar",
      sampleRate,
      numberOfChannels: channels,
      numberOfFrames: size,
      timestamp: run * 10_000,
      data,
    });
  }
}

/** The first channel of runs, which it closes. */
export function firstChannel(runs: readonly AudioData[]): Float32Array {
  const parts = runs.map((run) => {
    const part = new Float32Array(run.numberOfFrames);
    run.copyTo(part, { planeIndex: 0, format: "f32-planar" });
    run.close();
    return part;
  });
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** The frames of the first video stream of a file, by its bridges. */
export async function framesOf(bytes: Uint8Array): Promise<VideoFrame[]> {
  await using input = await Demuxer.open(bytes);
  const stream = input.streams.find((one) => one.type === "video");
  if (stream?.type !== "video") throw new Error("there is no video");
  const chunks: EncodedVideoChunk[] = [];
  for await (const packet of input) {
    if (packet.streamIndex === stream.index) chunks.push(toChunk(packet, stream));
  }
  return await decodeVideo(decoderConfig(stream), chunks);
}
