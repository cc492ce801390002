/**
 * Runs the web platform tests of WebCodecs, each file and variant in a process of its own, and
 * compares the failures with the list of those that are expected. Ends with 1 for a failure that is
 * not on the list, for an entry that passes, and for a process that crashes or hangs.
 *
 *     RUNTIME run.ts TESTS CANVAS [--only WORD] [--json FILE] [--jobs N] [--timeout SECONDS]
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { variantsOf } from "./meta.ts";

type Subtest = [name: string, outcome: string, message: string | null];

interface Outcome {
  readonly file: string;
  readonly status: string;
  readonly message?: string | null;
  readonly results: readonly Subtest[];
}

const words = process.argv.slice(2);
function option(name: string): string | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
}
const only = option("--only");
const json = option("--json");
const jobs = Number(option("--jobs") ?? 2);
const seconds = Number(option("--timeout") ?? 120);
const [tests, canvas] = words;
const here = dirname(fileURLToPath(import.meta.url));
const MARK = "@@wpt ";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
const flags = {
  deno: ["run", "--allow-all", "--no-check", "--unstable-detect-cjs"],
  bun: ["run"],
  node: ["--experimental-ffi", "--no-warnings"],
}[runtime];

function runFile(file: string, variant: string): Promise<Outcome> {
  const script = join(here, "host.ts");
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...flags, script, tests, file, variant, canvas], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (data) => output += data);
    child.stderr.on("data", (data) => errors += data);
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const name = file + variant;
      const line = output.split("\n").find((one) => one.startsWith(MARK));
      if (line !== undefined) {
        resolve({ file: name, ...JSON.parse(line.slice(MARK.length)) });
        return;
      }
      const status = signal === "SIGKILL" ? "HANG" : `CRASH ${signal ?? code}`;
      const message = errors.trim().split("\n").slice(-3).join(" | ");
      resolve({ file: name, status, message, results: [] });
    });
  });
}

/** Expected failures: `file`, `subtest` and `reason`, and where they are not of every runtime. */
function readExpected(): Map<string, string> {
  const lines = readFileSync(join(here, "expected_failures.tsv"), "utf8").split("\n");
  const entries = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    entries.map((line) => line.split("\t")).filter(([runtimes]) =>
      runtimes === "all" || runtimes.split(",").includes(runtime)
    ).map(([, file, subtest, reason]) => [`${file}\t${subtest}`, reason]),
  );
}

const files = readdirSync(join(tests, "webcodecs")).filter((name) => name.endsWith(".any.js"));
const queue = files.sort().flatMap((file) =>
  variantsOf(readFileSync(join(tests, "webcodecs", file), "utf8")).map((variant) => ({
    file,
    variant,
  }))
).filter(({ file, variant }) => only === undefined || (file + variant).includes(only));
const outcomes: Outcome[] = [];
async function work(): Promise<void> {
  let next: { file: string; variant: string } | undefined;
  while ((next = queue.shift()) !== undefined) {
    const outcome = await runFile(next.file, next.variant);
    outcomes.push(outcome);
    const passed = outcome.results.filter(([, result]) => result === "PASS").length;
    const counts = `${String(passed).padStart(4)} of ${String(outcome.results.length).padStart(4)}`;
    const message = outcome.status === "OK" ? "" : `  ${outcome.message ?? ""}`.slice(0, 300);
    console.log(`${counts}  ${outcome.status.padEnd(8)} ${outcome.file}${message}`);
  }
}
await Promise.all(Array.from({ length: jobs }, work));

const expected = readExpected();
const problems: string[] = [];
for (const { file, status, results } of outcomes) {
  if (status !== "OK") problems.push(`${status}: ${file}`);
  for (const [name, outcome, message] of results) {
    const key = `${file}\t${name}`;
    if (outcome === "PASS") {
      if (expected.has(key)) problems.push(`passes, take it off the list: ${file}: ${name}`);
    } else if (!expected.has(key)) {
      problems.push(`${outcome}: ${file}: ${name}: ${String(message).slice(0, 200)}`);
    }
    expected.delete(key);
  }
}
if (only === undefined) {
  for (const key of expected.keys()) problems.push(`is not there: ${key.replace("\t", ": ")}`);
}
if (json !== undefined) writeFileSync(json, JSON.stringify(outcomes, null, 1));
for (const problem of problems) console.log(problem);
const all = outcomes.flatMap(({ results }) => results);
const passed = all.filter(([, outcome]) => outcome === "PASS").length;
console.log(
  `wpt (${runtime}): ${passed} of ${all.length} subtests pass, ` +
    `${all.length - passed} fail, ${problems.length} unexpected`,
);
process.exit(problems.length > 0 ? 1 : 0);
