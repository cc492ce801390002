/** Several threads inside libav at once. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { cacheFolder } from "../../support/media.ts";
import { emulated, executable, runtimeWords } from "../../support/runtime.ts";

test("threads of a program's own are inside libav at once: no crash, each its own lines", () => {
  run("300");
});

test("the same where they take turns at the log", () => {
  run("150", "turns");
});

test("a thread that stays inside is passed by, and once it is out, threads listen again", () => {
  const { before, first, second, after } = answerOf("stuck_lock_program.ts");
  assert(before.lines > 0);
  // It is waited for once, for two seconds; a callback set now would be called on its thread.
  assertEquals([first.lines, second.lines], [0, 0]);
  assert(first.milliseconds >= 2000 && first.milliseconds < 5000, `${first.milliseconds} ms`);
  assert(second.milliseconds < 1000, `${second.milliseconds} ms`);
  assertEquals(after.lines, before.lines);
});

test("where threads take turns, no line of another thread comes to the callback of one", (t) => {
  const shim = join(cacheFolder, `thread_of_log.${process.pid}.so`);
  mkdirSync(cacheFolder, { recursive: true });
  const source = fileURLToPath(
    new URL("../../support/native/thread_of_log.c", import.meta.url),
  );
  const compiler = process.env.CC ?? "cc";
  const built = emulated
    ? undefined
    : spawnSync(compiler, ["-shared", "-fPIC", "-O1", "-pthread", "-o", shim, source]);
  if (built?.status !== 0) return t.skip("a C compiler for this processor is needed");
  try {
    const { heard, samples, foreign } = answerOf("foreign_log_program.ts", shim);
    console.log(`${heard} lines heard; samples of each worker: ${samples}`);
    assert(heard > 0 && samples > 0);
    assertEquals(foreign, 0);
  } finally {
    rmSync(shim, { force: true });
  }
});

function answerOf(name: string, ...words: string[]) {
  const program = fileURLToPath(new URL(`../../support/${name}`, import.meta.url));
  const done = spawnSync(executable, [...runtimeWords, program, ...words], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assertEquals(done.status, 0, `${done.signal ?? ""} ${done.stderr}`);
  return JSON.parse(done.stdout.trim().split("\n").at(-1)!);
}

function run(...words: string[]): void {
  const { expected, results, opened, missed, after, milliseconds, rounds } = answerOf(
    "lock_program.ts",
    ...words,
  );
  console.log(
    `${opened} broken files opened meanwhile; after two threads were ended: ${milliseconds} ms`,
  );
  for (const { packets, lines } of results) {
    assertEquals(packets, expected.packets * rounds / 2);
    assertEquals(lines, rounds);
  }
  assert(opened > 10);
  assertEquals(missed, 0);
  assertEquals(after.packets, expected.packets);
  // Where threads take turns, one that was ended inside keeps the others from listening.
  if (words.length === 1) assertEquals(after.lines, expected.lines);
  // A thread that never came out of libav is waited for once, for two seconds.
  assert(milliseconds < 20_000);
}
