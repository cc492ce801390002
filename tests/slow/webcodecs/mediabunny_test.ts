/**
 * mediabunny, a library for browsers, with nothing but `install()` under it.
 */
import { before, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CanvasModule, install } from "../../../webcodecs.ts";
import { madeBy, scratch } from "../../support/made.ts";
import { fromNpm } from "../../support/npm_packages.ts";

// deno-lint-ignore no-explicit-any -- the types of the package are not here
let bunny: any;
let movie: Uint8Array<ArrayBuffer>;
const seconds = 2;

before(async () => {
  const canvas = await fromNpm("@napi-rs/canvas", "1.1.1", "index.js");
  install(globalThis, { canvas: canvas as unknown as CanvasModule });
  bunny = await fromNpm("mediabunny", "1.61.0", "dist/modules/src/index.js");
  movie = madeBy(
    [
      ...["-f", "lavfi", "-i", `testsrc2=s=320x240:r=25:d=${seconds}`],
      ...["-f", "lavfi", "-i", `sine=f=440:r=48000:d=${seconds}`],
      ...["-c:v", "libx264", "-bf", "2", "-g", "25", "-c:a", "aac"],
    ],
    "movie.mp4",
  );
});

const inputOf = (bytes: Uint8Array<ArrayBuffer>) =>
  new bunny.Input({ formats: bunny.ALL_FORMATS, source: new bunny.BufferSource(bytes.buffer) });

interface Probed {
  streams: { codec_name: string; width?: number; height?: number; nb_read_frames: string }[];
  format: { duration: string };
}

/** The facts that ffprobe finds, every frame decoded. */
function probed(bytes: Uint8Array): Probed {
  using folder = scratch();
  const path = join(folder.path, "converted");
  writeFileSync(path, bytes);
  const words = ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json"];
  const { stdout, stderr, status } = spawnSync("ffprobe", [...words, path], { encoding: "utf8" });
  assertEquals([status, stderr], [0, ""]);
  return JSON.parse(stdout);
}

async function converted(
  bytes: Uint8Array<ArrayBuffer>,
  format: string,
  options: object = {},
): Promise<Probed> {
  const target = new bunny.BufferTarget();
  const output = new bunny.Output({ format: new bunny[format](), target });
  const conversion = await bunny.Conversion.init({ input: inputOf(bytes), output, ...options });
  assertEquals(conversion.discardedTracks.length, 0);
  await conversion.execute();
  return probed(new Uint8Array(target.buffer));
}

test("mp4 becomes webm, smaller and cut", async () => {
  const { streams, format } = await converted(movie, "WebMOutputFormat", {
    video: { width: 160, codec: "vp9" },
    audio: { codec: "opus" },
    trim: { start: 0.4, end: 1.4 },
  });
  assertEquals(streams.map(({ codec_name }) => codec_name), ["vp9", "opus"]);
  assertEquals([streams[0].width, streams[0].height, streams[0].nb_read_frames], [160, 120, "25"]);
  assert(Math.abs(Number(format.duration) - 1) < 0.05, format.duration);
});

test("every frame and sample is coded anew into mp4", async () => {
  const anew = { forceTranscode: true };
  const { streams, format } = await converted(movie, "Mp4OutputFormat", {
    video: anew,
    audio: anew,
  });
  assertEquals(streams.map(({ codec_name }) => codec_name), ["h264", "aac"]);
  assertEquals(streams[0].nb_read_frames, String(25 * seconds));
  assert(Math.abs(Number(format.duration) - seconds) < 0.1, format.duration);
});

test("mp3 becomes AAC in mp4", async () => {
  const words = ["-f", "lavfi", "-i", "sine=f=440:r=44100:d=2"];
  const mp3 = madeBy(words, "sound.mp3");
  const { streams, format } = await converted(mp3, "Mp4OutputFormat", { audio: { codec: "aac" } });
  assertEquals(streams.map(({ codec_name }) => codec_name), ["aac"]);
  assert(Math.abs(Number(format.duration) - 2) < 0.15, format.duration);
});

test("AV1 is encoded", async () => {
  const { streams } = await converted(movie, "Mp4OutputFormat", { video: { codec: "av1" } });
  assertEquals([streams[0].codec_name, streams[0].nb_read_frames], ["av1", String(25 * seconds)]);
});

test("frames, samples and canvases are read", async () => {
  const input = inputOf(movie);
  const track = await input.getPrimaryVideoTrack();
  const sink = new bunny.CanvasSink(track, { width: 160 });
  const { canvas, timestamp } = await sink.getCanvas(1);
  assertEquals([canvas.width, canvas.height, timestamp], [160, 120, 1]);
  const { data } = canvas.getContext("2d").getImageData(0, 0, 160, 120);
  assert(new Set(data).size > 20, "the canvas is painted");
  let frames = 0;
  for await (const sample of new bunny.VideoSampleSink(track).samples(0.4, 1.4)) {
    frames++;
    sample.close();
  }
  assertEquals(frames, 25);
  let samples = 0;
  const sound = await input.getPrimaryAudioTrack();
  for await (const sample of new bunny.AudioSampleSink(sound).samples()) {
    samples += sample.numberOfFrames;
    sample.close();
  }
  assert(samples >= 48000 * seconds, `${samples} samples`);
});
