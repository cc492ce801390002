/**
 * The blocks of a GIF: how many frames are there in whole, and how often it repeats.
 *
 * @module
 */

/** The known blocks of a GIF, whose end may be missing. */
export interface GifInfo {
  /** Frames that are there in whole. */
  readonly frames: number;
  /** Bytes up to the end of the last of them. */
  readonly end: number;
  /** Times that it is shown after the first; Infinity for ever. */
  readonly repetitions: number;
}

const HEADER_SIZE = 13;
const IMAGE = 0x2c;
const EXTENSION = 0x21;
const APPLICATION = 0xff;
const tableSize = (flags: number) => flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;

/** Reads the blocks; undefined where the header is not there in whole. */
export function readGif(bytes: Uint8Array): GifInfo | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  let at = HEADER_SIZE + tableSize(bytes[10]);
  if (at > bytes.length) return undefined;
  let [frames, end, repetitions] = [0, at, 0];
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === EXTENSION) {
      const next = skipBlocks(bytes, at + 2);
      if (next === undefined) break;
      if (bytes[at + 1] === APPLICATION) repetitions = loopsOf(bytes, at) ?? repetitions;
      at = next;
    } else if (kind === IMAGE && at + 10 <= bytes.length) {
      const next = skipBlocks(bytes, at + 11 + tableSize(bytes[at + 9]));
      if (next === undefined) break;
      at = end = next;
      frames++;
    } else break;
  }
  return { frames, end, repetitions };
}

/** The byte after a run of blocks; undefined where its end is missing. */
function skipBlocks(bytes: Uint8Array, at: number): number | undefined {
  while (at < bytes.length) {
    const size = bytes[at];
    at += size + 1;
    if (size === 0) return at;
  }
  return undefined;
}

function loopsOf(bytes: Uint8Array, at: number): number | undefined {
  const name = String.fromCharCode(...bytes.subarray(at + 3, at + 14));
  if (name !== "NETSCAPE2.0" && name !== "ANIMEXTS1.0") return undefined;
  const loops = bytes[at + 16] | bytes[at + 17] << 8;
  return loops === 0 ? Infinity : loops;
}
