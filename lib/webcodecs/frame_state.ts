/**
 * The inside of a `VideoFrame`: a native frame, and what the standard adds to it.
 *
 * @module
 */
import type { Frame } from "../codec/frame.ts";
import { displaySize } from "./frame_geometry.ts";
import type {
  AnyVideoColorSpaceInit,
  AnyVideoPixelFormat,
  VideoFrameMetadata,
} from "./frame_types.ts";
import { type PixelRect, webFormatOf } from "./pixel_layout.ts";
import { colorSpaceOf } from "./video_color_space.ts";

/** All that a frame is while it is open. */
export interface FrameState {
  /** The pixels; closed with the frame. */
  readonly frame: Frame;
  /** Null for a layout that the standard has no name for. */
  readonly format: AnyVideoPixelFormat | null;
  /** Pixels, as stored. */
  readonly codedWidth: number;
  /** Pixels, as stored. */
  readonly codedHeight: number;
  /** The part that is shown. */
  readonly visible: PixelRect;
  /** Degrees clockwise. */
  readonly rotation: number;
  /** Mirrored after the rotation. */
  readonly flip: boolean;
  /** Pixels, as shown. */
  readonly displayWidth: number;
  /** Pixels, as shown. */
  readonly displayHeight: number;
  /** Microseconds; null where unknown. */
  readonly duration: number | null;
  /** Microseconds. */
  readonly timestamp: number;
  /** The meaning of the samples. */
  readonly colorSpace: Required<AnyVideoColorSpaceInit>;
  /** Notes that go with it. */
  readonly metadata: VideoFrameMetadata;
}

/** Properties of a frame beside those of the native frame. */
export interface FrameDescription {
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds; null where unknown. */
  readonly duration?: number | null;
  /** Degrees clockwise: 0, 90, 180 or 270. */
  readonly rotation?: number;
  /** Mirrored after the rotation. */
  readonly flip?: boolean;
  /** Pixels, as shown; by the shape of the pixels where absent. */
  readonly display?: { readonly displayWidth: number; readonly displayHeight: number };
  /** Overrides the parts of the frame's colour space that it knows. */
  readonly colorSpace?: AnyVideoColorSpaceInit;
}

/** The state of a frame around `frame`, which it owns from here on. */
export function stateOfFrame(frame: Frame, description: FrameDescription): FrameState {
  const { width, height } = frame;
  const { rotation = 0, flip = false, colorSpace } = description;
  return {
    frame,
    format: webFormatOf(frame.pixelFormat),
    codedWidth: width,
    codedHeight: height,
    visible: { x: 0, y: 0, width, height },
    rotation,
    flip,
    ...(description.display ?? squareSize(frame, rotation)),
    duration: description.duration ?? null,
    timestamp: description.timestamp,
    colorSpace: { ...colorSpaceOfFrame(frame), ...known(colorSpace) },
    metadata: {},
  };
}

function known(colorSpace: AnyVideoColorSpaceInit | undefined): AnyVideoColorSpaceInit {
  const parts = Object.entries(colorSpace ?? {});
  return Object.fromEntries(parts.filter(([, value]) => value !== null && value !== undefined));
}

function colorSpaceOfFrame(frame: Frame): Required<AnyVideoColorSpaceInit> {
  const space = colorSpaceOf(frame.color);
  // The old names of libav say in the format that every value is used.
  return frame.pixelFormat.startsWith("yuvj") ? { ...space, fullRange: true } : space;
}

/** The size as shown with square pixels: the longer way of a pixel decides. */
function squareSize(frame: Frame, rotation: number) {
  const { width, height, sampleAspectRatio: ratio } = frame;
  if (ratio === null || ratio.num === ratio.den) return displaySize(width, height, rotation);
  return ratio.num > ratio.den
    ? displaySize(Math.round(width * ratio.num / ratio.den), height, rotation)
    : displaySize(width, Math.round(height * ratio.den / ratio.num), rotation);
}
