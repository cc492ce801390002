/**
 * No regular expression of the module takes more than linear time: each is run on long texts that
 * are made of its own pieces. Quantifiers inside quantifiers, neighbours that match the same
 * characters, and a run that is tried again from each of its characters all show.
 *
 *   deno run --allow-read scripts/regexps.ts
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { filesOf, withoutComments } from "./sources.ts";

// Of 8,000 characters a linear expression takes some microseconds, a quadratic one above 20 ms.
const LENGTHS = [24, 200, 2000, 8000];
const MAX_MILLISECONDS = 10;
const ATTEMPTS = 3;

const LITERAL =
  /(?<=[(,=:[!&|?{};>]\s*|return\s+|^\s*)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([dgimsuvy]*)/gm;
const UNBOUNDED = /[*+]|\{\d+,\}/;

/** Characters and words that the expression may match, and some that it may not. */
function piecesOf({ source }: RegExp): { words: string[]; all: string[] } {
  const classes: Readonly<Record<string, string>> = {
    s: " \t\n",
    d: "07",
    w: "a0_",
    S: "x",
    n: "\n",
  };
  const bare = source.replace(/\\(.)/g, (_, escaped: string) => classes[escaped] ?? escaped);
  const words = [...new Set(source.replace(/\\./g, " ").match(/[A-Za-z]{2,}/g) ?? [])];
  return { words, all: [...new Set([..." a0x\n./", ...bare, ...words])] };
}

/** The text that takes too long, and how long; undefined where none does. */
function slowText(expression: RegExp): { text: string; milliseconds: number } | undefined {
  const { words, all } = piecesOf(expression);
  const units = [...all, ...all.flatMap((first) => all.map((second) => first + second))];
  for (const length of LENGTHS) {
    for (const unit of units) {
      const run = unit.repeat(Math.ceil(length / unit.length));
      for (const start of ["", ...words]) {
        for (const end of ["", "\u0001"]) {
          const milliseconds = shortest(expression, start + run + end);
          if (milliseconds > MAX_MILLISECONDS) {
            const text = `${JSON.stringify(start)} + ${JSON.stringify(unit)}.repeat(${
              Math.ceil(length / unit.length)
            }) + ${JSON.stringify(end)}`;
            return { text, milliseconds };
          }
        }
      }
    }
  }
  return undefined;
}

/** Milliseconds of the fastest attempt: another process may have had the processor meanwhile. */
function shortest(expression: RegExp, text: string): number {
  let least = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && least > MAX_MILLISECONDS; attempt++) {
    const began = performance.now();
    text.replace(expression, "");
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

// The check must find the first of these, and must let the others pass.
const slow = [/^(a+)+$/, /\s+$/, /^\d+\d*$/, /<a[^]*>/, /^(?:\w+\.?)*$/, /bytes\s*\s*=/];
const fast = [/^\s*bytes\s+(\d+)\s*$/i, /^[a-z][a-z0-9+.-]*:/i, /(?:%[\da-f]{2})+/gi];
for (const expression of slow) {
  if (slowText(expression) === undefined) throw new Error(`${expression} passes for linear`);
}
for (const expression of fast) {
  if (slowText(expression) !== undefined) throw new Error(`${expression} passes for slow`);
}

let checked = 0;
let bad = 0;
for (const path of [...filesOf("ffi"), ...filesOf("lib")]) {
  const code = withoutComments(readFileSync(path, "utf8"));
  for (const { 0: literal, 1: source, 2: flags, index } of code.matchAll(LITERAL)) {
    if (literal.includes("${") || !UNBOUNDED.test(source)) continue;
    checked++;
    const found = slowText(new RegExp(source, flags));
    if (found === undefined) continue;
    bad++;
    const line = code.slice(0, index).split("\n").length;
    console.log(
      `${path}:${line}: ${literal} takes ${Math.round(found.milliseconds)} ms for ${found.text}`,
    );
  }
}
if (checked === 0) throw new Error("no regular expression was found");
console.log(`${checked} regular expressions with an unbounded quantifier`);
process.exitCode = bad === 0 ? 0 : 1;
