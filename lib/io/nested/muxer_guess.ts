/**
 * The muxer of a name, and the names of images.
 *
 * @module
 */
import { cString, native, NULL, type Pointer } from "../../../ffi/mod.ts";

const AVFMT_NOFILE = 1;

/** A muxer, as libavformat knows it. */
export interface MuxerGuess {
  readonly pointer: Pointer;
  /** The name libavformat gives it: all of them, for a format of several. */
  readonly name: string;
  /** True where it opens files of its own. */
  readonly manyFiles: boolean;
}

/** The muxer of a format's name, else the one for a file's name (`av_guess_format`). */
export function guessMuxer(format: string | undefined, name: string): MuxerGuess | undefined {
  const lib = native();
  const pointer = lib.avformat.av_guess_format(
    format === undefined ? null : cString(format),
    format === undefined ? cString(name) : null,
    null,
  );
  if (pointer === NULL) return undefined;
  const struct = lib.struct("AVOutputFormat", pointer);
  const known = lib.ffi.string(struct.at("name"));
  // null has no file at all.
  const manyFiles = known !== "null" && (struct.number("flags") & AVFMT_NOFILE) !== 0;
  return { pointer, name: known, manyFiles };
}

/** True for a name with an image's extension, for which alone image2 is chosen by name. */
export function isImageName(name: string): boolean {
  const extension = /\.[A-Za-z0-9_]{1,16}$/.exec(name)?.[0];
  if (extension === undefined) return false;
  let known = imageExtensions.get(extension);
  if (known === undefined) {
    if (imageExtensions.size >= MAX_EXTENSIONS) imageExtensions.clear();
    imageExtensions.set(extension, known = isImageExtension(extension));
  }
  return known;
}

const MAX_EXTENSIONS = 64;
const imageExtensions = new Map<string, boolean>();

function isImageExtension(extension: string): boolean {
  // A numbered name with an image's extension is image2's, and no other is.
  return guessMuxer(undefined, `%d${extension}`)?.name === "image2";
}
