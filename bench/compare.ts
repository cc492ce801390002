/**
 * Runs every contender over every case in interleaved pairs with C, and prints medians, ratios with
 * their 95 % intervals, and verdicts.
 *
 *     bun run bench/compare.ts [--quick] [--pairs N] [--only ID,ID*,…] [--no-peers]
 *
 * scripts/bench.sh makes the files and programs, and calls it. Writes .cache/bench.json and
 * .cache/bench.svg.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import { chart, type Group } from "./chart.ts";
import { type Answer, type Contender, Running, runOnce } from "./contender.ts";
import { firstPacketPrograms, ours, peers as allPeers, reference } from "./contenders.ts";
import { type Entry, printReport, type Report, type Run } from "./report.ts";
import { interval, median, verdictOf } from "./statistics.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    pairs: { type: "string" },
    only: { type: "string" },
    "no-peers": { type: "boolean", default: false },
  },
});
const suffix = options.quick ? "-quick" : "";
const pairs = Number(options.pairs ?? (options.quick ? 5 : 15));
const folder = ".cache/bench";
const peers = options["no-peers"] ? [] : allPeers;

// A peer that takes longer than this is asked three times only.
const SLOW_NANOSECONDS = 3e9;
const SLOW_PAIRS = 3;

/** The answers of one contender, with the reference's answer of the same turn beside each. */
interface Pair {
  readonly own: Answer;
  readonly reference: Answer | undefined;
}

const load = () => Number(loadavg()[0].toFixed(2));

function goalOf({ goal }: Case, name: string): number | undefined {
  if (name !== "Deno" && name !== "Bun") return undefined;
  return typeof goal === "object" ? goal[name === "Deno" ? "deno" : "bun"] : goal;
}

function goalText({ goal, perPacket }: Case): string {
  if (goal === undefined) return "";
  const text = typeof goal === "number" ? `≤ ${goal}` : `≤ ${goal.bun} Bun, ≤ ${goal.deno} Deno`;
  return perPacket === undefined ? text : `${text} or ${perPacket} ns a packet over C`;
}

/** Turns of all contenders until there are enough pairs; each turn begins with another one. */
async function measure(row: Case, running: readonly Running[]): Promise<Report> {
  const { mode, file, format = "", repeat = 1 } = row;
  const taken = new Map<Running, Pair[]>(running.map((one) => [one, []]));
  const absent = new Set<Running>();
  const line = (as: string) => `${as} ${folder}/${file} ${repeat} ${format}`.trim();
  for (let turn = 0; turn <= pairs; turn++) {
    const answers = new Map<Running, Answer>();
    const first = turn % running.length;
    for (const one of [...running.slice(first), ...running.slice(0, first)]) {
      const before = taken.get(one)!;
      const slow = before.length >= SLOW_PAIRS && before[0].own.nanoseconds > SLOW_NANOSECONDS;
      if (absent.has(one) || (slow && !ours.includes(one.contender) && one !== running[0])) {
        continue;
      }
      const isReference = one.contender === reference;
      const answer = await one.ask(line(isReference ? row.against ?? mode : mode));
      if (answer === undefined) absent.add(one);
      else answers.set(one, answer);
    }
    const expected = answers.get(running[0]);
    for (const [one, own] of answers) {
      assertSame(row, one.contender, own, expected);
      // The first turn warms the caches and the compilers.
      if (turn > 0) taken.get(one)!.push({ own, reference: expected });
    }
  }
  const entries = [...taken].flatMap(([{ contender }, results]) =>
    results.length === 0 ? [] : [entryOf(row, contender.name, results)]
  );
  return { id: row.id, title: row.title, unit: "ms", goal: goalText(row), load: load(), entries };
}

/** A contender of the module's own that did other work than the reference is not measured. */
function assertSame(row: Case, contender: Contender, own: Answer, expected?: Answer): void {
  if (!ours.includes(contender) || expected === undefined || row.unlike) return;
  if (own.count === expected.count && own.sum === expected.sum) return;
  throw new Error(
    `${row.id}: ${contender.name} saw ${own.count} ${own.sum}, ` +
      `C ${expected.count} ${expected.sum}`,
  );
}

function entryOf(row: Case, name: string, results: readonly Pair[]): Entry {
  const paired = results.filter((pair) => pair.reference !== undefined);
  const ratios = paired.map(({ own, reference }) => own.nanoseconds / reference!.nanoseconds);
  const cpuRatios = paired.map(({ own, reference }) => own.cpu / reference!.cpu);
  const ratio = name === "C" || ratios.length === 0 ? null : median(ratios);
  const between = ratio === null ? null : interval(ratios);
  const goal = goalOf(row, name);
  const over = median(
    paired.map(({ own, reference }) =>
      (own.nanoseconds - reference!.nanoseconds) * (row.repeat ?? 1) / Number(reference!.count)
    ).concat(paired.length === 0 ? [0] : []),
  );
  const met = goal === undefined || ratio === null ? null : ratio <= goal ||
    (row.perPacket !== undefined && over <= row.perPacket);
  return {
    name,
    median: median(results.map(({ own }) => own.nanoseconds)) / 1e6,
    cpu: median(results.map(({ own }) => own.cpu)) / 1e6,
    pairs: results.length,
    ratio,
    interval: between,
    cpuRatio: ratio === null ? null : median(cpuRatios),
    verdict: between && verdictOf(between),
    goal: met === null ? null : met ? "met" : "missed",
  };
}

