/**
 * One version everywhere: deno.json, package.json, the command line's, the newest heading of
 * CHANGELOG.md and, in a release, the tag.
 *
 *     deno run --allow-read scripts/version.ts [TAG]
 *
 * With a TAG (`v1.2.3` or `1.2.3`) the CHANGELOG's heading must also carry a date.
 */
import { readFileSync } from "node:fs";
import process from "node:process";

const [tag] = process.argv.slice(2);
const root = new URL("../", import.meta.url);
const text = (name: string) => readFileSync(new URL(name, root), "utf8");
const heading = /^## (\S+)(?: \((.*)\))?$/m.exec(text("CHANGELOG.md"));
const found: Record<string, string | undefined> = {
  "deno.json": JSON.parse(text("deno.json")).version,
  "package.json": JSON.parse(text("package.json")).version,
  "lib/cli/version.ts": /version = "([^"]*)"/.exec(text("lib/cli/version.ts"))?.[1],
  "CHANGELOG.md's newest heading": heading?.[1],
  ...(tag === undefined ? {} : { [`the tag ${tag}`]: tag.replace(/^v/, "") }),
};
const version = found["deno.json"];
const problems = Object.entries(found).filter(([, value]) => value !== version)
  .map(([where, value]) => `${where} says ${value ?? "nothing"}, deno.json says ${version}`);
if (version === undefined || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
  problems.push(`deno.json's version is ${version}, not a semantic version`);
}
if (tag !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(heading?.[2] ?? "")) {
  problems.push(
    `CHANGELOG.md's heading of a release ends with its date: ## ${version} (YYYY-MM-DD)`,
  );
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(version);
