/**
 * The memory of a long decoding of 4K pictures, each on loan until the next one.
 *
 *     deno run -A bench/flat.ts [SECONDS]
 *     bun run bench/flat.ts [SECONDS]
 *
 * SECONDS of media, 60 unless said: two seconds of H.264 or MPEG-4, repeated by the tool. Ends with
 * 1 where the memory after the first second grows by more than 200 MB.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import process from "node:process";
import { frames } from "../mod.ts";

const seconds = Number(process.argv[2] ?? 60);
const MOST = 200;
const folder = ".cache/bench";
const [clip, film] = [`${folder}/flat.clip.mp4`, `${folder}/flat.${process.pid}.mp4`];

function ffmpeg(...words: string[]): boolean {
  return spawnSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...words]).status === 0;
}

mkdirSync(folder, { recursive: true });
const source = ["-f", "lavfi", "-i", "testsrc2=s=3840x2160:r=25:d=2", "-pix_fmt", "yuv420p"];
const isMade = ffmpeg(...source, "-c:v", "libx264", "-preset", "ultrafast", clip) ||
  ffmpeg(...source, "-c:v", "mpeg4", "-q:v", "5", clip);
if (!isMade || !ffmpeg("-stream_loop", "-1", "-i", clip, "-t", `${seconds}`, "-c", "copy", film)) {
  throw new Error("ffmpeg could not make the film");
}
const megabytes = () => process.memoryUsage().rss / 1e6;
const series: number[] = [];
let count = 0;
let before: number | undefined;
let most = 0;
const started = performance.now();
try {
  for await (const frame of frames(film)) {
    if (frame.codedWidth !== 3840) throw new Error(`${frame.codedWidth} pixels wide`);
    count++;
    if (count % 25 > 0) continue;
    const now = megabytes();
    before ??= now;
    most = Math.max(most, now);
    if (count % Math.max(25, Math.floor(seconds / 16) * 25) === 0) series.push(Math.round(now));
  }
} finally {
  rmSync(film, { force: true });
}
const grown = Math.round(most - (before ?? 0));
console.log(JSON.stringify({
  runtime: process.versions.bun ? "bun" : "deno",
  frames: count,
  seconds: Math.round((performance.now() - started) / 100) / 10,
  residentAfterASecond: Math.round(before ?? 0),
  residentMost: Math.round(most),
  series,
  grown,
}));
process.exit(grown <= MOST ? 0 : 1);
