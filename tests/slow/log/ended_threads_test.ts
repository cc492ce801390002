/** Threads that are terminated inside libav. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { emulated, executable, runtimeName, runtimeWords } from "../../support/runtime.ts";

const program = fileURLToPath(new URL("../../support/own_threads_program.ts", import.meta.url));

function run(word: string) {
  const words = [...runtimeWords, program, word];
  const done = spawnSync(executable, words, {
    encoding: "utf8",
    timeout: emulated ? 400_000 : 60_000,
  });
  assertEquals(done.status, 0, `${done.signal ?? ""} ${done.stderr}`);
  return JSON.parse(done.stdout.trim().split("\n").at(-1)!);
}

// Node aborts the process when a thread is terminated inside a callback.
const skip = runtimeName === "node" && "Node cannot end such a thread";

test("threads that are terminated inside libav leave no slot in use", { skip }, () => {
  const { used, trampoline } = run("end");
  if (!trampoline) return;
  // A thread that Bun does not get out of a native call has not ended.
  assert(used <= (runtimeName === "bun" ? 2 : 0), `${used} slots are in use after 12 threads`);
});
