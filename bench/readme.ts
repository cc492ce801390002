/**
 * Puts the tables of the last run into README.md and bench/README.md, between their markers.
 *
 *     bun run bench/readme.ts [SUITE]
 *
 * Reads .cache/bench.json, which bench/compare.ts writes. The table of another Debian's FFmpeg has
 * a place of its own in bench/README.md, and none in README.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { markdownTable, type Run, shortTable } from "./report.ts";

const run: Run = JSON.parse(readFileSync(".cache/bench.json", "utf8"));
const OURS = ["Deno", "Bun", "Node"];
const SHORT = [
  "demux",
  "copyto",
  "demux-ogg",
  "remux-mkv",
  "remux-mkv-memory",
  "probe",
  "demux-async",
  "remux-async",
  "decode-one",
  "pcm",
];

const present = (names: readonly string[]) =>
  names.filter((name) =>
    run.reports.some(({ entries }) => entries.some((entry) => entry.name === name))
  );
const peers = [
  ...new Set(run.reports.flatMap(({ entries }) => entries.map(({ name }) => name))),
].filter((name) => name !== "C" && !OURS.includes(name) && !name.startsWith("bare "));

const where = `${run.ffmpeg}; ${run.runtimes}; ${run.machine}; ${run.pairs} pairs; ${
  run.date.slice(0, 10)
}.`;

function replaceBetween(path: string, marker: string, text: string): void {
  const before = readFileSync(path, "utf8");
  const [open, close] = [`<!-- ${marker} -->`, `<!-- end of ${marker} -->`];
  const from = before.indexOf(open);
  const to = before.indexOf(close);
  if (from < 0 || to < from) throw new Error(`${path}: no markers for ${marker}`);
  writeFileSync(path, `${before.slice(0, from + open.length)}\n\n${text}\n\n${before.slice(to)}`);
}

const [suite] = process.argv.slice(2);
replaceBetween(
  "bench/README.md",
  suite ? `table of ${suite}` : "table",
  `${where}\n\n${markdownTable(run.reports, [...present(OURS), ...peers])}`,
);
if (!suite) {
  replaceBetween(
    "README.md",
    "benchmark",
    `${shortTable(run.reports, present(["Deno", "Bun"]), SHORT)}\n\n${where}`,
  );
}
