/**
 * Compares every file below a folder with the tools: probe, packets read in five ways, remuxes to
 * ten formats, fragments, seeks and cuts. Prints a table, and each difference with its reason.
 *
 *     deno task corpus FOLDER [--only WORD] [--checks WORD] [--max-bytes N]
 *
 * The exit code is 1 where something differs that is not known to.
 */
import { readFileSync, statSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { checks } from "../tests/support/corpus/checks.ts";
import { known } from "../tests/support/corpus/known.ts";
import { filesBelow } from "../tests/support/media.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "" },
    checks: { type: "string", default: "" },
    "max-bytes": { type: "string", default: String(64 * 1024 * 1024) },
  },
});
const folder = positionals[0] ?? process.env.AVIO_CORPUS;
if (folder === undefined) {
  console.error("usage: deno task corpus FOLDER [--only WORD] [--checks WORD] [--max-bytes N]");
  process.exit(2);
}
const maxBytes = Number(values["max-bytes"]);
const files = filesBelow(folder).filter(({ name, path }) =>
  name.includes(values.only) && statSync(path).size <= maxBytes
);
const chosen = checks.filter(({ name }) => name.includes(values.checks));

interface Row {
  equal: number;
  refused: number;
  known: number;
  different: number;
}
const rows = new Map(
  chosen.map(({ name }): [string, Row] => [
    name,
    { equal: 0, refused: 0, known: 0, different: 0 },
  ]),
);
const MAX_REASON = 300;

for (const file of files) {
  const bytes = new Uint8Array(readFileSync(file.path));
  for (const check of chosen) {
    const row = rows.get(check.name)!;
    let reason: string | undefined;
    try {
      const verdict = await check.run(file, bytes);
      if (verdict.as === "equal") row.equal++;
      else if (verdict.as === "refused by both") row.refused++;
      else reason = verdict.reason ?? "";
    } catch (error) {
      // The comparison itself broke off, which is a finding as well.
      reason = error instanceof Error ? error.stack ?? error.message : String(error);
    }
    if (reason === undefined) continue;
    const cause = known.find((one) => one.check.test(check.name) && one.file.test(file.name))
      ?.cause;
    if (cause === undefined) row.different++;
    else row.known++;
    const short = reason.replaceAll("\n", " ").slice(0, MAX_REASON);
    console.log(
      `${cause === undefined ? "DIFFERENT" : "known"} ${check.name}: ${file.name}: ` +
        (cause ?? short),
    );
  }
}

const heads = ["check", "equal", "refused by both", "known", "different"];
const cells = [
  heads,
  ...Array.from(rows, ([name, row]) => [
    name,
    ...[row.equal, row.refused, row.known, row.different].map(String),
  ]),
];
const widths = heads.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
console.log(`\n${files.length} files below ${folder}`);
for (const line of cells) {
  console.log(line.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
}
const failed = Array.from(rows.values()).some(({ different }) => different > 0);
process.exitCode = failed || files.length === 0 ? 1 : 0;
