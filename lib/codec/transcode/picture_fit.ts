/**
 * Pictures turned upright, and scaled into the size that is asked for.
 *
 * @module
 */
import type { Stream } from "../../format/types.ts";
import { Frame } from "../frame.ts";
import { type Orientation, orientationOf } from "../orientation.ts";
import { type PixelFormat, pixelFormat, planeShapes } from "../pixel_format.ts";
import { Scaler, type ScalerTarget } from "../scaler.ts";
import type { VideoTarget } from "./options.ts";

/** Width and height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture becomes one of the output. */
export interface Fit {
  /** The size of the output. */
  readonly size: Size;
  /** The size that the picture is scaled to, before it is cut or surrounded. */
  readonly scaled: Size;
  /** The shape of the output's pixels. */
  readonly sampleAspectRatio: { readonly num: number; readonly den: number };
}

/** Even, as 4:2:0 wants it, and at least 2. */
function even(value: number): number {
  return Math.max(2, Math.round(value / 2) * 2);
}

/** The size of the output for a picture as it is shown, and how it gets there. */
export function fitOf(
  shown: Size,
  { width, height, fit = "contain" }: Pick<VideoTarget, "width" | "height" | "fit">,
): Fit {
  const square = { num: 1, den: 1 };
  if (width === undefined && height === undefined) {
    const size = { width: even(shown.width), height: even(shown.height) };
    return { size, scaled: size, sampleAspectRatio: square };
  }
  const size = {
    width: even(width ?? shown.width * (height as number) / shown.height),
    height: even(height ?? shown.height * (width as number) / shown.width),
  };
  if (width === undefined || height === undefined || fit === "fill") {
    return { size, scaled: size, sampleAspectRatio: square };
  }
  const ratios = [size.width / shown.width, size.height / shown.height];
  const by = fit === "cover" ? Math.max(...ratios) : Math.min(...ratios);
  const side = (value: number, bound: number) =>
    fit === "cover" ? Math.max(even(value * by), bound) : Math.min(even(value * by), bound);
  const scaled = {
    width: side(shown.width, size.width),
    height: side(shown.height, size.height),
  };
  return { size, scaled, sampleAspectRatio: square };
}

/** Turns, scales, and cuts or surrounds pictures of one stream. */
export class PictureFitter implements Disposable {
  readonly #stream: Stream;
  readonly #target: Pick<VideoTarget, "width" | "height" | "fit">;
  readonly #size: Size;
  readonly #pixelFormat: PixelFormat;
  readonly #color: ScalerTarget["color"];
  readonly #scaler: { key: string; scaler: Scaler | undefined } = { key: "", scaler: undefined };

  constructor(
    stream: Stream,
    target: Pick<VideoTarget, "width" | "height" | "fit">,
    output: Size & { readonly pixelFormat: string; readonly color?: ScalerTarget["color"] },
  ) {
    this.#stream = stream;
    this.#target = target;
    this.#size = { width: output.width, height: output.height };
    this.#pixelFormat = pixelFormat(output.pixelFormat);
    this.#color = output.color;
  }

