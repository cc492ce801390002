/**
 * What may be opened at all, whoever asks: the settings that leave `io_open` as the only way out.
 *
 * @module
 */
import { cString, native, NULL, type Pointer, PointerSlot, readPointer } from "../../../ffi/mod.ts";
import type { OptionValue } from "../../dictionary.ts";

/**
 * Demuxers that reach for the network or for other libraries by themselves, never through
 * `io_open`. `protocol_whitelist` stops most of them too; here they are not even entered.
 */
const forbidden: ReadonlySet<string> = new Set([
  "rtsp",
  "sdp",
  "rtp",
  "sap",
  "avisynth",
  "vapoursynth",
  "dvdvideo",
]);

/** libavformat's major of the first version whose DASH demuxer asks `io_open` (FFmpeg 7.0). */
export const DASH_USES_IO_OPEN_MAJOR = 61;
/** libavformat's major from which a context with its own `io_open` closes with `io_close2`. */
const IO_CLOSE2_EVERYWHERE_MAJOR = 63;

/**
 * The demuxers allowed, for `format_whitelist`. image2 looks for files by name as soon as another
 * demuxer (concat) opens one through it, so the two are never allowed together.
 */
export function allowedDemuxers(wanted: { format?: string; name?: string }): string {
  const { avformat: [major] } = native().versions;
  const images = wanted.format === "image2" ||
    (wanted.format === undefined && isImageName(wanted.name ?? ""));
  return lists[images ? "images" : "others"] ??= demuxerNames().filter((name) => {
    if (forbidden.has(name)) return false;
    if (name === "dash") return major >= DASH_USES_IO_OPEN_MAJOR;
    if (name === "imf") return major >= IO_CLOSE2_EVERYWHERE_MAJOR;
    return name !== (images ? "concat" : "image2");
  }).join(",");
}

const lists: { images?: string; others?: string } = {};

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

let names: readonly string[] | undefined;

/** Every demuxer's name as libavformat compares it (`av_demuxer_iterate`). */
function demuxerNames(): readonly string[] {
  if (names !== undefined) return names;
  const lib = native();
  const state = new PointerSlot();
  const found: string[] = [];
  let at;
  while ((at = lib.avformat.av_demuxer_iterate(state.bytes)) !== NULL) {
    // `const char *name` is the first field in every version.
    found.push(lib.ffi.string(readPointer(new DataView(lib.ffi.view(at, 8)), 0)));
  }
  return names = found;
}

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

/** Formats that write files, folders or sockets by themselves, and what is wrong with each. */
const forbiddenMuxers: Readonly<Record<string, string>> = {
  hds: "makes folders and deletes files itself",
  smoothstreaming: "makes folders and deletes files itself",
  rtsp: "opens sockets itself",
  sap: "opens sockets itself",
  whip: "opens sockets itself",
  fifo: "writes from a thread of its own, where no callback can run",
  fifo_test: "takes what is in a packet for a struct of its own",
};

/**
 * Refuses a muxer, or an option of it, that would reach a file or a socket without asking, or that
 * closes what the program opened behind its back. Throws a TypeError that says why.
 */
export function checkMuxer(format: string, options: Readonly<Record<string, OptionValue>>): void {
  const { avformat: [major] } = native().versions;
  const why = forbiddenMuxers[format];
  if (why !== undefined) throw new TypeError(`the format ${format} cannot be used: it ${why}`);
  const refuse = (option: string, reason: string) => {
    throw new TypeError(`the option ${option} cannot be used with ${format}: ${reason}`);
  };
  checkConnections(options);
  if (format === "hls") {
    if (isSet(options.strftime_mkdir) || isSet(options.use_localtime_mkdir)) {
      refuse("strftime_mkdir", "libavformat makes the folders itself");
    }
    if (/append_list/.test(String(options.hls_flags ?? "")) && major < 61) {
      refuse("hls_flags=append_list", "before FFmpeg 7.0 it opens the old playlist without asking");
    }
  }
  const { single_file, single_file_name } = options;
  const oneFile = single_file_name !== undefined || isSet(single_file);
  if (format === "dash" && oneFile && major < 61) {
    refuse(
      isSet(single_file) ? "single_file" : "single_file_name",
      "before FFmpeg 7.0 the file is opened without asking, or closed without saying so",
    );
  }
  if (format === "image2" && isSet(options.atomic_writing)) {
    refuse("atomic_writing", "libavformat renames the files itself");
  }
  if (format === "tee" && isSet(options.use_fifo)) {
    refuse("use_fifo", `it ${forbiddenMuxers.fifo}`);
  }
}

/** libavformat ends the process where it looks for an HTTP connection in a custom AVIOContext. */
export function checkConnections(options: Readonly<Record<string, OptionValue>>): void {
  for (const name of ["http_persistent", "http_multiple"]) {
    if (isSet(options[name])) {
      throw new TypeError(`the option ${name} cannot be used: with custom I/O no HTTP is spoken`);
    }
  }
}

/** True for an option that is given and on. */
export function isSet(value: OptionValue | undefined): boolean {
  return value !== undefined && value !== false && !/^(0|false|no|off)?$/i.test(String(value));
}
