/**
 * Pixels out of a frame: as stored, or converted to RGB.
 *
 * @module
 */
import { Frame } from "../codec/frame.ts";
import { pixelFormat } from "../codec/pixel_format.ts";
import { toDisplayP3 } from "./display_p3.ts";
import { convertFrame } from "./kept_scalers.ts";
import type { FrameState } from "./frame_state.ts";
import type { AnyVideoPixelFormat, PredefinedColorSpace } from "./frame_types.ts";
import {
  type CombinedLayout,
  combinedLayout,
  pixelFormats,
  type PixelRect,
} from "./pixel_layout.ts";

const ALPHA = 3;
/** libswscale's own fast way: colours of smaller planes are repeated, as browsers do. */
const FLAGS = ["bilinear"];
/** The same for samples of more bits, for which it has no such way. */
const DEEP_FLAGS = ["neighbor", "accurate_rnd"];

/** Copies planes, or parts of planes, as `layout` says. */
export function copyPlanes(frame: Frame, layout: CombinedLayout, into: Uint8Array): void {
  layout.planes.forEach(({ offset, stride, rows, rowBytes, top, left }, i) => {
    const part = into.subarray(offset, offset + stride * rows);
    frame.copyPlane(i, part, { stride, x: left, y: top, bytes: rowBytes, rows });
  });
}

/** Copies what `layout` takes of a frame, as an RGB format. */
export function copyAsRgb(
  state: FrameState,
  format: AnyVideoPixelFormat,
  colorSpace: PredefinedColorSpace,
  layout: CombinedLayout,
  into: Uint8Array,
): void {
  const name = format.startsWith("R") ? "rgba" : "bgra";
  using converted = convertTo(state, name);
  copyPlanes(converted, layout, into);
  const [plane] = layout.planes;
  const keepsAlpha = hasAlpha(state) && pixelFormats[format].opaque !== format;
  if (!keepsAlpha && !isFilled(state.frame)) makeOpaque(into, plane);
  if (colorSpace === "display-p3") toDisplayP3(into, plane, format.startsWith("B"));
}

/** The pixels of `rect`, tightly packed, with alpha that is not multiplied in. */
export function rgbaOf(
  state: FrameState,
  rect: PixelRect,
  colorSpace: PredefinedColorSpace = "srgb",
): Uint8Array<ArrayBuffer> {
  const layout = combinedLayout(rect, "RGBA");
  const pixels = new Uint8Array(layout.size);
  copyAsRgb(state, "RGBA", colorSpace, layout, pixels);
  return pixels;
}

function hasAlpha({ format, frame }: FrameState): boolean {
  if (format !== null) return pixelFormats[format].opaque !== format;
  return pixelFormat(frame.pixelFormat).hasAlpha;
}

/** True where libswscale itself makes every pixel opaque. */
function isFilled({ pixelFormat: name }: Frame): boolean {
  return !pixelFormat(name).hasAlpha && !unusedByte.test(name);
}

/** libav's formats with a byte that has no meaning. */
const unusedByte = /^(?:rgb0|bgr0|0rgb|0bgr)$/;

/** A frame of the same size in another pixel format of libav. */
function convertTo(state: FrameState, libav: string): Frame {
  const { frame, format } = state;
  // The unused byte of rgb0 and bgr0 is the alpha of rgba and bgra.
  if (frame.pixelFormat.replace("0", "a") === libav) return frame.clone();
  using source = format === "I420AP12" || isCarried(state) ? toSixteenBits(state) : frame.clone();
  const { width, height } = source;
  const flags = pixelFormat(source.pixelFormat).depth > 8 ? DEEP_FLAGS : FLAGS;
  return convertFrame(source, { to: { width, height, pixelFormat: libav }, flags });
}

function isCarried({ format, frame }: FrameState): boolean {
  return format === "I420P12" && frame.pixelFormat === pixelFormats.I420AP12.libav;
}

/** 12 bits in memory of 16, made 16 bits. */
function toSixteenBits({ frame }: FrameState): Frame {
  const { width, height, pixelFormat } = frame;
  const planes = frame.planes.map(({ rows, bytes }, i) => {
    const samples = new Uint16Array(rows * bytes / 2);
    const data = new Uint8Array(samples.buffer);
    frame.copyPlane(i, data);
    for (let at = 0; at < samples.length; at++) {
      samples[at] = (samples[at] << 4) | (samples[at] >> 8);
    }
    return { data, stride: bytes };
  });
  return Frame.video({ pixelFormat, width, height, planes, color: frame.color });
}

function makeOpaque(
  pixels: Uint8Array,
  { offset, stride, rows, rowBytes }: CombinedLayout["planes"][number],
): void {
  for (let row = 0; row < rows; row++) {
    const from = offset + row * stride;
    for (let at = from + ALPHA; at < from + rowBytes; at += 4) pixels[at] = 255;
  }
}

/** Pixels scaled to another size; four bytes each. */
export function scaleRgba(
  pixels: Uint8Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Uint8Array<ArrayBuffer> {
  using source = Frame.video({
    pixelFormat: "rgba",
    ...from,
    planes: [{ data: pixels, stride: from.width * 4 }],
  });
  using scaled = convertFrame(source, { to: { ...to, pixelFormat: "rgba" }, flags: FLAGS });
  const result = new Uint8Array(to.width * to.height * 4);
  scaled.copyPlane(0, result, { stride: to.width * 4 });
  return result;
}
