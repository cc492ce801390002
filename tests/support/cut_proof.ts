/**
 * Cuts beside their originals: both decoded by the ffmpeg tool, picture by picture.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { MemorySink, remuxSync } from "../../mod.ts";
import { scratch } from "./made.ts";
import { cacheFolder } from "./media.ts";

/** A decoded picture. */
export interface Picture {
  /** Seconds from the first picture. */
  readonly time: number;
  readonly md5: string;
}

/** A way to code pictures, and the containers that it fits. */
export interface Coding {
  readonly name: string;
  readonly words: readonly string[];
  readonly containers: readonly string[];
}

/** Seconds that each original lasts. */
export const ORIGINAL_SECONDS = 8;
const RATE = 25;

/** Keyframes far apart, pictures out of order, groups that refer to the one before. */
export const codings: readonly Coding[] = [
  {
    name: "h264",
    words: ["-c:v", "libx264", "-preset", "veryfast", "-g", "40", "-bf", "3"],
    containers: ["mp4", "mkv", "ts"],
  },
  {
    name: "h264 with open groups",
    words: [
      ...["-c:v", "libx264", "-preset", "veryfast", "-g", "40", "-bf", "3"],
      ...["-x264-params", "open-gop=1:b-pyramid=normal:scenecut=0"],
    ],
    containers: ["mp4", "mkv", "ts"],
  },
  {
    name: "hevc with open groups",
    words: [
      ...["-c:v", "libx265", "-preset", "ultrafast", "-bf", "4", "-g", "50"],
      ...["-x265-params", "open-gop=1:keyint=50:bframes=4:b-adapt=0:log-level=none"],
    ],
    containers: ["mp4", "mkv", "ts"],
  },
  {
    name: "mpeg2",
    words: ["-c:v", "mpeg2video", "-g", "18", "-bf", "2", "-q:v", "4"],
    containers: ["mp4", "mkv", "ts"],
  },
  {
    name: "vp9",
    words: [
      ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "45"],
      ...["-b:v", "300k", "-auto-alt-ref", "1", "-lag-in-frames", "12"],
    ],
    containers: ["mp4", "mkv"],
  },
  {
    name: "av1",
    words: ["-c:v", "libsvtav1", "-preset", "12", "-g", "45", "-svtav1-params", "keyint=45"],
    containers: ["mp4", "mkv"],
  },
];

