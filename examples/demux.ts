/**
 * The first half of FFmpeg's `demux_decode.c`: every packet of a file, the event loop going on.
 * Decoding is another module's work: the packets and `codec.string` are what a
 * WebCodecs decoder asks for.
 *
 *     deno run --allow-ffi --allow-read examples/demux.ts FILE
 *     bun examples/demux.ts FILE
 *
 * @module
 */
import process from "node:process";
import { Demuxer } from "../mod.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: demux.ts FILE");
  process.exit(2);
}
await using input = await Demuxer.open(file);
const totals = input.streams.map(() => ({ packets: 0, bytes: 0, keyframes: 0 }));
for await (const packet of input) {
  const total = totals[packet.streamIndex];
  total.packets++;
  total.bytes += packet.view().length;
  if (packet.isKeyframe) total.keyframes++;
}
totals.forEach(({ packets, bytes, keyframes }, i) => {
  const { type, codec } = input.streams[i];
  console.log(`${i} ${type} ${codec.name}: ${packets} packets, ${bytes} bytes, ${keyframes} keys`);
});
