/** The same results on every platform, runtime and FFmpeg. */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { probePlatform } from "../../support/platform_probe.ts";

const stored = readFileSync(new URL("../../support/platform_probe.tsv", import.meta.url), "utf8")
  .trim().split(/\r?\n/);

test("every piece of the probe gives the stored result on this platform", async () => {
  assert(stored.length > 50, `${stored.length} results are stored`);
  assertEquals(await probePlatform(), stored);
});
