/**
 * A program of many numbered cases, each of which may end its process: it writes the number of the
 * case to a file before the case begins, and is started again behind a case that ended it.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./media.ts";
import { executable, runtimeName, runtimeWords } from "./runtime.ts";

const NUMBER = 9;
const RECORD = 240;
const MAX_START_MS = 600_000;

/** The program's side: tells which case begins. */
export class Progress {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  begin(number: number, label: string): void {
    const record = `${String(number).padStart(NUMBER)} ${label}`;
    // Bytes, since Deno appends text whose position is 0.
    const bytes = new TextEncoder().encode(record.padEnd(RECORD).slice(0, RECORD));
    writeSync(this.#file, bytes, 0, bytes.length, 0);
  }
}

/** How a program is run. */
export interface Resumed {
  /** Its file; called with the progress file, the first case and `words`. */
  readonly program: URL;
  readonly words?: readonly string[];
  /** A case that takes longer runs for ever. */
  readonly stuckMs: number;
  /** Crashes after which the rest is not worth running. */
  readonly maxCrashes: number;
  /** The case to go on with behind one that ended the process. */
  next?(number: number): number;
  /** A line of its standard output. */
  line(line: string): void;
}

/** Runs every case; returns those that ended the process. */
export async function runResumed(options: Resumed): Promise<string[]> {
  const folder = join(cacheFolder, "sweep");
  mkdirSync(folder, { recursive: true });
  const progress = join(folder, `${runtimeName}.${process.pid}`);
  // A value that a case gives as a path names a file here.
  const working = mkdtempSync(join(tmpdir(), "avio-cases-"));
  const crashes: string[] = [];
  for (let first = 0; crashes.length < options.maxCrashes;) {
    rmSync(progress, { force: true });
    const end = await runFrom(options, working, progress, first);
    if (end === undefined) break;
    const at = current(progress);
    if (at === "") throw new Error(`the program did not begin: ${end}`);
    const number = Number(at.slice(0, NUMBER));
    crashes.push(`${end}: ${at.slice(NUMBER + 1).trim()} (case ${number})`);
    first = options.next?.(number) ?? number + 1;
  }
  rmSync(progress, { force: true });
  rmSync(working, { recursive: true, force: true });
  return crashes;
}

function runFrom(
  { program, words = [], stuckMs, line }: Resumed,
  cwd: string,
  progress: string,
  first: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const path = fileURLToPath(program);
    const child = spawn(
      executable,
      [...runtimeWords, path, progress, String(first), ...words],
      { cwd, stdio: ["ignore", "pipe", "pipe"] },
    );
    let rest = "";
    let seen = "";
    let stuck = false;
    let said = "";
    child.stderr.on("data", (chunk) => said = `${said}${chunk}`.slice(-2000));
    child.stdout.on("data", (chunk) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(line);
    });
    const since = performance.now();
    const watch = setInterval(() => {
      const now = current(progress);
      // On a busy machine even the start takes a minute.
      if (now === "" && performance.now() - since < MAX_START_MS) return;
      if (now !== seen) return void (seen = now);
      stuck = true;
      child.kill("SIGKILL");
    }, stuckMs);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (stuck) return resolve("runs for ever");
      if (code === 0) return resolve(undefined);
      resolve(`${signal ?? `exit ${code}`}${said && ` (${said.trim().split("\n").at(-1)})`}`);
    });
  });
}

function current(progress: string): string {
  try {
    return readFileSync(progress, "utf8");
  } catch {
    return "";
  }
}
