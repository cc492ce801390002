/**
 * Many small jobs at once against the same one after the other, and how late the main thread is
 * meanwhile.
 *
 *     deno run -A bench/queue.ts [JOBS] [ROUNDS]
 *     bun run bench/queue.ts [JOBS] [ROUNDS]
 *
 * The aim for 200 jobs: at most 1.3 times the time of the sequence, and a 5 ms timer at most 50 ms
 * late at the 99th percentile. The two alternate, and the fastest round of each counts.
 */
import process from "node:process";
import { probe } from "../mod.ts";
import { fixturePath } from "../tests/support/sets.ts";
import { watchTimer } from "./timer.ts";

const jobs = Number(process.argv[2] ?? 200);
const rounds = Number(process.argv[3] ?? 5);
const path = fixturePath("progressive.mp4");

interface Round {
  readonly wall: number;
  readonly cpu: number;
  readonly late: readonly number[];
}

async function measure(run: () => Promise<unknown>): Promise<Round> {
  const before = process.cpuUsage();
  const since = performance.now();
  const end = watchTimer();
  await run();
  const late = end();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - since, cpu: (user + system) / 1000, late };
}

async function inSequence(): Promise<void> {
  for (let i = 0; i < jobs; i++) await probe(path);
}

const atOnce = () => Promise.all(Array.from({ length: jobs }, () => probe(path)));

// The libraries are opened and a worker is started before anything is measured.
await probe(path);
const taken: Readonly<Record<string, Round[]>> = { "in sequence": [], "at once": [] };
for (let round = 0; round < rounds; round++) {
  taken["in sequence"].push(await measure(inSequence));
  taken["at once"].push(await measure(atOnce));
}
const least = (of: Round[], field: "wall" | "cpu") => Math.min(...of.map((one) => one[field]));
for (const [name, all] of Object.entries(taken)) {
  const p99 = Math.min(...all.map(({ late }) => late[Math.floor(late.length * 0.99)] ?? 0));
  console.log(
    `${jobs} probes ${name}: ${least(all, "wall").toFixed(0)} ms, ` +
      `${least(all, "cpu").toFixed(0)} ms of processors, timer late ${p99.toFixed(1)} ms at p99`,
  );
}
const ratio = (field: "wall" | "cpu") =>
  (least(taken["at once"], field) / least(taken["in sequence"], field)).toFixed(2);
console.log(`at once / in sequence: ${ratio("wall")} of time, ${ratio("cpu")} of processors`);
