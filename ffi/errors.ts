/**
 * Errors before the first native call.
 *
 * @module
 */

/** No FFmpeg libraries were found; the message lists everything tried and what to do. */
export class LibraryNotFoundError extends Error {
  /** The class's name. */
  override name = "LibraryNotFoundError";
  /** Every name and path tried, in order, with the loader's answer. */
  readonly tried: readonly string[];

  /** Made by the search. */
  constructor(message: string, tried: readonly string[]) {
    super(message);
    this.tried = tried;
  }
}

/** Libraries were found, but not of a version this module knows, or not of one FFmpeg. */
export class UnsupportedVersionError extends Error {
  /** The class's name. */
  override name = "UnsupportedVersionError";
}
