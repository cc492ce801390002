/**
 * The C library's functions: a copy from one address to another, without a view; a page of memory,
 * as data.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** libc: a copy from one address to another, without a view; a page of memory. */
export const libc = {
  copy_in: {
    name: "memcpy",
    parameters: ["pointer", /* dest */ "buffer", /* src */ "usize" /* n */],
    result: "pointer",
  },
  copy_out: {
    name: "memcpy",
    parameters: ["buffer", /* dest */ "pointer", /* src */ "usize" /* n */],
    result: "pointer",
  },
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
    optional: true, // not on Windows
  },
  mprotect: {
    parameters: ["pointer", /* addr */ "usize", /* len */ "i32" /* prot */],
    result: "i32",
    optional: true,
  },
  getpid: { parameters: [], result: "i32", optional: true }, // not on Windows
  getauxval: { parameters: ["usize" /* type */], result: "usize", optional: true }, // Linux
  pthread_self: { parameters: [], result: "pointer", optional: true }, // not on Windows
  getenv: { parameters: ["buffer" /* name */], result: "pointer", optional: true },
  setenv: {
    parameters: ["buffer", /* name */ "buffer", /* value */ "i32" /* overwrite */],
    result: "i32",
    optional: true, // not on Windows
  },
} as const satisfies SymbolTable;
