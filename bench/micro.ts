/**
 * How fast the three common tasks are on one file held in memory.
 *
 *     deno run --allow-ffi --allow-read --allow-env bench/micro.ts FILE
 *     bun run bench/micro.ts FILE
 *     node --experimental-ffi bench/micro.ts FILE
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { Bench } from "tinybench";
import { DemuxerSync, libraryInfo, MemorySink, probeSync, remuxSync } from "../mod.ts";

const file = process.argv[2];
if (file === undefined) {
  console.error("usage: micro.ts FILE");
  process.exit(2);
}

const bytes = new Uint8Array(readFileSync(file));
const { bun, deno, node } = process.versions;
const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
// Opens the libraries and runs the ABI self-check, once, outside of what is measured.
const { release } = libraryInfo();

/** Every payload is looked at once, without a copy, so that nothing is skipped. */
function demux(): number {
  using demuxer = DemuxerSync.open(bytes);
  let total = 0;
  for (const packet of demuxer) total += packet.view().length;
  return total;
}

function remux(): number {
  const sink = new MemorySink({ initialCapacity: bytes.length * 2 });
  remuxSync(bytes, sink, { format: "matroska" });
  return sink.take().length;
}

if (demux() === 0 || remux() === 0) throw new Error(`${file} holds no packets`);

const bench = new Bench({ time: 1000, warmupTime: 200 });
bench.add("probe", () => {
  probeSync(bytes);
});
bench.add("demux", () => {
  demux();
});
bench.add("remux to matroska", () => {
  remux();
});
await bench.run();

const size = `${(bytes.length / 1e6).toFixed(1)} MB`;
console.log(`${runtime}, FFmpeg ${release}: ${file}, ${size}`);
let failed = false;
console.table(bench.tasks.map(({ name, result }) => {
  if (!("latency" in result)) {
    failed = true;
    return { task: name, result: "error" in result ? String(result.error) : result.state };
  }
  const { p50, p99, samplesCount } = result.latency;
  return {
    task: name,
    "median ms": Number(p50.toFixed(3)),
    "p99 ms": Number(p99.toFixed(3)),
    // A probe reads the headers only: its bytes a second would say nothing.
    "MB/s": name === "probe" ? "-" : Math.round(bytes.length / 1e3 / p50),
    samples: samplesCount,
  };
}));
if (failed) process.exit(1);
