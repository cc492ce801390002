/**
 * `VideoFrame`.
 *
 * @module
 */
import type { Frame } from "../codec/frame.ts";
import type { SideData } from "../format/types.ts";
import type { Rational } from "../rational.ts";
import { bytesOf, isBufferSource } from "./buffer_source.ts";
import type { VideoFrameLike } from "./codec_types.ts";
import { DOMRectReadOnlyClass } from "./dom_rect.ts";
import {
  type BitmapLike,
  type CanvasLike,
  canvasOf,
  type FrameImageData,
  type ImageDataLike,
  imageDataOf,
  pixelsOf,
} from "./frame_canvas.ts";
import { copyAsRgb, copyPlanes } from "./frame_copy.ts";
import { checkRect, domRectInit } from "./frame_geometry.ts";
import { type FrameDescription, type FrameState, stateOfFrame } from "./frame_state.ts";
import type {
  AllowSharedBufferSource,
  AnyVideoPixelFormat,
  DOMRectInit,
  DOMRectReadOnly,
  PlaneLayout,
  PredefinedColorSpace,
  VideoFrameBufferInit,
  VideoFrameCopyToOptions,
  VideoFrameInit,
  VideoFrameMetadata,
  VideoPixelFormat,
} from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import {
  type CombinedLayout,
  combinedLayout,
  pixelFormats,
  planeLayouts,
  videoPixelFormat,
} from "./pixel_layout.ts";
import { VideoColorSpace } from "./video_color_space.ts";
import { readImageInit, stateOfBuffer, stateOfOther, stateOfPixels } from "./video_frame_init.ts";
import { type Converter, dictionary, enumeration, requireArguments } from "./webidl.ts";

/** The facts of libav about a frame. */
export interface VideoFrameLibav {
  /** Presentation time in ticks; null where unknown. */
  readonly pts: number | null;
  /** Seconds that a tick lasts; null where unknown. */
  readonly timeBase: Rational | null;
  /** libav's name, such as `yuv420p`. */
  readonly pixelFormat: string;
  /** libav's name of the transfer function, such as `smpte2084`; null where unspecified. */
  readonly transfer: string | null;
  /** True for a picture that decoding can begin at. */
  readonly isKeyframe: boolean;
  /** True where the decoder found it damaged. */
  readonly isCorrupt: boolean;
  /** The shape of a pixel; null where unknown. */
  readonly sampleAspectRatio: Rational | null;
  /** True where its lines are of two moments. */
  readonly interlaced: boolean;
  /** Copies of what came beside the picture. */
  readonly sideData: SideData[];
  /** The frame as shown, as `ImageData`. */
  imageData(): FrameImageData;
}

interface CopyToOptions {
  rect?: Required<DOMRectInit>;
  layout?: PlaneLayout[];
  format?: AnyVideoPixelFormat;
  colorSpace?: PredefinedColorSpace;
}

const copyToOptions: Converter<CopyToOptions> = dictionary({
  rect: { type: domRectInit },
  layout: { type: planeLayouts },
  format: { type: videoPixelFormat },
  colorSpace: { type: enumeration(["srgb", "display-p3"]) },
});

/** A state that needs no checks. */
class Ready {
  readonly state: FrameState;

  constructor(state: FrameState) {
    this.state = state;
  }
}

let stateOf: (frame: VideoFrame) => FrameState | undefined;
let isFrame: (value: unknown) => value is VideoFrame;

/**
 * A picture: pixels in native memory and their meaning. Close each frame: its memory is not the
 * garbage collector's, which only ends a forgotten one, with a warning.
 *
 * @example
 * ```ts
 * import { VideoFrame } from "@avio/avio/webcodecs";
 *
 * const pixels = new Uint8Array(320 * 240 * 4);
 * const frame = new VideoFrame(pixels, {
 *   format: "RGBA",
 *   codedWidth: 320,
 *   codedHeight: 240,
 *   timestamp: 0,
 * });
 * const copy = new Uint8Array(frame.allocationSize());
 * await frame.copyTo(copy);
 * frame.close();
 * ```
 */
export class VideoFrame {
  #state: FrameState | undefined;
  readonly #timestamp: number;
  readonly #duration: number | null;
  #colorSpace: VideoColorSpace | undefined;
  #canvas: CanvasLike | undefined;

