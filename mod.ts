/**
 * FFmpeg's custom I/O for Deno, Bun and Node: probe, demux, cut, remux, decode, transcode and
 * stream media from any bytes the program holds, receives or makes, on the system's libraries, with
 * no temporary file and no child process.
 *
 * ```text
 * Source → callback → AVIOContext → AVFormatContext → Packet → Decoder → Frame
 * Sink   ← callback ← AVIOContext ← AVFormatContext ← Packet ← Encoder ← Frame
 * ```
 *
 * | To                              | Use                                                       |
 * | ------------------------------- | --------------------------------------------------------- |
 * | know what is in a file          | {@link probe}, {@link probeSync}                          |
 * | change the container, or cut    | {@link remux}, {@link remuxSync}, {@link remuxStream}     |
 * | one file after another          | {@link concat}, {@link concatSync}                        |
 * | stream live to a browser        | {@link fragments}                                         |
 * | decode pictures and sound       | {@link frames}, {@link pcm}                               |
 * | make pictures of a film         | {@link thumbnail}, {@link thumbnails}, {@link waveform}   |
 * | encode anew                     | {@link transcode}, `@avio/avio/webcodecs`                 |
 * | read packets                    | {@link Demuxer}, {@link DemuxerSync}                      |
 * | write packets                   | {@link Muxer}, {@link MuxerSync}                          |
 * | bring bytes of your own         | {@link Source}, {@link SourceSync}, {@link Channel}       |
 * | take bytes somewhere else       | {@link Sink}, {@link SinkSync}, {@link CallbackSink}      |
 * | read and write HLS, DASH, sets  | the `open` option, {@link directory}                      |
 * | port C that uses AVIO           | {@link IOContext}                                         |
 *
 * Plain names never block and take any {@link Input}; those that end in `Sync` block, and take a
 * {@link InputSync}. Times are seconds, positions bytes, null is unknown. Nothing is loaded before
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
  type SinkSync,
  type Source,
  type SourceSync,
} from "./lib/io/contract.ts";
export { Channel } from "./lib/io/sources/channel.ts";
export { IOContext, type IOContextOptions } from "./lib/io/avio/io_context.ts";
export type { Marker, MarkerType } from "./lib/io/avio/marker.ts";
export type { IOCallbacks } from "./lib/io/avio/callback_adapter.ts";
export {
  HttpError,
  type HttpErrorKind,
  type HttpErrorOptions,
  HttpSource,
  type HttpSourceOptions,
} from "./lib/io/http/http_source.ts";
export type { InputSync, OutputSync } from "./lib/io/input.ts";
export type { OpenHookSync, OpenRequest } from "./lib/io/contract.ts";
export { directory, type DirectoryTarget } from "./lib/io/nested/directory.ts";
export { CallbackSink } from "./lib/io/sinks/callback_sink.ts";
export { FileSink } from "./lib/io/sinks/file_sink.ts";
export { MemorySink, type MemorySinkOptions } from "./lib/io/sinks/memory_sink.ts";
export { FileSource } from "./lib/io/sources/file_source.ts";
export { MemorySource } from "./lib/io/sources/memory_source.ts";
export { BlobSource } from "./lib/io/sources/blob_source.ts";
export { StreamSink } from "./lib/io/sinks/stream_sink.ts";
export { StreamSource, type StreamSourceOptions } from "./lib/io/sources/stream_source.ts";
export { AVSEEK_FORCE, AVSEEK_SIZE, SEEK_CUR, SEEK_END, SEEK_SET } from "./lib/io/avio/whence.ts";
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
export type { LogLine, LogListener } from "./lib/log/capture.ts";
export type { Rational } from "./lib/rational.ts";
export { DemuxerSync } from "./lib/format/demux/demuxer.ts";
export type { DemuxerSyncOptions } from "./lib/format/demux/options.ts";
export type { SeekOptions } from "./lib/format/demux/seek.ts";
export type { IndexEntry, IndexOptions } from "./lib/format/demux/container_index.ts";
export { MuxerSync } from "./lib/format/mux/muxer.ts";
export type { MuxerSyncOptions } from "./lib/format/mux/options.ts";
export type { OutputStream, StreamSettings } from "./lib/format/mux/output_stream.ts";
export type { WebChunk, WebDecoderConfig } from "./lib/format/web_codecs.ts";
export type { PacketData } from "./lib/format/mux/packet_data.ts";
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
export { Demuxer, type DemuxerOptions } from "./lib/async/demuxer.ts";
export type { OpenHook } from "./lib/io/contract.ts";
export type { Input, Output } from "./lib/async/main/endpoints.ts";
export { Muxer, type MuxerOptions } from "./lib/async/muxer.ts";
export { type Fragment, fragments, type FragmentsOptions } from "./lib/tasks/fragments.ts";
export { frames, type FramesOptions } from "./lib/tasks/frames.ts";
export type { Damage, DecodeOptions } from "./lib/tasks/decoding.ts";
export {
  type Thumbnail,
  thumbnail,
  type ThumbnailOptions,
  thumbnails,
  type ThumbnailShape,
  type ThumbnailsOptions,
} from "./lib/tasks/thumbnail.ts";
export type { ImageType } from "./lib/codec/image_encoder.ts";
export { pcm, type PcmOptions } from "./lib/tasks/pcm.ts";
export type { PcmChunk, PcmFormat } from "./lib/codec/pcm_reader.ts";
export { transcode, type TranscodeOptions } from "./lib/tasks/transcode.ts";
export type {
  AudioTarget,
  TranscodedStream,
  TranscodeResult,
  TranscodeSyncOptions,
  VideoTarget,
} from "./lib/codec/transcode/options.ts";
export { type Waveform, waveform, type WaveformOptions } from "./lib/tasks/waveform.ts";
export type { StreamChoice } from "./lib/format/pick_stream.ts";
export { AudioData, type AudioDataLibav } from "./lib/webcodecs/audio_data.ts";
export { VideoFrame, type VideoFrameLibav } from "./lib/webcodecs/video_frame.ts";
export { VideoColorSpace } from "./lib/webcodecs/video_color_space.ts";
export type {
  BitmapLike,
  CanvasLike,
  FrameImageData,
  ImageDataLike,
} from "./lib/webcodecs/frame_canvas.ts";
export type * from "./lib/webcodecs/frame_types.ts";
export { type MediaInfo, probe, probeSync, type StreamInfo } from "./lib/tasks/probe.ts";
export type { RemuxOptions } from "./lib/tasks/remux_options.ts";
export { remux, type RemuxStream, remuxStream } from "./lib/tasks/remux.ts";
export { remuxSync } from "./lib/format/remux/remux.ts";
export { concat, type ConcatOptions } from "./lib/tasks/concat.ts";
export { concatSync, type ConcatSyncOptions } from "./lib/format/remux/concat.ts";
export type {
  Progress,
  RemuxResult,
  RemuxStart,
  RemuxSyncOptions,
  StreamPair,
} from "./lib/format/remux/options.ts";
export type { DroppedStream } from "./lib/format/remux/choose_streams.ts";
export type { Discontinuity } from "./lib/format/remux/input_clock.ts";
export type { ByStream } from "./lib/format/remux/stream_settings.ts";
export type {
  StreamLetter,
  StreamSelection,
  StreamSpecifier,
} from "./lib/format/stream_selection.ts";
export { type FormatDescription, type LibraryInfo, libraryInfo, listFormats } from "./lib/info.ts";
