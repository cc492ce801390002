/**
 * The commands of sessions that decode. A frame's address is the receiver's to free.
 *
 * @module
 */
import type { Pointer } from "../../../ffi/mod.ts";
import type { FrameReaderOptions } from "../../codec/frame_reader.ts";
import type { PcmChunk, PcmFormat } from "../../codec/pcm_reader.ts";
import type { Thumbnail, ThumbnailShape } from "../../codec/thumbnail.ts";
import type { DemuxerSyncOptions } from "../../format/demux/options.ts";
import type { AudioStream, VideoStream } from "../../format/types.ts";
import type { Rational } from "../../rational.ts";
import type { PlainError } from "./errors.ts";
import type { Hooks, Plain, RemoteInput } from "./remote.ts";

/** Which frames of which input. */
export interface RemoteReader {
  readonly input: RemoteInput;
  readonly inputOptions: Plain<DemuxerSyncOptions>;
  readonly reader: Omit<FrameReaderOptions, "onDamage" | "throwIfAborted">;
  readonly hooks: Hooks;
}

/** A packet that could not be decoded, as it crosses the threads. */
export interface RemoteDamage {
  readonly stream: number;
  readonly time: number | null;
  readonly error: PlainError;
}

/** The messages of the decoders since the last answer. */
interface Damaged {
  readonly damage: readonly RemoteDamage[];
}

/** A frame on its way. */
export interface RemoteFrame {
  readonly pointer: Pointer;
  /** Seconds from the beginning of the media. */
  readonly time: number;
}

/** The commands, and what they answer. */
export interface DecodeCommands {
  openReader: {
    request: RemoteReader;
    answer: { readonly stream: VideoStream | AudioStream; readonly decoder: string };
  };
  nextFrames: {
    /** Few enough to wait: as many as there are, and bytes of all together. */
    request: { readonly count: number; readonly bytes: number };
    answer: Damaged & {
      readonly frames: readonly RemoteFrame[];
      readonly timeBase: Rational;
      readonly ended: boolean;
      /** Thrown after the frames. */
      readonly error?: PlainError;
    };
  };
  openPcm: {
    request: PcmFormat & { readonly start?: number; readonly end?: number };
    answer: undefined;
  };
  nextPcm: {
    request: { readonly seconds: number };
    answer: Damaged & {
      readonly chunks: readonly PcmChunk[];
      readonly ended: boolean;
      readonly error?: PlainError;
    };
  };
  thumbnail: {
    request: { readonly time: number; readonly shape: ThumbnailShape };
    answer: Damaged & { readonly thumbnail: Thumbnail };
  };
  waveform: {
    request: { readonly points: number; readonly start?: number; readonly end?: number };
    answer: Damaged & {
      readonly duration: number;
      readonly sampleRate: number;
      readonly peaks: Float32Array<ArrayBuffer>[];
    };
  };
}
