/**
 * Finds, opens and checks FFmpeg's libraries, once.
 *
 * @module
 */
import { checkAbi } from "./abi_check.ts";
import { gated } from "./call_gate.ts";
import { once, openOptional } from "./optional_library.ts";
import { LibraryNotFoundError, UnsupportedVersionError } from "./errors.ts";
import { resolveStruct } from "./layouts/resolve.ts";
import { structs } from "./layouts/structs.ts";
import type { Majors, OptionalLibraryName } from "./layouts/types.ts";
import { majors } from "./layouts/versions.ts";
import { libcPath, type Loader, openLoader } from "./loader.ts";
import { noLibraries, SUPPORTED } from "./missing_library.ts";
import { type Candidate, candidates, isAbsolute } from "./search.ts";
import { SearchLog } from "./search_log.ts";
import type { Native, StructName, Version } from "./native.ts";
import { type ResolvedStruct, Struct } from "./struct.ts";
import * as tables from "./symbols.ts";
import type { Ffi, NativeLibrary, SymbolTable } from "./types.ts";

function version(packed: number): Version {
  return [packed >>> 16, (packed >>> 8) & 255, packed & 255];
}

interface Opened {
  readonly candidate: Candidate;
  readonly paths: Native["paths"];
  readonly avformat: NativeLibrary<typeof tables.avformat>;
  readonly avcodec: NativeLibrary<typeof tables.avcodec>;
  readonly avutil: NativeLibrary<typeof tables.avutil>;
}

/** The folder that AVIO_LIBRARY_PATH names, undefined where it is not set. */
function ownFolder(ffi: Ffi): string | undefined {
  const folder = ffi.environment("AVIO_LIBRARY_PATH") || undefined;
  if (folder === undefined || isAbsolute(ffi.os, folder)) return folder;
  throw new LibraryNotFoundError(
    `AVIO_LIBRARY_PATH=${folder} is relative, and another folder wherever the program is started: ` +
      "set it to an absolute path.",
    [],
  );
}

function openFirst(ffi: Ffi, loader: Loader): Opened {
  const folder = ownFolder(ffi);
  const log = new SearchLog();
  for (const candidate of candidates(ffi, loader, folder)) {
    const open = <T extends SymbolTable>(library: keyof Majors, table: T) => {
      const path = candidate.path(library);
      if (path === undefined) return log.missing(candidate, library);
      try {
        // Windows then looks beside the library for what it needs, and in no working directory.
        if (ffi.os === "windows") loader.preload(path);
        return { path, library: ffi.open(path, table, [`${library}_version`]) };
      } catch (error) {
        return log.failed(path, error);
      }
    };
    // libavutil first, and libswresample before libavcodec, which needs it in most builds: the
    // loader then takes those of this folder, and looks into none of the system's.
    const avutil = open("avutil", tables.avutil);
    if (!avutil) continue;
    const swresample = candidate.folder === undefined ? undefined : candidate.path("swresample");
    if (swresample !== undefined) loader.preload(swresample);
    const avcodec = open("avcodec", tables.avcodec);
    const avformat = avcodec && open("avformat", tables.avformat);
    if (avformat && avcodec) {
      return {
        candidate,
        paths: { avformat: avformat.path, avcodec: avcodec.path, avutil: avutil.path },
        avformat: avformat.library,
        avcodec: avcodec.library,
        avutil: avutil.library,
      };
    }
    log.partial(avutil.path, candidate.name(avcodec ? "avformat" : "avcodec"));
  }
  throw noLibraries(ffi, folder, log);
}

function checkSameBuild(ffi: Ffi, opened: Opened, versions: Native["versions"]): void {
  const configurations = {
    avformat: ffi.string(opened.avformat.symbols.avformat_configuration()),
    avcodec: ffi.string(opened.avcodec.symbols.avcodec_configuration()),
    avutil: ffi.string(opened.avutil.symbols.avutil_configuration()),
  };
  const known = majors.find((one) => one.avformat === versions.avformat[0]);
  const untested = ffi.environment("AVIO_ALLOW_UNTESTED") === "1";
  const found =
    `libavformat ${versions.avformat.join(".")}, libavcodec ${versions.avcodec.join(".")}, ` +
    `libavutil ${versions.avutil.join(".")}`;
  if (!known && !untested) {
    throw new UnsupportedVersionError(
      `${found} is not a supported FFmpeg. Supported: ${SUPPORTED}. ` +
        "AVIO_ALLOW_UNTESTED=1 tries the newest known layout instead.",
    );
  }
  if (known) {
    const wrong = (["avcodec", "avutil"] as const).filter((name) =>
      versions[name][0] !== known[name]
    );
    if (wrong.length > 0) {
      throw new UnsupportedVersionError(
        `the libraries are not of one FFmpeg: ${found}; ` +
          wrong.map((name) => `lib${name} should be ${known[name]}`).join(", "),
      );
    }
  }
  const differing = (["avcodec", "avutil"] as const).filter((name) =>
    configurations[name] !== configurations.avformat
  );
  if (differing.length > 0) {
    throw new UnsupportedVersionError(
      `the libraries are not of one FFmpeg: lib${
        differing.join(" and lib")
      } was built with another ` +
        `configuration than libavformat (${found})`,
    );
  }
}

function load(ffi: Ffi): Native {
  // Opened first: a program that may not use FFI hears of that, and not of a missing FFmpeg.
  const libc = ffi.open(libcPath(ffi), tables.libc).symbols;
  const loader = openLoader(ffi);
  const opened = openFirst(ffi, loader);
  const versions = {
    avformat: version(opened.avformat.symbols.avformat_version()),
    avcodec: version(opened.avcodec.symbols.avcodec_version()),
    avutil: version(opened.avutil.symbols.avutil_version()),
  };
  checkSameBuild(ffi, opened, versions);
  const layouts = new Map<StructName, ResolvedStruct>();
  const layout = (name: StructName): ResolvedStruct => {
    let resolved = layouts.get(name);
    if (resolved === undefined) {
      const table = structs[name];
      const [major, minor] = versions[table.library];
      resolved = resolveStruct(table, [major, minor], ffi.os === "windows") as ResolvedStruct;
      layouts.set(name, resolved);
    }
    return resolved;
  };
  const optional = <T extends SymbolTable>(name: OptionalLibraryName, table: T) =>
    gated(openOptional(ffi, opened.candidate, name, table));
  const native: Native = {
    ffi,
    avformat: gated(opened.avformat.symbols),
    avcodec: gated(opened.avcodec.symbols),
    avutil: gated(opened.avutil.symbols),
    libc,
    swscale: once(() => optional("swscale", tables.swscale)),
    swresample: once(() => optional("swresample", tables.swresample)),
    versions,
    release: ffi.string(opened.avutil.symbols.av_version_info()),
    paths: opened.paths,
    checked: [],
    layout,
    struct: (name, pointer) => new Struct(ffi, pointer, layout(name)),
  };
  return { ...native, checked: checkAbi(native) };
}

let loaded: Native | undefined;
let afterwards: (() => void) | undefined;

/** Has `run` be called as soon as the libraries are open, before anyone has called a function. */
export function whenLoaded(run: () => void): void {
  afterwards = run;
}

/** The libraries, opened and checked at the first call. */
export function loadNative(ffi: Ffi): Native {
  loaded ??= load(ffi);
  if (afterwards !== undefined) runAfterwards(afterwards);
  return loaded;
}

function runAfterwards(run: () => void): void {
  afterwards = undefined;
  try {
    run();
  } catch (error) {
    // The next call tries it again.
    afterwards = run;
    throw error;
  }
}
