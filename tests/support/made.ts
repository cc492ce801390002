/**
 * Files that the tools make on the fly, in a folder that goes with the test.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./media.ts";

/** A folder that is removed at the end of its scope. */
export function scratch(): { readonly path: string } & Disposable {
  mkdirSync(cacheFolder, { recursive: true });
  const path = mkdtempSync(join(cacheFolder, "made."));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** What `ffmpeg` makes with these words, to be followed by a file name. */
export function madeBy(words: readonly string[], name: string): Uint8Array<ArrayBuffer> {
  using folder = scratch();
  const path = join(folder.path, name);
  const all = ["-v", "error", "-nostdin", "-y", ...words, path];
  const done = spawnSync("ffmpeg", all, { encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ${all.join(" ")}: ${done.stderr}`);
  return new Uint8Array(readFileSync(path));
}
