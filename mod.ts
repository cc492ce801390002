/**
 * FFmpeg's custom I/O for Deno, Bun and Node: probe, demux, cut, remux and stream media from any
 * bytes the program holds, receives or makes, on the system's libavformat, with no temporary file
 * and no child process.
 *
 * ```text
 * Source → callback → AVIOContext → AVFormatContext → Packet
 * Sink   ← callback ← AVIOContext ← AVFormatContext ← Packet
 * ```
 *
 * | To                              | Use                                                       |
 * | ------------------------------- | --------------------------------------------------------- |
 * | know what is in a file          | {@link probe}, {@link probeSync}                          |
 * | change the container, or cut    | {@link remux}, {@link remuxSync}, {@link remuxStream}     |
 * | stream live to a browser        | {@link fragments}                                         |
 * | read packets                    | {@link Demuxer}, {@link DemuxerSync}                      |
 * | write packets                   | {@link Muxer}, {@link MuxerSync}                          |
 * | bring bytes of your own         | {@link Source}, {@link SyncSource}, {@link Channel}       |
 * | take bytes somewhere else       | {@link Sink}, {@link SyncSink}, {@link CallbackSink}      |
 * | read and write HLS, DASH, sets  | the `open` option, {@link directory}                      |
 * | port C that uses AVIO           | {@link IOContext}                                         |
 *
 * Plain names never block and take any {@link Input}; those that end in `Sync` block, and take a
 * {@link SyncInput}. Times are seconds, positions bytes, null is unknown. Nothing is loaded before
 * the first use.
 *
 * @example What is in it
 * ```ts
 * import { probe } from "@avio/avio";
 *
 * const { format, streams } = await probe(new URL("https://example.com/movie.mp4"));
 * console.log(format.name, format.duration, streams.map((stream) => stream.codec.string));
 * ```
 *
 * @example Another container, in memory
 * ```ts
 * import { MemorySink, remuxSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * const sink = new MemorySink();
 * remuxSync(bytes, sink, { format: "matroska", start: 2, end: 5 });
 * const cut = sink.take();
 * ```
 *
 * @example Packet by packet
 * ```ts
 * import { Demuxer } from "@avio/avio";
 *
 * declare const upload: ReadableStream<Uint8Array>;
 * await using input = await Demuxer.open(upload);
 * for await (const packet of input) {
 *   console.log(packet.streamIndex, packet.ptsTime, packet.isKeyframe, packet.data.length);
 * }
 * ```
 *
 * @module
 */
export {
  AGAIN,
  type Sink,
  type Source,
  type SyncSink,
  type SyncSource,
} from "./lib/io/contract.ts";
export { Channel } from "./lib/io/channel.ts";
export { IOContext, type IOContextOptions } from "./lib/io/context.ts";
export type { Marker, MarkerType } from "./lib/io/core.ts";
export type { IOCallbacks } from "./lib/io/device.ts";
export {
  HttpError,
  type HttpErrorKind,
  type HttpErrorOptions,
  HttpSource,
  type HttpSourceOptions,
} from "./lib/io/http.ts";
export type { SyncInput, SyncOutput } from "./lib/io/input.ts";
export type { OpenHook, OpenRequest } from "./lib/io/nested.ts";
export { directory, type DirectoryTarget } from "./lib/io/nested/directory.ts";
export { CallbackSink, FileSink, MemorySink, type MemorySinkOptions } from "./lib/io/sinks.ts";
export { FileSource, MemorySource } from "./lib/io/sources.ts";
export {
  BlobSource,
  StreamSink,
  StreamSource,
  type StreamSourceOptions,
} from "./lib/io/streams.ts";
export { AVSEEK_FORCE, AVSEEK_SIZE, SEEK_CUR, SEEK_END, SEEK_SET } from "./lib/io/whence.ts";
export type { Dictionary, OptionValue } from "./lib/dictionary.ts";
export {
  AVERROR,
  AVError,
  AVERROR_EOF,
  AVERROR_EXIT,
  AVERROR_INVALIDDATA,
  type AVErrorOptions,
  DisposedError,
  LibraryNotFoundError,
  UnsupportedVersionError,
} from "./lib/error.ts";
export type { LogLine, LogListener } from "./lib/log.ts";
export type { Rational } from "./lib/rational.ts";
export { type DemuxerOptions, DemuxerSync, type SeekOptions } from "./lib/format/demuxer.ts";
export type { IndexEntry } from "./lib/format/index.ts";
export {
  type MuxerOptions,
  MuxerSync,
  type OutputStream,
  type PacketData,
} from "./lib/format/muxer.ts";
export { Packet } from "./lib/format/packet.ts";
export type { StreamDescription } from "./lib/format/parameters.ts";
export type {
  AudioStream,
  Chapter,
  CodecInfo,
  ColorInfo,
  FormatInfo,
  OtherStream,
  Program,
  SideData,
  Stream,
  StreamBase,
  VideoStream,
} from "./lib/format/types.ts";
export { type AsyncDemuxerOptions, Demuxer } from "./lib/async/demuxer.ts";
export type { AsyncOpenHook } from "./lib/async/files.ts";
export type { Input, Output } from "./lib/async/input.ts";
export { type AsyncMuxerOptions, Muxer } from "./lib/async/muxer.ts";
export { type Fragment, fragments, type FragmentsOptions } from "./lib/tasks/fragments.ts";
export { type MediaInfo, probe, probeSync, type StreamInfo } from "./lib/tasks/probe.ts";
export { type AsyncRemuxOptions, remux, remuxStream } from "./lib/tasks/remux.ts";
export {
  type Progress,
  type RemuxOptions,
  type RemuxResult,
  remuxSync,
} from "./lib/format/remux.ts";
export { type FormatDescription, type LibraryInfo, libraryInfo, listFormats } from "./lib/info.ts";
