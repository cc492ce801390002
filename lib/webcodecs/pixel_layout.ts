/**
 * The pixel formats of WebCodecs: their planes, their names in libav, and the standard's
 * computation of where planes lie in a buffer.
 *
 * @module
 */
import type { AnyVideoPixelFormat, PlaneLayout } from "./frame_types.ts";
import { dictionary, enforcedUnsignedLong, enumeration, sequence } from "./webidl.ts";
import type { Converter } from "./webidl.ts";

/** One plane of a format. */
export interface PlaneFormat {
  /** Bytes of a sample: of all channels that are interleaved. */
  readonly sampleBytes: number;
  /** Pixels that share a sample, from left to right. */
  readonly sampleWidth: number;
  /** Pixels that share a sample, from top to bottom. */
  readonly sampleHeight: number;
}

/** A pixel format of the standard. */
export interface PixelFormatInfo {
  /** libav's name of the same memory. */
  readonly libav: string;
  /** Its planes, in the order of the standard. */
  readonly planes: readonly PlaneFormat[];
  /** Bits of a sample. */
  readonly depth: number;
  /** The format without alpha; the format itself where it has none. */
  readonly opaque: AnyVideoPixelFormat;
  /** Red, green and blue. */
  readonly isRgb: boolean;
}

const plane = (sampleBytes: number, sampleWidth = 1, sampleHeight = 1): PlaneFormat => ({
  sampleBytes,
  sampleWidth,
  sampleHeight,
});

function planar(width: number, height: number, libav: string, opaque: AnyVideoPixelFormat) {
  const alpha = libav.startsWith("yuva");
  return (depth: number, name = libav): PixelFormatInfo => {
    const bytes = depth > 8 ? 2 : 1;
    const chroma = plane(bytes, width, height);
    const suffix = depth > 8 ? `P${depth}` as const : "";
    return {
      libav: name,
      planes: [plane(bytes), chroma, chroma, ...(alpha ? [plane(bytes)] : [])],
      depth,
      opaque: `${opaque}${suffix}` as AnyVideoPixelFormat,
      isRgb: false,
    };
  };
}

const i420 = planar(2, 2, "yuv420p", "I420");
const i422 = planar(2, 1, "yuv422p", "I422");
const i444 = planar(1, 1, "yuv444p", "I444");
const i420a = planar(2, 2, "yuva420p", "I420");
const i422a = planar(2, 1, "yuva422p", "I422");
const i444a = planar(1, 1, "yuva444p", "I444");
const rgb = (libav: string, opaque: AnyVideoPixelFormat): PixelFormatInfo => ({
  libav,
  planes: [plane(4)],
  depth: 8,
  opaque,
  isRgb: true,
});

/** Every pixel format of the standard. */
export const pixelFormats: Readonly<Record<AnyVideoPixelFormat, PixelFormatInfo>> = {
  I420: i420(8),
  I420P10: i420(10, "yuv420p10le"),
  I420P12: i420(12, "yuv420p12le"),
  I420A: i420a(8),
  I420AP10: i420a(10, "yuva420p10le"),
  // libav has no 12 bits with 4:2:0 and alpha: the memory is that of 16 bits.
  I420AP12: i420a(12, "yuva420p16le"),
  I422: i422(8),
  I422P10: i422(10, "yuv422p10le"),
  I422P12: i422(12, "yuv422p12le"),
  I422A: i422a(8),
  I422AP10: i422a(10, "yuva422p10le"),
  I422AP12: i422a(12, "yuva422p12le"),
  I444: i444(8),
  I444P10: i444(10, "yuv444p10le"),
  I444P12: i444(12, "yuv444p12le"),
  I444A: i444a(8),
  I444AP10: i444a(10, "yuva444p10le"),
  I444AP12: i444a(12, "yuva444p12le"),
  NV12: {
    libav: "nv12",
    planes: [plane(1), plane(2, 2, 2)],
    depth: 8,
    opaque: "NV12",
    isRgb: false,
  },
  RGBA: rgb("rgba", "RGBX"),
  RGBX: rgb("rgb0", "RGBX"),
  BGRA: rgb("bgra", "BGRX"),
  BGRX: rgb("bgr0", "BGRX"),
};

