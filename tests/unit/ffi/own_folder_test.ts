/** A folder with all of FFmpeg's libraries, on a system that has none of them. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { native } from "../../../ffi/mod.ts";
import { majors } from "../../../ffi/layouts/versions.ts";
import { emulated, executable, runtimeWords } from "../../support/runtime.ts";

const cli = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));
const rights = ["-m", "-rm"].find((words) => spawnSync("unshare", [words, "true"]).status === 0);
const skip = platform() !== "linux" || rights === undefined || emulated
  ? "a mount namespace is needed"
  : process.env.AVIO_LIBRARY_PATH !== undefined && "the libraries are in a folder already";

const files = skip ? [] : systemFiles();

/** The paths of the system's five libraries. */
function systemFiles(): string[] {
  const { paths, versions } = native();
  const one = majors.find(({ avformat }) => avformat === versions.avformat[0])!;
  return (["avutil", "swresample", "swscale", "avcodec", "avformat"] as const)
    .map((name) => join(dirname(paths.avutil), `lib${name}.so.${one[name]}`))
    .filter((path) => existsSync(path));
}

/** Runs `doctor` where every one of the system's own libraries is an empty file. */
function doctorWithout(environment: Record<string, string>) {
  const mounts = files.map((path) => `mount --bind /dev/null '${realpathSync(path)}'`);
  const words = [executable, ...runtimeWords, cli, "doctor"].map((word) => `'${word}'`).join(" ");
  return spawnSync("unshare", [rights!, "sh", "-ec", [...mounts, `exec ${words}`].join("\n")], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
}

test("AVIO_LIBRARY_PATH serves where the system has no FFmpeg at all", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "avio_own_"));
  try {
    for (const path of files) copyFileSync(path, join(folder, path.split("/").at(-1)!));
    const { status, stdout, stderr } = doctorWithout({ AVIO_LIBRARY_PATH: folder });
    assertEquals(status, 0, stdout + stderr);
    assertStringIncludes(stdout, `${folder}/libavcodec`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("without it the search says what it found instead", { skip }, () => {
  const { status, stderr } = doctorWithout({});
  assertEquals(status, 1);
  assertStringIncludes(stderr, "FFmpeg's libraries were not found");
  assertStringIncludes(stderr, "/libavutil");
});
