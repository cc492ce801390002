/**
 * FFmpeg's `show_metadata.c`: the container's tags, one a line.
 *
 *     deno run --allow-ffi --allow-read examples/show_metadata.ts FILE
 *     bun examples/show_metadata.ts FILE
 *
 * @module
 */
import process from "node:process";
import { probeSync } from "../mod.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: show_metadata.ts FILE");
  process.exit(2);
}
for (const [key, value] of Object.entries(probeSync(file).format.metadata)) {
  console.log(`${key}=${value}`);
}
