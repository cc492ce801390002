/**
 * FFmpeg's custom I/O for Deno and Bun: read, inspect, remux and write media from any source the
 * program holds, on the system's libavformat, with no temporary file and no child process.
 *
 * ```text
 * Source → callback → AVIOContext → AVFormatContext → Packet
 * Sink   ← callback ← AVIOContext ← AVFormatContext ← Packet
 * ```
 *
 * @example
 * ```ts
 * import { MemorySink, probeSync, remuxSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * console.log(probeSync(bytes).streams);
 * const sink = new MemorySink();
 * remuxSync(bytes, sink, { format: "matroska" });
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
export { type MediaInfo, probe, probeSync, type StreamInfo } from "./lib/tasks/probe.ts";
export { type AsyncRemuxOptions, remux, remuxStream } from "./lib/tasks/remux.ts";
export {
  type Progress,
  type RemuxOptions,
  type RemuxResult,
  remuxSync,
} from "./lib/format/remux.ts";
export { type FormatDescription, type LibraryInfo, libraryInfo, listFormats } from "./lib/info.ts";
