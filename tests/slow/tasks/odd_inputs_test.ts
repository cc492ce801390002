/**
 * Media that few files hold, made by the tool: what each task makes of it, beside what the tool
 * does.
 */
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { frames, pcm, probe, thumbnail, transcode, waveform } from "../../../mod.ts";
import { decoderNames, encoderNames } from "../../../lib/codec/codecs.ts";
import { ffmpeg, framemd5, md5, passthrough, unscaled, variableRate } from "../../support/codec.ts";
import { madeBy, scratch } from "../../support/made.ts";

const FRAMES = "testsrc2=s=176x96:r=25:d=0.4";
const video = (
  words: readonly string[],
  source = FRAMES,
) => ["-f", "lavfi", "-i", source, ...words];
/** Odd sizes: the source alone has even ones. */
const ODD = ["-vf", "crop=161:91:0:0:exact=1"];
const ffv1 = (format: string, filter: readonly string[] = []) =>
  video([...filter, "-pix_fmt", format, "-c:v", "ffv1"]);
const picture = (format: string) => video([...ODD, "-frames:v", "1", "-pix_fmt", format]);
const raw = (format: string) => video(["-pix_fmt", format, "-c:v", "rawvideo"]);
const alpha = (encoder: string) =>
  video([
    ...["-vf", "format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='X'"],
    ...["-c:v", encoder, "-auto-alt-ref", "0", "-b:v", "1M", "-cpu-used", "8"],
  ]);
const interlaced = (words: readonly string[]) =>
  video(
    [
      "-vf",
      "tinterlace=interleave_top,setfield=tff,setsar=16/15",
      "-flags",
      "+ilme+ildct",
      ...words,
    ],
    "testsrc2=s=352x288:r=50:d=0.4",
  );
const sound = (words: readonly string[], source = "sine=440:d=1:r=48000") => [
  ...["-f", "lavfi", "-i", source],
  ...words,
];
const channels = (count: number, layout: string) =>
  `aevalsrc='${
    Array.from({ length: count }, (_, i) => `sin(${440 + i * 50}*2*PI*t)/2`).join("|")
  }'` +
  `:c=${layout}:s=48000:d=1`;
const HOLES = "sine=440:d=3:r=44100,aselect='not(between(t,1,1.7))'";

interface Odd {
  readonly words: readonly string[];
  /** The decoder that the tool is told to use, where that is not its first choice. */
  readonly decoder?: string;
  /** Encoders that make it. */
  readonly needs?: readonly string[];
}

const pictures: Readonly<Record<string, Odd>> = {
  "444p10.mkv": { words: ffv1("yuv444p10le", ["-vf", `${ODD[1]},setsar=4/3`]) },
  "420p12.mkv": { words: ffv1("yuv420p12le", ODD) },
  "gbrp12.mkv": { words: ffv1("gbrp12le") },
  "grey.mkv": { words: ffv1("gray", ODD) },
  "grey10.mkv": { words: ffv1("gray10le") },
  "grey16.png": { words: picture("gray16be") },
  "grey-alpha.png": { words: picture("ya8") },
  "rgb48.png": { words: picture("rgb48be") },
  "palette.png": { words: picture("pal8") },
  "palette.gif": { words: video(["-r", "10"]) },
  "bgr24.avi": { words: raw("bgr24").concat(ODD) },
  "rgb555.avi": { words: raw("rgb555le") },
  "uyvy.avi": { words: raw("uyvy422") },
  "410.avi": { words: raw("yuv410p") },
  "422.jpg": { words: picture("yuvj422p") },
  "tiny.mkv": {
    words: video(["-pix_fmt", "yuv420p", "-c:v", "ffv1"], "testsrc2=s=2x2:r=25:d=0.4"),
  },
  "alpha8.webm": { words: alpha("libvpx"), decoder: "libvpx", needs: ["libvpx"] },
  "alpha9.webm": { words: alpha("libvpx-vp9"), decoder: "libvpx-vp9", needs: ["libvpx-vp9"] },
  "interlaced.mpg": { words: interlaced(["-c:v", "mpeg2video", "-b:v", "4M", "-r", "25"]) },
  "variable.mkv": {
    words: video(["-vf", "select='not(mod(n,3))+lt(n,4)'", ...variableRate, "-c:v", "mpeg4"]),
  },
};

