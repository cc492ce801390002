/**
 * The instrument behind `deno task corpus`, over every file of `AVIO_CORPUS` or the generated ones:
 * nothing differs from the tools but what is known to.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assert } from "@std/assert";
import { checks } from "../../support/corpus/checks.ts";
import { known } from "../../support/corpus/known.ts";
import { filesBelow, generated } from "../../support/media.ts";

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
