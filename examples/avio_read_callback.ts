/**
 * FFmpeg's `avio_read_callback.c`: a file in memory, read through a callback of our own.
 *
 *     deno run --allow-ffi --allow-read examples/avio_read_callback.ts FILE
 *     bun examples/avio_read_callback.ts FILE
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { AVERROR_EOF, DemuxerSync, IOContext } from "../mod.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: avio_read_callback.ts FILE");
  process.exit(2);
}
let rest = new Uint8Array(readFileSync(file));

using io = new IOContext({
  read(buffer) {
    const size = Math.min(buffer.length, rest.length);
    if (size === 0) return AVERROR_EOF;
    buffer.set(rest.subarray(0, size));
    rest = rest.subarray(size);
    return size;
  },
}, { bufferSize: 4096 });

using input = DemuxerSync.open(io, { name: file });
console.log(`Input #0, ${input.format.name}, from '${file}':`);
console.log(`  Duration: ${input.duration?.toFixed(2) ?? "N/A"} s`);
for (const { index, type, codec } of input.streams) {
  console.log(`  Stream #0:${index}: ${type}: ${codec.name} (${codec.string ?? codec.longName})`);
}
