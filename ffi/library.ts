/**
 * Finds, opens and checks FFmpeg's libraries, once.
 *
 * @module
 */
import { checkAbi } from "./abi_check.ts";
import { once, openOptional } from "./optional_library.ts";
import { LibraryNotFoundError, UnsupportedVersionError } from "./errors.ts";
import { resolveStruct } from "./layouts/resolve.ts";
import { structs } from "./layouts/structs.ts";
import { majors } from "./layouts/versions.ts";
import { type Candidate, candidates, installCommand } from "./search.ts";
import type { Native, StructName, Version } from "./native.ts";
import { type ResolvedStruct, Struct } from "./struct.ts";
import * as tables from "./symbols.ts";
import type { Ffi, NativeFunctions, NativeLibrary } from "./types.ts";

const libcNames: Record<Ffi["os"], readonly string[]> = {
  linux: ["libc.so.6", "libc.so", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"],
  android: ["libc.so"],
  darwin: ["libSystem.B.dylib"],
  windows: ["ucrtbase.dll", "msvcrt.dll"],
  freebsd: ["libc.so.7"],
  other: ["libc.so"],
};

function version(packed: number): Version {
  return [packed >>> 16, (packed >>> 8) & 255, packed & 255];
}

const supported = "FFmpeg 4.3 to 9.0 (libavformat 58 to 63)";

interface Opened {
  readonly candidate: Candidate;
  readonly avformat: NativeLibrary<typeof tables.avformat>;
  readonly avcodec: NativeLibrary<typeof tables.avcodec>;
  readonly avutil: NativeLibrary<typeof tables.avutil>;
}

function openFirst(ffi: Ffi): Opened {
  const folder = ffi.environment("AVIO_LIBRARY_PATH");
  const tried: string[] = [];
  const attempt = <T>(path: string, open: () => T): T | undefined => {
    try {
      return open();
    } catch (error) {
      tried.push(`${path}: ${(error as Error).message.split("\n")[0]}`);
      return undefined;
    }
  };
  const partial: string[] = [];
  for (const candidate of candidates(ffi, folder)) {
    // avutil first: the others then find the very one they were built against.
    const avutil = attempt(candidate.avutil, () => ffi.open(candidate.avutil, tables.avutil));
    if (!avutil) continue;
    const avcodec = attempt(candidate.avcodec, () => ffi.open(candidate.avcodec, tables.avcodec));
    const avformat = avcodec &&
      attempt(candidate.avformat, () => ffi.open(candidate.avformat, tables.avformat));
    if (avformat && avcodec) return { candidate, avformat, avcodec, avutil };
    partial.push(
      `${candidate.avutil} opened, ${avcodec ? candidate.avformat : candidate.avcodec} did not`,
    );
  }
  throw new LibraryNotFoundError(
    [
      `FFmpeg's libraries were not found${
        folder === undefined ? "" : ` in AVIO_LIBRARY_PATH=${folder}`
      }.`,
      `Supported: ${supported}: libavformat, libavcodec and libavutil of the same FFmpeg.`,
      `Install them: ${installCommand(ffi.os)}`,
      "Or set AVIO_LIBRARY_PATH to the folder that holds them (Deno: --allow-env=AVIO_LIBRARY_PATH).",
      ...partial,
      "Tried:",
      ...tried.map((line) => `  ${line}`),
    ].join("\n"),
    tried,
  );
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
      `${found} is not a supported FFmpeg. Supported: ${supported}. ` +
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
  const opened = openFirst(ffi);
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
  const native: Native = {
    ffi,
    avformat: opened.avformat.symbols,
    avcodec: opened.avcodec.symbols,
    avutil: opened.avutil.symbols,
    libc: openLibc(ffi),
    swscale: once(() => openOptional(ffi, opened.candidate, "swscale", tables.swscale)),
    swresample: once(() => openOptional(ffi, opened.candidate, "swresample", tables.swresample)),
    versions,
    release: ffi.string(opened.avutil.symbols.av_version_info()),
    paths: opened.candidate,
    checked: [],
    layout,
    struct: (name, pointer) => new Struct(ffi, pointer, layout(name)),
  };
  return { ...native, checked: checkAbi(native) };
}

function openLibc(ffi: Ffi): NativeFunctions<typeof tables.libc> {
  const tried: string[] = [];
  for (const name of libcNames[ffi.os]) {
    try {
      return ffi.open(name, tables.libc).symbols;
    } catch (error) {
      tried.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new LibraryNotFoundError(
    `the C library was not found; tried:\n  ${tried.join("\n  ")}`,
    tried,
  );
}

let loaded: Native | undefined;

/** The libraries, opened and checked at the first call. */
export function loadNative(ffi: Ffi): Native {
  return loaded ??= load(ffi);
}
