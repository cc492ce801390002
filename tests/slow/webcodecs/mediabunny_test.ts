/**
 * mediabunny, a library for browsers, with nothing but `install()` under it.
 */
import { before, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type CanvasModule, install } from "../../../webcodecs.ts";
import {
  convertHere,
  convertInBrowser,
  importBunny,
  type Job,
  likeness,
  type Probed,
  probedFiles,
} from "../../support/bunny.ts";
import { chromium } from "../../support/chromium.ts";
import { madeBy } from "../../support/made.ts";
import { fromNpm } from "../../support/npm_packages.ts";

// deno-lint-ignore no-explicit-any -- the types of the package are not here
let bunny: any;
let movie: Uint8Array<ArrayBuffer>;
const seconds = 2;
// Said in the file, since Chromium takes small pictures without a matrix for others than FFmpeg.
const colors = [
  ...["-vf", "scale=out_color_matrix=bt709", "-color_range", "tv", "-colorspace", "bt709"],
  ...["-color_primaries", "bt709", "-color_trc", "bt709", "-pix_fmt", "yuv420p"],
];
const sources = [
  ...["-f", "lavfi", "-i", `testsrc2=s=320x240:r=25:d=${seconds}`],
  ...["-f", "lavfi", "-i", `sine=f=440:r=48000:d=${seconds}`],
];

before(async () => {
  const canvas = await fromNpm("@napi-rs/canvas", "1.1.1", "index.js");
  install(globalThis, { canvas: canvas as unknown as CanvasModule });
  bunny = await importBunny();
  movie = madeBy(
    [...sources, ...colors, "-c:v", "libx264", "-bf", "2", "-g", "25", "-c:a", "aac"],
    "movie.mp4",
  );
});

const inputOf = (bytes: Uint8Array<ArrayBuffer>) =>
  new bunny.Input({ formats: bunny.ALL_FORMATS, source: new bunny.BufferSource(bytes.buffer) });

/** The facts of a result. */
async function converted(
  bytes: Uint8Array<ArrayBuffer>,
  format: string,
  options?: string,
): Promise<Probed> {
  const job = { format: `new bunny.${format}()`, options };
  return probedFiles(await convertHere(bunny, bytes, job));
}

const mp3 = () => madeBy(["-f", "lavfi", "-i", "sine=f=440:r=44100:d=2"], "sound.mp3");
const mkv = () =>
  madeBy([...sources, ...colors, "-c:v", "libvpx", "-b:v", "1M", "-c:a", "libopus"], "movie.mkv");

/** Conversions that Chromium can do, too: it has no encoder of AAC. */
const jobs: readonly (Job & { title: string; bytes(): Uint8Array<ArrayBuffer>; psnr?: number })[] =
  [
    {
      title: "mp4 becomes webm, smaller and cut",
      bytes: () => movie,
      format: "new bunny.WebMOutputFormat()",
      options: `{
        video: { width: 160, codec: "vp9", bitrate: 1e6 },
        audio: { codec: "opus" },
        trim: { start: 0.4, end: 1.4 },
      }`,
      psnr: 28,
    },
    {
      title: "mkv becomes mp4, its packets as they are",
      bytes: mkv,
      format: "new bunny.Mp4OutputFormat()",
      psnr: Infinity,
    },
    {
      title: "mkv becomes mp4 of H.264 and Opus",
      bytes: mkv,
      format: "new bunny.Mp4OutputFormat()",
      options: `{ video: { codec: "avc", bitrate: 1e6 }, audio: { codec: "opus", bitrate: 96e3 } }`,
      psnr: 28,
    },
    {
      title: "mp3 becomes m4a of Opus",
      bytes: mp3,
      format: "new bunny.Mp4OutputFormat()",
      options: `{ audio: { codec: "opus", bitrate: 96e3 } }`,
    },
    {
      title: "mp4 becomes segments of HLS",
      bytes: () => movie,
      format: `new bunny.HlsOutputFormat({
        segmentFormat: new bunny.CmafOutputFormat(),
        targetDuration: 1,
      })`,
      options: `{
        video: { codec: "avc", bitrate: 1e6, keyFrameInterval: 1, forceTranscode: true },
        audio: { codec: "opus" },
      }`,
    },
  ];

const browser = chromium();
const without = browser === undefined && "no chromium on the PATH: only ffprobe looks at it";

for (const { title, bytes, psnr, ...job } of jobs) {
  test(`${title}, as in Chromium`, async (t) => {
    const here = await convertHere(bunny, bytes(), job);
    const facts = probedFiles(here);
    assert(facts.streams.length > 0 && Number(facts.format.duration) > 0.9);
    if (browser === undefined) return t.diagnostic(String(without));
    const there = await convertInBrowser(browser, bytes(), job);
    assertEquals(here.map(({ path }) => path).sort(), there.map(({ path }) => path).sort());
    const expected = probedFiles(there);
    const shape = ({ streams }: Probed) =>
      streams.map(({ codec_name, width, height, sample_rate, channels }) => ({
        ...{ codec_name, width, height, sample_rate, channels },
      }));
    assertEquals(shape(facts), shape(expected));
    for (const [i, stream] of facts.streams.entries()) {
      const [ours, theirs] = [stream, expected.streams[i]].map((one) => Number(one.nb_read_frames));
      // Encoders of sound differ in the samples before the first one.
      const most = stream.width === undefined ? 3 : 0;
      assert(Math.abs(ours - theirs) <= most, `${stream.codec_name}: ${ours} frames, ${theirs}`);
    }
    const apart = Math.abs(Number(facts.format.duration) - Number(expected.format.duration));
    assert(apart < 0.06, `${apart} s`);
    if (psnr !== undefined) {
      const found = likeness(here, there);
      assert(found >= psnr, `${found} dB`);
    }
  });
}

test("mp3 becomes AAC in m4a", async () => {
  const { streams, format } = await converted(
    mp3(),
    "Mp4OutputFormat",
    `{ audio: { codec: "aac" } }`,
  );
  assertEquals(streams.map(({ codec_name }) => codec_name), ["aac"]);
  assert(Math.abs(Number(format.duration) - 2) < 0.15, format.duration);
});

test("every frame and sample is coded anew into mp4", async () => {
  const { streams, format } = await converted(
    movie,
    "Mp4OutputFormat",
    "{ video: { forceTranscode: true }, audio: { forceTranscode: true } }",
  );
  assertEquals(streams.map(({ codec_name }) => codec_name), ["h264", "aac"]);
  assertEquals(streams[0].nb_read_frames, String(25 * seconds));
  assert(Math.abs(Number(format.duration) - seconds) < 0.1, format.duration);
});

test("AV1 is encoded", async () => {
  const { streams } = await converted(movie, "Mp4OutputFormat", `{ video: { codec: "av1" } }`);
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
