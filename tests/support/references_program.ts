/**
 * Programs that nothing keeps alive but the module's own worker. The argument chooses one; each
 * prints `done` at its end.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Demuxer, probe } from "../../mod.ts";
import { idleWorkers } from "../../lib/async/main/worker_pool.ts";
import { eventually, rejection } from "./async_sources.ts";
import { later } from "./random.ts";

const folder = mkdtempSync(join(tmpdir(), "avio_held_"));
const pipe = join(folder, "pipe");
if (spawnSync("mkfifo", [pipe]).status !== 0) throw new Error("mkfifo failed");

/** A shell that writes to the pipe; it is not awaited. */
function feed(commands: string): void {
  const shell = spawn("/bin/sh", ["-c", `exec 3>"${pipe}"; ${commands}`], {
    stdio: "ignore",
    detached: true,
  });
  shell.unref();
}

/** 8 kHz, 16 bits, one channel, of unknown length. */
function header(): string {
  const octal = (text: string) =>
    [...text].map((letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`).join("");
  const word = (number: number) =>
    [0, 8, 16, 24].map((shift) => String.fromCharCode(number >> shift & 255)).join("");
  const short = (number: number) => String.fromCharCode(number & 255, number >> 8);
  return `printf '${
    octal(
      `RIFF${word(-1)}WAVEfmt ${word(16)}${short(1)}${short(1)}${word(8000)}${word(16000)}` +
        `${short(2)}${short(16)}data${word(-1)}`,
    )
  }' >&3`;
}

/** An answer of a hook that comes after its session's end, while the worker serves another one. */
async function lateAnswer(): Promise<void> {
  const controller = new AbortController();
  let answer: ((refused: undefined) => void) | undefined;
  const first = rejection(Demuxer.open(undefined, {
    name: "a.mp4",
    signal: controller.signal,
    open: () => new Promise((resolve) => answer = resolve),
  }));
  await eventually(() => answer !== undefined, "the hook is asked");
  controller.abort(new Error("enough"));
  await first;
  await eventually(() => idleWorkers().idle === 1, "the worker is idle again");
  feed(`sleep 2; ${header()}; head -c 70000 /dev/zero >&3`);
  setTimeout(() => answer?.(undefined), 300);
  console.log((await probe(pipe, { format: "wav" })).format.name);
}

/** A reader that lets the worker fill the queue, go on by itself, and wait for a slow pipe. */
async function slowPipe(): Promise<void> {
  feed(`${header()}; head -c ${140 * 4096} /dev/zero >&3; sleep 4; head -c 8192 /dev/zero >&3`);
  const input = await Demuxer.open(pipe, {
    format: "wav",
    findStreamInfo: false,
    probeSize: 2048,
    bufferSize: 4096,
  });
  let packets = 0;
  for await (const _ of input) {
    if (++packets === 10 || packets === 20) await later(packets === 10 ? 300 : 1800);
  }
  await input.close();
  console.log(packets);
}

const programs: Record<string, () => Promise<void>> = { lateAnswer, slowPipe };
await programs[process.argv[2]]();
rmSync(folder, { recursive: true, force: true });
console.log("done");
