/**
 * The package as JSR would deliver it: TypeScript over HTTP for Deno, and what its npm registry
 * makes of it for everyone else: JavaScript, declarations and rewritten specifiers.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { root } from "./docs.ts";

const run = promisify(execFile);
const environment = { ...process.env, NO_COLOR: "1" };

/** Runs a program; what it says goes into the error where it fails. */
export async function output(program: string, args: string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await run(program, args, { cwd, env: environment, timeout: 120_000 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")}: ${error}\n${stdout}\n${stderr}`);
  }
}

/** The files that `deno publish` would upload. */
export async function publishedFiles(): Promise<string[]> {
  const deno = process.env.DENO ?? join(root, "node_modules/.bin/deno");
  const { stderr } = await run(deno, ["publish", "--dry-run", "--allow-dirty"], {
    cwd: root,
    env: environment,
  });
  const place = new URL(`file://${root}`).href;
  const lines = stderr.matchAll(/^\s+(file:\S+) \([\d.]+K?M?B\)$/gm);
  return Array.from(lines, ([, url]) => decodeURI(url.slice(place.length))).sort();
}

/** Writes the npm form into `folder`, which becomes a package of that name. */
export async function writeNpmForm(folder: string, files: readonly string[]): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of files.filter((file) => !file.endsWith(".ts"))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    // Deno's own types are missing here: that one file is written all the same.
    noEmitOnError: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    outDir: ".",
    rootDir: root,
    typeRoots: [join(root, "node_modules")],
  };
  const sources = files.filter((file) => file.endsWith(".ts")).map((file) => join(root, file));
  const extended = join(root, "tsconfig.bun.json");
  writeFileSync(
    config,
    JSON.stringify({
      extends: extended,
      compilerOptions,
      files: sources,
      include: [],
      exclude: [],
    }),
  );
  await run(join(root, "node_modules/.bin/tsc"), ["-p", config], { cwd: folder }).catch(() => {});
  rmSync(config);
  const { name, version, exports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const built = Object.entries(exports as Record<string, string>).map(([entry, file]) => [
    entry,
    { types: file.replace(/\.ts$/, ".d.ts"), default: file.replace(/\.ts$/, ".js") },
  ]);
  const manifest = { name, version, type: "module", exports: Object.fromEntries(built) };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
}
