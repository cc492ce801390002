/**
 * `ImageDecoder`.
 *
 * @module
 */
import { bufferSource, bytesOf, checkTransfer, detachAll } from "./buffer_source.ts";
import type { ImageDecodeOptions, ImageDecoderInit } from "./codec_types.ts";
import { codecError } from "./control_queue.ts";
import { isImageType } from "./image_file.ts";
import { ImageSession } from "./image_session.ts";
import type { ImageTrackList } from "./image_track_list.ts";
import { defineInterface } from "./interface_shape.ts";
import type { VideoFrame } from "./video_frame.ts";
import {
  arrayBuffer,
  boolean,
  type Converter,
  dictionary,
  domString,
  enforcedUnsignedLong,
  enumeration,
  requireArguments,
  sequence,
} from "./webidl.ts";

/** A decoded picture. */
export interface ImageDecodeResult {
  /** True where no more detail will come. */
  complete: boolean;
  /** The picture, which the program closes. */
  image: VideoFrame;
}

type Init = ImageDecoderInit & { transfer: ArrayBuffer[] };

const imageDecoderInit: Converter<Init> = dictionary({
  type: { type: domString, required: true },
  data: { type: imageSource, required: true },
  colorSpaceConversion: { type: enumeration(["default", "none"]), initial: () => "default" },
  desiredWidth: { type: enforcedUnsignedLong },
  desiredHeight: { type: enforcedUnsignedLong },
  preferAnimation: { type: boolean },
  transfer: { type: sequence(arrayBuffer), initial: () => [] },
});

const decodeOptions: Converter<Required<ImageDecodeOptions>> = dictionary({
  frameIndex: { type: enforcedUnsignedLong, initial: () => 0 },
  completeFramesOnly: { type: boolean, initial: () => true },
});

function imageSource(value: unknown, what: string): ImageDecoderInit["data"] {
  return value instanceof ReadableStream ? value : bufferSource(value, what);
}

/**
 * Decodes images: PNG, APNG, JPEG, GIF, WebP, AVIF, BMP and icons, as far as the libraries here do.
 *
 * @example
 * ```ts
 * import { ImageDecoder } from "@avio/avio/webcodecs";
 *
 * console.log(await ImageDecoder.isTypeSupported("image/png"));
 * ```
 */
export class ImageDecoder {
  readonly #session: ImageSession;

  /** Takes the bytes of an image, or a stream of them. */
  constructor(init: ImageDecoderInit) {
    requireArguments(arguments.length, 1, "ImageDecoder");
    const { type, data, transfer, ...given } = imageDecoderInit(init, "ImageDecoderInit");
    const { desiredWidth: width, desiredHeight: height } = given;
    if ((width === undefined) !== (height === undefined) || width === 0 || height === 0) {
      throw new TypeError("desiredWidth and desiredHeight are given together, and are above 0");
    }
    if (!/^[\w.+-]+\/[\w.+-]+$/.test(type)) {
      throw new TypeError(`type: expected a MIME type, not ${JSON.stringify(type)}`);
    }
    checkTransfer(transfer);
    const mimeType = type.toLowerCase();
    const options = {
      type: mimeType,
      preferAnimation: given.preferAnimation,
      size: width === undefined || height === undefined ? undefined : { width, height },
    };
    if (data instanceof ReadableStream) {
      if (data.locked) throw new TypeError("data: the stream is locked");
      this.#session = new ImageSession(options);
      this.#session.read(data);
    } else {
      const { bytes, detached } = bytesOf(data, "data");
      if (detached || bytes.length === 0) throw new TypeError("data: there are no bytes");
      const copy = bytes.slice();
      detachAll(transfer);
      this.#session = new ImageSession(options);
      this.#session.end(copy);
    }
  }

  /** The MIME type; empty once closed. */
  get type(): string {
    return this.#session.type;
  }

  /** True once all bytes are there. */
  get complete(): boolean {
    return this.#session.complete;
  }

  /** Resolves once all bytes are there. */
  get completed(): Promise<undefined> {
    try {
      return this.#session.completed.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The tracks. */
  get tracks(): ImageTrackList {
    return this.#session.list;
  }

  /** Decodes a frame of the selected track; a RangeError past its end. */
  async decode(options: ImageDecodeOptions = {}): Promise<ImageDecodeResult> {
    const session = this.#session;
    const { frameIndex } = decodeOptions(options, "ImageDecodeOptions");
    const image = await session.decode(frameIndex).catch((error) => {
      throw error instanceof RangeError || error instanceof DOMException
        ? error
        : codecError(error, "EncodingError");
    });
    return { image, complete: true };
  }

  /** Rejects what waits. */
  reset(): void {
    this.#session.abort(new DOMException("the decoder was reset", "AbortError"));
  }

  /** Ends it, and gives its memory back. */
  close(): void {
    this.#session.close();
  }

  /** Whether the libraries here can decode images of a MIME type. */
  // deno-lint-ignore require-await -- every failure is a rejection
  static async isTypeSupported(type: string): Promise<boolean> {
    requireArguments(arguments.length, 1, "isTypeSupported");
    return isImageType(domString(type, "type").toLowerCase());
  }
}
defineInterface(ImageDecoder);
