/** The memory that threads share, though each loads the module for itself. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { emulated, executable, runtimeWords } from "../../support/runtime.ts";

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

test("threads that load the module for themselves find one block, and no child inherits it", () => {
  const { found, inherited } = run("find");
  assertEquals(found.length, 9);
  assertEquals(new Set(found.map(({ address }: { address: number }) => address)).size, 1);
  assert(found.every(({ shared }: { shared: boolean }) => shared));
  assertEquals(inherited, []);
});
