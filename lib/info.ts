/**
 * The loaded libraries and their formats.
 *
 * @module
 */
import { nearest } from "./suggest.ts";
import { makeBytes, native, NULL, type OwnBytes, platform, type Pointer } from "../ffi/mod.ts";

/** The libraries that are loaded. */
export interface LibraryInfo {
  /** `deno` or `bun`. */
  readonly runtime: string;
  /** `linux`, `darwin`, `windows`, … */
  readonly os: string;
  /** `x86_64`, `aarch64`, … */
  readonly arch: string;
  /** FFmpeg's own version string. */
  readonly release: string;
  /** Each library's version: major, minor, micro. */
  readonly versions: {
    readonly avformat: readonly [major: number, minor: number, micro: number];
    readonly avcodec: readonly [major: number, minor: number, micro: number];
    readonly avutil: readonly [major: number, minor: number, micro: number];
  };
  /** The absolute path of each library. */
  readonly paths: { readonly avformat: string; readonly avcodec: string; readonly avutil: string };
  /** The comparisons of the ABI self-check. */
  readonly checked: readonly string[];
}

/** Loads the libraries if need be and tells what they are. Throws `LibraryNotFoundError`. */
export function libraryInfo(): LibraryInfo {
  const { versions, paths, release, checked } = native();
  return {
    runtime: platform.runtime,
    os: platform.os,
    arch: platform.arch,
    release,
    versions,
    paths: { avformat: paths.avformat, avcodec: paths.avcodec, avutil: paths.avutil },
    checked,
  };
}

/** A demuxer or a muxer. */
export interface FormatDescription {
  /** libav's short name. */
  readonly name: string;
  /** A name for people. */
  readonly longName: string;
  /** File name extensions, without the dot. */
  readonly extensions: string[];
  /** The MIME type, or null. */
  readonly mimeType: string | null;
}

/** The demuxers and muxers of the loaded libavformat (`av_demuxer_iterate`, `av_muxer_iterate`). */
export function listFormats(): { demuxers: FormatDescription[]; muxers: FormatDescription[] } {
  const lib = native();
  const collect = (
    next: (state: OwnBytes) => Pointer,
    struct: "AVInputFormat" | "AVOutputFormat",
  ): FormatDescription[] => {
    const state = makeBytes(8);
    const found: FormatDescription[] = [];
    for (let at = next(state); at !== NULL; at = next(state)) {
      const format = lib.struct(struct, at);
      const text = (field: string) =>
        format.at(field) === NULL ? null : lib.ffi.string(format.at(field));
      found.push({
        name: text("name") ?? "",
        longName: text("long_name") ?? "",
        extensions: (text("extensions") ?? "").split(",").filter(Boolean),
        mimeType: text("mime_type"),
      });
    }
    return found;
  };
  return {
    demuxers: collect(lib.avformat.av_demuxer_iterate, "AVInputFormat"),
    muxers: collect(lib.avformat.av_muxer_iterate, "AVOutputFormat"),
  };
}

/** The name of the format that was probably meant; undefined where none is near. */
export function formatMeant(
  given: string,
  formats: readonly FormatDescription[],
): string | undefined {
  const wanted = given.toLowerCase().replace(/^\./, "");
  const names = formats.flatMap(({ name }) => name.split(","));
  return names.find((name) => name === wanted) ??
    formats.find(({ extensions }) => extensions.includes(wanted))?.name.split(",")[0] ??
    nearest(wanted, names);
}
