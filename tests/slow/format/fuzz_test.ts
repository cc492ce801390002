/**
 * A bounded run of the fuzzer: the long one is `deno task fuzz --minutes N`.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Random } from "../../support/mutate.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const script = fileURLToPath(new URL("../../../scripts/fuzz.ts", import.meta.url));

test("damaged files never crash, never hang and never leave a callback open", () => {
  const run = spawnSync(executable, [...runtimeWords, script, "--count", "1500", "--seed", "42"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assertMatch(run.stdout, /1500 inputs .* 0 problems/, run.stdout + run.stderr);
  assertEquals(run.status, 0);
  console.log(run.stdout.trim());
});

test("a seed gives the same damage on every runtime", () => {
  const random = new Random(7);
  const numbers = Array.from({ length: 4 }, () => random.below(1000));
  assertEquals(numbers, [11, 61, 976, 699]);
});
