/**
 * The instrument behind `deno task corpus`, over every file of `AVIO_CORPUS` or the generated ones:
 * nothing differs from the tools but what is known to.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { checks } from "../../support/corpus/checks.ts";
import { known } from "../../support/corpus/known.ts";
import { root as checkout } from "../../support/docs.ts";
import { scratch } from "../../support/made.ts";
import { filesBelow, generated } from "../../support/media.ts";
import { executable, runtimeName } from "../../support/runtime.ts";

const root = process.env.AVIO_CORPUS;
// Twenty checks of a large folder take longer than the whole tier: AVIO_CORPUS_WHOLE=1 takes every
// file, as the command does.
const STEP = process.env.AVIO_CORPUS_WHOLE ? 1 : 6;
const files = root ? filesBelow(root).filter((_, i) => i % STEP === 0) : generated();

for (const check of checks) {
  test(`${check.name}: every file as in the tools (${files.length} files)`, async () => {
    const counts = { equal: 0, refused: 0, known: 0 };
    const different: string[] = [];
    for (const file of files) {
      const verdict = await check.run(file, new Uint8Array(readFileSync(file.path)));
      if (verdict.as === "equal") counts.equal++;
      else if (verdict.as === "refused by both") counts.refused++;
      else if (known.some((one) => one.check.test(check.name) && one.file.test(file.name))) {
        counts.known++;
      } else different.push(`${file.name}: ${verdict.reason}`);
    }
    console.log(`${check.name}: ${JSON.stringify(counts)}`);
    assert(different.length === 0, `${different.length} differ:\n${different.join("\n")}`);
    assert(counts.equal > 0, "no file was compared");
  });
}

const words = { deno: ["task", "corpus"], bun: ["run", "corpus"], node: null }[runtimeName];
// A task starts the runtime by the system's own loader.
const skip = words === null || process.env.AVIO_RUNTIME !== undefined;

test("the task compares a folder and prints a table", { skip }, () => {
  using folder = scratch();
  const file = generated()[0];
  writeFileSync(join(folder.path, file.name), readFileSync(file.path));
  const all = [...words!, folder.path, "--checks", "probe"];
  const done = spawnSync(executable, all, { cwd: checkout, encoding: "utf8", timeout: 120_000 });
  assertEquals(done.status, 0, done.stderr + done.stdout);
  assert(/^1 files below .*\n.*\nprobe +1 +0 +0 +0$/m.test(done.stdout), done.stdout);
});
