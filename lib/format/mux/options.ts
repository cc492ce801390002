/**
 * Options of a muxer.
 *
 * @module
 */
import type { Dictionary, OptionValue } from "../../dictionary.ts";
import type { OpenHookSync } from "../../io/contract.ts";
import type { Marker } from "../../io/avio/marker.ts";
import type { LogListener } from "../../log/capture.ts";
import type { OptionNames } from "../../plain_options.ts";
import type { Chapter } from "../types.ts";

/** Options of `MuxerSync.create`. */
export interface MuxerSyncOptions {
  /** The muxer's name; default: guessed from the sink's file name. */
  format?: string | undefined;
  /** A file name that helps to guess the format; for a format of many files, the main one's. */
  name?: string | undefined;
  /** Muxer options (`AVOption`s); an unknown name is an error. */
  options?: Record<string, OptionValue> | undefined;
  /** The container's metadata. */
  metadata?: Dictionary | undefined;
  /** Chapters, times in seconds. */
  chapters?: readonly Chapter[] | undefined;
  /** Answers for any other file the muxer writes or reads: `directory` makes one. */
  open?: OpenHookSync | undefined;
  /** Bytes of libavformat's buffer; default 64 KiB. */
  bufferSize?: number | undefined;
  /** Told of every piece of output as libavformat marks it. */
  onMarker?: ((marker: Marker) => void) | undefined;
  /** Told libav's log lines. */
  onLog?: LogListener | undefined;
  /** Stops with the signal's reason at the next callback. */
  signal?: AbortSignal | undefined;
}

/** Their names. */
export const muxerSyncOptionNames: OptionNames<MuxerSyncOptions> = {
  format: true,
  name: true,
  options: true,
  metadata: true,
  chapters: true,
  open: true,
  bufferSize: true,
  onMarker: true,
  onLog: true,
  signal: true,
};
