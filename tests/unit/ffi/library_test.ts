import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { isAbsolute } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { native, UnsupportedVersionError } from "../../../ffi/mod.ts";
import { checkAbi } from "../../../ffi/abi_check.ts";
import type { Loader } from "../../../ffi/loader.ts";
import { candidates, searchFolders } from "../../../ffi/search.ts";
import type { Ffi } from "../../../ffi/types.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url).href);

function doctor(environment: Record<string, string>) {
  return spawnSync(executable, [...runtimeWords, "lib/cli/main.ts", "doctor"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
}

const quiet: Loader = { find: null, exists: () => false, preload: () => false, variable: () => "" };

/** A platform's FFI as far as the search looks at it. */
function platform(os: Ffi["os"], arch: string, environment: Record<string, string> = {}): Ffi {
  return { ...native().ffi, os, arch, environment: (name) => environment[name] };
}

test("the search asks the system's loader for every major, newest first, then the folders", () => {
  const asked: string[] = [];
  const find = (name: string) => {
    asked.push(name);
    return undefined;
  };
  const all = candidates(platform("linux", "x86_64"), { ...quiet, find }, undefined);
  assertEquals(all.slice(0, 6).map((one) => one.majors.avformat), [63, 62, 61, 60, 59, 58]);
  assertEquals(all[0].path("avutil"), undefined);
  assertEquals(asked, ["libavutil.so.61"]);
  assertEquals(all[6].folder, "/usr/lib/x86_64-linux-gnu");
});

test("AVIO_LIBRARY_PATH is the only folder that is searched", () => {
  const all = candidates(native().ffi, { ...quiet, exists: () => true }, "/opt/ff/");
  assert(all.every((one) => one.path("avformat")?.startsWith("/opt/ff/libavformat")));
  assertEquals(all.length, 6);
});

test("no folder of the search depends on the working directory", () => {
  const lists: Record<string, string> = {
    LD_LIBRARY_PATH: ":/opt/one/lib:lib:",
    DYLD_LIBRARY_PATH: "lib:/opt/two/lib",
    PATH: `.;C:\\tools;bin;"D:\\with;out";;\\\\server\\share;C:relative;\\rooted`,
  };
  const loader = { ...quiet, variable: (name: string) => lists[name] ?? "" };
  const environment = { CONDA_PREFIX: "conda", NIX_PROFILES: "/nix/a b", SCOOP: "scoop" };
  const linux = searchFolders(platform("linux", "x86_64", environment), loader);
  const darwin = searchFolders(platform("darwin", "aarch64", environment), loader);
  const windows = searchFolders(platform("windows", "x86_64", environment), loader);
  assertEquals(linux[0], "/opt/one/lib");
  assertEquals(darwin[0], "/opt/two/lib");
  assertEquals(windows, ["C:\\tools", "\\\\server\\share"]);
  for (const folder of [...linux, ...darwin]) assert(folder.startsWith("/"), folder);
});

test("the search knows the folders of package managers", () => {
  const darwin = searchFolders(platform("darwin", "aarch64"), quiet);
  assert(darwin.includes("/opt/homebrew/opt/ffmpeg@7/lib"));
  assert(darwin.includes("/usr/local/opt/ffmpeg-full/lib"));
  const environment = {
    CONDA_PREFIX: "/opt/conda",
    NIX_PROFILES: "/nix/default /home/me/.nix-profile",
    NIX_LDFLAGS: "-rpath /x -L/nix/store/abc-zlib/lib  -L/nix/store/def-ffmpeg-7.1-lib/lib",
  };
  const linux = searchFolders(platform("linux", "aarch64", environment), quiet);
  assertEquals(linux.slice(0, 5), [
    "/opt/conda/lib",
    "/nix/store/def-ffmpeg-7.1-lib/lib",
    "/home/me/.nix-profile/lib",
    "/nix/default/lib",
    "/usr/lib/aarch64-linux-gnu",
  ]);
  assert(linux.includes("/usr/lib64"));
  const folders = { CONDA_PREFIX: "C:\\conda", USERPROFILE: "C:\\Users\\me" };
  assertEquals(searchFolders(platform("windows", "x86_64", folders), quiet), [
    "C:\\conda\\Library\\bin",
    "C:\\Users\\me\\scoop\\apps\\ffmpeg-shared\\current\\bin",
  ]);
});

test("a missing library is an error that names what was tried and what to do", () => {
  const { status, stdout, stderr } = doctor({ AVIO_LIBRARY_PATH: "/nonexistent" });
  assertEquals(status, 1);
  const said = stdout + stderr;
  assertStringIncludes(said, "/nonexistent/libavutil");
  assertStringIncludes(said, "AVIO_LIBRARY_PATH");
});

test("a relative AVIO_LIBRARY_PATH is refused by name", () => {
  const { status, stdout, stderr } = doctor({ AVIO_LIBRARY_PATH: "lib" });
  assertEquals(status, 1);
  assertStringIncludes(stdout + stderr, "AVIO_LIBRARY_PATH=lib is relative");
});

test("the libraries are opened by absolute paths", () => {
  const { paths } = native();
  for (const path of Object.values(paths)) assert(isAbsolute(path), path);
});

test("the ABI self-check agrees with the loaded libraries", () => {
  assert(native().checked.length >= 20, `only ${native().checked.length} things were compared`);
});

test("a wrong struct table is an error and never a crash", () => {
  const lib = native();
  const fields = [
    ["AVFormatContext", "probesize"],
    ["AVFormatContext", "flags"],
    ["AVFormatContext", "max_delay"],
    ["AVFormatContext", "avoid_negative_ts"],
    ["AVCodecContext", "time_base"],
    ["AVCodecContext", "color_range"],
  ] as const;
  for (const [struct, field] of fields) {
    const wrong = {
      ...lib,
      layout: (name: Parameters<typeof lib.layout>[0]) => {
        const right = lib.layout(name);
        if (name !== struct) return right;
        const moved = { ...right.fields[field], offset: right.fields[field].offset + 4 };
        return { ...right, fields: { ...right.fields, [field]: moved } };
      },
    };
    const error = assertThrows(() => checkAbi(wrong), UnsupportedVersionError);
    assertStringIncludes((error as Error).message, `${struct}.${field} offset`);
  }
});
