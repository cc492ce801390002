/**
 * The web platform tests of WebCodecs on this runtime. scripts/wpt.sh fetches them the first time.
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
  const { status, stdout, stderr } = spawnSync("sh", ["scripts/wpt.sh", "--runtime", runtime], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0 && !existsSync(join(folder, "tests/webcodecs"))) {
    console.log(`skipped: the web platform tests cannot be fetched here\n${stderr}`);
    return t.skip("the web platform tests cannot be fetched here");
  }
  const lines = stdout.trim().split("\n");
  const told = lines.filter((line) => !/^ *\d+ of +\d+ +OK /.test(line)).join("\n");
  assertEquals(status, 0, told);
});
