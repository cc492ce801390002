/**
 * libswscale and libswresample: opened at their first use, from where the other libraries are.
 *
 * @module
 */
import { UnsupportedVersionError } from "./errors.ts";
import { noOptionalLibrary } from "./missing_library.ts";
import type { OptionalLibraryName } from "./layouts/types.ts";
import type { Candidate } from "./search.ts";
import type { Ffi, NativeFunctions, SymbolTable } from "./types.ts";

const purposes: Readonly<Record<OptionalLibraryName, string>> = {
  swscale: "Converting and scaling pictures",
  swresample: "Converting and resampling sound",
};

/**
 * Runs `make` at the first call and answers with its result ever after; a failure is tried again.
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * Opens the library that belongs to the loaded ones. Throws {@link LibraryNotFoundError} where it
 * is missing, {@link UnsupportedVersionError} where it is of another FFmpeg.
 */
export function openOptional<T extends SymbolTable>(
  ffi: Ffi,
  candidate: Candidate,
  name: OptionalLibraryName,
  table: T,
): NativeFunctions<T> {
  const path = candidate.path(name);
  let symbols: NativeFunctions<T>;
  try {
    if (path === undefined) throw new Error("no such file");
    symbols = ffi.open(path, table, [`${name}_version`]).symbols;
  } catch (error) {
    const where = path ??
      (candidate.folder === undefined
        ? candidate.name(name)
        : `${candidate.folder}/${candidate.name(name)}`);
    throw noOptionalLibrary(
      ffi,
      `lib${name} was not found. ${purposes[name]} needs lib${name} ${
        candidate.majors[name]
      }, of the same FFmpeg as libavutil ${candidate.majors.avutil}.`,
      `${where}: ${(error as Error).message.split("\n")[0]}`,
    );
  }
  const found = symbols[`${name}_version` as keyof T] as unknown as () => number;
  const major = found() >>> 16;
  if (major !== candidate.majors[name]) {
    throw new UnsupportedVersionError(
      `${path} is lib${name} ${major}; lib${name} ${candidate.majors[name]} belongs to this FFmpeg`,
    );
  }
  return symbols;
}
