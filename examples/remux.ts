/**
 * FFmpeg's `remux.c`: the packets of one file in another container, named by its extension. Written
 * out step by step; `remuxSync(input, output)` is the same in one call, and repairs times besides.
 *
 *     deno run --allow-ffi --allow-read --allow-write examples/remux.ts INPUT OUTPUT
 *     bun examples/remux.ts INPUT OUTPUT
 *
 * @module
 */
import process from "node:process";
import { DemuxerSync, MuxerSync, type OutputStream } from "../mod.ts";

const [from, to] = process.argv.slice(2);
if (to === undefined) {
  console.error("usage: remux.ts INPUT OUTPUT");
  process.exit(2);
}
using input = DemuxerSync.open(from);
using output = MuxerSync.create(to, { metadata: input.metadata });
const streams = new Map<number, OutputStream>();
for (const stream of input.streams) {
  if (["video", "audio", "subtitle"].includes(stream.type)) {
    streams.set(stream.index, output.addStream(stream));
  }
}
let packets = 0;
for (const packet of input) {
  const stream = streams.get(packet.streamIndex);
  if (stream === undefined) continue;
  output.write(packet, stream);
  packets++;
}
output.finish();
console.log(`${packets} packets of ${streams.size} streams from ${from} to ${to}`);
