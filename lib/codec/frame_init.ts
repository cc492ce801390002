/**
 * AVFrames made from plain descriptions.
 *
 * @module
 */
import { native, type Pointer, PointerSlot, type Struct } from "../../ffi/mod.ts";
import { writeColor } from "../format/color.ts";
import { writeChannelLayout } from "../format/parameters.ts";
import type { ColorInfo } from "../format/types.ts";
import type { Rational } from "../rational.ts";
import { check, outOfMemory } from "./errors.ts";
import { pixelFormat, sampleFormat } from "./pixel_format.ts";

/** Rows of bytes of the program's. */
export interface PlaneSource {
  /** The rows, from top to bottom; copied. */
  readonly data: Uint8Array;
  /** Bytes from a row to the next. */
  readonly stride: number;
}

interface Times {
  /** Presentation time in ticks of `timeBase`. */
  readonly pts?: number | null;
  /** Ticks. */
  readonly duration?: number | null;
  /** Seconds that a tick lasts. */
  readonly timeBase?: Rational | null;
}

/** A picture to be made. */
export interface VideoFrameInit extends Times {
  /** libav's name, such as `yuv420p`. */
  readonly pixelFormat: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** The pixels; absent: memory that is not cleared. A palette is the second plane. */
  readonly planes?: readonly PlaneSource[];
  /** How its colours are coded. */
  readonly color?: Partial<ColorInfo>;
  /** The shape of a pixel. */
  readonly sampleAspectRatio?: Rational | null;
}

/** A run of samples to be made. */
export interface AudioFrameInit extends Times {
  /** libav's name, such as `fltp`. */
  readonly sampleFormat: string;
  /** Samples a second. */
  readonly sampleRate: number;
  /** How many. */
  readonly channels: number;
  /** `stereo`, `5.1`; default: libav's default for `channels`. */
  readonly channelLayout?: string | null;
  /** Samples of each channel. */
  readonly samples: number;
  /** One plane, or one a channel where the format is planar; absent: memory that is not cleared. */
  readonly planes?: readonly Uint8Array[];
}

const MAX_INT = 2 ** 31 - 1;

function assertCount(what: string, value: number): void {
  if (Number.isInteger(value) && value > 0 && value <= MAX_INT) return;
  throw new RangeError(`${what} must be a whole number above 0, not ${String(value)}`);
}

function allocate(fill: (struct: Struct) => void): Pointer {
  const lib = native();
  const pointer = lib.avutil.av_frame_alloc();
  if (pointer === 0) throw outOfMemory("av_frame_alloc");
  try {
    fill(lib.struct("AVFrame", pointer));
    check("av_frame_get_buffer", lib.avutil.av_frame_get_buffer(pointer, 0));
    return pointer;
  } catch (error) {
    lib.avutil.av_frame_free(new PointerSlot(pointer).bytes);
    throw error;
  }
}

/** An AVFrame with the memory of a picture; the caller owns it. */
export function allocateVideo(init: VideoFrameInit): Pointer {
  const { width, height, color, sampleAspectRatio } = init;
  const format = pixelFormat(init.pixelFormat);
  if (format.isHardware) {
    throw new TypeError(`pixelFormat: ${format.name} is a device's memory; use another format`);
  }
  assertCount("width", width);
  assertCount("height", height);
  return allocate((struct) => {
    struct.set("format", format.number);
    struct.set("width", width);
    struct.set("height", height);
    if (color) writeColor(native(), struct, color);
    if (sampleAspectRatio) {
      struct.set("sample_aspect_ratio.num", sampleAspectRatio.num);
      struct.set("sample_aspect_ratio.den", sampleAspectRatio.den);
    }
  });
}

/** An AVFrame with the memory of samples; the caller owns it. */
export function allocateAudio(init: AudioFrameInit): Pointer {
  const { sampleRate, channels, channelLayout, samples } = init;
  const format = sampleFormat(init.sampleFormat);
  assertCount("sampleRate", sampleRate);
  assertCount("channels", channels);
  assertCount("samples", samples);
  return allocate((struct) => {
    struct.set("format", format.number);
    struct.set("nb_samples", samples);
    struct.set("sample_rate", sampleRate);
    writeChannelLayout(native(), struct, { channels, channelLayout });
  });
}
