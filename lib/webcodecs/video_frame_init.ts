/**
 * `VideoFrame` made of bytes, images and other frames: the steps of the standard's constructors.
 *
 * @module
 */
import { Frame } from "../codec/frame.ts";
import type { SourceBytes } from "./buffer_source.ts";
import { bytesOf, checkTransfer, detachAll } from "./buffer_source.ts";
import type { Pixels } from "./frame_canvas.ts";
import {
  addOrientation,
  checkDisplaySize,
  checkRect,
  displaySize,
  domRectInit,
  parseRotation,
  scaledDisplaySize,
} from "./frame_geometry.ts";
import type { FrameState } from "./frame_state.ts";
import type {
  AlphaOption,
  AnyVideoColorSpaceInit,
  AnyVideoPixelFormat,
  DOMRectInit,
  PlaneLayout,
  VideoFrameMetadata,
} from "./frame_types.ts";
import {
  combinedLayout,
  pixelFormats,
  type PixelRect,
  planeLayouts,
  videoPixelFormat,
} from "./pixel_layout.ts";
import { colorInfoOf, REC709, SRGB, videoColorSpaceInit } from "./video_color_space.ts";
import {
  arrayBuffer,
  boolean,
  type Converter,
  dictionary,
  double,
  enforcedLongLong,
  enforcedUnsignedLong,
  enforcedUnsignedLongLong,
  enumeration,
  longLong,
  sequence,
  unsignedLong,
  unsignedLongLong,
} from "./webidl.ts";

/** The entries of the standard's registry of frame metadata. */
const frameMetadata: Converter<VideoFrameMetadata> = dictionary({
  captureTime: { type: double },
  receiveTime: { type: double },
  rtpTimestamp: { type: unsignedLong },
});

const shared = {
  displayWidth: { type: enforcedUnsignedLong },
  displayHeight: { type: enforcedUnsignedLong },
  visibleRect: { type: domRectInit },
  rotation: { type: double, initial: () => 0 },
  flip: { type: boolean, initial: () => false },
  metadata: { type: frameMetadata },
};

interface SharedInit {
  displayWidth?: number;
  displayHeight?: number;
  visibleRect?: Required<DOMRectInit>;
  rotation: number;
  flip: boolean;
  metadata?: VideoFrameMetadata;
}

interface ImageInit extends SharedInit {
  alpha: AlphaOption;
  timestamp?: number;
  duration?: number;
}

interface BufferInit extends SharedInit {
  format: AnyVideoPixelFormat;
  codedWidth: number;
  codedHeight: number;
  timestamp: number;
  duration?: number;
  layout?: PlaneLayout[];
  colorSpace?: Required<AnyVideoColorSpaceInit>;
  transfer: ArrayBuffer[];
}

const videoFrameInit: Converter<ImageInit> = dictionary({
  ...shared,
  alpha: { type: enumeration(["keep", "discard"]), initial: () => "keep" },
  timestamp: { type: longLong },
  duration: { type: unsignedLongLong },
});

const videoFrameBufferInit: Converter<BufferInit> = dictionary({
  ...shared,
  format: { type: videoPixelFormat, required: true },
  codedWidth: { type: enforcedUnsignedLong, required: true },
  codedHeight: { type: enforcedUnsignedLong, required: true },
  timestamp: { type: enforcedLongLong, required: true },
  duration: { type: enforcedUnsignedLongLong },
  layout: { type: planeLayouts },
  colorSpace: { type: videoColorSpaceInit },
  transfer: { type: sequence(arrayBuffer), initial: () => [] },
});

/** Converts to `VideoFrameInit`. */
export function readImageInit(init: unknown): ImageInit {
  return videoFrameInit(init, "VideoFrameInit");
}

