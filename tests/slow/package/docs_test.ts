import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  asModule,
  asProgram,
  type Block,
  blocksOf,
  fileName,
  modules,
  pages,
  root,
} from "../../support/docs.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";
import { makeMedia, mediaFolder } from "../../support/docs_fixtures.ts";

const run = promisify(execFile);
const deno = "Deno" in globalThis;
const folder = join(
  root,
  `.cache/docs.${deno ? "deno" : "bun" in process.versions ? "bun" : "node"}`,
);
const sources = [...pages(), ...modules()].map((page) => ({ page, blocks: blocksOf(page) }))
  .filter(({ blocks }) => blocks.length > 0);
const blocks = sources.flatMap(({ blocks }) => blocks);

interface Failure {
  readonly stdout?: string;
  readonly stderr?: string;
}

async function passes(program: string, args: string[]): Promise<void> {
  try {
    await run(program, args, { cwd: root });
  } catch (error) {
    const { stdout, stderr } = error as Failure;
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

test("the documentation's blocks pass the runtime's type check", async () => {
  const checked = join(folder, "checked");
  rmSync(checked, { recursive: true, force: true });
  mkdirSync(checked, { recursive: true });
  const files = blocks.map((block) => {
    const path = join(checked, fileName(block));
    writeFileSync(path, asModule(block, checked));
    return path;
  });
  assert(files.length > 20, `only ${files.length} blocks were found`);
  if (deno) return await passes(executable, ["check", "--quiet", ...files]);
  const config = join(checked, "tsconfig.json");
  const extended = { extends: "../../../tsconfig.bun.json", include: ["*.ts"], exclude: [] };
  writeFileSync(config, JSON.stringify(extended));
  const compiler = join(root, "node_modules/.bin/tsc");
  try {
    await run(compiler, ["-p", config, "--pretty", "false"], { cwd: root });
  } catch (error) {
    // ffi/deno.ts uses the types of Deno, which checks it itself: an error and its indented lines.
    const lines = ((error as Failure).stdout ?? String(error)).trim().split("\n");
    let skip = false;
    const rest = lines.filter((line) => {
      if (!line.startsWith(" ")) skip = line.startsWith("ffi/deno.ts(");
      return !skip;
    });
    assertEquals(rest, []);
  }
});

// Deno gets what the README names and no more: reading covers this module's own files.
const words = deno
  ? [
    ...["run", "--no-check", "--no-prompt", "--quiet", "--allow-ffi", `--allow-read=${root}`],
    `--allow-write=${mediaFolder}`,
  ]
  : runtimeWords;
const program = join(root, "tests/support/docs_program.ts");

interface Ran {
  readonly output: string;
  readonly error?: string;
}

async function runAll(blocks: readonly Block[]): Promise<Map<string, Ran>> {
  const programs = join(folder, "programs");
  mkdirSync(programs, { recursive: true });
  const files = blocks.map((block) => {
    const path = join(programs, fileName(block));
    writeFileSync(path, asProgram(block, programs));
    return path;
  });
  const found = new Map<string, Ran>();
  let stdout = "";
  let stderr = "";
  try {
    ({ stdout, stderr } = await run(executable, [...words, program, ...files], {
      timeout: 90_000,
      killSignal: "SIGKILL",
      maxBuffer: 1 << 26,
    }));
  } catch (error) {
    ({ stdout = "", stderr = String(error) } = error as Failure);
    found.set("", { output: "", error: stderr });
  }
  for (const line of stdout.split("\n")) {
    if (!line.startsWith("{")) continue;
    const { file, ...ran } = JSON.parse(line);
    found.set(file.split(/[\\/]/).at(-1), ran);
  }
  return found;
}

for (const { page, blocks } of sources) {
  const wanted = blocks.filter(({ notRun }) => notRun === undefined);
  let ran: Promise<Map<string, Ran>> | undefined;
  for (const block of wanted) {
    test(`${page}:${block.line} runs`, async () => {
      makeMedia();
      const all = await (ran ??= runAll(wanted));
      const result = all.get(fileName(block));
      assert(result, `it did not come to an end: ${all.get("")?.error ?? "no output"}`);
      assertEquals(result.error, undefined);
      for (const text of block.prints) assertStringIncludes(result.output, text);
    });
  }
}

test("every block is run", () => {
  assertEquals(blocks.filter(({ notRun }) => notRun !== undefined).map(fileName), []);
});