  /** A picture of the output; the given one stays the caller's. */
  fit(frame: Frame): Frame {
    const orientation = orientationOf(frame, this.#stream);
    const turned = orientation.rotation === 90 || orientation.rotation === 270;
    const upright = orientation.rotation === 0 && !orientation.flip;
    const { num, den } = frame.sampleAspectRatio ?? { num: 1, den: 1 };
    const wide = frame.width * num / den;
    const shown = turned
      ? { width: frame.height, height: wide }
      : { width: wide, height: frame.height };
    const { scaled } = fitOf(shown, { ...this.#target, ...this.#box(shown) });
    const before = turned ? { width: scaled.height, height: scaled.width } : scaled;
    using converted = this.#scaledTo(before).convert(frame);
    using straight = upright ? converted.clone() : turnFrame(converted, orientation);
    straight.sampleAspectRatio = { num: 1, den: 1 };
    const { size } = { size: this.#size };
    if (straight.width === size.width && straight.height === size.height) return straight.clone();
    return this.#placed(straight);
  }

  /** A picture whose shape changes midway fits into the output as it is. */
  #box(shown: Size): Pick<VideoTarget, "width" | "height"> {
    const { width, height } = this.#target;
    if (width !== undefined && height !== undefined) return {};
    const natural = fitOf(shown, this.#target).size;
    const { width: w, height: h } = this.#size;
    return natural.width === w && natural.height === h ? {} : { width: w, height: h };
  }

  #scaledTo(size: Size): Scaler {
    const key = `${size.width}x${size.height}`;
    if (this.#scaler.key !== key) {
      this.#scaler.scaler?.close();
      const { name } = this.#pixelFormat;
      this.#scaler.scaler = new Scaler({ to: { ...size, pixelFormat: name, color: this.#color } });
      this.#scaler.key = key;
    }
    return this.#scaler.scaler as Scaler;
  }

  /** Cut to the output's size, or in the middle of a black one. */
  #placed(frame: Frame): Frame {
    const format = this.#pixelFormat;
    const { width, height } = this.#size;
    const result = black(format, this.#size, frame);
    try {
      const from = { width: frame.width, height: frame.height };
      const x = Math.trunc((width - from.width) / 4) * 2;
      const y = Math.trunc((height - from.height) / 4) * 2;
      const shapes = planeShapes(format, from.width, from.height);
      const targets = planeShapes(format, width, height);
      shapes.forEach((shape, plane) => {
        const chroma = plane === 1 || plane === 2;
        const step = shape.bytes / (chroma ? -(-from.width >> format.log2ChromaWidth) : from.width);
        const across = Math.round((chroma ? x >> format.log2ChromaWidth : x) * step);
        const down = chroma ? y >> format.log2ChromaHeight : y;
        const bytes = Math.min(shape.bytes, targets[plane].bytes);
        const rows = Math.min(shape.rows, targets[plane].rows);
        const part = new Uint8Array(bytes * rows);
        const cut = { x: Math.max(0, -across), y: Math.max(0, -down), bytes, rows };
        frame.copyPlane(plane, part, cut);
        const place = { x: Math.max(0, across), y: Math.max(0, down), bytes, rows };
        result.writePlane(plane, part, place);
      });
      return result;
    } catch (error) {
      result.close();
      throw error;
    }
  }

  /** Releases the scaler. Twice is harmless. */
  close(): void {
    this.#scaler.scaler?.close();
    this.#scaler.scaler = undefined;
    this.#scaler.key = "";
  }

  /** {@link PictureFitter.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** A black picture with the properties of another one. */
function black(format: PixelFormat, size: Size, like: Frame): Frame {
  // Converted from a pixel, so that every format has its own black.
  using dot = Frame.video({
    pixelFormat: "rgba",
    width: 16,
    height: 16,
    planes: [{ data: dots, stride: 64 }],
  });
  using scaler = new Scaler({
    to: { ...size, pixelFormat: format.name, color: { range: like.color.range } },
    flags: ["neighbor"],
  });
  const result = scaler.convert(dot);
  result.copyProperties(like);
  return result;
}

const dots = new Uint8Array(16 * 16 * 4).map((_, i) => i % 4 === 3 ? 255 : 0);

/** A picture turned by quarters, of planes with whole bytes for each pixel. */
export function turnFrame(frame: Frame, { rotation, flip }: Orientation): Frame {
  const format = pixelFormat(frame.pixelFormat);
  const turned = rotation === 90 || rotation === 270;
  const size = turned
    ? { width: frame.height, height: frame.width }
    : { width: frame.width, height: frame.height };
  const result = Frame.video({ ...size, pixelFormat: format.name });
  try {
    result.copyProperties(frame);
    planeShapes(format, frame.width, frame.height).forEach(({ rows, bytes }, plane) => {
      const chroma = plane === 1 || plane === 2;
      const columns = chroma ? -(-frame.width >> format.log2ChromaWidth) : frame.width;
      const source = new Uint8Array(rows * bytes);
      frame.copyPlane(plane, source);
      const into = turnBytes(source, columns, rows, bytes / columns, { rotation, flip });
      result.writePlane(plane, into);
    });
    return result;
  } catch (error) {
    result.close();
    throw error;
  }
}

function turnBytes(
  source: Uint8Array,
  columns: number,
  rows: number,
  step: number,
  { rotation, flip }: Orientation,
): Uint8Array {
  if (!Number.isInteger(step)) throw new TypeError("pixels that share a byte cannot be turned");
  const into = new Uint8Array(source.length);
  const turned = rotation === 90 || rotation === 270;
  const [across, down] = turned ? [rows, columns] : [columns, rows];
  for (let y = 0, at = 0; y < down; y++) {
    for (let i = 0; i < across; i++) {
      const x = flip ? across - 1 - i : i;
      const [u, v] = rotation === 90
        ? [y, rows - 1 - x]
        : rotation === 180
        ? [columns - 1 - x, rows - 1 - y]
        : rotation === 270
        ? [columns - 1 - y, x]
        : [x, y];
      const from = (v * columns + u) * step;
      for (let b = 0; b < step; b++) into[at++] = source[from + b];
    }
  }
  return into;
}
