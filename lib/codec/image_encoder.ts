/**
 * One picture as the bytes of an image file.
 *
 * @module
 */
import { encoderNames, findEncoder } from "./codecs.ts";
import { EncoderSync } from "./encoder.ts";
import { Frame } from "./frame.ts";
import { Scaler } from "./scaler.ts";
import { supportedFormats } from "./supported_formats.ts";

/** The type of an image, or the pixels themselves. */
export type ImageType = "image/jpeg" | "image/png" | "image/webp" | "rgba";

/** Upright pixels: red, green, blue and alpha, row by row. */
export interface Pixels {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

const codecs: Readonly<Record<Exclude<ImageType, "rgba">, string>> = {
  "image/jpeg": "mjpeg",
  "image/png": "png",
  "image/webp": "webp",
};

const DEFAULT_QUALITY = 0.85;
/** The quantizers of mjpeg: from 2, the best one, to 31. */
const BEST_QUANTIZER = 2;
const WORST_QUANTIZER = 31;
const FF_QP2LAMBDA = 118;

/** Throws a TypeError for an unknown type, a RangeError for a quality that is not from 0 to 1. */
export function assertImageOptions(type: unknown, quality: unknown): void {
  if (type !== undefined && type !== "rgba" && !Object.hasOwn(codecs, String(type))) {
    throw new TypeError(
      `type must be ${Object.keys(codecs).join(", ")} or rgba, not ${JSON.stringify(type)}`,
    );
  }
  if (quality === undefined) return;
  if (typeof quality === "number" && quality >= 0 && quality <= 1) return;
  throw new RangeError(`quality must be a number from 0 to 1, not ${String(quality)}`);
}

/** The bytes of an image file. Throws a TypeError where libavcodec has no encoder of the type. */
export function encodeImage(
  { data, width, height }: Pixels,
  type: ImageType,
  quality: number = DEFAULT_QUALITY,
): Uint8Array<ArrayBuffer> {
  if (type === "rgba") return data;
  const codec = codecs[type];
  if (encoderNames(codec).length === 0) {
    throw new TypeError(`this libavcodec has no encoder for ${type}: use image/jpeg or image/png`);
  }
  const jpeg = type === "image/jpeg";
  // A JPEG has no alpha: what is transparent is black, as in a canvas.
  if (jpeg) blendWithBlack(data);
  using rgba = Frame.video({
    pixelFormat: "rgba",
    width,
    height,
    pts: 0,
    planes: [{ data, stride: width * 4 }],
  });
  const entry = findEncoder(codec, codec === "webp" ? ["libwebp"] : []);
  const { pixelFormats } = supportedFormats(entry);
  const pixelFormat = jpeg
    ? (pixelFormats?.includes("yuvj420p") ? "yuvj420p" : "yuv420p")
    : pixelFormats?.includes("rgba")
    ? "rgba"
    : pixelFormats?.includes("bgra")
    ? "bgra"
    : "yuva420p";
  // A file of JPEG is of full range and BT.601, whatever the video was.
  const color = jpeg ? { space: "bt470bg", range: "pc" } : {};
  using scaler = new Scaler({ to: { pixelFormat, color }, flags: ["bicubic", "accurate_rnd"] });
  using frame = scaler.convert(rgba);
  frame.pts = 0;
  const quantizer = Math.round(WORST_QUANTIZER - quality * (WORST_QUANTIZER - BEST_QUANTIZER));
  using encoder = EncoderSync.open({
    encoder: entry.name,
    threads: 1,
    globalHeader: false,
    timeBase: { num: 1, den: 25 },
    stream: { type: "video", width, height, pixelFormat, color },
    options: jpeg
      ? { flags: "+qscale", global_quality: quantizer * FF_QP2LAMBDA, strict: "unofficial" }
      : codec === "webp"
      ? { quality: Math.round(quality * 100) }
      : {},
  });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const packet of encoder.encode(frame)) parts.push(packet.data);
  for (const packet of encoder.encode(null)) parts.push(packet.data);
  if (parts.length !== 1) {
    throw new Error(`${entry.name} made ${parts.length} packets of a picture`);
  }
  return parts[0];
}

function blendWithBlack(data: Uint8Array): void {
  for (let i = 3; i < data.length; i += 4) {
    const alpha = data[i];
    if (alpha === 255) continue;
    for (let c = i - 3; c < i; c++) data[c] = Math.round(data[c] * alpha / 255);
    data[i] = 255;
  }
}
