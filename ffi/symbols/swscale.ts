/**
 * libswscale's functions, as data: an optional library, opened at first use.
 *
 * @module
 */
import type { SymbolTable } from "../types.ts";

/** libswscale. */
export const swscale = {
  swscale_version: { parameters: [], result: "u32" },
  swscale_configuration: { parameters: [], result: "pointer" },
  sws_alloc_context: { parameters: [], result: "pointer" },
  sws_init_context: {
    parameters: ["pointer", /* sws_context */ "pointer", /* srcFilter */ "pointer" /* dstFilter */],
    result: "i32",
  },
  sws_freeContext: { parameters: ["pointer" /* swsContext */], result: "void" },
  sws_getCoefficients: { parameters: ["i32" /* colorspace */], result: "pointer" },
  sws_setColorspaceDetails: {
    parameters: [
      "pointer", /* c */
      "pointer", /* const int inv_table[4] */
      "i32", /* srcRange */
      "pointer", /* const int table[4] */
      "i32", /* dstRange */
      "i32", /* brightness */
      "i32", /* contrast */
      "i32", /* saturation */
    ],
    result: "i32",
  },
  sws_getColorspaceDetails: {
    parameters: [
      "pointer", /* c */
      "buffer", /* int **inv_table */
      "buffer", /* int *srcRange */
      "buffer", /* int **table */
      "buffer", /* int *dstRange */
      "buffer", /* int *brightness */
      "buffer", /* int *contrast */
      "buffer", /* int *saturation */
    ],
    result: "i32",
  },
  sws_isSupportedInput: { parameters: ["i32" /* pix_fmt */], result: "i32" },
  sws_isSupportedOutput: { parameters: ["i32" /* pix_fmt */], result: "i32" },
  sws_scale: {
    parameters: [
      "pointer", /* c */
      "pointer", /* const uint8_t *const srcSlice[] */
      "pointer", /* const int srcStride[] */
      "i32", /* srcSliceY */
      "i32", /* srcSliceH */
      "pointer", /* uint8_t *const dst[] */
      "pointer", /* const int dstStride[] */
    ],
    result: "i32",
  },
} as const satisfies SymbolTable;
