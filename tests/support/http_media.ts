/**
 * Larger movies for the HTTP tests, with the index at the end: packed raw pictures and sound.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./media.ts";

function made(name: string, args: readonly string[]): Uint8Array {
  const folder = join(cacheFolder, "http_media");
  const path = join(folder, name);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const part = join(folder, `${process.pid}.${name}`);
    const done = spawnSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args, part], {
      encoding: "utf8",
    });
    if (done.error) throw done.error;
    if (done.status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${done.stderr}`);
    renameSync(part, path);
  }
  return new Uint8Array(readFileSync(path));
}

const picture = ["-f", "lavfi", "-i", "testsrc2=duration=10:size=320x180:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=10:sample_rate=44100"];
const raw = ["-c:v", "rawvideo", "-pix_fmt", "yuv420p"];
const pcm = ["-c:a", "pcm_s16le"];

/** About 22 MB: 10 s of picture and sound, interleaved, the moov last. */
export function movieIndexLast(): Uint8Array {
  return made("interleaved.mov", [...picture, ...sound, ...raw, ...pcm]);
}

interface Box {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly start: number;
}

function boxes(bytes: Uint8Array): Box[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    found.push({ type, bytes: bytes.subarray(at, at + size), start: at });
    at += size;
  }
  return found;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Moves the chunk offsets of a trak by `by`, and numbers it. */
function shift(box: Uint8Array, by: number, id: number): void {
  for (const { type, bytes } of boxes(box.subarray(8))) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (["mdia", "minf", "stbl"].includes(type)) shift(bytes, by, id);
    if (type === "tkhd") view.setUint32(20, id);
    if (type !== "stco") continue;
    for (let i = 0, at = 16; i < view.getUint32(12); i++, at += 4) {
      view.setUint32(at, view.getUint32(at) + by);
    }
  }
}

/** The same with all the picture first and then all the sound: read by two cursors, far apart. */
export function movieNotInterleaved(): Uint8Array {
  const files = [
    made("picture.mov", [...picture, ...raw]),
    made("sound.mov", [...sound, ...pcm]),
  ];
  const head = boxes(files[0]).find(({ type }) => type === "ftyp")!.bytes;
  const data: Uint8Array[] = [];
  const traks: Uint8Array[] = [];
  let at = head.length;
  let movie: Uint8Array | undefined;
  for (const [index, file] of files.entries()) {
    const top = boxes(file);
    const mdat = top.find(({ type }) => type === "mdat")!;
    const moov = boxes(top.find(({ type }) => type === "moov")!.bytes.subarray(8));
    const trak = moov.find(({ type }) => type === "trak")!.bytes.slice();
    shift(trak, at - mdat.start, index + 1);
    movie ??= moov.find(({ type }) => type === "mvhd")!.bytes;
    data.push(mdat.bytes);
    traks.push(trak);
    at += mdat.bytes.length;
  }
  const body = joined(movie!, ...traks);
  const moov = joined(new Uint8Array(8), body);
  new DataView(moov.buffer).setUint32(0, moov.length);
  moov.set(new TextEncoder().encode("moov"), 4);
  return joined(head, ...data, moov);
}
