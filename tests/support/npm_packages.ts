/**
 * Packages of npm that a test works with, placed below `.cache`, apart from the module's own.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheFolder } from "./media.ts";

const folder = join(cacheFolder, "npm_packages");

function versionOf(name: string): string | undefined {
  const manifest = join(folder, "node_modules", name, "package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}

/** Where a file of a package is that was imported before. */
export const npmPath = (name: string, file: string): string =>
  join(folder, "node_modules", name, file);

/** Imports a file of a package at a version; installs the package the first time. */
export async function fromNpm(
  name: string,
  version: string,
  file: string,
): Promise<Record<string, unknown>> {
  if (versionOf(name) !== version) {
    const words = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error"];
    const done = spawnSync("npm", [...words, `${name}@${version}`], { encoding: "utf8" });
    if (done.error) throw done.error;
    if (done.status !== 0) throw new Error(`npm install ${name}: ${done.stderr}`);
  }
  return await import(pathToFileURL(npmPath(name, file)).href);
}
