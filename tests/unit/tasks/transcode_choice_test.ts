/** Which codec an output gets where the program names none. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { directory, MemorySink, remux, transcode, type TranscodeOptions } from "../../../mod.ts";
import { fixture, framemd5 } from "../../support/codec.ts";
import { madeBy, scratch } from "../../support/made.ts";

const path = fixture("progressive.mp4");

function probed(file: string, entry: string): string[] {
  const words = ["-v", "error", "-show_entries", `stream=${entry}`, "-of", "csv=p=0", file];
  const { status, stdout, stderr } = spawnSync("ffprobe", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.split("\n").map((line) => line.replace(/,$/, "").trim()).filter((line) => line);
}

/** The codecs in a file of this name, as ffprobe tells them, of one second. */
async function codecsIn(name: string, options: TranscodeOptions = {}): Promise<string[]> {
  using folder = scratch();
  const file = join(folder.path, name);
  await transcode(path, file, { end: 1, ...options });
  return probed(file, "codec_name");
}

test("sound alone is written to flac, as the tool does", async () => {
  assertEquals(await codecsIn("a.flac"), ["flac"]);
  assertEquals(await codecsIn("a.flac", { video: { width: 80 } }), ["flac"]);
});

test("WAV gets samples, and a copy where it is asked for", async () => {
  assertEquals(await codecsIn("a.wav"), ["pcm_s16le"]);
  assertEquals(await codecsIn("a.wav", { audio: { sampleRate: 8000 } }), ["pcm_s16le"]);
  assertEquals(await codecsIn("a.wav", { audio: "copy" }), ["aac"]);
});

test("a size alone leaves the codec to the format that does not hold the input's", async () => {
  const options = { video: { width: 80, frameRate: 5 } };
  assertEquals(await codecsIn("a.gif", options), ["gif"]);
  assert(["vp8", "vp9"].includes((await codecsIn("a.webm", { ...options, audio: false }))[0]));
});

test("the name of a numbered picture says its codec", async () => {
  using folder = scratch();
  for (const [extension, codec] of [["png", "png"], ["jpg", "mjpeg"]]) {
    const name = `p%02d.${extension}`;
    await transcode(path, undefined, { end: 0.1, name, open: directory(folder.path) });
    assertEquals(probed(join(folder.path, `p01.${extension}`), "codec_name"), [codec]);
  }
});

test("MJPEG is encoded in full range, its colours kept", async () => {
  using folder = scratch();
  const file = join(folder.path, "a.mkv");
  await transcode(path, file, { end: 0.2, audio: false, video: { codec: "mjpeg" } });
  assertEquals(probed(file, "pix_fmt"), ["yuvj420p"]);
  const graph = "[0:v][1:v]psnr=shortest=1";
  const words = ["-nostdin", "-i", file, "-i", path, "-lavfi", graph, "-f", "null", "-"];
  const { stderr } = spawnSync("ffmpeg", words, { encoding: "utf8" });
  assert(Number(/average:([\d.]+)/.exec(stderr)?.[1]) > 30, stderr);
});

test("a subtitle file takes the subtitles alone", async () => {
  using folder = scratch();
  const text = "1\n00:00:00,500 --> 00:00:01,500\nHello\n\n";
  const [srt, out] = ["in.srt", "out.srt"].map((name) => join(folder.path, name));
  writeFileSync(srt, text);
  const film = madeBy(["-i", path, "-i", srt, "-map", "0", "-map", "1", "-c", "copy"], "s.mkv");
  const { dropped } = await remux(film, out);
  assertEquals(dropped.map(({ type }) => type), ["video", "audio"]);
  assertEquals(framemd5(["-i", out, "-map", "0", "-c", "copy"]).length, 1);
});

test("a cover alone is no remux, unless leaving out is asked for", async () => {
  const picture = ["-f", "lavfi", "-i", "color=s=16x16:d=0.04"];
  const sound = ["-f", "lavfi", "-i", "sine=d=1"];
  const maps = ["-map", "0:a", "-map", "1:v", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"];
  const cover = ["-frames:v", "1", "-disposition:v", "attached_pic", "-c:a", "flac"];
  const song = madeBy([...sound, ...picture, ...maps, ...cover], "song.flac");
  // No FFmpeg puts FLAC into the iPod's kind of mp4.
  const options = { format: "ipod" };
  await assertRejects(() => remux(song, new MemorySink(), options), Error, "no stream is left");
  const { dropped } = await remux(song, new MemorySink(), { ...options, unsupported: "drop" });
  assertEquals(dropped.map(({ codec }) => codec), ["flac"]);
});
