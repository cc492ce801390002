/**
 * Frames in pixel formats that the standard has no name for, made ones that it has.
 *
 * @module
 */
import type { Frame } from "../codec/frame.ts";
import { pixelFormat } from "../codec/pixel_format.ts";
import { convertFrame } from "./kept_scalers.ts";
import { webFormatOf } from "./pixel_layout.ts";

/** libav's name of the format of the standard that loses the least. */
export function nearestFormat(libav: string): string {
  if (webFormatOf(libav) !== null) return libav;
  const { isRgb, isPalette, hasAlpha, depth, components, log2ChromaWidth, log2ChromaHeight } =
    pixelFormat(libav);
  if (isRgb || isPalette) return hasAlpha ? "rgba" : "rgb0";
  const isGrey = components < 3;
  const chroma = isGrey || log2ChromaHeight > 0 && log2ChromaWidth > 0
    ? "420"
    : log2ChromaWidth > 0
    ? "422"
    : "444";
  const bits = depth <= 8 ? "" : depth <= 10 || (hasAlpha && chroma === "420") ? "10le" : "12le";
  return `yuv${hasAlpha ? "a" : ""}${chroma}p${bits}`;
}

/** The frame itself, or one of the nearest format, in whose favour it is closed. */
export function toNearestFormat(frame: Frame): Frame {
  const name = nearestFormat(frame.pixelFormat);
  if (name === frame.pixelFormat) return frame;
  try {
    return convertFrame(frame, { to: { pixelFormat: name }, flags: ["accurate_rnd"] });
  } finally {
    frame.close();
  }
}
