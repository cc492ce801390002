/**
 * The system's loader of libraries, asked for absolute paths. A bare name never reaches a runtime's
 * own `dlopen`: Bun and Windows look for one in the working directory too.
 *
 * @module
 */
import { makeBytes, type OwnBytes, ownBytes } from "./bytes.ts";
import { cString, readPointer } from "./struct.ts";
import { kernel32, posixFiles, posixLoader } from "./symbols/loader.ts";
import { type Ffi, type NativeFunctions, NULL } from "./types.ts";

/** Queries of the search for FFmpeg to the system. */
export interface Loader {
  /**
   * The absolute path of the library that the system's loader has under a bare name, undefined
   * where it has none. `symbol` is a function of that library. Null where the loader would look in
   * the working directory.
   */
  readonly find: ((name: string, symbol: string) => string | undefined) | null;
  /** True where there is a file of that path. */
  exists(path: string): boolean;
  /** Opens a library, so that those that need it find it, and what it needs beside it. */
  preload(path: string): boolean;
  /** A variable of the loader's own, such as `LD_LIBRARY_PATH`; empty where it is not set. */
  variable(name: string): string;
}

const libcNames: Record<Ffi["os"], string> = {
  // Loaded in every process, so no folder is searched for it. musl takes any `libc.` for itself.
  linux: "libc.so.6",
  android: "libc.so",
  darwin: "/usr/lib/libSystem.B.dylib",
  windows: "ucrtbase.dll",
  freebsd: "libc.so.7",
  other: "libc.so",
};

/** The path of the C library. */
export function libcPath(ffi: Ffi): string {
  const name = libcNames[ffi.os];
  return ffi.os === "windows" ? `${systemDirectory(ffi)}\\${name}` : name;
}

/** The loader of this platform. */
export function openLoader(ffi: Ffi): Loader {
  return ffi.os === "windows" ? windowsLoader(ffi) : posix(ffi);
}

// --- POSIX ------------------------------------------------------------------------------------

const RTLD_LAZY = 1;
// Dl_info begins with the path: `dli_fname`.
const DL_INFO_BYTES = 32;

/** True where every entry of a path list is absolute: an empty one is the working directory. */
export function isAbsoluteList(list: string): boolean {
  return list === "" || list.split(/[:;]/).every((entry) => entry.startsWith("/"));
}

function posix(ffi: Ffi): Loader {
  const files = ffi.open(libcPath(ffi), posixFiles).symbols;
  const loader = openPosixLoader(ffi);
  const variable = (name: string): string => {
    const value = files.getenv(cString(name));
    return value === NULL ? "" : ffi.string(value);
  };
  const find = (name: string, symbol: string): string | undefined => {
    const library = loader.dlopen(cString(name), RTLD_LAZY);
    if (library === NULL) return undefined;
    const at = loader.dlsym(library, cString(symbol));
    const info = makeBytes(DL_INFO_BYTES);
    if (at === NULL || loader.dladdr(at, info) === 0) return undefined;
    const path = ffi.string(readPointer(new DataView(info.buffer), 0));
    return path.startsWith("/") ? path : undefined;
  };
  // dyld looks for a bare name in the working directory; the others only where a variable says so.
  const searches = ffi.os !== "darwin" && isAbsoluteList(variable("LD_LIBRARY_PATH"));
  return {
    find: searches ? find : null,
    exists: (path) => files.access(cString(path), 0) === 0,
    preload: (path) => loader.dlopen(cString(path), RTLD_LAZY) !== NULL,
    variable,
  };
}

function openPosixLoader(ffi: Ffi): NativeFunctions<typeof posixLoader> {
  try {
    return ffi.open(libcPath(ffi), posixLoader).symbols;
  } catch {
    // A glibc older than 2.34 keeps them in a library of their own, which the runtimes link.
    return ffi.open("libdl.so.2", posixLoader).symbols;
  }
}

// --- Windows ----------------------------------------------------------------------------------

/** Every process has it, and Windows takes no other file for it. */
export const KERNEL = "kernel32.dll";
const INVALID_FILE_ATTRIBUTES = 0xffffffff;
// Dependencies of a library are found beside it, in the system's or in the program's folders.
const LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR = 0x100;
const LOAD_LIBRARY_SEARCH_DEFAULT_DIRS = 0x1000;
const MAX_UNITS = 32768;

function wide(text: string): OwnBytes {
  const units = Uint16Array.from({ length: text.length + 1 }, (_, i) => text.charCodeAt(i));
  return ownBytes(new Uint8Array(units.buffer))!;
}

/** The text that `fill` writes into a buffer of so many UTF-16 units. */
function wideText(fill: (bytes: OwnBytes, units: number) => number): string {
  const bytes = makeBytes(MAX_UNITS * 2);
  const length = fill(bytes, MAX_UNITS);
  if (length > MAX_UNITS) return "";
  return new TextDecoder("utf-16le").decode(bytes.subarray(0, length * 2));
}

function systemDirectory(ffi: Ffi): string {
  const { GetSystemDirectoryW } = ffi.open(KERNEL, kernel32).symbols;
  return wideText((bytes, units) => GetSystemDirectoryW(bytes, units));
}

function windowsLoader(ffi: Ffi): Loader {
  const system = ffi.open(KERNEL, kernel32).symbols;
  const flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
  return {
    find: null,
    exists: (path) => system.GetFileAttributesW(wide(path)) !== INVALID_FILE_ATTRIBUTES,
    preload: (path) =>
      system.LoadLibraryExW(wide(path.replaceAll("/", "\\")), NULL, flags) !== NULL,
    variable: (name) =>
      wideText((bytes, units) => system.GetEnvironmentVariableW(wide(name), bytes, units)),
  };
}
