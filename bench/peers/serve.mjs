/**
 * What every peer shares: lines `MODE FILE REPEAT [FORMAT]` on standard input, each answered with
 * `NANOSECONDS COUNT -`, or `absent` where the peer cannot do it.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

let loaded = { path: "", bytes: new Uint8Array(0) };

function load(path) {
  if (loaded.path !== path) loaded = { path, bytes: new Uint8Array(readFileSync(path)) };
  return loaded.bytes;
}

function resident(field) {
  return Number(
    new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "latin1"))?.[1],
  );
}

function clock() {
  if (process.env.BENCH_CLOCK !== "cpu") return Number(process.hrtime.bigint());
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** `prepare` runs before the clock is started: what a program would have done long before. */
export async function serve(modes, prepare = () => {}) {
  const [, , command, ...rest] = process.argv;
  if (command === "once") {
    const [mode, path, format] = rest;
    const bytes = load(path);
    await prepare(bytes, path);
    const before = resident("VmRSS");
    const count = await modes[mode]?.(bytes, format, path);
    console.log(count === undefined ? "absent" : `${resident("VmHWM") - before} ${count}`);
    process.exit(0);
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const [mode, path, repeat, format] = line.split(" ");
    if (!modes[mode]) {
      console.log("absent");
      continue;
    }
    try {
      const bytes = load(path);
      await prepare(bytes, path);
      let count;
      const start = clock();
      for (let i = 0; i < Number(repeat); i++) count = await modes[mode](bytes, format, path);
      const taken = (clock() - start) / Number(repeat);
      console.log(`${taken.toFixed(0)} ${count} -`);
    } catch (error) {
      console.error(`${mode} ${path}: ${error?.stack ?? error}`);
      console.log("absent");
    }
  }
  process.exit(0);
}
