/**
 * The shape of the generated tables of struct layouts.
 *
 * @module
 */

/** The libraries whose structs are read. */
export type LibraryName = "avformat" | "avcodec" | "avutil";

/** Major and minor version of the library that owns a struct. */
export type Version = readonly [major: number, minor: number];

/**
 * The type of the value at an offset. C enums are `i32`; `bytes` is a struct, a union or an array,
 * whose own members follow under dotted names where they are read.
 */
export type FieldType =
  | "u8"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "f64"
  | "pointer"
  | "bytes";

/** The size of a struct from a version on, up to the next entry. */
export interface SizeEntry {
  readonly since: Version;
  readonly bytes: number;
  /** On 64-bit Windows, where it differs. */
  readonly windows?: number;
}

/** Where a field is over a range of versions. */
export interface FieldEntry {
  readonly since: Version;
  /** The first version for which this is no longer so; absent while it still is. */
  readonly until?: Version;
  readonly offset: number;
  /** On 64-bit Windows, where it differs. */
  readonly windows?: number;
  /** Where it is not the field's own. */
  readonly type?: FieldType;
}

/** A field over all known versions, oldest entry first. */
export interface FieldTable {
  readonly type: FieldType;
  /** Of a bit-field: the lowest bit of the unit at the offset, and how many. */
  readonly bits?: readonly [first: number, count: number];
  readonly at: readonly FieldEntry[];
}

/** A struct over all known versions. */
export interface StructTable {
  readonly library: LibraryName;
  readonly size: readonly SizeEntry[];
  readonly fields: Readonly<Record<string, FieldTable>>;
}

/** All structs, by C name. */
export type StructTables = Readonly<Record<string, StructTable>>;

/** A field of one version. */
export interface ResolvedField {
  readonly offset: number;
  readonly type: FieldType;
  /** As in {@link FieldTable}. */
  readonly bits?: readonly [first: number, count: number];
}

/** A struct of one version: a field that version lacks is absent. */
export interface ResolvedStruct {
  readonly size: number;
  readonly fields: Readonly<Record<string, ResolvedField>>;
}

/** A full library version: major, minor, micro. */
export type FullVersion = readonly [
  major: number,
  minor: number,
  micro: number,
];

/** An FFmpeg release whose layouts are in the tables. */
export interface Release {
  readonly ffmpeg: string;
  readonly avformat: FullVersion;
  readonly avcodec: FullVersion;
  readonly avutil: FullVersion;
}

/** The libraries opened at their first use, which need not be installed. */
export type OptionalLibraryName = "swscale" | "swresample";

/** Major versions of libraries that belong together. */
export type Majors = Readonly<Record<LibraryName | OptionalLibraryName, number>>;
