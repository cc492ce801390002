/**
 * Frames and the canvases of other modules: pixels out of one, and a frame drawn on one.
 *
 * @module
 */
import { nameOf } from "../check.ts";
import { rgbaOf, scaleRgba } from "./frame_copy.ts";
import { bytesOf } from "./buffer_source.ts";
import type { FrameState } from "./frame_state.ts";
import type { PredefinedColorSpace } from "./frame_types.ts";

/** `ImageData`, as far as frames use it. */
export interface ImageDataLike {
  /** Red, green, blue and alpha, tightly packed. */
  readonly data: ArrayLike<number> & ArrayBufferView<ArrayBufferLike>;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** `srgb` or `display-p3`. */
  readonly colorSpace?: string | undefined;
}

/** The pixels of a frame, as `putImageData` of any canvas takes them. */
export interface FrameImageData extends ImageDataLike {
  /** Red, green, blue and alpha, tightly packed. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** `srgb`. */
  readonly colorSpace: PredefinedColorSpace;
}

/** A canvas, as far as frames use it. */
export interface CanvasLike {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Gives the 2D context. */
  getContext(contextId: "2d", options?: unknown): unknown;
}

/** An `ImageBitmap`, or an image of a canvas module. */
export interface BitmapLike {
  /** Pixels. */
  readonly width: unknown;
  /** Pixels. */
  readonly height: unknown;
}

/** Pixels with alpha that is not multiplied in, tightly packed. */
export interface Pixels {
  /** Red, green, blue, alpha. */
  readonly data: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

interface Context2D {
  getImageData(x: number, y: number, width: number, height: number): ImageDataLike;
  createImageData(width: number, height: number): ImageDataLike;
  putImageData(image: ImageDataLike, x: number, y: number): void;
  drawImage(image: unknown, x: number, y: number): void;
}

type CanvasClass = new (width: number, height: number) => CanvasLike;

let seenCanvas: CanvasClass | undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function isCanvas(value: object): value is CanvasLike {
  return typeof (value as { getContext?: unknown }).getContext === "function";
}

/** The size of an image; an InvalidStateError for one without pixels, undefined for no image. */
function sizeOf(image: object): { width: number; height: number } | undefined {
  const { width, height } = image as { width?: unknown; height?: unknown };
  if (typeof width !== "number" || typeof height !== "number") return undefined;
  if (width > 0 && height > 0) return { width, height };
  throw new DOMException("the image has no pixels: it is empty or closed", "InvalidStateError");
}

/**
 * The pixels of a canvas, `ImageData` or bitmap; undefined for anything else. Throws an
 * InvalidStateError for an image without pixels.
 */
export function pixelsOf(image: unknown): Pixels | undefined {
  if (!isObject(image)) return undefined;
  if (isCanvas(image)) return pixelsOfCanvas(image);
  const { data } = image;
  const size = sizeOf(image);
  if (size === undefined) return undefined;
  if (ArrayBuffer.isView(data)) return pixelsOfImageData(data, size);
  const canvas = newCanvas(size.width, size.height);
  if (canvas === undefined) return undefined;
  contextOf(canvas).drawImage(image, 0, 0);
  return pixelsOfCanvas(canvas);
}

function pixelsOfImageData(
  data: ArrayBufferView<ArrayBufferLike>,
  size: { width: number; height: number },
): Pixels {
  const { bytes } = bytesOf(data, "image");
  if (bytes.length !== size.width * size.height * 4) {
    throw new TypeError(
      `image: ${size.width}x${size.height} pixels have four bytes each, not ${bytes.length} in all`,
    );
  }
  return { data: bytes, ...size };
}

function pixelsOfCanvas(canvas: CanvasLike): Pixels {
  const { width, height } = sizeOf(canvas) ?? { width: 0, height: 0 };
  const image: unknown = contextOf(canvas).getImageData(0, 0, width, height);
  const data = isObject(image) ? image.data : undefined;
  if (!ArrayBuffer.isView(data)) {
    throw new TypeError(`the canvas gave no pixels but a value of type ${nameOf(data ?? image)}`);
  }
  const kind = canvas.constructor;
  if (typeof kind === "function" && kind !== Object) seenCanvas = kind as CanvasClass;
  return pixelsOfImageData(data, { width, height });
}

function contextOf(canvas: CanvasLike): Context2D {
  const context = canvas.getContext("2d") as Context2D | null;
  if (isObject(context) && typeof context.getImageData === "function") return context;
  throw new DOMException("the canvas has no 2D context that gives its pixels", "InvalidStateError");
}

/** A canvas of the program's `OffscreenCanvas`, or of the class of one that it used here. */
function newCanvas(width: number, height: number): CanvasLike | undefined {
  const { OffscreenCanvas } = globalThis as { OffscreenCanvas?: CanvasClass };
  for (const kind of [OffscreenCanvas, seenCanvas]) {
    if (kind === undefined) continue;
    const canvas = new kind(width, height);
    const context = canvas.getContext("2d") as Context2D | null;
    if (isObject(context) && typeof context.putImageData === "function") return canvas;
  }
  return undefined;
}

/** The frame as shown: turned, mirrored and scaled to its display size. */
export function displayPixels(
  state: FrameState,
): Pixels & { readonly data: Uint8Array<ArrayBuffer> } {
  const { visible, rotation, flip, displayWidth, displayHeight } = state;
  let { width, height } = visible;
  let data: Uint8Array<ArrayBuffer> = rgbaOf(state, visible);
  if (rotation !== 0 || flip) {
    data = turn(data, width, height, rotation, flip);
    if (rotation === 90 || rotation === 270) [width, height] = [height, width];
  }
  const to = { width: displayWidth, height: displayHeight };
  if (width !== to.width || height !== to.height) data = scaleRgba(data, { width, height }, to);
  return { data, ...to };
}

/** Pixels turned clockwise, then mirrored from left to right. */
function turn(
  pixels: Uint8Array,
  width: number,
  height: number,
  rotation: number,
  flip: boolean,
): Uint8Array<ArrayBuffer> {
  const from = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  const turned = rotation === 90 || rotation === 270;
  const [columns, rows] = turned ? [height, width] : [width, height];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const across = flip ? columns - 1 - x : x;
      const [column, row] = rotation === 90
        ? [y, height - 1 - across]
        : rotation === 180
        ? [width - 1 - across, height - 1 - y]
        : rotation === 270
        ? [width - 1 - y, across]
        : [across, y];
      to[y * columns + x] = from[row * width + column];
    }
  }
  return new Uint8Array(to.buffer);
}

/** A canvas that shows the frame; undefined where the program has no canvas. */
export function canvasOf(state: FrameState): CanvasLike | undefined {
  const canvas = newCanvas(state.displayWidth, state.displayHeight);
  if (canvas === undefined) return undefined;
  const { data, width, height } = displayPixels(state);
  const context = contextOf(canvas);
  const image = context.createImageData(width, height);
  (image.data as unknown as Uint8ClampedArray).set(data);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** `ImageData` of the frame as shown: of the runtime's class where it has one. */
export function imageDataOf(state: FrameState): FrameImageData {
  const { data, width, height } = displayPixels(state);
  const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
  const { ImageData } = globalThis as {
    ImageData?: new (data: Uint8ClampedArray, width: number, height: number) => FrameImageData;
  };
  if (ImageData !== undefined) return new ImageData(pixels, width, height);
  return { data: pixels, width, height, colorSpace: "srgb" };
}
