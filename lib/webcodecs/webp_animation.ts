/**
 * Animated WebP: its frames as still pictures, and the canvas that they are painted on. libavcodec
 * before FFmpeg 9 decodes still pictures alone.
 *
 * @module
 */
import { Frame } from "../codec/frame.ts";
import { Scaler } from "../codec/scaler.ts";

/** A frame of an animation. */
export interface WebpFrame {
  /** Pixels from the left. */
  readonly x: number;
  /** Pixels from the top. */
  readonly y: number;
  /** Microseconds. */
  readonly duration: number;
  /** Laid over the canvas by its alpha; else it replaces the pixels there. */
  readonly blends: boolean;
  /** Its rectangle becomes transparent before the next frame. */
  readonly disposes: boolean;
  /** A still WebP of the frame alone. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** An animation. */
export interface WebpAnimation {
  /** Pixels of the canvas. */
  readonly width: number;
  /** Pixels of the canvas. */
  readonly height: number;
  /** Times that it is shown after the first; Infinity for ever. */
  readonly repetitions: number;
  /** The frames. */
  readonly frames: readonly WebpFrame[];
}

const CHUNK_HEADER = 8;
const FRAME_HEADER = 16;
const ANIMATION_FLAG = 2;
const ALPHA_FLAG = 0x10;
const MAX_PIXELS = 64 * 1024 * 1024;

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + CHUNK_HEADER <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const end = at + CHUNK_HEADER + size;
    if (end > bytes.length) return;
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    yield { name, data: bytes.subarray(at + CHUNK_HEADER, end) };
    at = end + (size & 1);
  }
}

const number24 = (bytes: Uint8Array, at: number) =>
  bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;

/** The animation in a file; undefined for a still picture. */
export function readWebpAnimation(bytes: Uint8Array): WebpAnimation | undefined {
  const [first, ...rest] = chunksOf(bytes.subarray(12));
  if (first?.name !== "VP8X" || first.data.length < 10) return undefined;
  if ((first.data[0] & ANIMATION_FLAG) === 0) return undefined;
  const [width, height] = [number24(first.data, 4) + 1, number24(first.data, 7) + 1];
  const control = rest.find(({ name }) => name === "ANIM")?.data;
  const loops = control !== undefined && control.length >= 6 ? control[4] | control[5] << 8 : 1;
  const frames = rest.flatMap(({ name, data }) =>
    name === "ANMF" && data.length > FRAME_HEADER ? [frameOf(data)] : []
  );
  if (frames.length === 0 || width * height > MAX_PIXELS) return undefined;
  return { width, height, repetitions: loops === 0 ? Infinity : loops - 1, frames };
}

function frameOf(data: Uint8Array): WebpFrame {
  const flags = data[15];
  return {
    x: number24(data, 0) * 2,
    y: number24(data, 3) * 2,
    duration: number24(data, 12) * 1000,
    blends: (flags & 2) === 0,
    disposes: (flags & 1) === 1,
    data: stillOf(data),
  };
}

/** A file of the chunks of a frame. */
function stillOf(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const hasAlpha = [...chunksOf(data.subarray(FRAME_HEADER))].some(({ name }) => name === "ALPH");
  const header = new Uint8Array(12 + (hasAlpha ? 18 : 0));
  const body = data.subarray(FRAME_HEADER);
  const file = new Uint8Array(header.length + body.length);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode("RIFF    WEBP"));
  view.setUint32(4, file.length - CHUNK_HEADER, true);
  if (hasAlpha) {
    file.set(new TextEncoder().encode("VP8X"), 12);
    view.setUint32(16, 10, true);
    file[20] = ALPHA_FLAG;
    // The size less 1, as the frame's own header has it.
    file.set(data.subarray(6, 12), 24);
  }
  file.set(body, header.length);
  return file;
}

/** The canvas of an animation, painted frame by frame. */
export class WebpCanvas {
  readonly #animation: WebpAnimation;
  readonly #pixels: Uint8Array<ArrayBuffer>;
  #next = 0;
  #dirty: { x: number; y: number; width: number; height: number } | undefined;

  constructor(animation: WebpAnimation) {
    this.#animation = animation;
    this.#pixels = new Uint8Array(animation.width * animation.height * 4);
  }

  /** Paints the next frame, which it closes; the canvas as it is then is the caller's. */
  paint(decoded: Frame): Frame {
    const { width, height, frames } = this.#animation;
    const { x, y, blends, disposes } = frames[this.#next++];
    if (this.#dirty) this.#clear(this.#dirty);
    try {
      using scaler = new Scaler({
        to: { pixelFormat: "rgba" },
        // The colours that WebP has where it is lossy.
        assume: { space: "smpte170m", range: "tv" },
        flags: ["accurate_rnd"],
      });
      using picture = scaler.convert(decoded);
      const part = {
        x,
        y,
        width: Math.max(0, Math.min(picture.width, width - x)),
        height: Math.max(0, Math.min(picture.height, height - y)),
      };
      const source = new Uint8Array(picture.width * picture.height * 4);
      picture.copyPlane(0, source);
      this.#draw(source, picture.width * 4, part, blends);
      this.#dirty = disposes ? part : undefined;
    } finally {
      decoded.close();
    }
    return Frame.video({
      pixelFormat: "rgba",
      width,
      height,
      planes: [{ data: this.#pixels, stride: width * 4 }],
    });
  }

  #clear({ x, y, width, height }: { x: number; y: number; width: number; height: number }): void {
    for (let row = y; row < y + height; row++) {
      const at = (row * this.#animation.width + x) * 4;
      this.#pixels.fill(0, at, at + width * 4);
    }
  }

  #draw(
    source: Uint8Array,
    stride: number,
    { x, y, width, height }: { x: number; y: number; width: number; height: number },
    blends: boolean,
  ): void {
    for (let row = 0; row < height; row++) {
      const from = source.subarray(row * stride, row * stride + width * 4);
      const at = ((y + row) * this.#animation.width + x) * 4;
      if (blends) blend(from, this.#pixels.subarray(at, at + width * 4));
      else this.#pixels.set(from, at);
    }
  }
}

/** Lays pixels over others; alpha is not multiplied in. */
function blend(source: Uint8Array, target: Uint8Array): void {
  for (let at = 0; at < source.length; at += 4) {
    const alpha = source[at + 3];
    const under = target[at + 3] * (255 - alpha) / 255;
    const sum = alpha + under;
    if (sum === 0) continue;
    for (let i = at; i < at + 3; i++) {
      target[i] = Math.round((source[i] * alpha + target[i] * under) / sum);
    }
    target[at + 3] = Math.round(sum);
  }
}
