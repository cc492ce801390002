import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { assert, assertEquals } from "@std/assert";
import { root } from "../../support/docs.ts";
import { executable } from "../../support/runtime.ts";

const run = promisify(execFile);
const deno = "Deno" in globalThis;

/**
 * The errors of the runtime's compiler for a file beside `refused.ts`, one line an error and its
 * details.
 */
async function compile(text: string): Promise<string[]> {
  const name = `checked.${process.pid}`;
  const path = join(root, "tests/types", `${name}.ts`);
  const config = join(root, ".cache", `${name}.json`);
  writeFileSync(path, text);
  const extended = { extends: join(root, "tsconfig.bun.json"), files: [path], include: [] };
  writeFileSync(config, JSON.stringify(extended));
  const [program, args] = deno
    ? [executable, ["check", "--quiet", path]] as const
    : [join(root, "node_modules/.bin/tsc"), ["-p", config, "--pretty", "false"]] as const;
  try {
    await run(program, args, { cwd: root, env: { ...process.env, NO_COLOR: "1" } });
    return [];
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return errorsOf(`${stdout}\n${stderr}`, name);
  } finally {
    rmSync(path);
    rmSync(config);
  }
}

/** Each error of the file: `LINE: message`. */
function errorsOf(output: string, name: string): string[] {
  if (!deno) {
    const lines = output.split(/\n(?=\S)/).filter((line) => line.includes(`${name}.ts(`));
    return lines.map((line) => line.replace(/^[^(]*\((\d+),\d+\): error TS\d+: /, "$1: "));
  }
  return output.split(/(?=^TS\d+ \[ERROR\]: )/m).filter((part) => part.startsWith("TS"))
    .map((part) => {
      const line = /at file:\S*:(\d+):\d+/.exec(part)?.[1];
      return `${line}: ${part.slice(part.indexOf("]: ") + 3)}`;
    });
}

const text = readFileSync(join(root, "tests/types/refused.ts"), "utf8");
const expected = Array.from(
  text.matchAll(/^ *\/\/ @ts-expect-error (.*)$/gm),
  ({ index, 1: message }) => ({ line: text.slice(0, index).split("\n").length + 1, message }),
);

test("the compiler refuses what would fail, and only that", async () => {
  assert(expected.length > 25, `${expected.length} expectations were found`);
  assertEquals(await compile(text), []);
});

test("what the compiler says names the argument and what was expected", async () => {
  const errors = await compile(text.replaceAll("@ts-expect-error", ""));
  const silent = expected.map(({ line, message }) => {
    const said = errors.filter((error) => error.startsWith(`${line}: `));
    if (said.some((error) => error.includes(message))) return "";
    return `line ${line}: expected ${message}, got ${said.join("; ") || "no error"}`;
  });
  assertEquals(silent.filter((line) => line !== ""), []);
  assertEquals(errors.length, expected.length);
});
