/** Deno's permissions: one question each, or an error with the flag. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { executable, runtimeName } from "../../support/runtime.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url).href).replace(/\/$/, "");
const program = `
  import { probe } from ${JSON.stringify(new URL("../../../mod.ts", import.meta.url).href)};
  const wav = new Uint8Array(4096);
  wav.set(new TextEncoder().encode("RIFF\\x24\\x10\\0\\0WAVEfmt \\x10\\0\\0\\0\\x01\\0\\x01\\0"));
  wav.set([0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0], 24);
  wav.set(new TextEncoder().encode("data\\0\\x10\\0\\0"), 36);
  try {
    console.log((await probe(new Blob([wav]).stream())).format.name);
  } catch (error) {
    console.log(error.name + ": " + error.message);
  }
`;

function inFolder<T>(run: (folder: string, main: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "avio_permissions_"));
  try {
    const main = join(folder, "main.ts");
    writeFileSync(main, program);
    return run(folder, main);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const environment = { ...process.env, NO_COLOR: "1" };

function printed(flags: string[]): string {
  return inFolder((cwd, main) => {
    // A script of its own: in a command that Deno starts, it gives every permission to a Deno.
    const words = [executable, "run", "--no-check", "--no-config", "--no-prompt", ...flags, main];
    const script = join(cwd, "start.sh");
    writeFileSync(script, words.map((word) => `'${word}'`).join(" "));
    return spawnSync("sh", [script], { cwd, encoding: "utf8", env: environment }).stdout;
  });
}

const skip = runtimeName !== "deno"
  ? "only Deno asks"
  : process.env.AVIO_LIBRARY_PATH !== undefined && "AVIO_LIBRARY_PATH needs one more";

test("without --allow-ffi the error names the flag", { skip }, () => {
  const text = printed([]);
  assertStringIncludes(text, "NotCapable");
  assertStringIncludes(text, "--allow-ffi");
  assertStringIncludes(printed(["--allow-ffi=/usr/lib/libavutil.so"]), "--allow-ffi");
});

test("without the permission for the worker the error names the exact flag", { skip }, () => {
  const text = printed(["--allow-ffi"]);
  assertStringIncludes(text, `--allow-read=${root}\n`);
});

test("the named flags suffice", { skip }, () => {
  assertEquals(printed(["--allow-ffi", `--allow-read=${root}`]), "wav\n");
});

const terminal = skip || spawnSync("script", ["--version"]).status !== 0 && "script is needed";

test("on a terminal there is one question a permission", { skip: terminal }, () => {
  inFolder((cwd, main) => {
    const command = `'${executable}' run --no-check --no-config --quiet '${main}'`;
    const answers = "(for i in 1 2 3 4 5 6 7 8; do sleep 0.4; echo y; done)";
    const { stdout } = spawnSync("sh", ["-c", `${answers} | script -qec "${command}" /dev/null`], {
      cwd,
      encoding: "utf8",
      env: environment,
    });
    const questions = Array.from(
      stdout.matchAll(/Deno requests ([^\r\n]*?)\./g),
      ([, what]) => what,
    );
    assertEquals(questions, ["ffi access", `read access to "${root}"`]);
    assertStringIncludes(stdout, "wav");
  });
});
