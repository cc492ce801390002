/**
 * Everything public is called with hostile values in every position: no crash, no hang, no
 * unhandled rejection, and an error that says what is wrong. The surface is read from the module
 * itself, so new exports are covered.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { documenter, surfaceOf } from "../../support/hostile/plan.ts";
import { cacheFolder } from "../../support/media.ts";
import { runResumed } from "../../support/resumed.ts";
import { runtimeName } from "../../support/runtime.ts";

interface Told {
  readonly run?: number;
  readonly unclear?: Readonly<Record<string, string>>;
}

for (const entry of ["mod.ts", "webcodecs.ts"]) {
  const title = `hostile values in every position of ${entry} end in a value or an error`;
  test(title, { skip: documenter() === undefined }, async () => {
    mkdirSync(join(cacheFolder, "sweep"), { recursive: true });
    const file = join(cacheFolder, "sweep", `${entry}.${runtimeName}.${process.pid}.json`);
    const surface = surfaceOf([entry]);
    writeFileSync(file, JSON.stringify(surface));
    const findings: string[] = [];
    const unclear: Record<string, string> = {};
    let run = 0;
    const crashes = await runResumed({
      program: new URL("../../support/hostile/program.ts", import.meta.url),
      words: [file, ...new Set([entry, "mod.ts"].map(urlOf))],
      stuckMs: 60_000,
      maxCrashes: 40,
      line(line) {
        const told = JSON.parse(line) as Told;
        if (told.run === undefined) findings.push(line);
        run += told.run ?? 0;
        Object.assign(unclear, told.unclear);
      },
    });
    console.log(`${entry}: ${run} cases`);
    assert(run > surface.callables.length, `${run} cases`);
    const found = [...crashes, ...findings];
    assertEquals(found.length, 0, found.join("\n"));
    // An error of the engine's names what the module looked for, not what was wrong.
    assertEquals(unclear, {});
  });
}

function urlOf(entry: string): string {
  return new URL(`../../../${entry}`, import.meta.url).href;
}
