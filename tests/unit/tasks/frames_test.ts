import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AVError,
  type Damage,
  frames,
  pcm,
  type StreamChoice,
  type VideoFrame,
  waveform,
} from "../../../mod.ts";
import { otherFfmpeg } from "../../support/copy.ts";
import { ffmpeg, fixture, framemd5, md5 } from "../../support/codec.ts";
import { madeBy } from "../../support/made.ts";

const path = fixture("progressive.mp4");

async function hashOf(frame: VideoFrame): Promise<string> {
  const bytes = new Uint8Array(frame.allocationSize());
  await frame.copyTo(bytes);
  return md5(bytes);
}

/** The times in seconds of the frames that a range gives. */
async function times(input: string | Uint8Array, start?: number, end?: number): Promise<number[]> {
  const found: number[] = [];
  for await (const frame of frames(input, { start, end })) found.push(frame.timestamp / 1e6);
  return found;
}

test("frames are the tool's, with the times and the facts of libav", async () => {
  const hashes: string[] = [];
  for await (const frame of frames(path)) {
    if (hashes.length === 0) {
      assertEquals([frame.timestamp, frame.duration], [0, 40000]);
      assertEquals(frame.libav.pixelFormat, "yuv420p");
      assert(frame.libav.isKeyframe);
    }
    hashes.push(await hashOf(frame));
  }
  assertEquals(hashes, framemd5(["-i", path, "-map", "0:v:0"]));
});

test("a picture of just as many pixels as are allowed is decoded, a larger one is not", async () => {
  for await (const { codedWidth, codedHeight } of frames(path, { end: 0.04 })) {
    const maxPixels = codedWidth * codedHeight;
    let count = 0;
    for await (const _ of frames(path, { end: 0.2, maxPixels })) count++;
    assertEquals(count, 5);
    const less = frames(path, { maxPixels: maxPixels - 1 }).next();
    await assertRejects(() => less, AVError, "larger than maxPixels");
  }
});

test("each frame is closed when the next is asked for, and a clone stays", async () => {
  let before: VideoFrame | undefined;
  let clone: VideoFrame | undefined;
  for await (const frame of frames(path, { end: 0.2 })) {
    if (before) assertEquals(before.format, null, "it is closed");
    before = frame;
    clone ??= frame.clone();
  }
  assertEquals(before?.format, null);
  assertEquals(clone?.timestamp, 0);
  assertEquals(clone?.format, "I420");
  clone?.close();
});

test("start and end give exactly the frames that are shown in that time", async () => {
  // 25 frames a second, a keyframe each ten.
  assertEquals(await times(path, 0.3, 0.5), [0.28, 0.32, 0.36, 0.4, 0.44, 0.48]);
  assertEquals(await times(path, 0.28, 0.32), [0.28]);
  assertEquals(await times(path, undefined, 0.05), [0, 0.04]);
  assertEquals(await times(path, 0.95), [0.92, 0.96]);
  await assertRejects(() => times(path, 50), RangeError, "nothing lies between start (50 s)");
  assertEquals((await times(path, 0)).length, 25);
});

test("parts of every format are the parts of the whole", async () => {
  for (const name of ["mpegts.ts", "matroska.mkv", "avi.avi", "flv.flv", "webm.webm"]) {
    const file = fixture(name);
    const all: [number, string][] = [];
    for await (const frame of frames(file)) all.push([frame.timestamp, await hashOf(frame)]);
    for (const start of [0.11, 0.5, 0.81]) {
      const part: [number, string][] = [];
      for await (const frame of frames(file, { start, end: start + 0.1 })) {
        part.push([frame.timestamp, await hashOf(frame)]);
      }
      const until = (i: number) => all[i + 1]?.[0] ?? all[i][0] + 40000;
      const wanted = all.filter(([time], i) =>
        until(i) > start * 1e6 && time < (start + 0.1) * 1e6
      );
      assertEquals(part, wanted, `${name} from ${start}`);
    }
  }
});

test("bytes, blobs and streams are read as files are", async () => {
  const bytes = new Uint8Array(readFileSync(fixture("mpegts.ts")));
  assertEquals((await times(bytes)).length, 25);
  const stream = () => new Blob([bytes]).stream();
  let count = 0;
  for await (const frame of frames(stream(), { start: 0.5 })) count += frame.timestamp > 0 ? 1 : 0;
  assert(count >= 12, `${count}`);
});

test("sound is the tool's, its times too", async () => {
  const parts: Uint8Array[] = [];
  let next = 0;
  for await (const data of frames(fixture("flac.flac"), { stream: "audio" })) {
    assertEquals(data.timestamp, Math.round(next / data.sampleRate * 1e6));
    next += data.numberOfFrames;
    const bytes = new Uint8Array(data.allocationSize({ planeIndex: 0 }));
    data.copyTo(bytes, { planeIndex: 0 });
    parts.push(bytes);
  }
  const tool = ffmpeg(["-i", fixture("flac.flac"), "-f", "s16le", "-"]);
  assertEquals(md5(Buffer.concat(parts)), md5(tool));
});

