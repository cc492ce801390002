/** The ffmpeg tool, fed by a pipe: a process for every job. */
import { spawn } from "node:child_process";
import { serve } from "./serve.mjs";

function run(bytes, ...args) {
  const child = spawn("ffmpeg", ["-v", "quiet", "-i", "pipe:0", "-c", "copy", ...args], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {});
  child.stdin.end(bytes);
  let count = 0;
  child.stdout.on("data", (chunk) => count += chunk.length);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => code === 0 ? resolve("-") : reject(new Error(`ffmpeg: ${code}`)));
  });
}

function target(format) {
  return format === "fmp4"
    ? ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof"]
    : ["-f", format];
}

await serve({
  "demux": (bytes) => run(bytes, "-map", "0", "-f", "null", "-"),
  "remux-count": (bytes, format) => run(bytes, "-map", "0", ...target(format), "pipe:1"),
});
