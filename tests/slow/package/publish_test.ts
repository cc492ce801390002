import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { blocksOf, root } from "../../support/docs.ts";
import { makeMedia, media } from "../../support/docs_fixtures.ts";
import { startServer } from "../../support/http_server.ts";
import { writeNpmForm } from "../../../scripts/npm_form.ts";
import { output, publishedFiles } from "../../support/package.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const deno = "Deno" in globalThis;
const listed = publishedFiles();

// The README's first block, and a stream: its bytes reach libavformat through the worker.
function program(web: string): string {
  const [first] = blocksOf("README.md");
  return [
    `import { probe as probeStream } from "@avio/avio";`,
    first.code.replaceAll("https://example.com", web),
    `const answer = await fetch("${web}/movie.mkv");`,
    `const { format, streams } = await probeStream(answer.body!);`,
    `console.log("stream", format.name, streams.length);`,
    "",
  ].join("\n");
}

async function scratch(run: (folder: string, web: string) => Promise<void>): Promise<void> {
  makeMedia();
  const files = await listed;
  await using server = await startServer((answer, { path }) => {
    if (path.startsWith("/movie.")) return answer.file(media(path.slice(1)));
    const name = path.replace(/^\/package\//, "");
    if (!files.includes(name)) return answer.status(404);
    const headers = { "content-type": "application/typescript" };
    return answer.file(new Uint8Array(readFileSync(join(root, name))), { headers });
  });
  const folder = mkdtempSync(join(tmpdir(), "avio_consumer_"));
  try {
    await run(folder, server.url(""));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function assertPrinted(printed: string): void {
  assertStringIncludes(printed, "mov,mp4,m4a,3gp,3g2,mj2 10");
  assertStringIncludes(printed, "stream matroska,webm 2");
  const packets = printed.match(/^\d \S+ (true|false) \d+$/gm) ?? [];
  assert(packets.length > 100, `only ${packets.length} packets of the cut were printed`);
}

test("what is published is the module, its command line and its papers, nothing else", async () => {
  const files = await listed;
  for (
    const file of [
      "mod.ts",
      "webcodecs.ts",
      "lib/cli/main.ts",
      "lib/async/worker/worker.ts",
      "LICENSE",
      "deno.json",
    ]
  ) {
    assert(files.includes(file), `${file} is missing`);
  }
  const others = files.filter((file) =>
    !/^((ffi|lib)\/.*\.ts|(mod|webcodecs)\.ts|deno\.json|LICENSE|(README|CHANGELOG)\.md)$/.test(
      file,
    )
  );
  assertEquals(others, []);
});

test("a project that imports the published package runs, its worker included", async () => {
  await scratch(async (folder, web) => {
    const file = join(folder, "main.ts");
    writeFileSync(file, program(web));
    if (deno) {
      const imports = { "@avio/avio": `${web}/package/mod.ts` };
      writeFileSync(join(folder, "deno.json"), JSON.stringify({ imports }));
      const host = new URL(web).host;
      // From the web the worker needs no reading, only to be imported.
      const flags = ["--allow-ffi", `--allow-net=${host}`, "--no-prompt"];
      // The port may have been another test's, with another version behind it.
      const anew = [`--allow-import=${host}`, "--reload", "--quiet"];
      await output(executable, ["check", ...anew, file], folder);
      assertPrinted(await output(executable, ["run", ...anew, ...flags, file], folder));
      return;
    }
    writeNpmForm(join(folder, "node_modules/@avio/avio"));
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    assertPrinted(await output(executable, [...runtimeWords, file], folder));
  });
});

test("the npm form holds JavaScript with declarations that a compiler takes", async () => {
  await scratch(async (folder, web) => {
    const form = join(folder, "node_modules/@avio/avio");
    const files = await listed;
    writeNpmForm(form);
    for (const file of files.filter((file) => file.endsWith(".ts"))) {
      const script = join(form, file.replace(/\.ts$/, ".js"));
      assert(existsSync(script), `${script} was not written`);
      assert(existsSync(join(form, file.replace(/\.ts$/, ".d.ts"))));
      const text = readFileSync(script, "utf8");
      assertEquals(text.match(/(from|import\(|import) ?"\.[^"]*\.ts"/g) ?? [], [], script);
    }
    writeFileSync(join(folder, "main.ts"), program(web));
    copyFileSync(join(root, "tests/types/accepted.ts"), join(folder, "accepted.ts"));
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    const programs = ["main.ts", "accepted.ts"];
    for (const compilerOptions of [plainProject, await bunProject(join(folder, "init"))]) {
      const config = { compilerOptions: { ...compilerOptions, ...strictest }, files: programs };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      await output(join(root, "node_modules/.bin/tsc"), ["-p", folder], folder);
    }
  });
});

/** Options of a project without any package of types. */
const plainProject = {
  target: "esnext",
  module: "nodenext",
  types: [],
  lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
};

/** The strictest options that a project may set for the packages that it uses. */
const strictest = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: false,
  skipLibCheck: false,
  noEmit: true,
};

/** The options that `bun init` writes, with the types of Bun that are installed here. */
async function bunProject(folder: string): Promise<object> {
  mkdirSync(folder);
  const bun = process.env.BUN ?? join(root, "node_modules/.bin/bun");
  await output(bun, ["init", "-y"], folder);
  const text = readFileSync(join(folder, "tsconfig.json"), "utf8");
  const { compilerOptions } = JSON.parse(
    text.replace(/^\s*\/\/.*$/gm, "").replace(/,(?=\s*[}\]])/g, ""),
  );
  return { ...compilerOptions, types: ["bun-types"], typeRoots: [join(root, "node_modules")] };
}

test("the published command line runs", async () => {
  await scratch(async (folder, web) => {
    const movie = join(folder, "movie.mp4");
    writeFileSync(movie, media("movie.mp4"));
    const args = ["probe", movie, "--json"];
    let printed: string;
    if (deno) {
      const host = new URL(web).host;
      const flags = ["--allow-ffi", `--allow-read=${folder}`, `--allow-import=${host}`];
      const cli = `${web}/package/lib/cli/main.ts`;
      printed = await output(
        executable,
        ["run", "--quiet", "--no-prompt", "--reload", ...flags, cli, ...args],
        folder,
      );
    } else {
      const form = join(folder, "node_modules/@avio/avio");
      writeNpmForm(form);
      const cli = join(form, "lib/cli/main.js");
      printed = await output(executable, [...runtimeWords, cli, ...args], folder);
    }
    assertEquals(JSON.parse(printed).format.duration, 10);
  });
});

test("one version everywhere", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const script = join(root, "scripts/version.ts");
  const words = deno ? ["run", "--no-check", "--allow-read"] : runtimeWords;
  assertEquals((await output(executable, [...words, script], root)).trim(), version);
  const wrong = await output(executable, [...words, script, "v99.0.0"], root).catch(String);
  assertStringIncludes(wrong, `the tag v99.0.0 says 99.0.0, deno.json says ${version}`);
  assertEquals(process.exitCode ?? 0, 0);
});