const sounds: Readonly<Record<string, Odd>> = {
  "mono.opus": { words: sound(["-ac", "1", "-c:a", "libopus"]), needs: ["libopus"] },
  "stereo.caf": { words: sound(["-ac", "2", "-c:a", "alac"]) },
  "24bit.wav": { words: sound(["-ac", "2", "-ar", "96000", "-c:a", "pcm_s24le"]) },
  "double.wav": { words: sound(["-ac", "3", "-c:a", "pcm_f64le"]) },
  "8bit.wav": { words: sound(["-ar", "8000", "-c:a", "pcm_u8"]) },
  "8bit.aiff": { words: sound(["-ar", "22050", "-c:a", "pcm_s8"]) },
  "51.ac3": { words: sound(["-c:a", "ac3"], channels(6, "5.1")) },
  "71.flac": { words: sound(["-c:a", "flac"], channels(8, "7.1")) },
  "hole.mkv": { words: sound(["-c:a", "flac"], HOLES) },
  "hole.ts": { words: sound(["-c:a", "mp2"], HOLES) },
};

function isMade({ needs = [] }: Odd): boolean {
  return needs.every((name) =>
    decoderNames(name === "libopus" ? "opus" : name.includes("vp9") ? "vp9" : "vp8").length > 0 &&
    encoderNames(name === "libopus" ? "opus" : name.includes("vp9") ? "vp9" : "vp8").includes(name)
  );
}

/** The largest and the mean difference of two pictures. */
function difference(a: Uint8Array, b: Uint8Array): { most: number; mean: number } {
  assertEquals(a.length, b.length);
  let most = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i] - b[i]);
    sum += apart;
    most = Math.max(most, apart);
  }
  return { most, mean: sum / a.length };
}

function psnr(
  file: string,
  reference: string,
  { width, height }: Record<"width" | "height", number>,
) {
  const graph =
    `[1:v]scale=${width}:${height}:flags=bicubic,format=yuv444p,settb=1/25,setpts=N[r];` +
    "[0:v]format=yuv444p,settb=1/25,setpts=N[o];[o][r]psnr";
  const words = ["-nostdin", "-i", file, "-i", reference, "-lavfi", graph, "-f", "null", "-"];
  const { stderr } = spawnSync("ffmpeg", words, { encoding: "utf8" });
  const found = /average:(inf|[\d.]+)/.exec(stderr)?.[1];
  if (found === undefined) throw new Error(stderr);
  return found === "inf" ? Infinity : Number(found);
}

for (const [name, odd] of Object.entries(pictures)) {
  const skip = isMade(odd) ? false : "this ffmpeg cannot make it";
  test(`${name}: frames, thumbnails and a transcoding agree with the tool`, { skip }, async () => {
    using folder = scratch();
    const path = join(folder.path, name);
    writeFileSync(path, madeBy(odd.words, name));
    const decoder = odd.decoder ? ["-c:v", odd.decoder] : [];
    const hashes: string[] = [];
    const expected = framemd5([
      ...[...decoder, "-noautorotate", "-i", path, "-map", "0:v:0"],
      ...passthrough,
    ]);
    let index = 0;
    for await (const frame of frames(path)) {
      // Formats that the web has no name for are looked at through their thumbnails.
      if (frame.format === null) hashes.push(expected[index]);
      else {
        const bytes = new Uint8Array(frame.allocationSize());
        await frame.copyTo(bytes);
        hashes.push(md5(bytes));
      }
      index++;
    }
    assertEquals(hashes, expected);
    for (const box of [{}, { width: 77 }]) {
      const made = await thumbnail(path, { ...box, type: "rgba" });
      const words = [...decoder, "-i", path, "-frames:v", "1", "-pix_fmt", "rgba"];
      const scale = `scale=${made.width}:${made.height}:flags=bicubic`;
      const tools = ffmpeg([...words, "-vf", scale, "-f", "rawvideo", "-"]);
      const { most, mean } = difference(made.data, tools);
      assert(most <= 1 && mean < 0.05, `${made.width}x${made.height}: ${most}, ${mean}`);
    }
    const to = join(folder.path, "to.mkv");
    await transcode(path, to, { video: { codec: "mpeg4", options: { qmin: 1, qmax: 1 } } });
    const [stream] = (await probe(to)).streams;
    assert(stream.type === "video");
    const tools = join(folder.path, "tools.mkv");
    const scale = `scale=${stream.width}:${stream.height}:flags=bicubic`;
    const quality = ["-c:v", "mpeg4", "-qmin", "1", "-qmax", "1"];
    ffmpeg([...decoder, "-i", path, "-vf", scale, ...quality, tools]);
    const [own, theirs] = [to, tools].map((file) => psnr(file, path, stream));
    // Coarser chroma alone costs 10 dB; above 50 dB no difference is seen.
    assert(own > 25 && own >= Math.min(theirs, 50) - 1, `${own} dB, the tool ${theirs} dB`);
  });
}