/** `new VideoFrame(data, init)`. */
export function stateOfBuffer(data: unknown, given: unknown): FrameState {
  const init = videoFrameBufferInit(given, "VideoFrameBufferInit");
  const { format, codedWidth, codedHeight, transfer } = init;
  const coded = { x: 0, y: 0, width: codedWidth, height: codedHeight };
  checkRect("coded size", coded, 2 ** 31 - 1, 2 ** 31 - 1, null);
  const display = checkDisplaySize(init);
  const part = checkRect("visibleRect", init.visibleRect ?? coded, codedWidth, codedHeight, format);
  const layout = combinedLayout(coded, format, init.layout);
  const source = bytesOf(data, "data");
  if (source.detached) throw new TypeError("data: the buffer is detached");
  if (source.bytes.length < layout.size) {
    throw new TypeError(`data: the layout needs ${layout.size} bytes, not ${source.bytes.length}`);
  }
  checkTransfer(transfer);
  const colorSpace = init.colorSpace ?? (pixelFormats[format].isRgb ? SRGB : REC709);
  const frame = frameOfPlanes(format, part, layout.planes, source, colorSpace);
  detachAll(transfer);
  const rotation = parseRotation(init.rotation);
  return {
    frame,
    format,
    codedWidth: part.width,
    codedHeight: part.height,
    visible: { x: 0, y: 0, width: part.width, height: part.height },
    rotation,
    flip: init.flip,
    ...(display ?? displaySize(part.width, part.height, rotation)),
    duration: init.duration ?? null,
    timestamp: init.timestamp,
    colorSpace,
    metadata: init.metadata ?? {},
  };
}

/** A native frame of `part` of planes in memory of the program. */
function frameOfPlanes(
  format: AnyVideoPixelFormat,
  part: PixelRect,
  planes: readonly { offset: number; stride: number; rows: number; rowBytes: number }[],
  { bytes }: SourceBytes,
  colorSpace: AnyVideoColorSpaceInit,
): Frame {
  const info = pixelFormats[format];
  const { width, height } = part;
  return Frame.video({
    pixelFormat: info.libav,
    width,
    height,
    color: colorInfoOf(colorSpace),
    planes: planes.map(({ offset, stride, rows }, i) => {
      const { sampleBytes, sampleWidth, sampleHeight } = info.planes[i];
      const skip = part.y / sampleHeight * stride + part.x / sampleWidth * sampleBytes;
      return { data: bytes.subarray(offset + skip, offset + stride * rows), stride };
    }),
  });
}

/** `new VideoFrame(image, init)` of an image's pixels. */
export function stateOfPixels(pixels: Pixels, init: ImageInit): FrameState {
  if (init.timestamp === undefined) {
    throw new TypeError("VideoFrameInit.timestamp: the member is required for an image");
  }
  const { width, height, data } = pixels;
  const format = init.alpha === "keep" ? "RGBA" : "RGBX";
  const whole = { x: 0, y: 0, width, height };
  const oriented = orient(init, format, {
    visible: whole,
    rotation: 0,
    flip: false,
    displayWidth: width,
    displayHeight: height,
    codedWidth: width,
    codedHeight: height,
  });
  const frame = Frame.video({
    pixelFormat: pixelFormats[format].libav,
    width,
    height,
    color: colorInfoOf(SRGB),
    planes: [{ data, stride: width * 4 }],
  });
  return {
    frame,
    format,
    codedWidth: width,
    codedHeight: height,
    ...oriented,
    duration: init.duration ?? null,
    timestamp: init.timestamp,
    colorSpace: SRGB,
    metadata: init.metadata ?? {},
  };
}

/** `new VideoFrame(frame, init)`: the same pixels by reference. */
export function stateOfOther(other: FrameState, init: ImageInit): FrameState {
  const format = other.format !== null && init.alpha === "discard"
    ? pixelFormats[other.format].opaque
    : other.format;
  const oriented = orient(init, format, other);
  return {
    ...other,
    ...oriented,
    format,
    frame: other.frame.clone(),
    duration: init.duration ?? other.duration,
    timestamp: init.timestamp ?? other.timestamp,
    metadata: init.metadata ?? other.metadata,
  };
}

type Oriented = Pick<
  FrameState,
  "visible" | "rotation" | "flip" | "displayWidth" | "displayHeight"
>;

/** The visible rectangle, orientation and display size of a frame made of another image. */
function orient(
  init: ImageInit,
  format: AnyVideoPixelFormat | null,
  base: Oriented & { codedWidth: number; codedHeight: number },
): Oriented {
  const display = checkDisplaySize(init);
  const visible = init.visibleRect === undefined ? base.visible : checkRect(
    "visibleRect",
    init.visibleRect,
    base.codedWidth,
    base.codedHeight,
    format,
  );
  const more = { rotation: parseRotation(init.rotation), flip: init.flip };
  const { rotation, flip } = addOrientation(base, more);
  const size = display ??
    scaledDisplaySize({ ...base, rect: base.visible }, visible, rotation);
  return { visible, rotation, flip, ...size };
}
