/**
 * The content of a file, and the same packets in two other containers: all in memory, no temporary
 * file, no child process.
 *
 *     deno run --allow-ffi --allow-read --allow-env examples/demo.ts FILE
 *     bun run examples/demo.ts FILE
 *     node --experimental-ffi examples/demo.ts FILE
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { DemuxerSync, MemorySink, probeSync, remuxSync } from "../mod.ts";

const file = process.argv[2];
if (file === undefined) {
  console.error("usage: demo.ts FILE");
  process.exit(2);
}

const { bun, deno, node } = process.versions;
const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
const input = new Uint8Array(readFileSync(file));
console.log(`${runtime}: ${file}, ${size(input.length)}`);

const { value: info, ms: probed } = timed(() => probeSync(input));
console.log(`\nprobed in ${probed}`);
console.table(info.streams.map((stream) => ({
  type: stream.type,
  codec: stream.codec.string ?? stream.codec.name,
  what: stream.type === "video"
    ? `${stream.width}x${stream.height} ${stream.pixelFormat}`
    : stream.type === "audio"
    ? `${stream.sampleRate} Hz ${stream.channelLayout}`
    : stream.codec.longName,
  seconds: stream.duration,
  "bit/s": stream.bitRate,
})));

const targets: { name: string; format: string; options?: Record<string, string> }[] = [
  { name: "matroska", format: "matroska" },
  {
    name: "fragmented mp4",
    format: "mp4",
    options: { movflags: "frag_keyframe+empty_moov+default_base_moof" },
  },
];

for (const { name, format, options } of targets) {
  const sink = new MemorySink();
  const { value: done, ms } = timed(() => remuxSync(input, sink, { format, options }));
  const output = sink.take();
  console.log(
    `to ${name}: ${done.packets} packets, ${size(done.bytesRead)} read, ` +
      `${size(done.bytesWritten)} written, ${ms}`,
  );
  for (const { index, type, codec, reason } of done.dropped) {
    console.log(`  left out: stream ${index}, ${type} ${codec}: ${reason}`);
  }
  const { value: packets, ms: readBack } = timed(() => countPackets(output));
  console.log(`  read back: ${packets} packets from ${size(output.length)}, ${readBack}`);
}

function countPackets(bytes: Uint8Array): number {
  using demuxer = DemuxerSync.open(bytes);
  let packets = 0;
  for (const _packet of demuxer) packets++;
  return packets;
}

function timed<T>(work: () => T): { value: T; ms: string } {
  const start = performance.now();
  const value = work();
  return { value, ms: `${(performance.now() - start).toFixed(1)} ms` };
}

function size(bytes: number | bigint): string {
  return `${Number(bytes).toLocaleString("en")} bytes`;
}
