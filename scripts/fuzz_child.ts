/**
 * Runs a range of seeds and reports each before it starts, so that the parent knows which one
 * crashed or hung. Started by `fuzz.ts`.
 */
import { readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { liveCallbacks } from "../ffi/mod.ts";
import { AVError } from "../lib/error.ts";
import { LOG_CALLBACKS } from "../lib/log/capture.ts";
import { DemuxerSync, MemorySink, probeSync, remuxSync } from "../mod.ts";
import { damage, Random, type Seedling } from "../tests/support/mutate.ts";

const [listFile, from, to] = process.argv.slice(2);
const files: Seedling[] = (JSON.parse(readFileSync(listFile, "utf8")) as string[]).map((path) => ({
  name: path.split("/").at(-1)!,
  bytes: new Uint8Array(readFileSync(path)),
}));

// The limits of a service that takes uploads; without them a few bytes can ask for hours.
const limits = { probeSize: 1 << 20, analyzeDuration: 5 };
const MAX_PACKETS = 2000;
const formats = ["matroska", "mp4", "mpegts", "nut"];

const jobs = {
  probe(bytes: Uint8Array) {
    JSON.stringify(probeSync(bytes, limits));
  },
  demux(bytes: Uint8Array) {
    using input = DemuxerSync.open(bytes, limits);
    let left = MAX_PACKETS;
    let sum = 0;
    for (const packet of input) {
      sum += packet.view().length + packet.sideData.length;
      if (--left === 0) break;
    }
    return sum;
  },
  seek(bytes: Uint8Array, random: Random) {
    using input = DemuxerSync.open(bytes, limits);
    for (let i = 0; i < 6; i++) {
      const mode = random.pick(["keyframe", "any", "byte"] as const);
      try {
        input.seek(mode === "byte" ? random.below(bytes.length + 9) : random.next() * 20, { mode });
        for (let k = 0; k < 5; k++) input.read()?.data;
      } catch (error) {
        if (!(error instanceof AVError)) throw error;
      }
    }
    for (const { index } of input.streams) input.index(index);
  },
  remux(bytes: Uint8Array, random: Random) {
    const sink = new MemorySink({ maxBytes: 64 << 20 });
    remuxSync(bytes, sink, {
      format: random.pick(formats),
      input: limits,
      ...(random.next() < 0.3 ? { start: random.next() * 3, end: 3 + random.next() * 3 } : {}),
    });
  },
};

const started = performance.now();
let refused = 0;
for (let seed = Number(from); seed < Number(to); seed++) {
  const random = new Random(seed ^ 0x5bd1e995);
  const { bytes, recipe } = damage(files, seed);
  const name = random.pick(Object.keys(jobs) as (keyof typeof jobs)[]);
  writeSync(1, `${seed} ${name} ${recipe}\n`);
  try {
    jobs[name](bytes, random);
  } catch (error) {
    // A sink that is full and an input over its limit are the program's own answers.
    if (
      !(error instanceof AVError) &&
      !(error instanceof RangeError && /maxBytes|^(start \(|no packet lies)/.test(error.message))
    ) {
      writeSync(1, `DEFECT ${seed} ${name} ${recipe}: ${(error as Error).stack}\n`);
    }
    refused++;
  }
  if (liveCallbacks() > LOG_CALLBACKS) {
    writeSync(1, `DEFECT ${seed} ${name} ${recipe}: ${liveCallbacks()} callbacks are left open\n`);
    process.exit(3);
  }
}
writeSync(1, `DONE ${refused} ${Math.round(performance.now() - started)}\n`);
