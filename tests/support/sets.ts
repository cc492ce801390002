/**
 * Sets of files: playlists with their segments, as the ffmpeg tool makes them.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Packet } from "../../mod.ts";
import { ffprobePackets } from "./ffprobe.ts";
import { ffprobeVersion } from "./remembered.ts";
import { cacheFolder, generated } from "./media.ts";

/** The path of a fixture. */
export function fixturePath(name: string): string {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return found.path;
}

/** The files of a folder, by name; folders inside it are left out. */
export function filesOf(folder: string): Map<string, Uint8Array> {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(names.map(({ name }) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}

/** Runs ffmpeg; throws what it said where it failed. */
export function ffmpeg(args: readonly string[], cwd?: string): void {
  const words = ["-v", "error", "-nostdin", "-y", ...args];
  const done = spawnSync("ffmpeg", words, { encoding: "utf8", cwd, timeout: 60_000 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ${words.join(" ")}: ${done.stderr}`);
}

/** A folder made once for each ffmpeg by `make`, which runs in a folder beside it. */
export function setFolder(name: string, make: (folder: string) => void): string {
  const version = createHash("sha256").update(ffprobeVersion()).digest("hex").slice(0, 12);
  const folder = join(cacheFolder, "sets", version, name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  try {
    make(part);
    renameSync(part, folder);
  } catch (error) {
    // Another runtime's test made the same folder meanwhile.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
}

/** An HLS set of a fixture's streams, copied: about five segments and `index.m3u8`. */
export function hlsSet(
  name: string,
  options: readonly string[] = [],
  prepare: (folder: string) => void = () => {},
): string {
  return setFolder(name, (folder) => {
    prepare(folder);
    const copy = ["-i", fixturePath("progressive.mp4"), "-c", "copy", "-f", "hls"];
    const whole = ["-hls_time", "0.2", "-hls_list_size", "0"];
    ffmpeg([...copy, ...whole, ...options, "index.m3u8"], folder);
  });
}

/** A packet on one line: what two readings of the same bytes must agree in. */
export function line(packet: Packet): string {
  const { streamIndex, pts, dts, duration, size, isKeyframe, data } = packet;
  const hash = createHash("sha256").update(data).digest("hex");
  return [streamIndex, pts, dts, duration, size, isKeyframe ? "K" : "_", hash].join(" ");
}

/** The expected {@link line} of every packet, by ffprobe. */
export function probedLines(path: string, args: readonly string[] = []): string[] {
  const { packets, error } = ffprobePackets(path, { args });
  if (error !== null) throw new Error(`ffprobe ${path}: ${error}`);
  return packets.map(({ streamIndex, pts, dts, duration, size, flags, sha256 }) =>
    [streamIndex, pts, dts, duration, size, flags[0], sha256].join(" ")
  );
}

/** The lines of one stream. */
export function ofStream(lines: readonly string[], index: number): string[] {
  return lines.filter((one) => one.startsWith(`${index} `));
}
