/**
 * Runs every contender over every case, interleaved, and prints medians and ratios to C.
 *
 *     bun run bench/compare.ts [--quick] [--runs N] [--only ID,ID*,…] [--no-peers] [--cpu]
 *
 * --cpu counts the processor's time instead of the clock's, for a machine that is busy with more.
 * scripts/bench.sh makes what it needs and calls it. Writes .cache/bench.json and .cache/bench.svg.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import { chart, type Group } from "./chart.ts";
import { type Answer, type Contender, Running, runOnce } from "./contender.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string" },
    only: { type: "string" },
    "no-peers": { type: "boolean", default: false },
    cpu: { type: "boolean", default: false },
  },
});
if (options.cpu) process.env.BENCH_CLOCK = "cpu";
const kind = options.quick ? "-quick" : "";
const runs = Number(options.runs ?? (options.quick ? 3 : 7));
const folder = ".cache/bench";
const deno = process.env.DENO ?? "deno";
const bun = process.env.BUN ?? "bun";
// The third runtime: no goal was set for it.
const node = process.env.NODE;
const nodeRun = [node ?? "node", "--experimental-ffi", "--disable-warning=ExperimentalWarning"];
const denoRun = [deno, "run", "--no-check", "--allow-ffi", "--allow-read", "--allow-env"];

const reference: Contender = { name: "C", command: [`${folder}/reference`] };
const ours: Contender[] = [
  // Everything allowed: Deno lets nothing less read /proc, where the memory is told.
  { name: "Deno", command: [deno, "run", "--no-check", "--allow-all", "bench/program.ts"] },
  { name: "Bun", command: [bun, "run", "bench/program.ts"] },
  ...(node ? [{ name: "Node", command: [...nodeRun, "bench/program.ts"] }] : []),
];
const python = process.env.BENCH_PYTHON;
const peers: Contender[] = options["no-peers"] ? [] : [
  ...(existsSync("bench/peers/node_modules")
    ? [
      { name: "node-av", command: ["node", "bench/peers/nodeav.mjs"] },
      {
        name: "node-av sync, file",
        command: ["node", "bench/peers/nodeav.mjs"],
        env: { NODE_AV: "sync" },
      },
      { name: "mediabunny", command: [bun, "run", "bench/peers/mediabunny.mjs"] },
      { name: "libav.js", command: [bun, "run", "bench/peers/libavjs.mjs"] },
      // Its work is done by a child, whose processor time nobody here sees.
      ...(options.cpu
        ? []
        : [{ name: "ffmpeg, pipe", command: [bun, "run", "bench/peers/ffmpeg_pipe.mjs"] }]),
    ]
    : []),
  ...(python ? [{ name: "PyAV", command: [python, "bench/peers/pyav.py"] }] : []),
];

interface Row {
  readonly name: string;
  /** Milliseconds, or kibibytes for memory. */
  readonly median: number;
  readonly fastest: number;
  readonly runs: number;
  /** To C, in this run. */
  readonly ratio: number | null;
  readonly goal: "met" | "missed" | null;
}

