/**
 * The interfaces of WebCodecs as globals.
 *
 * @module
 */
import { nameOf } from "../check.ts";
import { plainOptions } from "../plain_options.ts";
import { AudioData } from "./audio_data.ts";
import { AudioDecoder } from "./audio_decoder.ts";
import { AudioEncoder } from "./audio_encoder.ts";
import { DOMRectReadOnlyClass } from "./dom_rect.ts";
import { EncodedAudioChunk } from "./encoded_audio_chunk.ts";
import { EncodedVideoChunk } from "./encoded_video_chunk.ts";
import type { CanvasLike } from "./frame_canvas.ts";
import { ImageDecoder } from "./image_decoder.ts";
import { ImageTrack } from "./image_track.ts";
import { ImageTrackList } from "./image_track_list.ts";
import { VideoColorSpace } from "./video_color_space.ts";
import { VideoDecoder } from "./video_decoder.ts";
import { VideoEncoder } from "./video_encoder.ts";
import { VideoFrame } from "./video_frame.ts";

/** A canvas module, such as @napi-rs/canvas. */
export interface CanvasModule {
  /** Makes a canvas. */
  createCanvas(width: number, height: number): CanvasLike;
  /** Its class of pixels. */
  readonly ImageData?: unknown;
}

/** Options of {@link install}. */
export interface InstallOptions {
  /**
   * Becomes `OffscreenCanvas` and `OffscreenCanvasRenderingContext2D`, and `ImageData` where there
   * is none, for libraries that paint frames.
   */
  readonly canvas?: CanvasModule | undefined;
}

/**
 * Puts each interface of WebCodecs that `target` lacks there, as browsers have it, so that
 * libraries made for browsers find them. Returns the names that it has put.
 *
 * @example
 * ```ts
 * import { install } from "@avio/avio/webcodecs";
 *
 * install();
 * console.log("VideoDecoder" in globalThis);
 * ```
 */
export function install(target: object = globalThis, options: InstallOptions = {}): string[] {
  const { canvas } = plainOptions("install", options, { canvas: true });
  if ((typeof target !== "object" && typeof target !== "function") || target === null) {
    throw new TypeError(`install: expected an object to put them on, not ${nameOf(target)}`);
  }
  const interfaces: Readonly<Record<string, unknown>> = {
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMRectReadOnly: DOMRectReadOnlyClass,
    EncodedAudioChunk,
    EncodedVideoChunk,
    ImageDecoder,
    ImageTrack,
    ImageTrackList,
    VideoColorSpace,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
  };
  const put = Object.keys(interfaces).filter((name) => !(name in target));
  for (const name of put) define(target, name, interfaces[name]);
  if (canvas !== undefined) put.push(...installCanvas(target, canvas));
  return put;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** A canvas that is asked for replaces one that cannot paint. */
function installCanvas(target: object, { createCanvas, ImageData }: CanvasModule): string[] {
  function OffscreenCanvas(width: number, height: number): CanvasLike {
    return createCanvas(width, height);
  }
  const sample = createCanvas(1, 1);
  OffscreenCanvas.prototype = Object.getPrototypeOf(sample);
  define(target, "OffscreenCanvas", OffscreenCanvas);
  const context = sample.getContext("2d") as object;
  define(target, "OffscreenCanvasRenderingContext2D", context.constructor);
  if (ImageData === undefined || "ImageData" in target) {
    return ["OffscreenCanvas", "OffscreenCanvasRenderingContext2D"];
  }
  define(target, "ImageData", ImageData);
  return ["OffscreenCanvas", "OffscreenCanvasRenderingContext2D", "ImageData"];
}
