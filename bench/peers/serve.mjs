/**
 * The protocol of every peer: lines `MODE FILE REPEAT [FORMAT]` on standard input, each answered
 * with `WALL CPU COUNT -` in nanoseconds, or `absent` where the peer cannot do it.
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

/** Ended children count too (Linux: cutime and cstime, in hundredths of a second). */
function children() {
  const fields = readFileSync("/proc/self/stat", "latin1").split(") ")[1].split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 1e7;
}

function clocks() {
  const { user, system } = process.cpuUsage();
  return { wall: Number(process.hrtime.bigint()), cpu: (user + system) * 1000 + children() };
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
      const start = clocks();
      for (let i = 0; i < Number(repeat); i++) count = await modes[mode](bytes, format, path);
      const end = clocks();
      const each = (from, to) => ((to - from) / Number(repeat)).toFixed(0);
      console.log(`${each(start.wall, end.wall)} ${each(start.cpu, end.cpu)} ${count} -`);
    } catch (error) {
      console.error(`${mode} ${path}: ${error?.stack ?? error}`);
      console.log("absent");
    }
  }
  process.exit(0);
}
