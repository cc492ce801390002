/**
 * The geometry of frames: rectangles, rotation and the size as shown, as the standard computes
 * them.
 *
 * @module
 */
import type { AnyVideoPixelFormat, DOMRectInit } from "./frame_types.ts";
import { isAligned, type PixelRect } from "./pixel_layout.ts";
import { type Converter, dictionary, unrestrictedDouble } from "./webidl.ts";

const zero = { type: unrestrictedDouble, initial: () => 0 };

/** Converts to `DOMRectInit`. */
export const domRectInit: Converter<Required<DOMRectInit>> = dictionary({
  x: zero,
  y: zero,
  width: zero,
  height: zero,
});

/** A rectangle within `width` × `height`; a TypeError for any other. */
export function checkRect(
  what: string,
  rect: Required<DOMRectInit>,
  width: number,
  height: number,
  format: AnyVideoPixelFormat | null,
): PixelRect {
  for (const key of ["x", "y", "width", "height"] as const) {
    if (!Number.isFinite(rect[key]) || rect[key] < 0) {
      throw new TypeError(`${what}.${key}: expected a number from 0, not ${rect[key]}`);
    }
  }
  const whole: PixelRect = {
    x: Math.trunc(rect.x),
    y: Math.trunc(rect.y),
    width: Math.trunc(rect.width),
    height: Math.trunc(rect.height),
  };
  if (whole.width === 0 || whole.height === 0) throw new TypeError(`${what}: it is empty`);
  if (whole.x + whole.width > width || whole.y + whole.height > height) {
    throw new TypeError(`${what}: it does not fit into ${width}x${height}`);
  }
  if (!isAligned(whole, format)) {
    throw new TypeError(`${what}: its corner lies within a sample of ${format}`);
  }
  return whole;
}

/** Degrees clockwise: 0, 90, 180 or 270. */
export function parseRotation(degrees: number): number {
  const turned = (Math.round(degrees / 90) * 90) % 360;
  return turned < 0 ? turned + 360 : turned + 0;
}

/** Orientation of a picture: a rotation clockwise, then a mirror from left to right. */
export interface Orientation {
  /** Degrees clockwise: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Mirrored from left to right. */
  readonly flip: boolean;
}

/** An orientation and another one after it. */
export function addOrientation(base: Orientation, more: Orientation): Orientation {
  const turn = base.flip ? 360 - more.rotation : more.rotation;
  return { rotation: (base.rotation + turn) % 360, flip: base.flip !== more.flip };
}

/** A size as shown. */
export interface DisplaySize {
  /** Pixels. */
  readonly displayWidth: number;
  /** Pixels. */
  readonly displayHeight: number;
}

const isTurned = (rotation: number) => rotation === 90 || rotation === 270;

/** The size as shown of a part of a picture, at the scale of the whole. */
export function scaledDisplaySize(
  base: { readonly rect: PixelRect; readonly rotation: number } & DisplaySize,
  rect: PixelRect,
  rotation: number,
): DisplaySize {
  const [across, down] = isTurned(base.rotation)
    ? [base.displayHeight, base.displayWidth]
    : [base.displayWidth, base.displayHeight];
  const width = Math.max(1, Math.round(rect.width * across / base.rect.width));
  const height = Math.max(1, Math.round(rect.height * down / base.rect.height));
  return displaySize(width, height, rotation);
}

/** The size as shown of `width` × `height` pixels. */
export function displaySize(width: number, height: number, rotation: number): DisplaySize {
  return isTurned(rotation)
    ? { displayWidth: height, displayHeight: width }
    : { displayWidth: width, displayHeight: height };
}

/** Throws a TypeError where only one of the two is given, or one is 0. */
export function checkDisplaySize(
  init: { displayWidth?: number; displayHeight?: number },
): DisplaySize | undefined {
  const { displayWidth, displayHeight } = init;
  if (displayWidth === undefined && displayHeight === undefined) return undefined;
  if (displayWidth === undefined || displayHeight === undefined) {
    throw new TypeError("displayWidth and displayHeight are given together, or not at all");
  }
  if (displayWidth === 0 || displayHeight === 0) {
    throw new TypeError(`display size: it is empty, ${displayWidth}x${displayHeight}`);
  }
  return { displayWidth, displayHeight };
}
