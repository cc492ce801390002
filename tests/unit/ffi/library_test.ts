import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { native, UnsupportedVersionError } from "../../../ffi/mod.ts";
import { checkAbi } from "../../../ffi/abi_check.ts";
import { candidates } from "../../../ffi/search.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url).href);

function doctor(environment: Record<string, string>) {
  return spawnSync(executable, [...runtimeWords, "lib/cli/main.ts", "doctor"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
}

test("the search tries every major by name, newest first, then the usual folders", () => {
  const { ffi } = native();
  const all = candidates(ffi, undefined);
  assertEquals(all.slice(0, 6).map((one) => one.majors.avformat), [63, 62, 61, 60, 59, 58]);
  assert(all.length >= 12);
});

test("AVIO_LIBRARY_PATH is the only folder that is searched", () => {
  const { ffi } = native();
  assert(candidates(ffi, "/opt/ff").every((one) => one.avformat.startsWith("/opt/ff/")));
});

test("a missing library is an error that names what was tried and what to do", () => {
  const { status, stdout, stderr } = doctor({ AVIO_LIBRARY_PATH: "/nonexistent" });
  assertEquals(status, 1);
  const said = stdout + stderr;
  assertStringIncludes(said, "/nonexistent/libavutil");
  assertStringIncludes(said, "AVIO_LIBRARY_PATH");
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
