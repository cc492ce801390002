/**
 * Options and results of a transcoding.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import {
  type RemuxResult,
  remuxSyncOptionNames,
  type RemuxSyncOptions,
} from "../../format/remux/options.ts";
import type { OptionNames } from "../../plain_options.ts";
import type { Rational } from "../../rational.ts";
import type { Damage } from "../frame_reader.ts";

/** How pictures are encoded again. Sizes are those of the picture as it is shown. */
export interface VideoTarget {
  /** A codec, such as `h264`, or an encoder's own name, such as `libx264`; default the input's. */
  codec?: string | undefined;
  /** Pixels; default as `height` makes it, or as the input has it. Rounded to an even number. */
  width?: number | undefined;
  /** Pixels; default as `width` makes it, or as the input has it. Rounded to an even number. */
  height?: number | undefined;
  /**
   * Where both sides are given: `contain` (default) puts bars around the picture, `cover` cuts it,
   * `fill` changes its shape.
   */
  fit?: "contain" | "cover" | "fill" | undefined;
  /** Frames a second: pictures are repeated and left out as `ffmpeg -r` does. */
  frameRate?: number | Rational | undefined;
  /** Bits a second; default by the encoder's own idea of quality, or by size. */
  bitRate?: number | undefined;
  /** libav's name of the pixel format; default the input's, or the nearest one that is taken. */
  pixelFormat?: string | undefined;
  /**
   * Options of the encoder (`AVOption`s), such as `{ preset: "fast" }`; an unknown name is an
   * error.
   */
  options?: Readonly<Record<string, OptionValue>> | undefined;
}

/** How sound is encoded again. */
export interface AudioTarget {
  /** A codec, such as `aac`, or an encoder's own name, such as `libopus`; default the input's. */
  codec?: string | undefined;
  /** Bits a second; default by the number of channels. */
  bitRate?: number | undefined;
  /** Samples a second; default the input's, or the nearest that is taken. */
  sampleRate?: number | undefined;
  /** How many; default the input's, or the most that is taken. */
  channels?: number | undefined;
  /** Options of the encoder (`AVOption`s); an unknown name is an error. */
  options?: Readonly<Record<string, OptionValue>> | undefined;
}

/** Options of a transcoding: those of a remux, and these. */
export interface TranscodeSyncOptions extends RemuxSyncOptions {
  /**
   * The video is encoded again where anything of it changes, copied (`"copy"`), or left
   * out (`false`). Default: copied where the format holds it, else encoded for the format.
   */
  video?: VideoTarget | "copy" | false | undefined;
  /** The sound, by the same rules. */
  audio?: AudioTarget | "copy" | false | undefined;
  /** The names of the decoders allowed, the preferred one first; default libavcodec's choice. */
  decoders?: readonly string[] | undefined;
  /** Pixels that a picture may have; default 64 Mi (67,108,864). */
  maxPixels?: number | undefined;
  /** Threads of each video codec; default as many as the machine has, 16 at most. */
  threads?: number | undefined;
  /** Told of each packet that could not be decoded; it is left out. */
  onDamage?: ((damage: Damage) => void) | undefined;
}

const videoTargetNames: OptionNames<VideoTarget> = {
  codec: true,
  width: true,
  height: true,
  fit: true,
  frameRate: true,
  bitRate: true,
  pixelFormat: true,
  options: true,
};

const audioTargetNames: OptionNames<AudioTarget> = {
  codec: true,
  bitRate: true,
  sampleRate: true,
  channels: true,
  options: true,
};

/** The names of the options of a transcoding. */
export const transcodeSyncOptionNames: OptionNames<TranscodeSyncOptions> = {
  ...remuxSyncOptionNames,
  video: videoTargetNames,
  audio: audioTargetNames,
  decoders: true,
  maxPixels: true,
  threads: true,
  onDamage: true,
};

/** A stream of the output, and where it comes from. */
export interface TranscodedStream {
  /** Its index in the input. */
  input: number;
  /** Its index in the output. */
  output: number;
  /** The codec of the output. */
  codec: string;
  /** The encoder that made it; null where it was copied. */
  encoder: string | null;
}

/** The outcome of a transcoding. */
export interface TranscodeResult extends Omit<RemuxResult, "streams"> {
  /** The streams written. */
  streams: TranscodedStream[];
  /** Packets that could not be decoded. */
  damaged: number;
  /** Pictures shown once more for the sake of the frame rate. */
  duplicatedFrames: number;
  /** Pictures left out for the sake of the frame rate. */
  droppedFrames: number;
}
