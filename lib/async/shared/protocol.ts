/**
 * The messages between a session and its worker. Bytes and packets do not travel in messages:
 * rings and addresses do.
 *
 * @module
 */
import type { Pointer } from "../../../ffi/mod.ts";
import type { DemuxerSyncOptions } from "../../format/demux/options.ts";
import type { SeekOptions } from "../../format/demux/seek.ts";
import type { IndexEntry, IndexOptions } from "../../format/demux/container_index.ts";
import type { MuxerSyncOptions } from "../../format/mux/options.ts";
import type { StreamSettings } from "../../format/mux/output_stream.ts";
import type { StreamDescription } from "../../format/parameters.ts";
import type { Chapter, FormatInfo, Program, Stream } from "../../format/types.ts";
import type { Marker } from "../../io/avio/marker.ts";
import type { LogLine } from "../../log/capture.ts";
import type { Progress, RemuxStart } from "../../format/remux/options.ts";
import type { CopyCommands } from "./copy_protocol.ts";
import type { DecodeCommands, RemoteDamage } from "./decode_protocol.ts";
import type { PlainError } from "./errors.ts";
import type { Hooks, Plain, RemoteInput, RemoteOutput } from "./remote.ts";

/** The state of an open demuxer. */
export interface DemuxerSnapshot {
  readonly format: FormatInfo;
  readonly streams: readonly Stream[];
  readonly chapters: Chapter[];
  readonly programs: Program[];
  /** Copies of the streams' AVCodecParameters, alive until the session closes. */
  readonly parameters: readonly Pointer[];
}

/** A stream to be muxed: its AVCodecParameters are the worker's to free. */
export interface RemoteStream {
  readonly parameters: Pointer;
  readonly description: Stream | StreamDescription;
  /** True where the program described it by hand. */
  readonly isDescribed: boolean;
  readonly settings: StreamSettings;
}

/** Commands to the worker, with their answers. */
export interface Commands extends CopyCommands, DecodeCommands {
  openDemuxer: {
    request: {
      input: RemoteInput;
      options: Plain<DemuxerSyncOptions>;
      hooks: Hooks;
      queue: QueueLimits;
    };
    answer: DemuxerSnapshot & { readonly packets: readonly Pointer[] };
  };
  fill: {
    request: Record<never, never>;
    /** Why the filling stopped, and what is there now where a stream has appeared. */
    answer: {
      readonly kind: "end" | "stopped" | "streams";
      readonly snapshot?: DemuxerSnapshot;
    };
  };
  seek: { request: { position: number; options: SeekOptions }; answer: undefined };
  index: { request: { stream: number; options?: IndexOptions }; answer: IndexEntry[] };
  openMuxer: {
    request: {
      output: RemoteOutput;
      options: Plain<MuxerSyncOptions>;
      hooks: Hooks;
      queue: QueueLimits;
    };
    answer: {
      readonly packets: readonly Pointer[];
      readonly bases: SharedArrayBuffer;
      /** The name of the muxer. */
      readonly format: string;
    };
  };
  header: { request: { streams: readonly RemoteStream[] }; answer: undefined };
  consumePackets: { request: Record<never, never>; answer: undefined };
  finish: { request: Record<never, never>; answer: { readonly bytesWritten: number } };
  close: { request: Record<never, never>; answer: undefined };
}

/** How much may wait in a queue of packets. */
export interface QueueLimits {
  readonly packets: number;
  readonly bytes: number;
}

/** A command on its way. */
export type CommandName = keyof Commands;

/** From the main thread. */
export interface CommandMessage {
  readonly id: number;
  readonly control: SharedArrayBuffer;
  readonly name: CommandName;
  readonly request: Commands[CommandName]["request"];
}

/** A question the worker waits for in `Atomics.wait`. */
export type Question =
  | {
    readonly ask: "open";
    readonly file: number;
    readonly url: string;
    readonly write: boolean;
    readonly options: Record<string, string>;
    readonly hook: "open" | "inputOpen";
    readonly ring: SharedArrayBuffer;
  }
  | { readonly ask: "close"; readonly file: number }
  | { readonly ask: "select"; readonly stream: Stream }
  | {
    readonly ask: "readBack";
    readonly file: number;
    readonly position: number;
    readonly into: SharedArrayBuffer;
    readonly length: number;
  };

/** From the worker. */
export type WorkerMessage =
  | { readonly kind: "changed" }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly error: PlainError }
  | { readonly kind: "log"; readonly line: LogLine; readonly listener: "onLog" | "onInputLog" }
  | { readonly kind: "marker"; readonly marker: Marker }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "damage"; readonly damage: RemoteDamage }
  | { readonly kind: "start"; readonly start: RemuxStart }
  | { readonly kind: "question"; readonly question: Question };

/** The numbers of the session's own input and output among its files; nested ones count on. */
export const MAIN_INPUT = 0;
export const MAIN_OUTPUT = 1;
export const FIRST_NESTED = 2;

export type { Plain, RemoteInput, RemoteOutput } from "./remote.ts";
