/** The memory that threads share, though each loads the module for itself. */
import { spawnSync } from "node:child_process";
import { platform } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { emulated, executable, runtimeWords } from "../../support/runtime.ts";

function run(name: string, ...given: string[]) {
  const program = fileURLToPath(new URL(`../../support/${name}`, import.meta.url));
  const words = [...runtimeWords, program, ...given];
  const done = spawnSync(executable, words, {
    encoding: "utf8",
    timeout: emulated ? 400_000 : 60_000,
  });
  assertEquals(done.status, 0, `${done.signal ?? ""} ${done.stderr}`);
  return JSON.parse(done.stdout.trim().split("\n").at(-1)!);
}

test("threads that load the module for themselves find one block, and no child inherits it", () => {
  const { found, inherited } = run("own_threads_program.ts", "find");
  assertEquals(found.length, 9);
  assertEquals(new Set(found.map(({ address }: { address: number }) => address)).size, 1);
  assert(found.every(({ shared }: { shared: boolean }) => shared));
  assertEquals(inherited, []);
});

const linux = platform() !== "linux" && "the page is taken as on Linux";

test("a thread that cannot have the page has its own block, and its lines", { skip: linux }, () => {
  const { shared, lines } = run("taken_page_program.ts");
  assertEquals(shared, false);
  assert(lines > 0);
});
