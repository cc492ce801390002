/**
 * Animated WebP: tracks that tell the truth, and frames that are painted on their canvas.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { ImageDecoder } from "../../../webcodecs.ts";
import { madeBy } from "../../support/made.ts";
import { rgbaOf } from "../../support/web_codecs.ts";

const text = (name: string) => new TextEncoder().encode(name);

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

const little = (value: number, bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => value >> 8 * i & 255);

const chunk = (name: string, ...parts: readonly Uint8Array[]) => {
  const body = joined(...parts);
  return joined(text(name), little(body.length, 4), body, new Uint8Array(body.length & 1));
};

/** A still picture of one colour, without the header of the file. */
function picture(color: string, width: number, height: number): Uint8Array {
  const source = `color=${color}:s=${width}x${height},format=rgba`;
  const words = ["-f", "lavfi", "-i", source, "-frames:v", "1", "-c:v", "libwebp"];
  return madeBy([...words, "-lossless", "1"], "part.webp").subarray(12);
}

interface Part {
  readonly color: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** 1: made transparent afterwards, 2: replaces the pixels. */
  readonly flags: number;
}

function animation(size: number, loops: number, parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const body = joined(
    text("WEBP"),
    chunk("VP8X", little(0x12, 4), little(size - 1, 3), little(size - 1, 3)),
    chunk("ANIM", little(0, 4), little(loops, 2)),
    ...parts.map(({ color, x, y, size, flags }) =>
      chunk(
        "ANMF",
        ...[x / 2, y / 2, size - 1, size - 1, 100].map((value) => little(value, 3)),
        little(flags, 1),
        picture(color, size, size),
      )
    ),
  );
  return joined(text("RIFF"), little(body.length, 4), body);
}

/** The pixels of each frame. */
async function framesOf(data: Uint8Array<ArrayBuffer>, order: readonly number[]) {
  const decoder = new ImageDecoder({ data, type: "image/webp" });
  await decoder.completed;
  const track = decoder.tracks.selectedTrack!;
  const frames: { pixels: Uint8Array; times: (number | null)[] }[] = [];
  for (const frameIndex of order) {
    const { image } = await decoder.decode({ frameIndex });
    frames.push({ pixels: await rgbaOf(image), times: [image.timestamp, image.duration] });
    image.close();
  }
  decoder.close();
  const { animated, frameCount, repetitionCount } = track;
  return { frames, facts: [animated, frameCount, repetitionCount] };
}

const [red, green, blue, nothing] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [
  0,
  0,
  0,
  0,
]];

test("frames are laid over the canvas, replace it, and go again", async () => {
  const data = animation(8, 3, [
    { color: "red", x: 0, y: 0, size: 8, flags: 0 },
    { color: "lime", x: 2, y: 2, size: 4, flags: 1 },
    { color: "blue@0", x: 0, y: 0, size: 2, flags: 0 },
    { color: "blue@0", x: 0, y: 0, size: 2, flags: 2 },
    { color: "blue", x: 6, y: 6, size: 4, flags: 0 },
  ]);
  const { frames, facts } = await framesOf(data, [0, 1, 2, 3, 4, 1]);
  const at = (
    index: number,
    x: number,
    y: number,
  ) => [...frames[index].pixels.subarray((y * 8 + x) * 4, (y * 8 + x) * 4 + 4)];
  assertEquals([at(0, 0, 0), at(0, 7, 7)], [red, red]);
  assertEquals([at(1, 0, 0), at(1, 2, 2), at(1, 5, 5), at(1, 6, 6)], [red, green, green, red]);
  assertEquals([at(2, 0, 0), at(2, 2, 2), at(2, 6, 6)], [red, nothing, red]);
  assertEquals([at(3, 0, 0), at(3, 1, 1), at(3, 2, 1)], [nothing, nothing, red]);
  assertEquals([at(4, 7, 7), at(4, 5, 7), at(4, 0, 0)], [blue, red, nothing]);
  assertEquals(frames[5].pixels, frames[1].pixels);
  assertEquals(frames.map(({ times: [time] }) => time! / 100_000), [0, 1, 2, 3, 4, 1]);
  assertEquals([facts, frames[4].times[1]], [[true, 5, 2], 100_000]);
});

test("the frames of the tool come back as they were", async () => {
  const source = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=0.4,format=rgba"];
  const lossless = ["-c:v", "libwebp_anim", "-lossless", "1", "-loop", "0"];
  const data = madeBy([...source, ...lossless], "animation.webp");
  const { stdout } = spawnSync("ffmpeg", ["-v", "error", ...source, "-f", "rawvideo", "-"], {
    maxBuffer: 2 ** 24,
  });
  const { frames, facts } = await framesOf(data, [0, 1, 2, 3]);
  assertEquals(facts, [true, 4, Infinity]);
  const size = 64 * 48 * 4;
  for (const [i, { pixels }] of frames.entries()) {
    assert(pixels.every((value, at) => value === stdout[i * size + at]), `frame ${i}`);
  }
});

test("a damaged animation is an EncodingError, whatever is cut off", async () => {
  const whole = animation(8, 0, [{ color: "red", x: 0, y: 0, size: 8, flags: 0 }]);
  for (let length = 1; length < whole.length; length += 3) {
    const decoder = new ImageDecoder({ data: whole.slice(0, length), type: "image/webp" });
    const name = await decoder.decode().then(({ image }) => image.close(), ({ name }) => name);
    assert(name === undefined || name === "EncodingError", `${length} bytes: ${name}`);
    decoder.close();
  }
});
