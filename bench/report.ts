/** The results of one run of the benchmark, and their print. */
import type { Interval, Verdict } from "./statistics.ts";

/** A contender in one row. */
export interface Entry {
  readonly name: string;
  /** The median by the clock: milliseconds, or kibibytes for memory. */
  readonly median: number;
  /** The median of the processor's time, all threads together, in milliseconds. */
  readonly cpu: number | null;
  readonly pairs: number;
  /** The median of the pairs' ratios to the reference, by the clock. */
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** The same of the processor's time. */
  readonly cpuRatio: number | null;
  readonly verdict: Verdict | null;
  readonly goal: "met" | "missed" | null;
}

/** One row of the table. */
export interface Report {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "KiB";
  /** The goal in words; empty where none is set. */
  readonly goal: string;
  /** The machine's load when the row ended. */
  readonly load: number;
  readonly entries: readonly Entry[];
}

/** A whole run, as .cache/bench.json keeps it. */
export interface Run {
  readonly date: string;
  readonly machine: string;
  readonly ffmpeg: string;
  readonly runtimes: string;
  readonly pairs: number;
  readonly reports: readonly Report[];
}

function amount(value: number, unit: Report["unit"]): string {
  if (unit === "KiB") return `${(value / 1024).toFixed(1)} MiB`;
  return `${value.toFixed(value < 1 ? 3 : value < 100 ? 1 : 0)} ms`;
}

function ratioText({ ratio, interval }: Entry): string {
  if (ratio === null || interval === null) return "";
  return `${ratio.toFixed(2)} (${interval.low.toFixed(2)}–${interval.high.toFixed(2)})`;
}

/** One row as lines for a terminal. */
export function printReport({ title, unit, goal, entries, load }: Report): void {
  console.log(`\n${title}${goal && `   goal ${goal}`}   (load ${load})`);
  for (const entry of entries) {
    const cpu = entry.cpu === null ? "" : `cpu ${amount(entry.cpu, "ms")}`;
    const cpuRatio = entry.cpuRatio === null ? "" : `${entry.cpuRatio.toFixed(2)} × C cpu`;
    console.log(
      `  ${entry.name.padEnd(20)} ${amount(entry.median, unit).padStart(10)} ${cpu.padStart(14)}  ${
        ratioText(entry).padEnd(18)
      } ${cpuRatio.padEnd(12)} ${String(entry.pairs).padStart(3)} pairs  ${
        [entry.verdict, entry.goal && `goal ${entry.goal}`].filter(Boolean).join(", ")
      }`,
    );
  }
}

/**
 * The table of a run in Markdown: a column a contender, ratio, interval and verdict in each cell.
 */
export function markdownTable(reports: readonly Report[], names: readonly string[]): string {
  const rows = reports.map(({ title, goal, unit, entries }) => {
    const of = (name: string) => entries.find((entry) => entry.name === name);
    const c = of("C");
    const cells = names.map((name) => {
      const entry = of(name);
      if (entry === undefined) return "–";
      if (entry.ratio === null) return amount(entry.median, unit);
      const mark = entry.goal === null ? "" : entry.goal === "met" ? " ✓" : " ✗";
      const verdict = entry.verdict === null ? "" : `, ${entry.verdict}`;
      const cpu = entry.cpuRatio === null ? "" : `, cpu ${entry.cpuRatio.toFixed(2)}`;
      return `${ratioText(entry)}${cpu}${verdict}${mark}`;
    });
    return [title, goal || "–", c ? amount(c.median, unit) : "–", ...cells];
  });
  const head = ["Work", "Goal, × C", "C", ...names];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The few lines of the README: the ratio alone, by the clock. */
export function shortTable(
  reports: readonly Report[],
  names: readonly string[],
  ids: readonly string[],
): string {
  const rows = ids.flatMap((id) => {
    const report = reports.find((candidate) => candidate.id === id);
    if (report === undefined) return [];
    const cells = names.map((name) =>
      report.entries.find((entry) => entry.name === name)?.ratio?.toFixed(2) ?? "–"
    );
    return [[report.title, ...cells]];
  });
  const head = ["Times C, by the clock", ...names];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
