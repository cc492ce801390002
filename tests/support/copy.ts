/**
 * The output of `ffmpeg -c copy` for a file, read back packet by packet. Answers are cached in
 * `.cache/copy`, as two runtimes ask for the same.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { extname, join } from "node:path";
import process from "node:process";
import { native } from "../../ffi/mod.ts";
import { AVError, DemuxerSync } from "../../mod.ts";
import { cacheFolder } from "./media.ts";

/** The output of a tool or of this module for a file. */
export interface Copied {
  /** Every packet in one line, as {@link lines} has it; null where it refused. */
  readonly lines: readonly string[] | null;
  /** ffmpeg's standard error. */
  readonly said: string;
}

/**
 * Every packet in one line: what `framehash` would tell of it. Where it breaks off, the error is a
 * line.
 */
export function lines(bytes: Uint8Array): string[] {
  const found: string[] = [];
  try {
    using input = DemuxerSync.open(bytes);
    for (const packet of input) {
      const { streamIndex, pts, dts, duration, size, data } = packet;
      const hash = createHash("sha256").update(data).digest("hex").slice(0, 16);
      const flags = (packet.isKeyframe ? "K" : "_") + (packet.isDiscard ? "D" : "_") +
        (packet.isCorrupt ? "C" : "_");
      found.push([streamIndex, pts, dts, duration, size, flags, hash].join(" "));
    }
  } catch (error) {
    // A fault of the module's own is no answer to keep.
    if (!(error instanceof AVError)) throw error;
    found.push(String(error));
  }
  return found;
}

let version: string | undefined;

function wholeVersion(): string {
  if (version !== undefined) return version;
  const done = spawnSync("ffmpeg", ["-version"], { encoding: "utf8" });
  if (done.error) throw done.error;
  return version = done.stdout;
}

/** `ffmpeg -version`, first line. */
export function ffmpegVersion(): string {
  return wholeVersion().split("\n")[0];
}

/**
 * The reason to leave out a comparison of what libavformat writes: the tool has another major than
 * the libraries. False where it has the same.
 */
export function otherFfmpeg(): string | false {
  const tool = /^libavformat +(\d+)\./m.exec(wholeVersion())?.[1];
  const major = native().versions.avformat[0];
  return Number(tool) === major ? false : `the tool has libavformat ${tool}, not ${major}`;
}

// Not every ffmpeg ends badly when a packet is refused.
const failed = /av_interleaved_write_frame\(\)|Error (writing trailer|muxing|submitting)/i;

const folder = join(cacheFolder, "copy");

/** The muxers of this ffmpeg. */
export function muxers(): ReadonlySet<string> {
  const done = spawnSync("ffmpeg", ["-v", "error", "-muxers"], { encoding: "utf8" });
  if (done.error) throw done.error;
  return new Set(
    Array.from(done.stdout.matchAll(/^ {1,2}[D ]?E[d ]* +(\S+)/gm), (line) => line[1]),
  );
}

/**
 * The streams of a file, no time of the muxer's own added: to a format by name, or to the one that
 * ffmpeg picks for a name `like` that. `streams` are indexes; every stream without them.
 */
export function ffmpegCopy(
  path: string,
  format: string | { readonly like: string },
  options: Readonly<Record<string, string>>,
  { extra = [], streams, before = [] }: {
    readonly extra?: readonly string[];
    readonly streams?: readonly number[];
    /** Words before the input. */
    readonly before?: readonly string[];
  } = {},
): Copied {
  const words = ["-v", "error", "-nostdin", "-y", ...before, "-i", `file:${path}`];
  for (const stream of streams ?? [undefined]) {
    words.push("-map", stream === undefined ? "0" : `0:${stream}`);
  }
  words.push("-copy_unknown", "-c", "copy", ...extra, "-muxdelay", "0", "-muxpreload", "0");
  for (const [name, value] of Object.entries(options)) words.push(`-${name}`, value);
  const suffix = typeof format === "string" ? "" : extname(format.like);
  if (typeof format === "string") words.push("-f", format);
  const { size, mtimeMs } = statSync(path);
  // Whole seconds: runtimes round the rest differently.
  const key = JSON.stringify([size, Math.floor(mtimeMs / 1000), ffmpegVersion(), words, suffix, 3]);
  const base = join(folder, createHash("sha256").update(key).digest("hex"));
  const kept = `${base}.json`;
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, "utf8")) as Copied;
  mkdirSync(folder, { recursive: true });
  const out = `${base}.${process.pid}${suffix}`;
  try {
    const done = spawnSync("ffmpeg", [...words, `file:${out}`], {
      encoding: "utf8",
      timeout: 60_000,
    });
    if (done.error) throw done.error;
    const value = {
      lines: done.status === 0 && !failed.test(done.stderr) ? lines(readFileSync(out)) : null,
      said: done.stderr.replaceAll(out, "OUT"),
    };
    writeFileSync(out, JSON.stringify(value));
    renameSync(out, kept);
    return value;
  } finally {
    rmSync(out, { force: true });
  }
}
