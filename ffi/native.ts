/**
 * The type of the opened libraries, which every file above them is written against.
 *
 * @module
 */
import type { structs } from "./layouts/structs.ts";
import type { ResolvedStruct, Struct } from "./struct.ts";
import type * as tables from "./symbols.ts";
import type { Ffi, NativeFunctions, Pointer } from "./types.ts";

/** The structs whose layout is known. */
export type StructName = keyof typeof structs;

/** A library's version: major, minor, micro. */
export type Version = readonly [major: number, minor: number, micro: number];

/** Everything above `ffi/` needs of the native side. */
export interface Native {
  readonly ffi: Ffi;
  readonly avformat: NativeFunctions<typeof tables.avformat>;
  readonly avcodec: NativeFunctions<typeof tables.avcodec>;
  readonly avutil: NativeFunctions<typeof tables.avutil>;
  readonly libc: NativeFunctions<typeof tables.libc>;
  /** libswscale, opened at the first call. Throws {@link LibraryNotFoundError} without it. */
  readonly swscale: () => NativeFunctions<typeof tables.swscale>;
  /** libswresample, in the same way. */
  readonly swresample: () => NativeFunctions<typeof tables.swresample>;
  readonly versions: {
    readonly avformat: Version;
    readonly avcodec: Version;
    readonly avutil: Version;
  };
  /** FFmpeg's own version string, such as `5.1.9-0+deb12u1`. */
  readonly release: string;
  /** The absolute path that each library was opened from. */
  readonly paths: { readonly avformat: string; readonly avcodec: string; readonly avutil: string };
  /** The comparisons of the ABI self-check, one line each. */
  readonly checked: readonly string[];
  /** The struct at an address. */
  struct(name: StructName, pointer: Pointer): Struct;
  layout(name: StructName): ResolvedStruct;
}
