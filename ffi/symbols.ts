/**
 * The C functions used, as pure data: exact widths, the C parameter beside each entry.
 *
 * @module
 */
export { avcodec } from "./symbols/avcodec.ts";
export { avformat } from "./symbols/avformat.ts";
export { avutil } from "./symbols/avutil.ts";
export { callbacks } from "./symbols/callbacks.ts";
export { libc } from "./symbols/libc.ts";
export { swresample } from "./symbols/swresample.ts";
export { swscale } from "./symbols/swscale.ts";
