/**
 * Code that the compiler must refuse: the text after each `@ts-expect-error` occurs in
 * the error. `types_test.ts` has both compilers read this file; nothing runs it.
 *
 * @module
 */
import {
  AVError,
  Demuxer,
  DemuxerSync,
  type DemuxerSyncOptions,
  IOContext,
  MemorySink,
  Muxer,
  MuxerSync,
  Packet,
  probe,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
  type Sink,
  type Source,
  type SourceSync,
  type Stream,
  type StreamDescription,
} from "../../mod.ts";

declare const bytes: Uint8Array;
declare const blob: Blob;
declare const response: Response;
declare const stream: ReadableStream<Uint8Array>;
declare const writable: WritableStream<Uint8Array>;
declare const iterable: AsyncIterable<Uint8Array>;
declare const source: Source;
declare const texts: ReadableStream<string>;
declare const track: Stream;

/** Asynchronous inputs are not for the synchronous half. */
export function synchronous(): void {
  // @ts-expect-error 'Blob' is not assignable to parameter of type 'InputSync | undefined'
  probeSync(blob);
  // @ts-expect-error 'Response' is not assignable to parameter of type 'InputSync
  DemuxerSync.open(response);
  // @ts-expect-error 'ReadableStream<Uint8Array<ArrayBufferLike>>' is not assignable to parameter
  probeSync(stream);
  // @ts-expect-error 'AsyncIterable<Uint8Array<ArrayBufferLike>>' is not assignable to parameter
  probeSync(iterable);
  // @ts-expect-error 'Source' is not assignable to parameter of type 'InputSync | undefined'
  remuxSync(source, new MemorySink(), { format: "matroska" });
  // @ts-expect-error 'WritableStream<Uint8Array<ArrayBufferLike>>' is not assignable to parameter
  MuxerSync.create(writable, { format: "matroska" });
  // @ts-expect-error 'Promise<number>' is not assignable to type
  const late: SourceSync = { read: () => Promise.resolve(0) };
  void late;
}

/** A number, a text or chunks of text are no input. */
export async function inputs(): Promise<void> {
  // @ts-expect-error '17' is not assignable to parameter of type 'Input | undefined'
  await probe(17);
  // @ts-expect-error 'ReadableStream<string>' is not assignable to parameter of type 'Input
  await probe(texts);
  // @ts-expect-error 'Uint8Array<ArrayBufferLike>' is not assignable to parameter of type
  await remux(bytes, bytes, { format: "mp4" });
  // @ts-expect-error 'string' is not assignable to type
  const sink: Sink = { write: "done" };
  void sink;
}

/** A misspelt option is an error where it stands. */
export async function options(): Promise<void> {
  // @ts-expect-error 'analyseDuration' does not exist in type 'DemuxerSyncOptions'
  probeSync(bytes, { analyseDuration: 5 });
  // @ts-expect-error 'maxbytes' does not exist in type 'DemuxerOptions'
  await Demuxer.open(stream, { maxbytes: 1 });
  // @ts-expect-error 'formats' does not exist in type 'MuxerOptions'
  await Muxer.create(writable, { formats: ["mp4"] });
  // @ts-expect-error 'number' is not assignable to type 'string'
  await remux(bytes, writable, { format: 4 });
  // @ts-expect-error 'string' is not assignable to type 'number'
  probeSync(bytes, { timeout: "5 s" });
  // @ts-expect-error 'format' is missing in type '{}'
  remuxStream({});
  // @ts-expect-error 'bufferSizes' does not exist in type 'IOContextOptions'
  new IOContext({}, { bufferSizes: 4096 });
  // @ts-expect-error Type 'string' is not assignable to type 'readonly string[]'
  const limits: DemuxerSyncOptions = { formats: "mp3" };
  void limits;
}

