/**
 * Options of a demuxer.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import type { OpenHookSync } from "../../io/contract.ts";
import type { LogListener } from "../../log/capture.ts";
import type { OptionNames } from "../../plain_options.ts";
import type { StreamSpecifier } from "../stream_selection.ts";

/** Options of `DemuxerSync.open`. */
export interface DemuxerSyncOptions {
  /** The demuxer's name, where the bytes should not decide. */
  format?: string | undefined;
  /** A file name or URL that helps detection and messages. */
  name?: string | undefined;
  /** Demuxer options (`AVOption`s); an unknown name is an error. */
  options?: Record<string, OptionValue> | undefined;
  /** Bytes of libavformat's buffer; default 64 KiB, for a file or in a worker up to 256 KiB. */
  bufferSize?: number | undefined;
  /** Bytes that detection and `findStreamInfo` may read. */
  probeSize?: number | undefined;
  /** Seconds of media that `findStreamInfo` may read. */
  analyzeDuration?: number | undefined;
  /**
   * The streams wanted, by index or by ffmpeg's letters (`"v"`, `"a:1"`), with those that begin
   * later; the others are discarded inside libavformat. A name without a stream is a RangeError.
   */
  streams?: readonly (number | StreamSpecifier)[] | undefined;
  /** Default true; false tells the streams from the headers alone. */
  findStreamInfo?: boolean | undefined;
  /** Stops with the signal's reason at the next callback. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that one callback may take. */
  timeout?: number | undefined;
  /** Bytes that the input may have, as far as it is read, and those of other files together. */
  maxBytes?: number | undefined;
  /**
   * True for an mp4 or mov from a source that only goes forward (a stream, a response, a pipe) and
   * whose index (`moov`) may come last: its bytes are kept in memory on the way, up to `maxBytes`.
   * Other formats, and an index that comes first, are read as they come. Default false.
   */
  spool?: boolean | undefined;
  /** Streams that the input may have (`max_streams`); default 1000, libavformat's own. */
  maxStreams?: number | undefined;
  /** Packets of a stream that may be read to find its codec (`max_probe_packets`); default 2500. */
  maxProbePackets?: number | undefined;
  /**
   * Pixels that a picture may have; default 64 Mi (67,108,864). `findStreamInfo` decodes pictures
   * to tell their size and format: of a larger one the size stays 0, its memory is never allocated.
   * libavformat does not bound streams that it finds only while it reads on, such as all of FLV:
   * `decoders` does.
   */
  maxPixels?: number | undefined;
  /**
   * Bytes that libav may allocate in one block (`av_max_alloc`), from 1 MiB: an index of millions
   * of entries that a small file announces is then refused. libavutil has one such limit: it holds
   * for the whole process from here on, until another opening names another. Decoding and encoding
   * have it too: no plane of a picture and no run of samples may take more. It bounds no sum.
   */
  maxMemory?: number | undefined;
  /** The only decoders that `findStreamInfo` may run, by name (`codec_whitelist`); default all. */
  decoders?: readonly string[] | undefined;
  /** Answers for any other resource; without it none is opened. */
  open?: OpenHookSync | undefined;
  /** The only demuxers allowed, by name. */
  formats?: readonly string[] | undefined;
  /** Told libav's log lines. */
  onLog?: LogListener | undefined;
}

/** Their names. */
export const demuxerSyncOptionNames: OptionNames<DemuxerSyncOptions> = {
  format: true,
  name: true,
  options: true,
  bufferSize: true,
  probeSize: true,
  analyzeDuration: true,
  streams: true,
  findStreamInfo: true,
  signal: true,
  timeout: true,
  maxBytes: true,
  spool: true,
  maxStreams: true,
  maxProbePackets: true,
  maxPixels: true,
  maxMemory: true,
  decoders: true,
  open: true,
  formats: true,
  onLog: true,
};
