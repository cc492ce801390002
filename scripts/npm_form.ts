/**
 * The package for npm: JavaScript with declarations, as every runtime and compiler takes it.
 *
 *     bun scripts/npm_form.ts [FOLDER]     dist/ where no folder is named
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
}

/** Every file at or below a path of the repository. */
function filesBelow(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path)).sort().flatMap((name) => filesBelow(`${path}/${name}`));
}

/** The declarations' and the script's place for a module. */
function entry(file: string): { types: string; default: string } {
  return { types: file.replace(/\.ts$/, ".d.ts"), default: file.replace(/\.ts$/, ".js") };
}

/** Writes the package into `folder`, which is emptied. Throws where the compiler finds an error. */
export function writeNpmForm(folder: string): void {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const { description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const files = manifest.publish.include.flatMap(filesBelow);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of files.filter((file) => !/\.(ts|json)$/.test(file))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    // The types of Deno itself are missing here; Deno checks that one file.
    noEmitOnError: false,
    declaration: true,
    stripInternal: true,
    rewriteRelativeImportExtensions: true,
    outDir: folder,
    rootDir: root,
    typeRoots: [join(root, "node_modules")],
  };
  const sources = files.filter((file) => file.endsWith(".ts")).map((file) => join(root, file));
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, "tsconfig.bun.json"),
      compilerOptions,
      files: sources,
      include: [],
      exclude: [],
    }),
  );
  try {
    const words = ["-p", config, "--pretty", "false"];
    execFileSync(join(root, "node_modules/.bin/tsc"), words, { encoding: "utf8" });
  } catch (error) {
    const said = (error as { stdout?: string }).stdout ?? "";
    // An error's further lines are indented.
    const others = said.split(/\n(?=\S)/).filter((one) => one && !/ffi\/deno\.ts\(/.test(one));
    if (said === "" || others.length > 0) {
      throw new Error(`tsc: ${others.join("\n")}`, { cause: error });
    }
  }
  rmSync(config);
  const { name, version, license, exports } = manifest;
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify(
      {
        name,
        version,
        description,
        license,
        type: "module",
        exports: Object.fromEntries(
          Object.entries(exports).map(([path, file]) => [path, entry(file)]),
        ),
      },
      null,
      2,
    ),
  );
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? join(root, "dist"));
  writeNpmForm(folder);
  console.log(`npm form: ${folder}`);
}
