import { Buffer } from "node:buffer";
import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { Frame } from "../../../lib/codec/frame.ts";
import { Resampler } from "../../../lib/codec/resampler.ts";
import { assumedSpace, Scaler } from "../../../lib/codec/scaler.ts";
import { bytesOf, ffmpeg, fixture, framemd5, framesOf, md5 } from "../../support/codec.ts";

for (
  const [width, height, pixelFormat] of [
    [160, 120, "rgba"],
    [99, 77, "rgb24"],
    [33, 201, "yuv444p"],
    [80, 60, "gray"],
    [64, 48, "yuv420p10le"],
  ] as const
) {
  test(`${width}x${height} ${pixelFormat} is what the tool's scale makes, to the byte`, () => {
    const path = fixture("progressive.mp4");
    using scaler = new Scaler({ to: { width, height, pixelFormat } });
    const found = Array.from(framesOf(path, "video"), (frame) => {
      using scaled = scaler.convert(frame);
      return md5(bytesOf(scaled));
    });
    const filter = `scale=${width}:${height}:flags=bicubic`;
    assertEquals(
      found,
      framemd5(["-i", path, "-map", "0:v:0", "-vf", filter, "-pix_fmt", pixelFormat]),
    );
  });
}

/** A picture of one colour, converted to RGBA. */
function rgba(
  planes: readonly [number, number, number],
  color: { space?: string; range?: string },
  size = 16,
): number[] {
  using frame = Frame.video({
    pixelFormat: "yuv444p",
    width: size,
    height: 16,
    color,
    planes: planes.map((value) => ({ data: new Uint8Array(size * 16).fill(value), stride: size })),
  });
  using scaler = new Scaler({ to: { pixelFormat: "rgba" }, flags: ["bicubic", "accurate_rnd"] });
  using result = scaler.convert(frame);
  return [...bytesOf(result).subarray(0, 4)];
}

function near(found: readonly number[], wanted: readonly number[]): void {
  const far = found.some((value, i) => Math.abs(value - wanted[i]) > 2);
  assertEquals(far ? found : wanted, wanted);
}

test("red is red by each matrix and range", () => {
  // Y, Cb and Cr of pure red by each standard's own equations.
  near(rgba([81, 90, 240], { space: "smpte170m", range: "tv" }), [255, 0, 0, 255]);
  near(rgba([63, 102, 240], { space: "bt709", range: "tv" }), [255, 0, 0, 255]);
  near(rgba([74, 97, 240], { space: "bt2020nc", range: "tv" }), [255, 0, 0, 255]);
  near(rgba([76, 85, 255], { space: "bt470bg", range: "pc" }), [254, 0, 0, 255]);
  near(rgba([54, 99, 255], { space: "bt709", range: "pc" }), [254, 0, 0, 255]);
});

test("a picture that does not say is taken by its size", () => {
  assertEquals(assumedSpace(720, 576), "smpte170m");
  assertEquals(assumedSpace(1280, 720), "bt709");
  near(rgba([81, 90, 240], {}), [255, 0, 0, 255]);
  near(rgba([63, 102, 240], {}, 1280), [255, 0, 0, 255]);
});

test("what needs no change is another reference of the same memory", () => {
  using frame = Frame.video({ pixelFormat: "rgba", width: 4, height: 4 });
  using scaler = new Scaler({ to: { width: 4, height: 4, pixelFormat: "rgba" } });
  using result = scaler.convert(frame);
  assertEquals(result.planes[0].pointer, frame.planes[0].pointer);
});

test("the picture keeps its shape when it is scaled", () => {
  using frame = Frame.video({
    pixelFormat: "yuv420p",
    width: 720,
    height: 576,
    sampleAspectRatio: { num: 16, den: 15 },
  });
  using scaler = new Scaler({ to: { width: 768, height: 576 } });
  using result = scaler.convert(frame);
  assertEquals(result.sampleAspectRatio, { num: 1, den: 1 });
});

test("formats and flags that are unknown are refused", () => {
  assertThrows(() => new Scaler({ to: { pixelFormat: "nonsense" } }), TypeError, "nonsense");
  using frame = Frame.video({ pixelFormat: "rgba", width: 4, height: 4 });
  using scaler = new Scaler({ to: { width: 8 }, flags: ["nonsense"] });
  assertThrows(() => scaler.convert(frame), TypeError, "nonsense");
});

for (
  const [sampleRate, channels, format] of [
    [16000, 1, "s16"],
    [48000, 2, "flt"],
    [44100, 2, "s32"],
    [8000, 1, "dbl"],
  ] as const
) {
  test(`${sampleRate} Hz, ${channels} channels of ${format} are the tool's to the bit`, () => {
    const path = fixture("adts.aac");
    using resampler = new Resampler({ to: { sampleRate, channels, sampleFormat: format } });
    const parts: Uint8Array[] = [];
    const put = (frame: Frame) => {
      parts.push(bytesOf(frame));
      frame.close();
    };
    for (const frame of framesOf(path, "audio")) resampler.convert(frame).forEach(put);
    const rest = resampler.flush();
    if (rest) put(rest);
    const codec = { s16: "s16le", flt: "f32le", s32: "s32le", dbl: "f64le" }[format];
    const words = ["-i", path, "-ar", `${sampleRate}`, "-ac", `${channels}`];
    const tool = ffmpeg([...words, "-sample_fmt", format, "-f", codec, "-"]);
    assertEquals(md5(Buffer.concat(parts)), md5(tool));
  });
}

test("samples of another rate midway are converted, too", () => {
  using resampler = new Resampler({ to: { sampleRate: 48000, channels: 1, sampleFormat: "flt" } });
  let samples = 0;
  for (const sampleRate of [48000, 24000, 44100]) {
    using frame = Frame.audio({
      sampleFormat: "s16",
      sampleRate,
      channels: 2,
      samples: sampleRate,
      planes: [new Uint8Array(sampleRate * 4)],
    });
    for (const part of resampler.convert(frame)) {
      samples += part.samples;
      part.close();
    }
  }
  using rest = resampler.flush();
  samples += rest?.samples ?? 0;
  assertEquals(Math.abs(samples - 3 * 48000) < 64 ? 0 : samples, 0);
});
