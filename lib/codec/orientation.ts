/**
 * Which way up a picture is.
 *
 * @module
 */
import type { SideData, Stream } from "../format/types.ts";
import type { Frame } from "./frame.ts";

/** How a picture is to be turned to be upright. */
export interface Orientation {
  /** Degrees clockwise. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Mirrored, left for right, after the rotation. */
  readonly flip: boolean;
}

const UPRIGHT: Orientation = { rotation: 0, flip: false };

// EXIF's numbers, from 1 on.
const exif: readonly Orientation[] = [
  UPRIGHT,
  { rotation: 0, flip: true },
  { rotation: 180, flip: false },
  { rotation: 180, flip: true },
  { rotation: 90, flip: true },
  { rotation: 90, flip: false },
  { rotation: 270, flip: true },
  { rotation: 270, flip: false },
];

/** The orientation of an EXIF number, 1 to 8; upright for any other. */
export function orientationOfExif(number: number): Orientation {
  return exif[number - 1] ?? UPRIGHT;
}

/** The orientation of a display matrix, to the nearest quarter turn. */
export function orientationOfMatrix(matrix: Uint8Array): Orientation {
  if (matrix.length < 36) return UPRIGHT;
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength);
  const at = (i: number) => view.getInt32(i * 4, true);
  const [a, b, c, d] = [at(0), at(1), at(3), at(4)];
  const flip = a * d - b * c < 0;
  const turns = Math.round(Math.atan2(b, flip ? -a : a) / (Math.PI / 2));
  return { rotation: ((turns + 4) % 4 * 90) as Orientation["rotation"], flip };
}

function matrixIn(sideData: readonly SideData[]): Uint8Array | undefined {
  return sideData.find(({ type }) => /display ?matrix/i.test(type))?.data;
}

/** How the frames of a stream are to be turned, where they do not say themselves. */
export function orientationOfStream({ sideData }: Stream): Orientation {
  const matrix = matrixIn(sideData);
  return matrix === undefined ? UPRIGHT : orientationOfMatrix(matrix);
}

/** How a frame is to be turned: by its own matrix, its stream's, or the EXIF of an image. */
export function orientationOf(frame: Frame, stream: Stream): Orientation {
  const matrix = matrixIn(frame.sideData) ?? matrixIn(stream.sideData);
  if (matrix !== undefined) return orientationOfMatrix(matrix);
  const { Orientation: number } = frame.metadata;
  return orientationOfExif(Number(number));
}

/** Turns pixels of four bytes; the result is new unless there is nothing to turn. */
export function turnPixels(
  pixels: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
  { rotation, flip }: Orientation,
): Uint8Array<ArrayBuffer> {
  if (rotation === 0 && !flip) return pixels;
  const from = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height);
  const into = new Uint32Array(width * height);
  const across = rotation === 0 || rotation === 180 ? width : height;
  const down = rotation === 0 || rotation === 180 ? height : width;
  // The place in the source of the result's first pixel, and the steps to the next ones.
  const right = rotation === 0 ? 1 : rotation === 90 ? -width : rotation === 180 ? -1 : width;
  const below = rotation === 0 ? width : rotation === 90 ? 1 : rotation === 180 ? -width : -1;
  let first = rotation === 0
    ? 0
    : rotation === 90
    ? width * (height - 1)
    : rotation === 180
    ? width * height - 1
    : width - 1;
  let step = right;
  if (flip) {
    first += right * (across - 1);
    step = -right;
  }
  for (let y = 0, at = 0; y < down; y++) {
    for (let x = 0, source = first + y * below; x < across; x++, source += step) {
      into[at++] = from[source];
    }
  }
  return new Uint8Array(into.buffer);
}
