/**
 * libswresample's functions, as data: an optional library, opened at first use.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** libswresample. */
export const swresample = {
  swresample_version: { parameters: [], result: "u32" },
  swresample_configuration: { parameters: [], result: "pointer" },
  swr_alloc: { parameters: [], result: "pointer" },
  swr_free: { parameters: ["buffer" /* SwrContext **s */], result: "void" },
  swr_config_frame: {
    parameters: ["pointer", /* swr */ "pointer", /* out */ "pointer" /* in */],
    result: "i32",
  },
  swr_init: { parameters: ["pointer" /* s */], result: "i32" },
  swr_convert_frame: {
    parameters: ["pointer", /* swr */ "pointer", /* output */ "pointer" /* input */],
    result: "i32",
  },
  swr_get_delay: { parameters: ["pointer", /* s */ "i64" /* base */], result: "i64" },
  swr_get_out_samples: {
    parameters: ["pointer", /* s */ "i32" /* in_samples */],
    result: "i32",
  },
} as const satisfies SymbolTable;