function run(words: readonly string[]): string {
  const done = spawnSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ${words.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

/** The path of an original, made once. */
export function original(coding: Coding, container: string): string {
  const folder = join(cacheFolder, "cut_proof");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${coding.name.replaceAll(" ", "_")}.${container}`);
  if (existsSync(path)) return path;
  const part = join(folder, `${process.pid}.part.${container}`);
  run([
    ...["-f", "lavfi", "-i", `testsrc2=duration=${ORIGINAL_SECONDS}:size=160x96:rate=${RATE}`],
    ...["-f", "lavfi", "-i", `sine=frequency=440:duration=${ORIGINAL_SECONDS}`],
    ...["-pix_fmt", "yuv420p", ...coding.words, "-c:a", "mp2", part],
  ]);
  renameSync(part, path);
  return path;
}

let passthrough = ["-fps_mode", "passthrough"];

/** The lines of framemd5 for a file's first video. */
function hashed(path: string): string[] {
  const words = ["-i", path, "-map", "0:v:0", ...passthrough, "-copyts", "-f", "framemd5", "-"];
  try {
    return run(words).split("\n");
  } catch (error) {
    // ffmpeg before 5.1 has another name for it.
    if (!String(error).includes("Unrecognized option 'fps_mode'")) throw error;
    passthrough = ["-vsync", "passthrough"];
    return hashed(path);
  }
}

/** Every picture of a file, as the tool decodes it. */
export function pictures(path: string): Picture[] {
  const lines = hashed(path);
  const base = /^#tb 0: (\d+)\/(\d+)/m.exec(lines.join("\n"))!;
  const tick = Number(base[1]) / Number(base[2]);
  const shown = lines.filter((line) => line && !line.startsWith("#")).map((line) => {
    const [, , pts, , , md5] = line.split(",").map((word) => word.trim());
    return { time: Number(pts) * tick, md5 };
  });
  return shown.map(({ time, md5 }) => ({ time: time - shown[0].time, md5 }));
}

/** Seconds from the beginning of a file to its first picture, and to its keyframes from there. */
export interface Keyframes {
  readonly offset: number;
  readonly times: readonly number[];
}

/** When the keyframes of a file's picture are shown. */
export function keyframes(path: string): Keyframes {
  const words = ["-v", "error", "-select_streams", "v:0"];
  const shown = ["-show_entries", "packet=pts_time,flags:format=start_time"];
  const done = spawnSync("ffprobe", [...words, ...shown, "-of", "compact=p=1", path], {
    encoding: "utf8",
  });
  const packets = Array.from(
    done.stdout.matchAll(/^packet\|pts_time=([\d.-]+)\|flags=(.)/gm),
    ([, time, flag]) => ({ time: Number(time), isKey: flag === "K" }),
  );
  const start = Number(/^format\|start_time=([\d.-]+)/m.exec(done.stdout)![1]);
  const first = Math.min(...packets.map(({ time }) => time));
  const times = packets.filter(({ isKey }) => isKey).map(({ time }) => time - first);
  return { offset: first - start, times };
}

/** Ten parts that begin and end at keyframes, beside them and between them. */
export function parts({ times }: Keyframes): { start: number; end: number }[] {
  const inner = times.filter((key) => key > 0);
  const picture = 1 / RATE;
  const starts = [
    ...[0.3, inner[0] - picture, inner[0], inner[0] + picture, inner[1] + 2 * picture],
    ...[1.234, 2.5, 3.99, 4.02, ORIGINAL_SECONDS - 1.5],
  ];
  const lengths = [0.5, 1.04, 0.72, 3, 0.2, 2.02, 1.96, 2.2, 0.36, 1.1];
  return starts.map((start, i) => ({ start, end: start + lengths[i] }));
}

/** Cuts a file, and compares what the tool decodes of the cut with what it decodes of the file. */
export function proveCut(
  path: string,
  container: string,
  { start, end }: { start: number; end: number },
  whole: readonly Picture[],
  { offset, times: keys }: Keyframes,
): void {
  const what = `${path} from ${start} to ${end}`;
  using folder = scratch();
  const cut = join(folder.path, `cut.${container}`);
  const sink = new MemorySink();
  const format = { mp4: "mp4", mkv: "matroska", ts: "mpegts" }[container];
  // Where the sound begins first, the seconds of a cut count from there.
  remuxSync(path, sink, { format, start: start + offset, end: end + offset });
  writeFileSync(cut, sink.take());
  const got = pictures(cut);
  const half = 0.5 / RATE;
  const key = keys.findLast((time) => time <= start + 1e-4) ?? 0;
  const first = whole.findIndex(({ time }) => Math.abs(time - key) < half);
  assert(first >= 0, `${what}: the original shows no keyframe at ${key}`);
  const places = new Map(whole.map(({ md5 }, i) => [md5, i]));
  const broken = got.filter(({ md5 }) => !places.has(md5));
  assertEquals(broken.map(({ time }) => time), [], `${what}: pictures that the original lacks`);
  // The tool rounds a picture's time to its rate: one so close to the end may lie at it.
  const expected = whole.slice(first).filter(({ time }) => time < end - 0.3 / RATE);
  assertEquals(
    got.slice(0, expected.length).map(({ md5 }) => places.get(md5)),
    expected.map(({ md5 }) => places.get(md5)),
    `${what}: the pictures from the keyframe at ${key} on`,
  );
  const extra = got.slice(expected.length).map(({ md5 }) => places.get(md5)!);
  assert(extra.every((place) => place >= first + expected.length), `${what}: ${extra}`);
  assert(extra.length <= 8, `${what}: ${extra.length} pictures after the end`);
  for (const [i, { time }] of got.entries()) {
    const apart = whole[places.get(got[i].md5)!].time - whole[first].time;
    assert(Math.abs(time - apart) < half, `${what}: picture ${i} at ${time}, not ${apart}`);
  }
}
