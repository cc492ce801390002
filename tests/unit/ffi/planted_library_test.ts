/** Libraries that lie in the working directory under FFmpeg's names. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { majors } from "../../../ffi/layouts/versions.ts";
import { emulated, executable, runtimeWords } from "../../support/runtime.ts";

const cli = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));
const compiler = process.env.CC ?? "cc";
const skip = platform() !== "linux"
  ? "the names are Linux's"
  : emulated
  ? "the compiler is another processor's"
  : spawnSync(compiler, ["--version"]).status !== 0 && "a C compiler is needed";

/** Runs `doctor` in a folder that holds a library of every name the search knows. */
function doctorBesidePlants(environment: Record<string, string | undefined>) {
  const folder = mkdtempSync(join(tmpdir(), "avio_planted_"));
  const marker = join(folder, "ran");
  try {
    const source = join(folder, "planted.c");
    writeFileSync(
      source,
      `#include <stdio.h>
       __attribute__((constructor)) static void run(void) { fclose(fopen("${marker}", "w")); }
       unsigned avutil_version(void) { return 61 << 16; }\n`,
    );
    const library = join(folder, "planted.so");
    const built = spawnSync(compiler, ["-shared", "-fPIC", "-o", library, source]);
    assertEquals(built.status, 0, String(built.stderr));
    mkdirSync(join(folder, "lib"));
    for (const { avformat, avcodec, avutil, swscale, swresample } of majors) {
      const names = Object.entries({ avformat, avcodec, avutil, swscale, swresample });
      for (const [name, major] of names) {
        spawnSync("cp", [library, join(folder, `lib${name}.so.${major}`)]);
        spawnSync("cp", [library, join(folder, "lib", `lib${name}.so.${major}`)]);
      }
    }
    const env = { ...process.env, ...environment };
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) delete env[name];
      else env[name] = value.replaceAll("FOLDER", folder);
    }
    const done = spawnSync(executable, [...runtimeWords, cli, "doctor"], {
      cwd: folder,
      encoding: "utf8",
      env,
    });
    return { ...done, ran: existsSync(marker) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a library in the working directory is not opened", { skip }, () => {
  const { ran, status, stderr } = doctorBesidePlants({});
  assertEquals([ran, status], [false, 0], stderr);
});

test("a loader's path that names the working directory opens nothing there", { skip }, () => {
  for (const list of [":/nonexistent", "/nonexistent:", "lib:/nonexistent"]) {
    const { ran, status, stderr } = doctorBesidePlants({ LD_LIBRARY_PATH: list });
    assertEquals([list, ran, status], [list, false, 0], stderr);
  }
});

test("a relative AVIO_LIBRARY_PATH opens nothing", { skip }, () => {
  const { ran, status, stderr } = doctorBesidePlants({ AVIO_LIBRARY_PATH: "." });
  assertEquals([ran, status], [false, 1]);
  assertStringIncludes(stderr, "is relative");
});

test("the planted library runs where it is asked for by an absolute path", { skip }, () => {
  const { ran, status } = doctorBesidePlants({ AVIO_LIBRARY_PATH: "FOLDER" });
  assert(ran, "the library of this test does not work");
  assertEquals(status, 1);
});
