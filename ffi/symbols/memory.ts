/**
 * Pages of memory and a thread's end: POSIX, and Windows' kernel32.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** POSIX. */
export const posixMemory = {
  mmap: {
    parameters: [
      "pointer", /* addr */
      "usize", /* length */
      "i32", /* prot */
      "i32", /* flags */
      "i32", /* fd */
      "i64", /* offset */
    ],
    result: "pointer",
  },
  munmap: { parameters: ["pointer", /* addr */ "usize" /* len */], result: "i32" },
  mprotect: {
    parameters: ["pointer", /* addr */ "usize", /* len */ "i32" /* prot */],
    result: "i32",
  },
  access: { parameters: ["pointer", /* path */ "i32" /* mode */], result: "i32" },
} as const satisfies SymbolTable;

/** Data of a thread, with a function that runs when the thread ends. */
export const threadKeys = {
  pthread_key_create: {
    parameters: ["buffer", /* key */ "pointer" /* destructor */],
    result: "i32",
  },
  pthread_setspecific: { parameters: ["u32", /* key */ "pointer" /* value */], result: "i32" },
} as const satisfies SymbolTable;

/** A function of the C library that calls a function given by its address. */
export const caller = {
  bsearch: {
    parameters: [
      "buffer", /* key */
      "pointer", /* base */
      "usize", /* nmemb */
      "usize", /* size */
      "pointer", /* compar */
    ],
    result: "pointer",
  },
} as const satisfies SymbolTable;

/** Windows. */
export const windowsMemory = {
  VirtualAlloc: {
    parameters: [
      "pointer", /* lpAddress */
      "usize", /* dwSize */
      "u32", /* flAllocationType */
      "u32", /* flProtect */
    ],
    result: "pointer",
  },
  VirtualProtect: {
    parameters: [
      "pointer", /* lpAddress */
      "usize", /* dwSize */
      "u32", /* flNewProtect */
      "buffer", /* lpflOldProtect */
    ],
    result: "i32",
  },
  VirtualQuery: {
    parameters: ["pointer", /* lpAddress */ "buffer", /* lpBuffer */ "usize" /* dwLength */],
    result: "usize",
  },
} as const satisfies SymbolTable;
