/**
 * A frame as a picture to be shown: upright, of square pixels, of the size that is asked for.
 *
 * @module
 */
import { quoted } from "../check.ts";
import type { Stream } from "../format/types.ts";
import type { Frame } from "./frame.ts";
import { FrameReader } from "./frame_reader.ts";
import { assertImageOptions, encodeImage, type ImageType, type Pixels } from "./image_encoder.ts";
import { orientationOf, turnPixels } from "./orientation.ts";
import { Scaler } from "./scaler.ts";

/** How a thumbnail is made. */
export interface ThumbnailShape {
  /** Pixels at most; default as wide as the picture is shown, or as `height` makes it. */
  readonly width?: number | undefined;
  /** Pixels at most; default as high as the picture is shown, or as `width` makes it. */
  readonly height?: number | undefined;
  /** Default `image/jpeg`; `rgba` for the pixels, four bytes each. */
  readonly type?: ImageType | undefined;
  /** From 0 to 1, for types that lose something; default 0.85. */
  readonly quality?: number | undefined;
  /** True, the default: the very frame that is shown; false: the keyframe at or before it. */
  readonly exact?: boolean | undefined;
}

/** A thumbnail. */
export interface Thumbnail {
  /** The bytes of an image file, or of the pixels. */
  data: Uint8Array<ArrayBuffer>;
  /** Their type. */
  type: ImageType;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** Seconds from the beginning of the media at which the frame begins to be shown. */
  time: number;
}

const MAX_SIDE = 32768;

/** Throws for a size, a type or a quality that cannot be. */
export function assertThumbnailShape({ width, height, type, quality }: ThumbnailShape): void {
  for (const [name, value] of Object.entries({ width, height })) {
    if (value === undefined) continue;
    if (Number.isInteger(value) && value >= 1 && value <= MAX_SIDE) continue;
    throw new RangeError(
      `${name} must be a whole number from 1 to ${MAX_SIDE}, not ${quoted(value)}`,
    );
  }
  assertImageOptions(type, quality);
}

/** The size of a picture within a box, its shape kept; both sides at least a pixel. */
export function sizeWithin(
  shown: { readonly width: number; readonly height: number },
  { width, height }: Pick<ThumbnailShape, "width" | "height">,
): { width: number; height: number } {
  const scale = Math.min(
    (width ?? Infinity) / shown.width,
    (height ?? Infinity) / shown.height,
  );
  const by = scale === Infinity ? 1 : scale;
  const side = (value: number, most = Infinity) =>
    Math.max(1, Math.min(Math.round(value * by), most));
  return { width: side(shown.width, width), height: side(shown.height, height) };
}

/** The pixels of a frame as it is to be shown. */
export function uprightPixels(
  frame: Frame,
  stream: Stream,
  box: Pick<ThumbnailShape, "width" | "height">,
  scaler: (to: { width: number; height: number }) => Scaler,
): Pixels {
  const orientation = orientationOf(frame, stream);
  const turned = orientation.rotation === 90 || orientation.rotation === 270;
  const ratio = frame.sampleAspectRatio ??
    (stream.type === "video" ? stream.sampleAspectRatio : null) ?? { num: 1, den: 1 };
  const wide = Math.max(1, Math.round(frame.width * ratio.num / ratio.den));
  const shown = turned
    ? { width: frame.height, height: wide }
    : { width: wide, height: frame.height };
  const size = sizeWithin(shown, box);
  const before = turned ? { width: size.height, height: size.width } : size;
  using scaled = scaler(before).convert(frame);
  const pixels = new Uint8Array(before.width * before.height * 4);
  scaled.copyPlane(0, pixels);
  return { ...size, data: turnPixels(pixels, before.width, before.height, orientation) };
}

/** Makes thumbnails of one reader's frames. */
export class ThumbnailMaker implements Disposable {
  readonly #reader: FrameReader;
  readonly #shape: ThumbnailShape;
  #scaler: Scaler | undefined;
  #size = "";

  /** The reader stays the caller's. */
  constructor(reader: FrameReader, shape: ThumbnailShape) {
    assertThumbnailShape(shape);
    if (reader.stream.type !== "video") throw new TypeError("a thumbnail is made of video");
    this.#reader = reader;
    this.#shape = shape;
  }

  /** The picture that is shown at a time in seconds; after the end, the last one. */
  at(time: number): Thumbnail {
    this.#reader.seek(time, this.#shape.exact ?? true);
    using frame = this.#reader.next() ?? this.#reader.takeLast();
    if (frame === undefined) throw new RangeError(`there is no picture at ${time} s`);
    const { type = "image/jpeg", quality } = this.#shape;
    const pixels = uprightPixels(
      frame,
      this.#reader.stream,
      this.#shape,
      (size) => this.#scalerTo(size),
    );
    return {
      data: encodeImage(pixels, type, quality),
      type,
      width: pixels.width,
      height: pixels.height,
      time: this.#reader.secondsOf(frame.pts as number),
    };
  }

  #scalerTo(size: { width: number; height: number }): Scaler {
    const key = `${size.width}x${size.height}`;
    if (this.#scaler === undefined || key !== this.#size) {
      this.#scaler?.close();
      this.#scaler = new Scaler({ to: { ...size, pixelFormat: "rgba" } });
      this.#size = key;
    }
    return this.#scaler;
  }

  /** Releases the scaler. Twice is harmless. */
  close(): void {
    this.#scaler?.close();
    this.#scaler = undefined;
  }

  /** {@link ThumbnailMaker.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
