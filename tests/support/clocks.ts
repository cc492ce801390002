/**
 * Media whose clocks begin late, wrap around or jump, made by the ffmpeg tool.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ffmpeg, setFolder } from "./sets.ts";

/** Seconds of each part. */
export const PART_SECONDS = 10;

const picture = `testsrc=duration=${PART_SECONDS}:size=160x120:rate=25`;
const film = [
  ...["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", `sine=duration=${PART_SECONDS}`],
  ...["-c:v", "mpeg2video", "-g", "25", "-bf", "2", "-c:a", "aac", "-muxdelay", "0"],
];
const sound = ["-f", "lavfi", "-i", "sine=duration=3"];

/** Names of the files, and how long the tool's own copy of each should be. */
export const clocks: Readonly<Record<string, number>> = {
  "late.ts": 10,
  "wrap.ts": 10,
  "twice.ts": 20,
  "jump.ts": 20,
  "stray.ts": 10,
  "opus.ogg": 6,
  "vorbis.ogg": 6,
};

const hasEncoder = (name: string) => {
  const done = spawnSync("ffmpeg", ["-v", "error", "-h", `encoder=${name}`], { encoding: "utf8" });
  return done.stdout.startsWith("Encoder ");
};

/** The folder of them; `list/list.m3u8` is HLS with a discontinuity. */
export function clockFolder(): string {
  return setFolder("clocks-1", (folder) => {
    const at = (name: string) => join(folder, name);
    const join2 = (to: string, ...names: string[]) =>
      writeFileSync(at(to), Buffer.concat(names.map((name) => readFileSync(at(name)))));
    ffmpeg([...film, at("a.ts")]);
    ffmpeg([...film, "-output_ts_offset", "53127", at("late.ts")]);
    // 2 ** 33 ticks of 1/90000 are 95443.7 seconds.
    ffmpeg([...film, "-output_ts_offset", "95438", at("wrap.ts")]);
    join2("twice.ts", "a.ts", "a.ts");
    const copy = ["-i", at("a.ts"), "-c", "copy", "-muxdelay", "0"];
    ffmpeg([...copy, "-output_ts_offset", "36000", at("b.ts")]);
    join2("jump.ts", "a.ts", "b.ts");
    const stray = readFileSync(at("a.ts"));
    moveOnePicture(stray, 37_600);
    writeFileSync(at("stray.ts"), stray);
    for (const [name, encoder] of [["opus", "libopus"], ["vorbis", "libvorbis"]]) {
      if (!hasEncoder(encoder)) continue;
      ffmpeg([...sound, "-c:a", encoder, at(`${name}.part.ogg`)]);
      join2(`${name}.ogg`, `${name}.part.ogg`, `${name}.part.ogg`);
    }
    writeFileSync(
      at("list.m3u8"),
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:11\n#EXT-X-MEDIA-SEQUENCE:0\n" +
        "#EXTINF:10,\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:10,\na.ts\n#EXT-X-ENDLIST\n",
    );
  });
}

/** The names of {@link clocks} that this ffmpeg could make. */
export function clockNames(): string[] {
  const folder = clockFolder();
  return Object.keys(clocks).filter((name) => existsSync(join(folder, name)));
}

/** Moves the stamps of one picture in the middle of a transport stream. */
function moveOnePicture(bytes: Uint8Array, seconds: number): void {
  for (let at = Math.floor(bytes.length / 376) * 188; at < bytes.length; at += 188) {
    const start = (bytes[at + 1] & 0x40) !== 0;
    const skip = (bytes[at + 3] & 0x20) === 0 ? 4 : 5 + bytes[at + 4];
    const pes = at + skip;
    if (!start || bytes[pes + 2] !== 1 || bytes[pes + 3] !== 0xe0) continue;
    const stamps = bytes[pes + 7] >> 6;
    if (stamps === 0) continue;
    move(bytes, pes + 9, seconds * 90_000);
    if (stamps === 3) move(bytes, pes + 14, seconds * 90_000);
    return;
  }
  throw new Error("no picture with a stamp");
}

/** A stamp of a PES header: 33 bits in five bytes. */
function move(bytes: Uint8Array, at: number, by: number): void {
  const value = (bytes[at] >> 1 & 7) * 2 ** 30 +
    (bytes[at + 1] << 7 | bytes[at + 2] >> 1) * 2 ** 15 +
    (bytes[at + 3] << 7 | bytes[at + 4] >> 1);
  const moved = (value + by) % 2 ** 33;
  bytes[at] = bytes[at] & 0xf1 | Math.floor(moved / 2 ** 30) << 1;
  const middle = Math.floor(moved / 2 ** 15) % 2 ** 15;
  const low = moved % 2 ** 15;
  bytes[at + 1] = middle >> 7;
  bytes[at + 2] = (middle & 0x7f) << 1 | 1;
  bytes[at + 3] = low >> 7;
  bytes[at + 4] = (low & 0x7f) << 1 | 1;
}
