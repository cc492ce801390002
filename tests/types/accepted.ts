/**
 * Code that every compiler must take, with the strictest options: a value that may be undefined is
 * an option left out. `publish_test.ts` compiles this file against the published form; nothing
 * runs it.
 *
 * @module
 */
import {
  AGAIN,
  AVError,
  CallbackSink,
  Channel,
  concat,
  type ConcatOptions,
  type ConcatSyncOptions,
  Demuxer,
  type DemuxerOptions,
  DemuxerSync,
  type DemuxerSyncOptions,
  type Fragment,
  fragments,
  type FragmentsOptions,
  frames,
  type FramesOptions,
  HttpSource,
  type HttpSourceOptions,
  type Input,
  type InputSync,
  IOContext,
  type IOContextOptions,
  MemorySink,
  type MemorySinkOptions,
  Muxer,
  type MuxerOptions,
  MuxerSync,
  type MuxerSyncOptions,
  type OpenHook,
  type OpenHookSync,
  type Output,
  type OutputSync,
  pcm,
  type PcmOptions,
  probe,
  remux,
  type RemuxOptions,
  remuxStream,
  type RemuxSyncOptions,
  type Sink,
  type SinkSync,
  type Source,
  type SourceSync,
  type Stream,
  StreamSource,
  type StreamSourceOptions,
  thumbnail,
  type ThumbnailOptions,
  transcode,
  type TranscodeOptions,
  type VideoFrame,
  waveform,
  type WaveformOptions,
} from "@avio/avio";
import { decoderConfig, toChunk, VideoDecoder, VideoEncoder } from "@avio/avio/webcodecs";

/** Every property of options as it comes out of a program that may have left it out. */
type Loose<T> = { [Name in keyof T]: T[Name] | undefined };

/** Every optional option of every function takes undefined. */
export function undefinedOptions(given: {
  demuxer: Loose<DemuxerOptions>;
  demuxerSync: Loose<DemuxerSyncOptions>;
  muxer: Loose<MuxerOptions>;
  muxerSync: Loose<MuxerSyncOptions>;
  remux: Loose<RemuxOptions>;
  remuxSync: Loose<RemuxSyncOptions>;
  concat: Loose<ConcatOptions>;
  concatSync: Loose<ConcatSyncOptions>;
  fragments: Loose<FragmentsOptions> & { format: string };
  frames: Loose<FramesOptions>;
  thumbnail: Loose<ThumbnailOptions>;
  pcm: Loose<PcmOptions>;
  waveform: Loose<WaveformOptions>;
  transcode: Loose<TranscodeOptions>;
  http: Loose<HttpSourceOptions>;
  stream: Loose<StreamSourceOptions>;
  guard: Loose<IOContextOptions>;
  memory: Loose<MemorySinkOptions>;
  mark: number | undefined;
}): void {
  const demuxer: DemuxerOptions = given.demuxer;
  const demuxerSync: DemuxerSyncOptions = given.demuxerSync;
  const muxer: MuxerOptions = given.muxer;
  const muxerSync: MuxerSyncOptions = given.muxerSync;
  const copy: RemuxOptions = given.remux;
  const copySync: RemuxSyncOptions = given.remuxSync;
  const join: ConcatOptions = given.concat;
  const joinSync: ConcatSyncOptions = given.concatSync;
  const pieces: FragmentsOptions = given.fragments;
  const decode: FramesOptions = given.frames;
  const picture: ThumbnailOptions = given.thumbnail;
  const samples: PcmOptions = given.pcm;
  const shape: WaveformOptions = given.waveform;
  const encode: TranscodeOptions = given.transcode;
  new HttpSource("https://example.com/", given.http);
  new StreamSource(new Blob([]).stream(), given.stream);
  new IOContext({ read: () => 0 }, given.guard);
  new MemorySink(given.memory);
  new Channel({ highWaterMark: given.mark });
  void [demuxer, demuxerSync, muxer, muxerSync, copy, copySync, join, joinSync, pieces, decode];
  void [picture, samples, shape, encode];
}