  static {
    stateOf = (frame) => frame.#state;
    isFrame = (value): value is VideoFrame =>
      typeof value === "object" && value !== null && #state in value;
  }

  /** Makes a frame of a canvas, `ImageData`, bitmap or another frame, whose pixels it shares. */
  constructor(
    image: VideoFrameLike | CanvasLike | ImageDataLike | BitmapLike,
    init?: VideoFrameInit,
  );
  /** Makes a frame of copied bytes. */
  constructor(data: AllowSharedBufferSource, init: VideoFrameBufferInit);
  constructor(image: unknown, init: unknown = undefined) {
    requireArguments(arguments.length, 1, "VideoFrame");
    const state = image instanceof Ready
      ? image.state
      : isBufferSource(image) && arguments.length > 1
      ? stateOfBuffer(image, init)
      : stateOfImage(image, init);
    this.#state = state;
    this.#timestamp = state.timestamp;
    this.#duration = state.duration;
  }

  /** The layout of the pixels; null once closed, and where the standard has no name for it. */
  get format(): VideoPixelFormat | null {
    return (this.#state?.format ?? null) as VideoPixelFormat | null;
  }

  /** Pixels, as stored; 0 once closed. */
  get codedWidth(): number {
    return this.#state?.codedWidth ?? 0;
  }

  /** Pixels, as stored; 0 once closed. */
  get codedHeight(): number {
    return this.#state?.codedHeight ?? 0;
  }

  /** The whole of the pixels; null once closed. */
  get codedRect(): DOMRectReadOnly | null {
    const state = this.#state;
    return state ? new DOMRectReadOnlyClass(0, 0, state.codedWidth, state.codedHeight) : null;
  }

  /** The part that is shown; null once closed. */
  get visibleRect(): DOMRectReadOnly | null {
    if (this.#state === undefined) return null;
    const { x, y, width, height } = this.#state.visible;
    return new DOMRectReadOnlyClass(x, y, width, height);
  }

  /** Degrees clockwise to turn it by: 0, 90, 180 or 270. */
  get rotation(): number {
    return this.#state?.rotation ?? 0;
  }

  /** Mirrored from left to right, after the rotation. */
  get flip(): boolean {
    return this.#state?.flip ?? false;
  }

  /** Pixels, as shown; 0 once closed. */
  get displayWidth(): number {
    return this.#state?.displayWidth ?? 0;
  }

  /** Pixels, as shown; 0 once closed. */
  get displayHeight(): number {
    return this.#state?.displayHeight ?? 0;
  }

  /** Microseconds; null where unknown. */
  get duration(): number | null {
    return this.#duration;
  }

  /** Microseconds. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** The meaning of the samples; unknown once closed. */
  get colorSpace(): VideoColorSpace {
    return this.#colorSpace ??= new VideoColorSpace(this.#state?.colorSpace ?? {});
  }

  get #open(): FrameState {
    if (this.#state !== undefined) return this.#state;
    throw new DOMException("the frame is closed", "InvalidStateError");
  }

  /** A copy of the notes that go with it. */
  metadata(): VideoFrameMetadata {
    return structuredClone(this.#open.metadata);
  }

  /** Bytes that `copyTo` needs with the same options. */
  allocationSize(options: VideoFrameCopyToOptions = {}): number {
    return plan(this.#open, options).layout.size;
  }

  /** Copies the pixels, converted where `format` asks for RGB; resolves to where planes lie. */
  // deno-lint-ignore require-await -- every failure is a rejection
  async copyTo(
    destination: AllowSharedBufferSource,
    options: VideoFrameCopyToOptions = {},
  ): Promise<PlaneLayout[]> {
    requireArguments(arguments.length, 1, "copyTo");
    const state = this.#open;
    const { layout, format, colorSpace } = plan(state, options);
    const { bytes, detached } = bytesOf(destination, "destination");
    if (detached) throw new TypeError("destination: the buffer is detached");
    if (bytes.length < layout.size) {
      throw new TypeError(`destination: ${layout.size} bytes are needed, not ${bytes.length}`);
    }
    if (format === undefined) copyPlanes(state.frame, layout, bytes);
    else copyAsRgb(state, format, colorSpace, layout, bytes);
    return layout.planes.map(({ offset, stride }) => ({ offset, stride }));
  }

  /** Another frame of the same pixels, by reference. */
  clone(): VideoFrame {
    const state = this.#open;
    return ready({ ...state, frame: state.frame.clone() });
  }

  /** Gives the memory back. Twice is harmless. */
  close(): void {
    const state = this.#state;
    this.#state = undefined;
    this.#canvas = undefined;
    this.#colorSpace = undefined;
    state?.frame.close();
  }

  /** The facts of libav. Throws an InvalidStateError once closed. */
  get libav(): VideoFrameLibav {
    const state = this.#open;
    const { frame } = state;
    const imageData = () => imageDataOf(this.#open);
    return {
      pts: frame.pts,
      timeBase: frame.timeBase,
      pixelFormat: frame.pixelFormat,
      transfer: frame.color.transfer,
      isKeyframe: frame.isKeyframe,
      isCorrupt: frame.isCorrupt,
      sampleAspectRatio: frame.sampleAspectRatio,
      interlaced: frame.interlaced,
      sideData: frame.sideData,
      imageData,
    };
  }

  /**
   * A canvas that shows the frame: `drawImage` of canvas modules such as @napi-rs/canvas asks a
   * wrapped image for it. Undefined where the program has no canvas.
   *
   * @ignore
   */
  get _canvas(): CanvasLike | undefined {
    return this.#canvas ??= canvasOf(this.#open);
  }

  /** {@link VideoFrame.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
defineInterface(VideoFrame, ["libav", "_canvas"]);

function ready(state: FrameState): VideoFrame {
  return new VideoFrame(new Ready(state) as unknown as VideoFrame);
}

function stateOfImage(image: unknown, given: unknown): FrameState {
  if (isFrame(image)) {
    const init = readImageInit(given);
    return stateOfOther(openState(image), init);
  }
  if (typeof image !== "object" || image === null) {
    throw new TypeError("VideoFrame: expected an image, a frame, or bytes and their description");
  }
  const init = readImageInit(given);
  if (init.timestamp === undefined) {
    throw new TypeError("VideoFrameInit.timestamp: the member is required for an image");
  }
  const pixels = pixelsOf(image);
  if (pixels === undefined) {
    throw new TypeError(
      "VideoFrame: expected a canvas with a 2D context, ImageData, a VideoFrame, or bytes",
    );
  }
  return stateOfPixels(pixels, init);
}

interface CopyPlan {
  layout: CombinedLayout;
  /** The RGB format to convert to; undefined: as stored. */
  format?: AnyVideoPixelFormat;
  colorSpace: PredefinedColorSpace;
}

function plan(state: FrameState, given: unknown): CopyPlan {
  const options = copyToOptions(given, "VideoFrameCopyToOptions");
  const { format = state.format, colorSpace = "srgb" } = options;
  const rect = checkRect(
    "rect",
    options.rect ?? state.visible,
    state.codedWidth,
    state.codedHeight,
    state.format,
  );
  if (format === null) {
    throw new DOMException(
      `the frame is ${state.frame.pixelFormat}, which has no name here: ask for RGBA`,
      "NotSupportedError",
    );
  }
  const stored = format === state.format &&
    (options.format === undefined || !pixelFormats[format].isRgb) &&
    (colorSpace === "srgb" || !pixelFormats[format].isRgb);
  if (!stored && !pixelFormats[format].isRgb) {
    throw new DOMException(
      `format: a frame is converted to RGB, not ${format}`,
      "NotSupportedError",
    );
  }
  const layout = combinedLayout(rect, format, options.layout);
  return stored ? { layout, colorSpace } : { layout, format, colorSpace };
}

/** The inside of an open frame; an InvalidStateError for a closed one. */
export function openState(frame: VideoFrame): FrameState {
  const state = stateOf(frame);
  if (state !== undefined) return state;
  throw new DOMException("the frame is closed", "InvalidStateError");
}

/** The inside of a frame; undefined for a closed one. */
export function videoFrameState(frame: VideoFrame): FrameState | undefined {
  return stateOf(frame);
}

/** Converts to `VideoFrame`. */
export function toVideoFrame(value: unknown, what: string): VideoFrame {
  if (isFrame(value)) return value;
  throw new TypeError(`${what}: expected a VideoFrame`);
}

/** Wraps a native frame, which belongs to the result from here on. Times are microseconds. */
export function videoFrameOf(frame: Frame, description: FrameDescription): VideoFrame {
  return ready(stateOfFrame(frame, description));
}
