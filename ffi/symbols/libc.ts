/**
 * The C library's functions: a copy from one address to another, without a view; a page of memory,
 * as data.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** libc: copies between a typed array and an address, without a view. */
export const libc = {
  copy_in: {
    name: "memcpy",
    parameters: ["pointer", /* dest */ "buffer", /* src */ "usize" /* n */],
    result: "pointer",
  },
  copy_between: {
    name: "memcpy",
    parameters: ["pointer", /* dest */ "pointer", /* src */ "usize" /* n */],
    result: "pointer",
  },
  copy_out: {
    name: "memcpy",
    parameters: ["buffer", /* dest */ "pointer", /* src */ "usize" /* n */],
    result: "pointer",
  },
} as const satisfies SymbolTable;