/** Values that may be undefined, in calls. */
export async function calls(
  text: string | undefined,
  seconds: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  await probe("a.mp4", { format: text, signal });
  await remux("a.mp4", "b.mkv", { start: seconds, end: seconds, input: { format: text } });
  await concat(["a.mp4"], "b.mkv", { format: text });
  await thumbnail("a.mp4", { time: seconds, width: seconds });
  await waveform("a.mp4", { points: seconds });
  await transcode("a.mp4", "b.mkv", { video: { codec: text, width: seconds }, audio: undefined });
  for await (const frame of frames("a.mp4", { start: seconds })) frame satisfies VideoFrame;
  for await (const { samples } of pcm("a.mp4", { format: undefined })) {
    samples satisfies Float32Array;
  }
  for await (const piece of fragments("a.mp4", { format: "mp4", signal })) piece satisfies Fragment;
  remuxStream({ format: "mp4", signal });
  using output = MuxerSync.create(new MemorySink(), { format: text });
  const described = output.addStream({
    type: "video",
    codec: "h264",
    width: seconds,
    color: { range: text },
  }, { tag: text });
  output.write({ data: new Uint8Array(1), pts: seconds, isKeyframe: undefined }, described);
}

/** Sources, sinks and hooks of a program's own. */
export function own(bytes: Uint8Array, size: number | undefined): void {
  const plain: SourceSync = { size, seekable: undefined, read: () => (size ? AGAIN : null) };
  const late: Source = {
    size,
    read: (into, _, signal) => Promise.resolve(signal.aborted ? 0 : into.length),
  };
  const sink: SinkSync = { seekable: undefined, write: () => {} };
  const lateSink: Sink = { write: async (chunk) => await Promise.resolve(chunk), read: () => null };
  const hook: OpenHookSync = (_, { write }) => write ? sink : plain;
  const lateHook: OpenHook = (url, { write, options }) =>
    url === options.offset ? undefined : Promise.resolve(write ? lateSink : late);
  using guard = new IOContext({ read: (buffer) => buffer.length, seek: (offset) => offset });
  const inputs: InputSync[] = [bytes, bytes.slice().buffer, "a.mp4", plain, guard];
  const every: Input[] = [
    ...inputs,
    late,
    new Channel(),
    new Blob([]),
    new Response(),
    new Blob([]).stream(),
    new URL("https://example.com/"),
  ];
  const outputs: OutputSync[] = [sink, "b.mp4", new CallbackSink(() => {}), guard];
  const everyOutput: Output[] = [...outputs, lateSink, new WritableStream<Uint8Array>()];
  void [hook, lateHook, every, everyOutput];
}

/** Streams and packets, without a cast. */
export async function packets(bytes: Uint8Array): Promise<Stream[]> {
  using input = DemuxerSync.open(bytes);
  for (const packet of input) {
    const stream = input.streams[packet.streamIndex];
    if (stream?.type === "video") {
      new VideoDecoder({ output: (frame) => frame.close(), error: console.error })
        .decode(toChunk(packet, stream));
      decoderConfig(stream).codec satisfies string;
    }
  }
  await using later = await Demuxer.open(bytes);
  const next = later.tryRead();
  if (next !== AGAIN && next !== null) next.ptsTime satisfies number | null;
  await using output = await Muxer.create(new MemorySink(), { format: "matroska" });
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => {
      const config = metadata?.decoderConfig;
      if (config !== undefined) output.write(chunk, output.addStream(config)).catch(() => {});
    },
    error: (error: DOMException) => console.error(error.name),
  });
  encoder.close();
  return [...later.streams];
}

/** The pixels of a frame are of the array that `ImageData` has. */
export function pixels(frame: VideoFrame): Uint8ClampedArray<ArrayBuffer> {
  return frame.libav.imageData().data;
}

/** The parts of an error. */
export function told(error: unknown): string {
  return error instanceof AVError ? `${error.codeName} ${error.code} ${error.log[0] ?? ""}` : "";
}
