/**
 * Media of some seconds, made once by the ffmpeg tool.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./media.ts";

function ffmpeg(args: readonly string[]): string {
  const done = spawnSync("ffmpeg", ["-hide_banner", "-nostdin", ...args], { encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

let encoders: Set<string> | undefined;

/** The first of these encoders that this ffmpeg has. */
function encoder(...names: string[]): string {
  encoders ??= new Set(
    Array.from(
      ffmpeg(["-v", "error", "-encoders"]).matchAll(/^ [A-Z.]{6} (\S+)/gm),
      (line) => line[1],
    ),
  );
  const found = names.find((name) => encoders?.has(name));
  if (found === undefined) throw new Error(`ffmpeg has no encoder of ${names.join(", ")}`);
  return found;
}

const kinds = {
  /** H.264 with B-frames, a keyframe every second, and AAC. */
  "video.mp4": () => [
    ...["-c:v", encoder("libx264", "libopenh264", "mpeg4"), "-g", "25", "-bf", "2"],
    ...["-pix_fmt", "yuv420p", "-c:a", "aac"],
  ],
  /** The same, readable from front to back. */
  "video.mkv": () => [
    ...["-c:v", encoder("libx264", "libopenh264", "mpeg4"), "-g", "25", "-bf", "2"],
    ...["-pix_fmt", "yuv420p", "-c:a", "aac"],
  ],
  /** The same as a transport stream. */
  "video.ts": () => [
    ...["-c:v", encoder("libx264", "libopenh264", "mpeg4"), "-g", "25", "-bf", "2"],
    ...["-pix_fmt", "yuv420p", "-c:a", encoder("libmp3lame", "mp2"), "-f", "mpegts"],
  ],
  /** WebM, as browsers take it. */
  "video.webm": () => [
    ...["-c:v", encoder("libvpx", "libvpx-vp9"), "-g", "25", "-c:a", encoder("libopus", "opus")],
    ...["-deadline", "realtime", "-strict", "-2"],
  ],
  /** Sound alone. */
  "audio.m4a": () => ["-vn", "-c:a", "aac"],
  /** Noise, which takes some megabytes. */
  "large.ts": () => [
    ...["-vf", "noise=alls=80:allf=t", "-c:v", "mpeg2video", "-q:v", "4"],
    ...["-c:a", "mp2", "-f", "mpegts"],
  ],
} as const;

/** Four seconds of it: 320×180 at 25 pictures a second, sound at 48 kHz. */
export function liveMedia(kind: keyof typeof kinds): string {
  const version = /^ffmpeg version (\S+)/.exec(ffmpeg(["-version"]))?.[1] ?? "unknown";
  const folder = join(cacheFolder, "live", version);
  const path = join(folder, kind);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const part = join(folder, `${process.pid}.${kind}`);
  try {
    ffmpeg([
      ...["-v", "error", "-y"],
      ...["-f", "lavfi", "-i", "testsrc=duration=4:size=320x180:rate=25"],
      ...["-f", "lavfi", "-i", "sine=frequency=440:duration=4:sample_rate=48000"],
      ...kinds[kind](),
      ...["-threads", "1", part],
    ]);
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
  return path;
}
