/**
 * Plain English in comments, doc comments, error messages, test titles and Markdown. Prints each
 * line that breaks a rule, and exits 1 where there is one.
 *
 *     deno run --allow-read --allow-run --allow-env scripts/english.ts [--count]
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path/posix";
import process from "node:process";
import { fileURLToPath } from "node:url";

const MAX_COLUMNS = 100;
const root = join(fileURLToPath(new URL(".", import.meta.url)), "..");

/** A stretch of prose of a file: comments that follow each other, a string, a paragraph. */
interface Prose {
  readonly line: number;
  readonly text: string;
}

const rules: readonly (readonly [pattern: RegExp, rule: string])[] = [
  [/(?:^|[.!?:] |\n\s*)["(]?(?:What|Who|Whatever|Whoever)\b(?![^.!?\n]*\?)/, "starts a sentence"],
  [/\b(?:nobody|somebody|whoever)(?:'s)?\b/i, "names no actor"],
  [/\b(?:seats?|tethers?|leases?|breathless|bells?)\b/i, "is a metaphor: name the thing"],
  [/\b(?:MOST|LONGEST|FARTHEST|LARGEST|KEPT)_[A-Z]/, "is not MAX_ or MIN_"],
];

const scanned = /\.(?:ts|mjs|sh|md|yml|py)$|^\.ci\/run$|^scripts\/hooks\//;
const exempt = /^(?:LICENSE|scripts\/english\.ts|tests\/wpt\/|.*\bgenerated\b)/;

function filesOf(): string[] {
  const { stdout } = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((path) => scanned.test(path) && !exempt.test(path));
}

/** The text of a comment without its marks; lines of one paragraph are joined. */
function plain(comment: string): string {
  return comment.replace(/^\/\*\*?|\*\/$/g, "").split("\n")
    .map((line) => line.replace(/^\s*(?:\/\/|\*|#+)\s?/, "").trim())
    .join("\n").replace(/([^\n])\n(?=[^\n\-*|@`])/g, "$1 ").trim();
}

function proseOfCode(text: string): Prose[] {
  const found: Prose[] = [];
  const token =
    /\/\*[^]*?\*\/|(?:^[ \t]*\/\/[^\n]*\n)+|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/gm;
  for (const match of text.matchAll(token)) {
    const line = text.slice(0, match.index).split("\n").length;
    const isString = /^["`]/.test(match[0]);
    // One word is a name, not prose.
    if (isString && !/\w \w+ \w/.test(match[0])) continue;
    found.push({ line, text: isString ? match[0].slice(1, -1) : plain(match[0]) });
  }
  return found;
}

function proseOfShell(text: string): Prose[] {
  const found: Prose[] = [];
  for (const match of text.matchAll(/(?:^[ \t]*#[^\n]*(?:\n|$))+|[ \t]#[ \t][^\n]*/gm)) {
    found.push({ line: text.slice(0, match.index).split("\n").length, text: plain(match[0]) });
  }
  return found;
}

function proseOfMarkdown(text: string): Prose[] {
  const found: Prose[] = [];
  const withoutBlocks = text.replace(
    /^```[^]*?^```$/gm,
    (block) => block.replace(/[^\n]/g, ""),
  );
  let line = 1;
  for (const paragraph of withoutBlocks.split(/(\n\s*\n)/)) {
    for (const [index, part] of paragraph.split(/\n(?=\s*(?:[-*|>#]|\d+\.))/).entries()) {
      const before = paragraph.split(/\n(?=\s*(?:[-*|>#]|\d+\.))/).slice(0, index).join("\n");
      const cells = part.trim().startsWith("|") ? part.split("|") : [part];
      for (const cell of cells) {
        const prose = cell.replace(/\n/g, " ").replace(/^[\s\-*>#]+/, "");
        found.push({
          line: line + before.split("\n").length - (before === "" ? 1 : 0),
          text: prose,
        });
      }
    }
    line += paragraph.split("\n").length - 1;
  }
  return found;
}

const problems: string[] = [];
for (const path of filesOf()) {
  const text = readFileSync(join(root, path), "utf8");
  const isCode = /\.(?:ts|mjs)$/.test(path);
  const prose = isCode
    ? proseOfCode(text)
    : path.endsWith(".md")
    ? proseOfMarkdown(text)
    : proseOfShell(text);
  for (const { line, text } of prose) {
    for (const [pattern, rule] of rules) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const shown = text.slice(match.index, match.index + 60).replace(/\s+/g, " ").trim();
      problems.push(`${path}:${line}: ${rule}: ${shown}`);
    }
  }
  if (isCode) {
    for (const [index, line] of text.split("\n").entries()) {
      if (line.length > MAX_COLUMNS && /^\s*(?:\/\/|\*|\/\*)/.test(line) && !/https?:/.test(line)) {
        problems.push(`${path}:${index + 1}: a comment line of ${line.length} columns`);
      }
      if (/\b(?:MOST|LONGEST|FARTHEST|LARGEST)_[A-Z]/.test(line)) {
        problems.push(`${path}:${index + 1}: a limit is called MAX_ or MIN_`);
      }
    }
  }
}
if (process.argv.includes("--count")) console.log(problems.length);
else for (const problem of new Set(problems)) console.log(problem);
if (problems.length > 0) process.exit(1);
console.log("english: no line breaks a rule");
