/**
 * The files the tests read: a corpus of real media where `AVIO_CORPUS` names one, and small
 * fixtures made by the ffmpeg tool.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A file, and its name without folders. */
export interface MediaFile {
  readonly name: string;
  readonly path: string;
}

/** A fixture that this ffmpeg cannot make, and why. */
export interface MissingFixture {
  readonly name: string;
  readonly reason: string;
}

/** The repository's `.cache`, where everything that tests make goes. */
export const cacheFolder: string = fileURLToPath(new URL("../../.cache/", import.meta.url));

function filesOf(folder: string): MediaFile[] {
  const root = process.env.AVIO_CORPUS;
  if (!root) return [];
  if (!existsSync(root)) throw new Error(`AVIO_CORPUS=${root} is not there`);
  const full = join(root, folder);
  // A folder of no such parts is one of files that may be valid or not.
  if (!existsSync(full)) return folder === "valid" ? filesBelow(root) : [];
  return readdirSync(full).sort().map((name) => ({ name, path: join(full, name) }))
    .filter(({ path }) => statSync(path).isFile());
}

const NOT_MEDIA = /\.(md|txt|tsv|csv|json|xml|html|m3u8?|mpd|m4s)$/i;

/**
 * Every file below a folder but texts, playlists and the parts that these name, by its path in it.
 */
export function filesBelow(folder: string): MediaFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()
    .filter((name) => !NOT_MEDIA.test(name))
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(({ path }) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

/** The valid files of `AVIO_CORPUS`, or all where it has no such part; empty where it is unset. */
export function corpus(): MediaFile[] {
  return filesOf("valid");
}

/** The broken files of `AVIO_CORPUS`; empty where it is unset. */
export function malformed(): MediaFile[] {
  return filesOf("malformed");
}

interface Recipe {
  /** The file's name, whose extension names the format where `format` does not. */
  readonly name: string;
  /** Encoders in order of preference; the first that ffmpeg has is used. */
  readonly video?: readonly string[];
  readonly audio?: readonly string[];
  readonly format?: string;
  readonly extra?: readonly string[];
}

const h264 = ["libx264", "libopenh264", "mpeg4"];
const aac = ["aac"];
const recipes: readonly Recipe[] = [
  { name: "progressive.mp4", video: h264, audio: aac },
  { name: "faststart.mp4", video: h264, audio: aac, extra: ["-movflags", "+faststart"] },
  {
    name: "fragmented.mp4",
    video: h264,
    audio: aac,
    extra: ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
  },
  { name: "matroska.mkv", video: h264, audio: ["flac"] },
  {
    name: "webm.webm",
    video: ["libvpx", "libvpx-vp9", "libaom-av1"],
    audio: ["libopus", "libvorbis", "opus", "vorbis"],
  },
  { name: "mpegts.ts", video: ["mpeg2video"], audio: ["mp2"], format: "mpegts" },
  { name: "flv.flv", video: ["flv"], audio: aac },
  { name: "ogg.ogg", audio: ["libvorbis", "libopus", "vorbis", "flac"] },
  { name: "mp3.mp3", audio: ["libmp3lame", "libshine"] },
  { name: "adts.aac", audio: aac, format: "adts" },
  { name: "flac.flac", audio: ["flac"] },
  { name: "wav.wav", audio: ["pcm_s16le"] },
  { name: "nut.nut", video: ["mpeg4"], audio: ["pcm_s16le"] },
  { name: "avi.avi", video: ["mpeg4"], audio: ["mp2"] },
];

function ffmpeg(args: readonly string[]): string {
  const done = spawnSync("ffmpeg", ["-hide_banner", "-nostdin", ...args], { encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

function listed(what: string): Set<string> {
  const lines = ffmpeg(["-v", "error", `-${what}`]).matchAll(/^ [A-Z.]{6} (\S+)/gm);
  return new Set(Array.from(lines, (line) => line[1]));
}

function make(recipe: Recipe, encoders: ReadonlySet<string>, path: string): string | undefined {
  const pick = (kind: string, names?: readonly string[]) => {
    if (!names) return [];
    const name = names.find((candidate) => encoders.has(candidate));
    return name === undefined ? undefined : [`-c:${kind}`, name];
  };
  const video = pick("v", recipe.video);
  const audio = pick("a", recipe.audio);
  if (!video) return `ffmpeg has no encoder of ${recipe.video?.join(", ")}`;
  if (!audio) return `ffmpeg has no encoder of ${recipe.audio?.join(", ")}`;
  const picture = ["-f", "lavfi", "-i", "testsrc=duration=1:size=160x120:rate=25"];
  const sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=44100"];
  const part = join(path, "..", `${process.pid}.${recipe.name}`);
  try {
    ffmpeg([
      ...["-v", "error", "-y"],
      ...(recipe.video ? picture : []),
      ...(recipe.audio ? sound : []),
      ...video,
      ...(recipe.video ? ["-pix_fmt", "yuv420p", "-g", "10"] : []),
      ...audio,
      // The experimental encoders stand in where nothing else is built in.
      ...["-strict", "-2", "-threads", "1", "-flags", "+bitexact", "-fflags", "+bitexact"],
      ...["-metadata", "title=A fixture: äöü", "-metadata", "artist=ffmpeg"],
      ...(recipe.extra ?? []),
      ...(recipe.format ? ["-f", recipe.format] : []),
      part,
    ]);
    renameSync(part, path);
    return undefined;
  } finally {
    rmSync(part, { force: true });
  }
}

let made: { files: MediaFile[]; missing: MissingFixture[] } | undefined;

function makeAll() {
  if (made) return made;
  // A folder for each ffmpeg, so that another one makes its own.
  const version = /^ffmpeg version (\S+)/.exec(ffmpeg(["-version"]))?.[1] ?? "unknown";
  const folder = join(cacheFolder, "media", version);
  mkdirSync(folder, { recursive: true });
  const files: MediaFile[] = [];
  const missing: MissingFixture[] = [];
  let encoders: Set<string> | undefined;
  for (const recipe of recipes) {
    const path = join(folder, recipe.name);
    const reason = existsSync(path)
      ? undefined
      : make(recipe, encoders ??= listed("encoders"), path);
    if (reason === undefined) files.push({ name: recipe.name, path });
    else missing.push({ name: recipe.name, reason });
  }
  return made = { files, missing };
}

/** The fixtures: one second of picture and sound in each format, made once and reused. */
export function generated(): MediaFile[] {
  return makeAll().files;
}

/** The fixtures that this ffmpeg has no encoder for. */
export function missingFixtures(): MissingFixture[] {
  return makeAll().missing;
}
