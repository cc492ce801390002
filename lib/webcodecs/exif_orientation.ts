/**
 * The orientation that a JPEG's Exif asks for.
 *
 * @module
 */
import { type Orientation, orientationOfExif } from "../codec/orientation.ts";

const ORIENTATION = 0x0112;

/** The orientation of a JPEG; upright where it says none. */
export function jpegOrientation(bytes: Uint8Array): Orientation {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    const size = view.getUint16(at + 2);
    if (marker === 0xe1 && at + 2 + size <= bytes.length) {
      const found = exifOrientation(view, at + 4, at + 2 + size);
      if (found !== undefined) return orientationOfExif(found);
    }
    // The picture itself begins: no headers follow.
    if (marker === 0xda) break;
    at += 2 + size;
  }
  return orientationOfExif(1);
}

function exifOrientation(view: DataView, start: number, end: number): number | undefined {
  const tiff = start + 6;
  if (tiff + 8 > end || view.getUint32(start) !== 0x45786966) return undefined;
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  if (directory + 2 > end) return undefined;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > end) return undefined;
    if (view.getUint16(entry, little) === ORIENTATION) return view.getUint16(entry + 8, little);
  }
  return undefined;
}