test("a stream that is not there is refused, and so is one that has no frames", async () => {
  const first = (stream: unknown) => frames(path, { stream: stream as StreamChoice }).next();
  await assertRejects(() => first("v:1"), RangeError, "v:1");
  await assertRejects(() => first(7), RangeError, "7");
  await assertRejects(() => first("subtitle"), TypeError, "subtitle");
  await assertRejects(() => frames(fixture("flac.flac")).next(), RangeError, "video");
});

test("options that cannot be are refused before the input is read", async () => {
  const refused = (options: object) => frames(path, options).next();
  await assertRejects(() => refused({ start: NaN }), RangeError, "start");
  await assertRejects(() => refused({ start: 2, end: 1 }), RangeError, "end");
  await assertRejects(() => refused({ maxPixels: 0 }), RangeError, "maxPixels");
  await assertRejects(() => refused({ threads: 0.5 }), RangeError, "threads");
  await assertRejects(() => refused({ decoders: ["nonsense"] }), TypeError, "nonsense");
});

test("a picture larger than maxPixels is an error", async () => {
  await assertRejects(() => frames(path, { maxPixels: 1000 }).next(), AVError);
});

test("damaged packets are left out and told", async () => {
  const bytes = new Uint8Array(readFileSync(fixture("flac.flac")));
  // In the middle of the first frames of the sound.
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 600);
  const damage: Damage[] = [];
  let count = 0;
  for await (
    const _ of frames(bytes, { stream: "audio", onDamage: (one) => void damage.push(one) })
  ) count++;
  assert(count > 3, `${count} frames`);
  assert(damage.length > 0);
  assert(damage[0].error instanceof AVError);
});

test("an abort ends it with the reason, and closes the frame at hand", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  let last: VideoFrame | undefined;
  await assertRejects(
    async () => {
      for await (const frame of frames(path, { signal: controller.signal })) {
        last = frame;
        controller.abort(reason);
      }
    },
    Error,
    "enough",
  );
  assertEquals(last?.format, null);
});

test(
  "samples are the tool's to the bit, and a part is cut to the sample",
  { skip: otherFfmpeg() },
  async () => {
    const all: Float32Array[] = [];
    for await (const { samples } of pcm(path, { sampleRate: 16000, channels: 1 })) {
      all.push(
        samples,
      );
    }
    const bytes = Buffer.concat(all.map((part) => new Uint8Array(part.buffer)));
    const tool = ffmpeg(["-i", path, "-ar", "16000", "-ac", "1", "-f", "f32le", "-"]);
    assertEquals(md5(bytes), md5(tool));
    const part: number[] = [];
    for await (
      const { samples } of pcm(fixture("wav.wav"), { format: "s16", start: 0.25, end: 0.5 })
    ) part.push(...samples);
    const whole = new Int16Array(ffmpeg(["-i", fixture("wav.wav"), "-f", "s16le", "-"]).buffer);
    assertEquals(part, [...whole.subarray(11025, 22050)]);
  },
);

test("a waveform has the lowest and highest sample of each part", async () => {
  const { duration, peaks } = await waveform(fixture("wav.wav"), { points: 50 });
  const whole = new Int16Array(ffmpeg(["-i", fixture("wav.wav"), "-f", "s16le", "-"]).buffer);
  assertEquals(peaks.length, 1);
  assertEquals(Math.round(duration * 44100), whole.length);
  for (let p = 0; p < 50; p++) {
    const part = whole.subarray(p * whole.length / 50, (p + 1) * whole.length / 50);
    assertEquals(peaks[0][p * 2], Math.min(...part) / 32768, `lowest of ${p}`);
    assertEquals(peaks[0][p * 2 + 1], Math.max(...part) / 32768, `highest of ${p}`);
  }
});

test("samples of doubles are given in a format of the web", async () => {
  const bytes = madeBy(
    ["-f", "lavfi", "-i", "sine=duration=0.1", "-c:a", "pcm_f64le"],
    "a.wav",
  );
  for await (const data of frames(bytes, { stream: "audio" })) assertEquals(data.format, "f32");
});

test("maxMemory bounds each block that decoding takes, too", async () => {
  // The smallest limit, and a plane of 2 MB.
  const words = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=0.12", "-pix_fmt", "yuv420p"];
  const bytes = madeBy([...words, "-c:v", "ffv1"], "large.mkv");
  const count = async (maxMemory: number) => {
    let found = 0;
    for await (const frame of frames(bytes, { maxMemory, threads: 1 })) {
      found += frame.codedWidth === 1920 ? 1 : 0;
    }
    return found;
  };
  try {
    await assertRejects(() => count(2 ** 20), AVError);
  } finally {
    // It holds for the whole process: the next opening lifts it.
    assertEquals(await count(2 ** 31), 3);
  }
});
