import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { root } from "../../support/docs.ts";
import { makeMedia, mediaFolder } from "../../support/docs_fixtures.ts";
import { executable } from "../../support/runtime.ts";

const deno = "Deno" in globalThis;
const bun = "Bun" in globalThis;
// Below the tree, so that the programs' imports are found.
const folder = join(root, ".cache", `single.${deno ? "deno" : bun ? "bun" : "node"}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const movie = join(mediaFolder, "movie.mp4");

/** The task's own command, with another entry and another place for what it makes. */
function task(entry: string, single: string): string[] {
  const { tasks } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // Behind the runtime's own word: `sh scripts/deno.sh` or `bun`.
  const [, command]: string[] = (deno ? tasks : scripts).compile.split(/^.*?(?:deno\.sh|bun) /);
  const words = command.split(" ");
  const places: Record<string, string> = { "lib/cli/main.ts": entry, ".cache/avio": single };
  return words.map((word) => places[word] ?? word);
}

function compile(entry: string, name: string): { single: string; problem: string } {
  const single = join(folder, name);
  const done = spawnSync(executable, task(entry, single), { cwd: root, timeout: 100_000 });
  return { single, problem: done.status === 0 ? "" : String(done.stderr) };
}

// `deno compile` fetches the runtime it puts into the file; where it cannot, there is no file.
function missing(): string | false {
  if (process.env.AVIO_RUNTIME) return "a single file starts by the system's own loader";
  if (bun) return false;
  if (!deno) return "Node has no such command";
  const probe = join(folder, "probe.ts");
  writeFileSync(probe, "");
  const words = ["compile", "--no-check", "--output", join(folder, "probe"), probe];
  const done = spawnSync(executable, words, { timeout: 60_000 });
  if (done.status === 0) return false;
  const offline = /error sending request|dns error|denort/i.test(String(done.stderr));
  return offline ? "deno compile cannot fetch denort here" : false;
}

const skip = missing();
if (skip) console.log(`single files: skipped, ${skip}`);

function run(program: string, args: string[]): string {
  const done = spawnSync(program, args, { cwd: folder, timeout: 60_000 });
  assertEquals([done.status, String(done.stderr)], [0, ""]);
  return String(done.stdout);
}

test("the command line as a single file probes and remuxes", { skip }, () => {
  makeMedia();
  const { single, problem } = compile("lib/cli/main.ts", "avio");
  assertEquals(problem, "");
  const info = JSON.parse(run(single, ["probe", movie, "--json"]));
  assertEquals(info.format.duration, 10);
  run(single, ["remux", movie, "out.mkv", "--start", "2", "--end", "5"]);
  assertStringIncludes(run(single, ["probe", "out.mkv"]), "matroska");
});

test(
  "a program as a single file has a worker, which does not run the program again",
  { skip },
  () => {
    makeMedia();
    const entry = join(folder, "main.ts");
    writeFileSync(
      entry,
      `import { readFileSync } from "node:fs";
     import process from "node:process";
     import { probe } from "../../mod.ts";
     console.log("started");
     const bytes = new Uint8Array(readFileSync(process.argv[2]));
     const stream = new ReadableStream<Uint8Array>({
       start(controller) {
         controller.enqueue(bytes);
         controller.close();
       },
     });
     console.log((await probe(stream)).format.duration);\n`,
    );
    const { single, problem } = compile(entry, "program");
    assertEquals(problem, "");
    assertEquals(run(single, [movie]), "started\n10\n");
  },
);