const names = Object.keys(pixelFormats) as AnyVideoPixelFormat[];
const byLibav = new Map<string, AnyVideoPixelFormat>(
  names.filter((name) => name !== "I420AP12").map((name) => [pixelFormats[name].libav, name]),
);
// The same memory, said to use every value.
byLibav.set("yuvj420p", "I420").set("yuvj422p", "I422").set("yuvj444p", "I444");

/** The standard's name of a pixel format of libav; null where it has none. */
export function webFormatOf(libav: string): AnyVideoPixelFormat | null {
  return byLibav.get(libav) ?? null;
}

/** Converts to `VideoPixelFormat`. */
export const videoPixelFormat: Converter<AnyVideoPixelFormat> = enumeration(names);

/** Converts to a sequence of `PlaneLayout`. */
export const planeLayouts: Converter<PlaneLayout[]> = sequence(dictionary<PlaneLayout>({
  offset: { type: enforcedUnsignedLong, required: true },
  stride: { type: enforcedUnsignedLong, required: true },
}));

/** A rectangle of whole pixels. */
export interface PixelRect {
  /** The left edge. */
  readonly x: number;
  /** The upper edge. */
  readonly y: number;
  /** From left to right. */
  readonly width: number;
  /** From top to bottom. */
  readonly height: number;
}

/** A plane of a rectangle of a frame, and its bytes in a buffer. */
export interface PlaneCopy {
  /** Bytes of the buffer before the first row. */
  readonly offset: number;
  /** Bytes of the buffer from a row to the next. */
  readonly stride: number;
  /** Rows of samples. */
  readonly rows: number;
  /** Bytes of samples in a row. */
  readonly rowBytes: number;
  /** Rows of the frame's plane above the rectangle. */
  readonly top: number;
  /** Bytes of the frame's plane left of the rectangle. */
  readonly left: number;
}

/** The planes of a rectangle in a buffer, and the bytes that the buffer needs. */
export interface CombinedLayout {
  /** The planes. */
  readonly planes: readonly PlaneCopy[];
  /** Bytes. */
  readonly size: number;
}

const MAX_SIZE = 2 ** 32 - 1;

/**
 * Computes where the planes of `rect` lie: as `layout` says, tightly packed without one. Throws a
 * TypeError for a layout that does not fit.
 */
export function combinedLayout(
  rect: PixelRect,
  format: AnyVideoPixelFormat,
  layout?: readonly PlaneLayout[],
): CombinedLayout {
  const info = pixelFormats[format];
  if (layout !== undefined && layout.length !== info.planes.length) {
    throw new TypeError(
      `layout: ${format} has ${info.planes.length} plane(s), ${layout.length} are given`,
    );
  }
  let size = 0;
  const ends: [number, number][] = [];
  const planes = info.planes.map(({ sampleBytes, sampleWidth, sampleHeight }, i): PlaneCopy => {
    const rows = Math.ceil(rect.height / sampleHeight);
    const rowBytes = Math.ceil(rect.width / sampleWidth) * sampleBytes;
    const { offset, stride } = layout?.[i] ?? { offset: size, stride: rowBytes };
    if (stride < rowBytes) {
      throw new TypeError(`layout[${i}].stride: a row has ${rowBytes} bytes, not ${stride}`);
    }
    const end = offset + stride * rows;
    if (end > MAX_SIZE) throw new TypeError(`layout[${i}]: the plane ends beyond 4 GiB`);
    for (const [from, to] of ends) {
      if (offset < to && from < end) throw new TypeError(`layout[${i}]: the planes overlap`);
    }
    ends.push([offset, end]);
    size = Math.max(size, end);
    const top = Math.floor(rect.y / sampleHeight);
    const left = Math.floor(rect.x / sampleWidth) * sampleBytes;
    return { offset, stride, rows, rowBytes, top, left };
  });
  return { planes, size };
}

/** True where the corner of `rect` is at a sample of every plane. */
export function isAligned(rect: PixelRect, format: AnyVideoPixelFormat | null): boolean {
  if (format === null) return true;
  return pixelFormats[format].planes.every(({ sampleWidth, sampleHeight }) =>
    rect.x % sampleWidth === 0 && rect.y % sampleHeight === 0
  );
}
