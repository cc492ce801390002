/** The end of a process whose workers wait inside a callback of libav's: by its own code. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { executable, runtimeWords } from "../../support/runtime.ts";

const program = fileURLToPath(new URL("../../support/process_end_program.ts", import.meta.url));

for (
  const [end, count, code] of [["exit", 1, 3], ["exit", 4, 3], ["code", 2, 4], [
    "throw",
    2,
    1,
  ]] as const
) {
  test(`a process with ${count} waiting workers ends by itself: ${end}`, () => {
    const { status, signal, stdout } = spawnSync(
      executable,
      [...runtimeWords, program, end, String(count)],
      { encoding: "utf8", timeout: 60_000 },
    );
    assertEquals([status, signal, stdout], [code, null, `waiting ${count}\n`]);
  });
}

test("a process that ends while a worker takes its first command ends by itself", () => {
  for (let i = 0; i < 2; i++) {
    const { status, signal } = spawnSync(executable, [...runtimeWords, program, "at once", "1"], {
      timeout: 60_000,
    });
    assertEquals([status, signal], [5, null]);
  }
});
