/**
 * The system's own loader of libraries: POSIX, and Windows' kernel32.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** The C library's loader: in libdl where glibc is older than 2.34. */
export const posixLoader = {
  dlopen: { parameters: ["buffer", /* filename */ "i32" /* flags */], result: "pointer" },
  dlsym: { parameters: ["pointer", /* handle */ "buffer" /* symbol */], result: "pointer" },
  dladdr: { parameters: ["pointer", /* addr */ "buffer" /* info */], result: "i32" },
} as const satisfies SymbolTable;

/** Functions of the C library that only the search calls. */
export const posixFiles = {
  access: { parameters: ["buffer", /* path */ "i32" /* mode */], result: "i32" },
  getenv: { parameters: ["buffer" /* name */], result: "pointer" },
} as const satisfies SymbolTable;

/** Strings are UTF-16. */
export const kernel32 = {
  GetFileAttributesW: { parameters: ["buffer" /* lpFileName */], result: "u32" },
  LoadLibraryExW: {
    parameters: ["buffer", /* lpLibFileName */ "pointer", /* hFile */ "u32" /* dwFlags */],
    result: "pointer",
  },
  GetEnvironmentVariableW: {
    parameters: ["buffer", /* lpName */ "buffer", /* lpBuffer */ "u32" /* nSize */],
    result: "u32",
  },
  GetSystemDirectoryW: {
    parameters: ["buffer", /* lpBuffer */ "u32" /* uSize */],
    result: "u32",
  },
} as const satisfies SymbolTable;
