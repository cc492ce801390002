/**
 * Damaged files through probe, demux, seek and remux. Every input has a seed; a crash, a hang of
 * ten seconds or an error of a wrong kind is reported with it.
 *
 *     deno task fuzz [--minutes N | --count N] [--seed S] [--jobs N]
 *
 * The inputs start from the files below `AVIO_CORPUS`, or from generated ones.
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cacheFolder, corpus, generated, malformed } from "../tests/support/media.ts";
import { executable, runtimeName, runtimeWords } from "../tests/support/runtime.ts";

const BATCH = 500;
const HANG_MILLISECONDS = 10_000;
// A busy machine is slow as well: what seems to hang gets this long by itself.
const SURE_MILLISECONDS = 60_000;
const MAX_BYTES = 400_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    count: { type: "string" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "1" },
  },
});
const until = values.minutes ? performance.now() + Number(values.minutes) * 60_000 : Infinity;
const count = values.count ? Number(values.count) : values.minutes ? Infinity : 2000;

const files = [...corpus(), ...malformed(), ...generated()]
  .map(({ path }) => path)
  .filter((path) => statSync(path).size <= MAX_BYTES && statSync(path).size > 0);
mkdirSync(cacheFolder, { recursive: true });
const list = join(cacheFolder, `fuzz.${process.pid}.json`);
writeFileSync(list, JSON.stringify(files));

const child = fileURLToPath(new URL("fuzz_child.ts", import.meta.url));

interface Outcome {
  readonly reached: number;
  readonly refused: number;
  readonly problems: string[];
}

function run(from: number, to: number, patience = HANG_MILLISECONDS): Promise<Outcome> {
  return new Promise((resolve) => {
    const words = [...runtimeWords, child, list, String(from), String(to)];
    const runner = spawn(executable, words, {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let current = "";
    let rest = "";
    let errors = "";
    let refused = 0;
    let reached = from;
    let finished = false;
    let hung = false;
    const problems: string[] = [];
    let watchdog: ReturnType<typeof setTimeout>;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        hung = true;
        runner.kill("SIGKILL");
      }, patience);
    };
    alive();
    runner.stderr.on("data", (data) => errors = (errors + data).slice(-2000));
    runner.stdout.on("data", (data) => {
      alive();
      const lines = (rest + data).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("DEFECT")) problems.push(line);
        else if (line.startsWith("DONE")) {
          finished = true;
          refused = Number(line.split(" ")[1]);
        } else if (/^\d+ /.test(line)) {
          current = line;
          reached = Number.parseInt(line) + 1;
        }
      }
    });
    runner.on("close", async (code, signal) => {
      clearTimeout(watchdog);
      if (hung && patience === HANG_MILLISECONDS) {
        const stuck = Math.max(from, reached - 1);
        const again = await run(stuck, stuck + 1, SURE_MILLISECONDS);
        return resolve({
          reached: stuck + 1,
          refused,
          problems: [...problems, ...again.problems],
        });
      }
      if (hung) problems.push(`HANG ${current}`);
      if (!finished && problems.length === 0) {
        problems.push(`CRASH (${signal ?? code}) ${current}\n${errors}`);
      }
      resolve({ reached: finished ? to : reached, refused, problems });
    });
  });
}

const first = Number(values.seed);
let next = first;
let inputs = 0;
let refused = 0;
const problems: string[] = [];

async function work(): Promise<void> {
  while (performance.now() < until && next < first + count) {
    const from = next;
    const to = Math.min(from + BATCH, first + count);
    next = to;
    // The rest of a batch runs after a crash.
    for (let at = from; at < to;) {
      const outcome = await run(at, to);
      inputs += outcome.reached - at;
      refused += outcome.refused;
      for (const problem of outcome.problems) {
        problems.push(problem);
        console.log(problem);
      }
      if (outcome.reached <= at) break;
      at = outcome.reached;
    }
  }
}

const started = performance.now();
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const seconds = (performance.now() - started) / 1000;
console.log(
  `fuzz (${runtimeName}): ${inputs} inputs from ${files.length} files in ${
    seconds.toFixed(0)
  } s, ` +
    `seeds ${first} to ${next - 1}; ${refused} refused with an error; ${problems.length} problems`,
);
rmSync(list);
process.exit(problems.length === 0 ? 0 : 1);
