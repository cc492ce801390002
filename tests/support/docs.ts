/**
 * The code blocks of the documentation, as programs: those of the pages and those of the doc
 * comments.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** A block of code. */
export interface Block {
  /** The page or module it stands in. */
  readonly page: string;
  /** Its first line there. */
  readonly line: number;
  readonly code: string;
  /** The texts of `<!-- prints: TEXT -->` before it: each occurs in its output. */
  readonly prints: readonly string[];
  /** Why it cannot run, told by `<!-- not run: REASON -->` before it. */
  readonly notRun: string | undefined;
}

/** The pages for people. */
export function pages(): string[] {
  const below = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).sort();
  return ["README.md", ...below.map((name) => `docs/${name}`)];
}

/** The modules whose doc comments may hold examples. */
export function modules(folder = ""): string[] {
  if (folder === "") return ["mod.ts", "webcodecs.ts", ...modules("ffi"), ...modules("lib")];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? modules(path) : path.endsWith(".ts") ? [path] : [];
  }).sort();
}

/** Every ```ts block of a page or module, in its order. */
export function blocksOf(page: string): Block[] {
  const inComments = page.endsWith(".ts");
  const lines = readFileSync(join(root, page), "utf8").split("\n")
    .map((line) => inComments ? line.replace(/^\s*\* ?/, "") : line);
  const blocks: Block[] = [];
  let prints: string[] = [];
  let notRun: string | undefined;
  for (let at = 0; at < lines.length; at++) {
    const note = /^<!-- (prints|not run): (.*) -->$/.exec(lines[at]);
    if (note?.[1] === "prints") prints.push(note[2]);
    else if (note) notRun = note[2];
    if (!/^```ts\s*$/.test(lines[at])) continue;
    const end = lines.indexOf("```", at + 1);
    const code = lines.slice(at + 1, end).join("\n");
    blocks.push({ page, line: at + 2, code, prints, notRun });
    prints = [];
    notRun = undefined;
    at = end;
  }
  return blocks;
}

/** A block as a module in `folder` that compilers check: the package's name becomes its place. */
export function asModule({ code }: Block, folder: string): string {
  const to = (path: string) => JSON.stringify(relative(folder, path).replaceAll("\\", "/"));
  const text = code.replaceAll(`"@avio/avio"`, to(join(root, "mod.ts")))
    .replaceAll(`"@avio/avio/webcodecs"`, to(join(root, "webcodecs.ts")))
    .replaceAll(`"@avio/avio/cli"`, to(join(root, "lib/cli/main.ts")));
  return /^\s*(import|export) /m.test(text) ? `${text}\n` : `${text}\nexport {};\n`;
}

const declaration = /^declare (?:const (\w+): ([^]*?);|function (\w+)([^]*?);)$/gm;

/** A block as a program: what it declares is taken from the fixtures. */
export function asProgram(block: Block, folder: string): string {
  const fixtures = relative(folder, join(root, "tests/support/docs_fixtures.ts"));
  const body = asModule(block, folder).replaceAll(
    declaration,
    (_all, name, type, call) =>
      name !== undefined
        ? `const ${name} = fixture(${JSON.stringify(name)}) as ${type};`
        : `const ${call} = fixture(${JSON.stringify(call)});`,
  );
  return `import { fixture } from ${JSON.stringify(fixtures.replaceAll("\\", "/"))};\n${body}`;
}

/** A name for a block's file. */
export function fileName({ page, line }: Block): string {
  return `${page.replaceAll(/[^\w]+/g, "_")}_${line}.ts`;
}
