/**
 * Files that the tools make on the fly, in a folder that goes with the test.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./media.ts";

/** A folder that is removed at the end of its scope. */
export function scratch(): { readonly path: string } & Disposable {
  mkdirSync(cacheFolder, { recursive: true });
  const path = mkdtempSync(join(cacheFolder, "made."));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

let version: string | undefined;

// Another ffmpeg makes other bytes, and so does another input of the same name.
function keyOf(words: readonly string[], name: string): string {
  version ??= spawnSync("ffmpeg", ["-version"], { encoding: "utf8" }).stdout;
  const hash = createHash("sha1").update(version).update(name);
  for (const word of words) {
    const isFile = statSync(word, { throwIfNoEntry: false })?.isFile() ?? false;
    hash.update("\0").update(isFile ? readFileSync(word) : word);
  }
  return hash.digest("hex");
}

/** The output of `ffmpeg` for these words, to be followed by a file name. Made once and cached. */
export function madeBy(words: readonly string[], name: string): Uint8Array<ArrayBuffer> {
  const cached = join(cacheFolder, "made", `${keyOf(words, name)}.${name}`);
  if (existsSync(cached)) return new Uint8Array(readFileSync(cached));
  using folder = scratch();
  const path = join(folder.path, name);
  const all = ["-v", "error", "-nostdin", "-y", ...words, path];
  const done = spawnSync("ffmpeg", all, { encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ${all.join(" ")}: ${done.stderr}`);
  mkdirSync(join(cacheFolder, "made"), { recursive: true });
  // Renamed, so that another process finds the whole file or none.
  renameSync(path, cached);
  return new Uint8Array(readFileSync(cached));
}