/** The peak over the loaded input, in a process of its own. */
async function memory(mode: string, title: string, format: string, limit: number): Promise<Report> {
  const entries: Entry[] = [];
  for (const contender of [reference, ...ours, ...peers]) {
    const peaks: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const done = await runOnce(contender, ["once", mode, `${folder}/large${suffix}.mp4`, format]);
      const peak = Number(done?.text.split(" ")[0]);
      if (done === undefined || Number.isNaN(peak)) break;
      peaks.push(peak);
    }
    if (peaks.length === 0) continue;
    const middle = median(peaks);
    const met = middle <= limit * 1024;
    const goal = ours.includes(contender) ? (met ? "met" : "missed") : null;
    entries.push({ ...plainEntry(contender.name, middle, peaks.length), goal });
  }
  return { id: `memory-${mode}`, title, unit: "KiB", goal: `≤ ${limit} MB`, load: load(), entries };
}

function plainEntry(name: string, value: number, pairs: number): Entry {
  return {
    name,
    median: value,
    cpu: null,
    pairs,
    ratio: null,
    interval: null,
    cpuRatio: null,
    verdict: null,
    goal: null,
  };
}

/** The whole process to the first packet; a bare runtime that reads the file beside it. */
async function startup(): Promise<Report> {
  const programs = firstPacketPrograms(`${folder}/megabyte.mp4`);
  const times = programs.map((): number[] => []);
  for (let turn = 0; turn <= pairs; turn++) {
    const done: (number | undefined)[] = [];
    for (const [contender, args] of programs) {
      done.push((await runOnce(contender, args))?.nanoseconds);
    }
    if (turn === 0) continue;
    for (const [i, value] of done.entries()) if (value !== undefined) times[i].push(value / 1e6);
  }
  const entries = programs.flatMap(([{ name }, , over], i): Entry[] => {
    if (times[i].length === 0) return [];
    const plain = plainEntry(name, median(times[i]), times[i].length);
    if (name === "C" || times[0].length !== times[i].length) return [plain];
    const ratios = times[i].map((value, pair) => value / times[0][pair]);
    const difference = median(times[i].map((value, pair) => value - times[0][pair]));
    return [{
      ...plain,
      ratio: median(ratios),
      interval: interval(ratios),
      verdict: verdictOf(interval(ratios)),
      goal: over === undefined ? null : difference <= over ? "met" : "missed",
    }];
  });
  return {
    id: "startup",
    title: "whole process to the first packet, 1 MB mp4",
    unit: "ms",
    goal: "≤ C + 30 ms Bun, + 80 ms Deno",
    load: load(),
    entries,
  };
}

const words = options.only?.split(",");
const isSelected = (id: string) =>
  words?.some((word) => word.endsWith("*") ? id.startsWith(word.slice(0, -1)) : word === id) ??
    true;

const firstLine = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: "utf8" }).split("\n")[0].trim();
const model = /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "latin1"))?.[1] ?? "";
const machine = `${cpus().length} × ${model || cpus()[0]?.model || "unknown"}, load ${load()}${
  options.quick ? ", small files (--quick)" : ""
}`;
const ffmpeg = process.env.BENCH_FFMPEG ??
  firstLine("ffmpeg", "-version").replace(/^ffmpeg version (\S+).*/, "FFmpeg $1");
const runtimes = [
  firstLine(process.env.DENO ?? "deno", "--version").replace(/ \(.*/, ""),
  `bun ${firstLine(process.env.BUN ?? "bun", "--version")}`,
  ...(process.env.NODE ? [`node ${firstLine(process.env.NODE, "--version")}`] : []),
].join(", ");
console.log(`${pairs} interleaved pairs after one turn to warm up; ${ffmpeg}; ${runtimes}`);
console.log(machine);
if (load() > 0.5) console.log("other programs run on this machine: intervals will be wide");

const reports: Report[] = [];
const keep = (report: Report) => {
  reports.push(report);
  printReport(report);
};

const missing = cases(suffix).filter(({ id, file }) =>
  isSelected(id) && !existsSync(`${folder}/${file}`)
);
for (const { id, file } of missing) console.log(`left out: ${id}, whose ${file} could not be made`);
const chosen = cases(suffix).filter((row) => isSelected(row.id) && !missing.includes(row));
if (chosen.length > 0) {
  const running = [reference, ...ours, ...peers].map((contender) => new Running(contender));
  for (const row of chosen) keep(await measure(row, running));
  for (const one of running) one.stop();
}
if (isSelected("startup")) keep(await startup());
if (isSelected("memory-demux")) {
  keep(await memory("demux", "peak memory over the input, demux", "", 25));
}
if (isSelected("memory-remux-count")) {
  const title = "peak memory over the input, remux to a counter";
  keep(await memory("remux-count", title, "matroska", 60));
}

const groups = reports.filter(({ unit }) => unit === "ms").map(({ id, title, entries }): Group => {
  const goal = cases(suffix).find((row) => row.id === id)?.goal;
  return {
    title,
    goal: typeof goal === "number" ? goal : undefined,
    bars: entries.flatMap(({ name, ratio }) => ratio === null ? [] : [{ name, ratio }]),
  };
});
writeFileSync(".cache/bench.svg", chart("Time, in multiples of C on the same libavformat", groups));
const run: Run = { date: new Date().toISOString(), machine, ffmpeg, runtimes, pairs, reports };
writeFileSync(".cache/bench.json", `${JSON.stringify(run, null, 2)}\n`);
console.log("\nwritten: .cache/bench.json, .cache/bench.svg");
