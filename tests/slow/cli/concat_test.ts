/** `avio concat`. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { probeSync } from "../../../mod.ts";
import { madeBy, scratch } from "../../support/made.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const cli = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));

function avio(...args: string[]) {
  const done = spawnSync(executable, [...runtimeWords, cli, "concat", ...args]);
  return { code: done.status, out: new Uint8Array(done.stdout), err: done.stderr.toString() };
}

test("avio concat joins its inputs into a file, or to standard output", () => {
  using folder = scratch();
  const words = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=25", "-c:v", "mpeg4"];
  const paths = ["a.mp4", "b.mkv", "c.mp4"].map((name) => {
    const path = join(folder.path, name);
    writeFileSync(path, madeBy(words, name));
    return path;
  });
  const output = join(folder.path, "all.mp4");
  const told = avio(...paths, output, "--json");
  assertEquals([told.code, told.err], [0, ""]);
  assertEquals(JSON.parse(new TextDecoder().decode(told.out)).packets, 75);
  assert(Math.abs(probeSync(output).format.duration! - 3) < 0.01);
  const piped = avio(...paths, "-", "-f", "mpegts");
  assertEquals([piped.code, piped.err], [0, ""]);
  assertEquals(probeSync(piped.out).format.name, "mpegts");

  const before = readFileSync(output);
  const kept = avio(...paths, output);
  assertEquals(kept.code, 1);
  assert(kept.err.includes("-y writes over it"), kept.err);
  assertEquals(readFileSync(output), before);
  assertEquals(avio(paths[0], output, "-y").code, 0);
  assert(probeSync(output).format.duration! < 1.1);
});

test("avio concat says what is wrong with its words, and which part differs", () => {
  using folder = scratch();
  const make = (name: string, size: string) => {
    const path = join(folder.path, name);
    const words = ["-f", "lavfi", "-i", `testsrc=duration=1:size=${size}`, "-c:v", "mpeg4"];
    writeFileSync(path, madeBy(words, name));
    return path;
  };
  const [small, large] = [make("small.mp4", "64x48"), make("large.mp4", "128x96")];
  const wrong: [args: string[], code: number, says: string][] = [
    [[small], 2, "OUTPUT missing"],
    [[], 2, "INPUT and OUTPUT missing"],
    [[small, large, small, "-y"], 2, "is the input as well"],
    [["-", "-", "-", "-f", "mpegts"], 2, "one INPUT only"],
    [[small, small, "-"], 2, "give -f FORMAT"],
    [[small, large, join(folder.path, "out.mp4")], 1, "large.mp4) cannot go on"],
  ];
  for (const [args, code, says] of wrong) {
    const told = avio(...args);
    assertEquals(told.code, code, told.err);
    assert(told.err.includes(says), told.err);
    assert(!told.err.includes("    at "), told.err);
  }
});
