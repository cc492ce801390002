/** Codec threads call libav's log callback: a runtime's own must never be called on them. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { executable, runtimeWords } from "../../support/runtime.ts";

interface Said {
  before: number;
  after: number;
  frames: number;
  opened: number;
  heardMeanwhile: number;
}

function run(...words: string[]): Said {
  const program = fileURLToPath(new URL("../../support/codec_threads_program.ts", import.meta.url));
  const done = spawnSync(executable, [...runtimeWords, program, ...words], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assertEquals(done.status, 0, `${done.signal ?? ""} ${done.stderr}`);
  return JSON.parse(done.stdout.trim().split("\n").at(-1)!);
}

test("codecs with threads log while others listen: no crash, and the listener its own lines", () => {
  const { before, after, frames, opened, heardMeanwhile } = run();
  assert(before > 0 && after === before, `${before} and ${after} lines`);
  assert(frames > 500, `${frames} frames`);
  assertEquals(heardMeanwhile, opened * before);
});

test("without a trampoline nothing is heard while such a codec is open, and all of it again afterwards", () => {
  const { before, after, frames, heardMeanwhile } = run("turns");
  assert(before > 0 && after === before, `${before} and ${after} lines`);
  assert(frames > 500, `${frames} frames`);
  assertEquals(heardMeanwhile, 0);
});
