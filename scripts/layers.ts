/**
 * Imports point down only. The floors, bottom to top, are in `floors`; a file may import from its
 * own floor or from one below, never in a circle. Types count.
 *
 *     deno run --allow-read scripts/layers.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path/posix";
import process from "node:process";
import { fileURLToPath } from "node:url";

const floors: readonly RegExp[] = [
  /^ffi\/(types|bytes|own|pointer)\.ts$/,
  /^ffi\/layouts\//,
  /^ffi\/(deno|bun|node|lazy_library)\.ts$/,
  /^ffi\/(?!mod\.ts$)/,
  /^ffi\/mod\.ts$/,
  /^lib\/[^/]+\.ts$/,
  /^lib\/log\//,
  /^lib\/io\//,
  /^lib\/format\//,
  /^lib\/codec\//,
  /^lib\/async\//,
  /^lib\/webcodecs\//,
  /^lib\/tasks\//,
  /^lib\/cli\//,
  /^(mod|webcodecs)\.ts$/,
];

const MAX_LINES = 400;

interface Source {
  /** The text without comments. */
  readonly code: string;
  /** The text without comments and without what strings hold. */
  readonly bare: string;
  readonly lines: number;
  /** Its opening says so: how long it is does not matter then. */
  readonly generated: boolean;
  readonly imports: readonly string[];
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const problems: string[] = [];

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesBelow(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** Comments become blanks; strings too, for `bare`. */
function strip(text: string, strings: boolean): string {
  const token =
    /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replace(token, (found) => {
    if (found.startsWith("/*") || found.startsWith("//")) return " ";
    // A template may hold code between its braces: it stays.
    return strings && !found.startsWith("`") ? '""' : found;
  });
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const code = strip(text, false);
  const imports: string[] = [];
  const patterns = [
    /\b(?:import|export)\b[^"'`;()]*?\bfrom\s*["']([^"']+)["']/g,
    /\bimport\s*["']([^"']+)["']/g,
    /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g,
    /\bnew\s+URL\(\s*["'](\.[^"']+\.ts)["']\s*,\s*import\.meta/g,
  ];
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) {
      imports.push(match[1]);
    }
  }
  return {
    code,
    bare: strip(text, true),
    lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0),
    generated: /\bgenerated\b/i.test(text.slice(0, 400)),
    imports,
  };
}

const paths = [
  ...sourcesBelow("ffi"),
  ...sourcesBelow("lib"),
  ...readdirSync(root).filter((name) => /^(mod|webcodecs)\.ts$/.test(name)),
].sort();
const sources = new Map(paths.map((path) => [path, read(path)]));
const graph = new Map<string, string[]>();
let importCount = 0;

const floorOf = (path: string): number => floors.findIndex((floor) => floor.test(path));

function checkImport(from: string, specifier: string): string | undefined {
  importCount++;
  if (specifier === "bun:ffi" && from !== "ffi/bun.ts") {
    problems.push(`${from}: bun:ffi belongs in ffi/bun.ts`);
  }
  if (!specifier.startsWith(".")) return undefined;
  const to = relative(root, join(root, dirname(from), specifier));
  if (!sources.has(to)) {
    problems.push(`${from}: imports ${specifier}, which is not a file of the module`);
    return undefined;
  }
  if (floorOf(to) > floorOf(from)) problems.push(`${from}: imports ${to}, a floor above it`);
  if (to.startsWith("ffi/") && !from.startsWith("ffi/")) {
    if (to !== "ffi/mod.ts") problems.push(`${from}: imports ${to}; only ffi/mod.ts is open to it`);
    if (/^lib\/(tasks|cli)\//.test(from)) problems.push(`${from}: imports ${to}, out of its reach`);
  }
  return to;
}

for (const [path, source] of sources) {
  if (floorOf(path) < 0) problems.push(`${path}: on no floor`);
  if (source.lines > MAX_LINES && !source.generated) {
    problems.push(`${path}: ${source.lines} lines, over ${MAX_LINES}`);
  }
  if (path !== "ffi/deno.ts" && /\bDeno\s*[.[]/.test(source.bare)) {
    problems.push(`${path}: Deno's own API belongs in ffi/deno.ts`);
  }
  if (path !== "ffi/node.ts" && /["'`]node:ffi["'`]/.test(source.code)) {
    problems.push(`${path}: node:ffi belongs in ffi/node.ts`);
  }
  const whence =
    /\bAVSEEK_SIZE\b\s*(?::[^=]*)?=|\b0x0*10000\b|\bSEEK_(?:SET|CUR|END)\b\s*(?::[^=]*)?=[^=]/;
  if (path !== "lib/io/avio/whence.ts" && whence.test(source.bare)) {
    problems.push(`${path}: whence constants belong in lib/io/avio/whence.ts`);
  }
  const below: string[] = [];
  for (const specifier of source.imports) {
    const target = checkImport(path, specifier);
    // Types count: a file that needs its caller's types cannot be read on its own.
    if (target !== undefined) below.push(target);
  }
  graph.set(path, below);
}

/** Walks down from `path`; meeting a file of the trail again is a circle. */
const walked = new Set<string>();
function walk(path: string, trail: readonly string[]): void {
  const start = trail.indexOf(path);
  if (start >= 0) {
    problems.push(`a circle: ${[...trail.slice(start), path].join(" -> ")}`);
    return;
  }
  if (walked.has(path)) return;
  for (const target of graph.get(path) ?? []) walk(target, [...trail, path]);
  walked.add(path);
}
for (const path of paths) walk(path, []);

if (problems.length > 0) {
  for (const problem of new Set(problems)) console.log(problem);
  process.exit(1);
}
console.log(
  `layers: ${paths.length} files, ${importCount} imports, types included, all pointing down, no circle`,
);
