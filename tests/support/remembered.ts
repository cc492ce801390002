/**
 * Answers of the tools, kept between runs and between runtimes.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./media.ts";

let version: string | undefined;

/** The first line of `ffprobe -version`. */
export function ffprobeVersion(): string {
  if (version !== undefined) return version;
  const done = spawnSync("ffprobe", ["-version"], { encoding: "utf8" });
  if (done.error) throw done.error;
  return version = done.stdout.split("\n")[0];
}

/** Another file of the same name is another one. Whole seconds: runtimes round the rest apart. */
function identityOf(word: string | Uint8Array): string {
  if (typeof word !== "string") return createHash("sha256").update(word).digest("hex");
  const stat = statSync(word, { throwIfNoEntry: false });
  return stat?.isFile() ? `${word} ${stat.size} ${Math.floor(stat.mtimeMs / 1000)}` : word;
}

/**
 * The answer of `make`, or the one that an earlier call with the same words gave. The version of
 * the tools is part of the key, and so are the size and the time of each file among the words.
 * Bytes stand for the file that `make` writes them to.
 */
export function remembered<T>(words: readonly (string | Uint8Array)[], make: () => T): T {
  const key = JSON.stringify([ffprobeVersion(), ...words.map(identityOf)]);
  const folder = join(cacheFolder, "ffprobe");
  const file = join(folder, `${createHash("sha256").update(key).digest("hex")}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as T;
  const value = make();
  mkdirSync(folder, { recursive: true });
  // Renamed, so that another process finds the whole file or none.
  const part = `${file}.${process.pid}`;
  writeFileSync(part, JSON.stringify(value));
  renameSync(part, file);
  return value;
}
