/** A program and the module in one file, by every bundler, on this runtime. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { root } from "../../support/docs.ts";
import { makeMedia, mediaFolder } from "../../support/docs_fixtures.ts";
import { executable, runtimeName, runtimeWords } from "../../support/runtime.ts";

const folder = join(root, ".cache", `bundle.${runtimeName}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
makeMedia();

const entry = join(folder, "main.ts");
writeFileSync(
  entry,
  `import { readFileSync } from "node:fs";
import process from "node:process";
import { probe, probeSync } from "../../mod.ts";
console.log("started");
const bytes = new Uint8Array(readFileSync(process.argv[2]));
console.log(probeSync(bytes).format.duration);
console.log((await probe(new Blob([bytes]).stream())).format.name);
`,
);

const tool = (name: string) => join(root, "node_modules/.bin", name);
const deno = process.env.DENO ?? tool("deno");
const bun = process.env.BUN ?? tool("bun");

// A bundle of this name is not the worker's own module.
const target = join(folder, "worker.js");

const bundlers: Record<string, string[]> = {
  "deno bundle": [deno, "bundle", "--quiet", entry, "-o", target],
  "bun build for Bun": [bun, "build", "--target=bun", entry, `--outfile=${target}`],
  "bun build for Node": [bun, "build", "--target=node", entry, `--outfile=${target}`],
  "minified bun build": [bun, "build", "--target=node", "--minify", entry, `--outfile=${target}`],
  "esbuild": [
    ...[tool("esbuild"), "--bundle", "--format=esm", "--platform=node", "--minify"],
    ...["--log-level=error", entry, `--outfile=${target}`],
  ],
};

for (const [name, [command, ...words]] of Object.entries(bundlers)) {
  test(`a bundle of ${name} runs here, its worker included`, (context) => {
    rmSync(target, { force: true });
    const built = spawnSync(command, words, { cwd: root, encoding: "utf8", timeout: 60_000 });
    // `deno bundle` fetches its bundler the first time.
    if (built.status !== 0 && /error sending request|dns error/i.test(built.stderr)) {
      return context.skip?.("the bundler cannot be fetched here");
    }
    assertEquals([built.status, built.status === 0 ? "" : built.stderr], [0, ""]);
    const args = [...runtimeWords, target, join(mediaFolder, "movie.mp4")];
    const done = spawnSync(executable, args, { encoding: "utf8", timeout: 60_000 });
    assertEquals([done.status, done.stderr], [0, ""]);
    assertEquals(done.stdout, "started\n10\nmov,mp4,m4a,3gp,3g2,mj2\n");
  });
}