/** Bytes that come out are over a buffer of their own kind; those that go in may be over any. */
export async function bytesOut(shared: Uint8Array<SharedArrayBuffer>): Promise<void> {
  const sink = new MemorySink();
  new Response(sink.take());
  new Blob([sink.bytes]);
  using input = DemuxerSync.open(shared);
  using output = MuxerSync.create(sink, { format: "matroska" });
  const video = output.addStream({ ...track, extradata: shared } as StreamDescription);
  for (const packet of input) {
    await crypto.subtle.digest("SHA-256", packet.data);
    await crypto.subtle.digest("SHA-256", packet.view());
    for (const { data } of packet.sideData) await crypto.subtle.digest("SHA-256", data);
    const sideData = [{ type: "Display Matrix", data: shared }];
    output.write({ data: shared, pts: 0, sideData }, video);
    // @ts-expect-error 'Uint8Array<SharedArrayBuffer>' is not assignable to
    new Response(shared);
  }
  if (track.extradata) new Response(track.extradata);
}

/** Packets and demuxers come from the module alone. */
export function made(): void {
  // @ts-expect-error Constructor of class 'Packet' is private
  new Packet();
  // @ts-expect-error Constructor of class 'DemuxerSync' is private
  new DemuxerSync();
  // @ts-expect-error Constructor of class 'Demuxer' is private
  new Demuxer();
  using input = DemuxerSync.open(bytes);
  for (const packet of input) {
    // @ts-expect-error Cannot assign to 'pts' because it is a read-only property
    packet.pts = 0;
    // @ts-expect-error 'packet.ptsTime' is possibly 'null'
    packet.ptsTime.toFixed(3);
  }
  // @ts-expect-error 'input.duration' is possibly 'null'
  input.duration.toFixed(1);
}

/** `type` tells which members a stream has. */
export function narrowing(): string {
  // @ts-expect-error Property 'width' does not exist on type 'Stream'
  void track.width;
  switch (track.type) {
    case "video":
      // @ts-expect-error Property 'sampleRate' does not exist on type 'VideoStream'
      void track.sampleRate;
      return `${track.width}x${track.height} ${track.color.space}`;
    case "audio":
      // @ts-expect-error Property 'height' does not exist on type 'AudioStream'
      void track.height;
      return `${track.sampleRate} Hz ${track.channelLayout}`;
    case "subtitle":
    case "data":
    case "attachment":
      return track.codec.name;
    // @ts-expect-error Type '"picture"' is not comparable to type
    case "picture":
      return "";
  }
}

/** An error of libav's has a code; any other has not. */
export function errors(error: unknown): number {
  if (error instanceof AVError) return error.code;
  // @ts-expect-error 'error' is of type 'unknown'
  return error.code;
}

/** An object written in place needs no types of its own. */
export function inPlace(): void {
  const chunks: Uint8Array[] = [];
  probeSync({ read: (into) => into.length });
  DemuxerSync.open({
    read(into) {
      into[0] = 1;
      return 1;
    },
  });
  probe({ read: async (into) => await into.length });
  Demuxer.open({ read: (into, position, signal) => signal.aborted ? 0 : into.length + position });
  remuxSync(bytes, { write: (chunk) => void chunks.push(chunk) }, { format: "mp4" });
  remuxSync(bytes, { write: (chunk, position) => chunks.push(chunk) + position });
  MuxerSync.create({
    write(chunk) {
      chunks.push(chunk);
    },
  });
  remux(bytes, { write: async (chunk) => await chunks.push(chunk) }, { format: "mp4" });
  remux(bytes, { write: (chunk, position) => chunks.push(chunk) + position }, { format: "mp4" });
  Muxer.create({ write: (chunk) => chunks.push(chunk) });
  for (const way of [probeSync, probe, DemuxerSync.open, Demuxer.open]) {
    way(new IOContext({ read: (buffer) => buffer.length }));
  }
  MuxerSync.create(new IOContext({ write: (buffer) => buffer.length }));
  // @ts-expect-error 'Promise<number>' is not assignable to type
  probeSync({ read: async (into) => await into.length });
  // @ts-expect-error '{}' is not assignable to parameter of type 'InputSync | undefined'
  probeSync({});
  // @ts-expect-error '{}' is not assignable to parameter of type 'Output | undefined'
  remux(bytes, {});
}
