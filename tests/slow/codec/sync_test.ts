/** Ten minutes of picture and sound: in step to the end. */
import { join } from "node:path";
import { test } from "node:test";
import { assert } from "@std/assert";
import { frames, probe, transcode } from "../../../mod.ts";
import { ffmpeg } from "../../support/codec.ts";
import { scratch } from "../../support/made.ts";

const SECONDS = 600;
const AT = 595;

test("after ten minutes a flash and its tone are within 20 ms of each other", async () => {
  using folder = scratch();
  const from = join(folder.path, "a.mkv");
  const to = join(folder.path, "b.mp4");
  // Rates that do not divide each other.
  ffmpeg([
    ...["-f", "lavfi", "-i"],
    `color=black:s=32x32:r=30000/1001:d=${SECONDS},drawbox=c=white:t=fill:enable='gte(t,${AT})'`,
    ...["-f", "lavfi", "-i", `aevalsrc='0.5*sin(2000*PI*t)*gte(t,${AT})':s=44100:d=${SECONDS}`],
    ...["-c:v", "mpeg4", "-g", "300", "-c:a", "flac", from],
  ]);
  await transcode(from, to, {
    video: { codec: "mpeg4", bitRate: 200_000 },
    audio: { codec: "aac", sampleRate: 48000 },
  });
  const { streams } = await probe(to);
  for (const { duration } of streams) {
    assert(Math.abs((duration ?? 0) - SECONDS) < 0.05, `${duration} s`);
  }
  const late = ["-ss", `${AT - 3}`, "-copyts", "-i", to];
  const samples = new Float32Array(
    ffmpeg([...late, "-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "f32le", "-"]).buffer,
  );
  const tone = AT - 3 + samples.findIndex((sample) => Math.abs(sample) > 0.1) / 8000;
  let flash = NaN;
  for await (const frame of frames(to, { start: AT - 1, end: AT + 1 })) {
    const luma = new Uint8Array(frame.allocationSize());
    await frame.copyTo(luma);
    if (luma[0] > 128) flash = Math.min(flash || Infinity, frame.timestamp / 1e6);
  }
  // The first picture from then on.
  const shown = Math.ceil(AT * 30000 / 1001) * 1001 / 30000;
  assert(Math.abs(tone - AT) < 0.02, `the tone begins at ${tone}`);
  assert(Math.abs(flash - shown) < 0.02, `the flash begins at ${flash}, not ${shown}`);
});
