/**
 * No muxer ends the process or runs for ever, whatever times, codecs and numbers of packets it is
 * given. `AVIO_SWEEP_MUXERS` names the only muxers, separated by commas.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { libraryInfo } from "../../../mod.ts";
import { cacheFolder } from "../../support/media.ts";
import { GROUP_CASES } from "../../support/muxer_sweep_program.ts";
import { executable, runtimeName, runtimeWords } from "../../support/runtime.ts";

const program = fileURLToPath(new URL("../../support/muxer_sweep_program.ts", import.meta.url));
const folder = join(cacheFolder, "sweep");
mkdirSync(folder, { recursive: true });
const progress = join(folder, `${runtimeName}.${process.pid}`);
const STUCK_MS = 60_000;
const MAX_CRASHES = 400;

interface Run {
  readonly output: string;
  readonly end: string | undefined;
}

/** The cases from `first` on, in a process; `end` says how it ended where it did not finish. */
function sweepFrom(first: number): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(executable, [...runtimeWords, program, progress, String(first)], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    let seen = "";
    let stuck = false;
    child.stdout.on("data", (chunk) => output += chunk);
    const watch = setInterval(() => {
      const now = current();
      if (now !== seen) return void (seen = now);
      stuck = true;
      child.kill("SIGKILL");
    }, STUCK_MS);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      const end = stuck ? "runs for ever" : code === 0 ? undefined : signal ?? `exit ${code}`;
      resolve({ output, end });
    });
  });
}

function current(): string {
  try {
    return readFileSync(progress, "utf8");
  } catch {
    return "";
  }
}

test(`no muxer of FFmpeg ${libraryInfo().release} ends the process`, async () => {
  const crashes: string[] = [];
  const ends: Record<string, number> = {};
  let run = 0;
  for (let first = 0; crashes.length < MAX_CRASHES;) {
    rmSync(progress, { force: true });
    const { output, end } = await sweepFrom(first);
    for (const line of output.split("\n").filter(Boolean)) {
      const told = JSON.parse(line) as { run?: number; ends?: typeof ends; unexpected?: string };
      if (told.unexpected !== undefined) crashes.push(line);
      run += told.run ?? 0;
      for (const [name, count] of Object.entries(told.ends ?? {})) {
        ends[name] = (ends[name] ?? 0) + count;
      }
    }
    if (end === undefined) break;
    const at = current();
    assert(at !== "", `the program did not begin: ${end}`);
    const [number, label] = [Number(at.slice(0, 9)), at.slice(10).trim()];
    crashes.push(`${end}: ${label}`);
    // Where the header does it, every case of the group does.
    first = number % GROUP_CASES === 0 ? number + GROUP_CASES : number + 1;
  }
  rmSync(progress, { force: true });
  console.log(JSON.stringify({ run, ends, crashes: crashes.length }));
  assertEquals(crashes, []);
});