for (const [name, odd] of Object.entries(sounds)) {
  const skip = isMade(odd) ? false : "this ffmpeg cannot make it";
  test(`${name}: samples, peaks and a transcoding agree with the tool`, { skip }, async () => {
    using folder = scratch();
    const path = join(folder.path, name);
    writeFileSync(path, madeBy(odd.words, name));
    const parts: Uint8Array[] = [];
    for await (const { samples } of pcm(path, { format: "s16" })) {
      parts.push(new Uint8Array(samples.buffer));
    }
    const own = Buffer.concat(parts);
    const tools = ffmpeg(["-i", path, "-map", "0:a:0", "-f", "s16le", "-"]);
    assertEquals([own.length, md5(own)], [tools.length, md5(tools)]);
    const [{ sampleRate, channels: count }] = (await probe(path)).streams
      .filter((stream) => stream.type === "audio");
    const { duration, peaks } = await waveform(path, { points: 1 });
    const all = new Int16Array(tools.buffer, 0, tools.length >> 1);
    assertEquals(peaks.length, count);
    assert(Math.abs(duration - all.length / count / sampleRate) < 1e-6, `${duration}`);
    const highest = all.filter((_, i) => i % count === 0).reduce((a, b) => Math.max(a, b), -32768);
    assert(Math.abs(peaks[0][1] * 32768 - highest) <= 1.01, `${peaks[0][1] * 32768}, ${highest}`);
    const to = join(folder.path, "to.mkv");
    await transcode(path, to, { audio: { codec: "flac" } });
    const made = await probe(to);
    const [stream] = made.streams;
    assert(stream.type === "audio");
    assertEquals([stream.sampleRate, stream.channels], [sampleRate, count]);
    // A hole in the sound becomes silence: the result is as long as the media.
    const seconds = name.startsWith("hole") ? 3 : all.length / count / sampleRate;
    const gap = Math.abs((made.format.duration ?? 0) - seconds);
    assert(gap < 0.05, `${made.format.duration} s, not ${seconds} s`);
  });
}

test("a size that changes midway is in the frames, and a transcoding keeps its own", async () => {
  using folder = scratch();
  const part = (size: string, at: string) =>
    madeBy(
      video(
        ["-c:v", "mpeg2video", "-q:v", "2", "-output_ts_offset", at],
        `testsrc2=s=${size}:r=25:d=1`,
      ),
      "a.ts",
    );
  const path = join(folder.path, "a.ts");
  writeFileSync(path, Buffer.concat([part("160x96", "0"), part("240x176", "1")]));
  const widths = new Set<number>();
  const hashes: string[] = [];
  for await (const frame of frames(path)) {
    widths.add(frame.codedWidth);
    const bytes = new Uint8Array(frame.allocationSize());
    await frame.copyTo(bytes);
    hashes.push(md5(bytes));
  }
  assertEquals([...widths], [160, 240]);
  const words = ["-i", path, "-map", "0:v", ...passthrough, ...unscaled];
  assertEquals(hashes, framemd5(words));
  const to = join(folder.path, "b.mkv");
  await transcode(path, to, { video: { codec: "mpeg4" } });
  const [stream] = (await probe(to)).streams;
  assert(stream.type === "video");
  assertEquals([stream.width, stream.height], [160, 96]);
});

test("a rate that changes midway is resampled to the first one, nothing left out", async () => {
  const part = (rate: string, count: string, at: string) =>
    madeBy(sound(["-ar", rate, "-ac", count, "-c:a", "mp2", "-output_ts_offset", at]), "a.ts");
  const input = Buffer.concat([part("44100", "1", "0"), part("48000", "2", "1")]);
  let samples = 0;
  for await (const chunk of pcm(new Uint8Array(input), { format: "s16" })) {
    samples += chunk.samples.length;
  }
  // The tool forgets the filter's rest where the rate changes.
  const tools = ffmpeg(["-i", "-", "-f", "s16le", "-"], new Uint8Array(input)).length / 2;
  assert(samples >= tools && samples < tools + 100, `${samples}, the tool ${tools}`);
});