interface Report {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "KiB";
  readonly goal: string;
  readonly load: number;
  readonly rows: Row[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const load = () => Number(loadavg()[0].toFixed(2));

function goalOf({ goal }: Case, name: string): number | undefined {
  if (name !== "Deno" && name !== "Bun") return undefined;
  return typeof goal === "object" ? goal[name === "Deno" ? "deno" : "bun"] : goal;
}

/** A warming turn for each, then turns in the same order until there are enough. */
async function measure(row: Case, running: readonly Running[]): Promise<Report> {
  const { mode, file, format = "", repeat = 1 } = row;
  const times = new Map<Running, number[]>();
  const line = (as: string) => `${as} ${folder}/${file} ${repeat} ${format}`.trim();
  let expected: Answer | undefined;
  for (let turn = 0; turn <= runs; turn++) {
    for (const one of running) {
      const isReference = one.contender === reference;
      const taken = times.get(one);
      if (turn > 0 && taken === undefined) continue;
      // A peer that takes many seconds is not asked as often.
      if (taken && taken.length >= 3 && taken[0] > 3e9) continue;
      const answer = await one.ask(line(isReference ? row.against ?? mode : mode));
      if (answer === undefined) continue;
      if (isReference) expected = answer;
      const own = ours.includes(one.contender);
      if (own && expected && (answer.count !== expected.count || answer.sum !== expected.sum)) {
        throw new Error(
          `${row.id}: ${one.contender.name} saw ${answer.count} ${answer.sum}, ` +
            `C ${expected.count} ${expected.sum}`,
        );
      }
      if (turn === 0) times.set(one, []);
      else taken!.push(answer.nanoseconds);
    }
  }
  const base = [...times].find(([one]) => one.contender === reference)?.[1];
  const c = base && median(base);
  const rows = [...times].map(([{ contender: { name } }, taken]): Row => {
    const middle = median(taken);
    const goal = goalOf(row, name);
    const over = c === undefined ? 0 : (middle - c) * repeat / Number(expected?.count ?? 1);
    const met = goal === undefined || c === undefined ? null : middle / c <= goal &&
      (row.perPacket === undefined || over <= row.perPacket);
    return {
      name,
      median: middle / 1e6,
      fastest: Math.min(...taken) / 1e6,
      runs: taken.length,
      ratio: c === undefined ? null : middle / c,
      goal: met === null ? null : met ? "met" : "missed",
    };
  });
  const goal = row.goal === undefined
    ? ""
    : typeof row.goal === "number"
    ? `≤ ${row.goal}`
    : `≤ ${row.goal.bun} Bun, ≤ ${row.goal.deno} Deno`;
  return { id: row.id, title: row.title, unit: "ms", goal, load: load(), rows };
}

/** The peak over the loaded input, in a process of its own. */
async function memory(mode: string, title: string, format: string, most: number): Promise<Report> {
  const rows: Row[] = [];
  for (const contender of [reference, ...ours, ...peers]) {
    const taken: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const done = await runOnce(contender, ["once", mode, `${folder}/large${kind}.mp4`, format]);
      const peak = Number(done?.text.split(" ")[0]);
      if (done === undefined || Number.isNaN(peak)) break;
      taken.push(peak);
    }
    if (taken.length === 0) continue;
    const middle = median(taken);
    rows.push({
      name: contender.name,
      median: middle,
      fastest: Math.min(...taken),
      runs: taken.length,
      ratio: null,
      goal: ours.includes(contender) ? (middle <= most * 1024 ? "met" : "missed") : null,
    });
  }
  return { id: `memory-${mode}`, title, unit: "KiB", goal: `≤ ${most} MB`, load: load(), rows };
}

/** The whole process to the first packet; a bare runtime that reads the file beside it. */
async function startup(): Promise<Report> {
  const file = `${folder}/megabyte.mp4`;
  const programs: [Contender, string[], number?][] = [
    [reference, ["once", "first", file]],
    [{ name: "Deno", command: [...denoRun, "bench/first.ts"] }, [file], 40],
    [{ name: "Bun", command: [bun, "run", "bench/first.ts"] }, [file], 10],
    [{ name: "bare Deno", command: [...denoRun, "bench/first.ts"] }, [file, "bare"]],
    [{ name: "bare Bun", command: [bun, "run", "bench/first.ts"] }, [file, "bare"]],
    ...peers.filter(({ name }) => name !== "ffmpeg, pipe").map((peer): [Contender, string[]] => [
      peer,
      ["once", "first", file],
    ]),
  ];
  const times = programs.map((): number[] => []);
  for (let turn = 0; turn <= Math.max(runs, 5) * 2; turn++) {
    for (const [i, [contender, args]] of programs.entries()) {
      const done = await runOnce(contender, args);
      if (done && turn > 0) times[i].push(done.nanoseconds / 1e6);
    }
  }
  const c = median(times[0]);
  const rows = programs.flatMap(([{ name }, , most], i): Row[] => {
    if (times[i].length === 0) return [];
    const middle = median(times[i]);
    return [{
      name,
      median: middle,
      fastest: Math.min(...times[i]),
      runs: times[i].length,
      ratio: middle / c,
      goal: most === undefined ? null : middle <= c + most ? "met" : "missed",
    }];
  });
  return {
    id: "startup",
    title: "whole process to the first packet, 1 MB mp4",
    unit: "ms",
    goal: "≤ C + 10 ms Bun, + 40 ms Deno",
    load: load(),
    rows,
  };
}

function print({ title, unit, goal, rows, load }: Report): void {
  console.log(`\n${title}${goal && `   goal ${goal}`}   (load ${load})`);
  for (const row of rows) {
    const value = unit === "ms"
      ? `${row.median.toFixed(row.median < 10 ? 3 : 1)} ms`
      : `${(row.median / 1024).toFixed(1)} MiB`;
    console.log(
      `  ${row.name.padEnd(20)} ${value.padStart(12)}  ${
        row.ratio === null ? "        " : `${row.ratio.toFixed(2)} × C`.padStart(9)
      }  ${String(row.runs).padStart(2)} runs  ${row.goal ?? ""}`,
    );
  }
}

const words = options.only?.split(",");
const wanted = (id: string) =>
  words?.some((word) => word.endsWith("*") ? id.startsWith(word.slice(0, -1)) : word === id) ??
    true;
const model = /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "latin1"))?.[1] ?? "";
const machine = `${cpus().length} × ${model || cpus()[0]?.model || "unknown"}, load ${load()}`;
console.log(
  `${runs} interleaved runs after one to warm up, medians of ${
    options.cpu ? "the processor's time" : "the clock"
  }; ${machine}`,
);

const reports: Report[] = [];
const chosen = cases(kind).filter(({ id, file }) => wanted(id) && existsSync(`${folder}/${file}`));
if (chosen.length > 0) {
  const hasReference = existsSync(reference.command[0]);
  const running = [...(hasReference ? [reference] : []), ...ours, ...peers].map((contender) =>
    new Running(contender)
  );
  for (const row of chosen) {
    const report = await measure(row, running);
    reports.push(report);
    print(report);
  }
  for (const one of running) one.stop();
}
for (
  const [id, make] of [
    ["startup", startup],
    ["memory-demux", () => memory("demux", "peak memory over the input, demux", "", 25)],
    [
      "memory-remux-count",
      () => memory("remux-count", "peak memory over the input, remux to a counter", "matroska", 60),
    ],
  ] as const
) {
  if (!wanted(id)) continue;
  const report = await make();
  reports.push(report);
  print(report);
}

const groups = reports.filter(({ unit }) => unit === "ms").map(({ id, title, rows }): Group => ({
  title,
  goal: typeof cases(kind).find((row) => row.id === id)?.goal === "number"
    ? cases(kind).find((row) => row.id === id)?.goal as number
    : undefined,
  bars: rows.flatMap(({ name, ratio }) => ratio === null ? [] : [{ name, ratio }]),
}));
writeFileSync(".cache/bench.svg", chart("Time, in multiples of C on the same libavformat", groups));
writeFileSync(
  ".cache/bench.json",
  JSON.stringify({ date: new Date().toISOString(), machine, runs, reports }, null, 2) + "\n",
);
console.log("\nwritten: .cache/bench.json, .cache/bench.svg");
