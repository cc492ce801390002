/**
 * All whitelists: the demuxers, muxers, protocols and options under which libavformat opens nothing
 * but through `io_open`.
 *
 * @module
 */
import { native, NULL, pointerAt, PointerSlot } from "../../../ffi/mod.ts";
import type { OptionValue } from "../../dictionary.ts";
import { isOn } from "../../options.ts";
import { isImageName } from "./muxer_guess.ts";

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

type Options = Readonly<Record<string, OptionValue>>;

/** HLS and DASH refuse a name by its extension before they ask. Here the hook decides. */
export const permissiveOptions: Readonly<Record<string, OptionValue>> = {
  allowed_extensions: "ALL",
  allowed_segment_extensions: "ALL",
  extension_picky: 0,
  http_persistent: 0,
  http_multiple: 0,
};

/** No protocol is allowed: libavformat reaches a resource through `open` alone. */
const NO_PROTOCOL = { protocol_whitelist: "" };

/**
 * The options that restrict `avformat_open_input`. `formats` are the only demuxers, `decoders` the
 * only decoders, where given.
 */
export function demuxerSandbox({ name, format, formats, decoders }: {
  name: string;
  format?: string;
  formats?: readonly string[];
  decoders?: readonly string[];
}): Record<string, OptionValue> {
  return {
    ...permissiveOptions,
    ...NO_PROTOCOL,
    format_whitelist: formats?.join(",") ?? allowedDemuxers({ format, name }),
    ...(decoders && { codec_whitelist: decoders.join(",") }),
  };
}

/** Refuses options of a demuxer that reach the disk or the network without asking. */
export function checkDemuxerOptions(options: Options): void {
  checkConnections(options);
  checkImages(options);
}

/** The options of a muxer, restricted. */
export function muxerSandbox(options: Options = {}): Record<string, OptionValue> {
  return { ...NO_PROTOCOL, ...options };
}

/**
 * The demuxers allowed, for `format_whitelist`. image2 looks for files by name as soon as another
 * demuxer (concat) opens one through it, so the two are never allowed together.
 */
function allowedDemuxers(wanted: { format?: string; name?: string }): string {
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
    found.push(lib.ffi.string(pointerAt(at)));
  }
  return names = found;
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
export function checkMuxer(format: string, options: Options): void {
  const { avformat: [major] } = native().versions;
  const why = forbiddenMuxers[format];
  if (why !== undefined) throw new TypeError(`the format ${format} cannot be used: it ${why}`);
  const refuse = (option: string, reason: string) => {
    throw new TypeError(`the option ${option} cannot be used with ${format}: ${reason}`);
  };
  checkConnections(options);
  if (format === "hls") {
    if (isOn(options.strftime_mkdir) || isOn(options.use_localtime_mkdir)) {
      refuse("strftime_mkdir", "libavformat makes the folders itself");
    }
    const [, ...behind] = String(options.hls_fmp4_init_filename ?? "").split("%v");
    if (/[/\\]/.test(behind.join(""))) {
      refuse("hls_fmp4_init_filename", "libavformat makes a folder whose name holds %v itself");
    }
    if (/append_list/.test(String(options.hls_flags ?? "")) && major < 61) {
      refuse("hls_flags=append_list", "before FFmpeg 7.0 it opens the old playlist without asking");
    }
  }
  const { single_file, single_file_name } = options;
  const oneFile = single_file_name !== undefined || isOn(single_file);
  if (format === "dash" && oneFile && major < 61) {
    refuse(
      isOn(single_file) ? "single_file" : "single_file_name",
      "before FFmpeg 7.0 the file is opened without asking, or closed without saying so",
    );
  }
  if (format === "image2" && isOn(options.atomic_writing)) {
    refuse("atomic_writing", "libavformat renames the files itself");
  }
  if (format === "tee" && isOn(options.use_fifo)) {
    refuse("use_fifo", `it ${forbiddenMuxers.fifo}`);
  }
}

/** libavformat ends the process where it looks for an HTTP connection in a custom AVIOContext. */
function checkConnections(options: Options): void {
  for (const name of ["http_persistent", "http_multiple"]) {
    if (isOn(options[name])) {
      throw new TypeError(`the option ${name} cannot be used: with custom I/O no HTTP is spoken`);
    }
  }
}

/** image2 looks on the disk by itself: for numbered images the hook is asked instead. */
function checkImages({ pattern_type = "none", ts_from_file }: Options): void {
  if (pattern_type !== "none") {
    throw new TypeError(
      `pattern_type=${pattern_type} cannot be used: libavformat looks for the images on the disk ` +
        "itself; give a numbered name (img%03d.png) and the open option",
    );
  }
  if (isOn(ts_from_file)) {
    throw new TypeError("ts_from_file cannot be used: it asks the disk for the time of a file");
  }
}
