/**
 * The web platform tests of WebCodecs on this runtime, from the cache that scripts/wpt.sh fills.
 */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "../../support/docs.ts";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
const folder = process.env.AVIO_WPT ?? join(root, ".cache/wpt");

test("the web platform tests fail where it is expected, and nowhere else", (t) => {
  if (!existsSync(join(folder, "tests/webcodecs"))) {
    return t.skip("sh scripts/wpt.sh fetches the web platform tests (700 MB)");
  }
  const { status, stdout } = spawnSync("sh", ["scripts/wpt.sh", "--runtime", runtime], {
    cwd: root,
    encoding: "utf8",
  });
  const lines = stdout.trim().split("\n");
  const told = lines.filter((line) => !/^ *\d+ of +\d+ +OK /.test(line)).join("\n");
  assertEquals(status, 0, told);
});
