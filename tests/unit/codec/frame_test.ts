import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { forgotten, Frame } from "../../../lib/codec/frame.ts";
import { pixelFormat, sampleFormat } from "../../../lib/codec/pixel_format.ts";
import { DisposedError } from "../../../lib/error.ts";
import { collector } from "../../support/gc.ts";

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i & 255);

function yuv(width = 7, height = 5): Frame {
  const chroma = { width: width + 1 >> 1, height: height + 1 >> 1 };
  return Frame.video({
    pixelFormat: "yuv420p",
    width,
    height,
    pts: 40,
    duration: 2,
    timeBase: { num: 1, den: 25 },
    color: { space: "bt709", range: "tv" },
    sampleAspectRatio: { num: 4, den: 3 },
    planes: [
      { data: ramp(width * height), stride: width },
      { data: ramp(chroma.width * chroma.height), stride: chroma.width },
      { data: ramp(chroma.width * chroma.height), stride: chroma.width },
    ],
  });
}

test("a picture made of planes has their bytes, its times and its colours", () => {
  using frame = yuv();
  assertEquals([frame.type, frame.width, frame.height], ["video", 7, 5]);
  assertEquals([frame.pts, frame.duration], [40, 2]);
  assertEquals(frame.timeBase, { num: 1, den: 25 });
  assertEquals([frame.color.space, frame.color.range], ["bt709", "tv"]);
  assertEquals(frame.sampleAspectRatio, { num: 4, den: 3 });
  assertEquals(frame.planes.map(({ rows, bytes }) => [rows, bytes]), [[5, 7], [3, 4], [3, 4]]);
  const luma = new Uint8Array(35);
  assertEquals(frame.copyPlane(0, luma), 35);
  assertEquals(luma, ramp(35));
});

test("a part of a plane is copied with the stride that is asked for", () => {
  using frame = yuv();
  const into = new Uint8Array(20).fill(99);
  const length = frame.copyPlane(0, into, { x: 2, y: 1, bytes: 3, rows: 2, stride: 10 });
  assertEquals(length, 13);
  assertEquals([...into.subarray(0, 13)], [9, 10, 11, 99, 99, 99, 99, 99, 99, 99, 16, 17, 18]);
});

test("what is not within a plane or its memory is a RangeError", () => {
  using frame = yuv();
  const big = new Uint8Array(1000);
  assertThrows(() => frame.copyPlane(0, new Uint8Array(34)), RangeError);
  assertThrows(() => frame.copyPlane(3, big), RangeError);
  assertThrows(() => frame.copyPlane(0, big, { x: 6, bytes: 2 }), RangeError);
  assertThrows(() => frame.copyPlane(0, big, { y: -1 }), RangeError);
  assertThrows(() => frame.copyPlane(0, big, { stride: 3 }), RangeError);
  assertThrows(() => frame.copyPlane(0, big, { rows: NaN }), RangeError);
  assertThrows(() => frame.copyPlane(0, "bytes" as never), TypeError);
});

test("a clone is another reference, and writing to one copies first", () => {
  using frame = yuv();
  using clone = frame.clone();
  assertEquals(clone.planes[0].pointer, frame.planes[0].pointer);
  clone.writePlane(0, new Uint8Array(35));
  const luma = new Uint8Array(35);
  frame.copyPlane(0, luma);
  assertEquals(luma, ramp(35));
  clone.copyPlane(0, luma);
  assertEquals(luma, new Uint8Array(35));
});

test("a frame that is closed or given away answers nothing any more", () => {
  const frame = yuv();
  const pointer = frame.release();
  assertThrows(() => frame.width, DisposedError);
  assertThrows(() => frame.planes, DisposedError);
  const again = Frame.adopt(pointer);
  assertEquals(again.width, 7);
  again.close();
  again.close();
  assertThrows(() => again.copyPlane(0, new Uint8Array(100)), DisposedError);
  assertThrows(() => again.clone(), DisposedError);
});

test("samples keep their planes, packed or a plane a channel", () => {
  using packed = Frame.audio({
    sampleFormat: "s16",
    sampleRate: 48000,
    channels: 2,
    samples: 3,
    planes: [ramp(12)],
  });
  assertEquals([packed.type, packed.samples, packed.channels], ["audio", 3, 2]);
  assertEquals(packed.channelLayout, "stereo");
  const bytes = new Uint8Array(12);
  packed.copyPlane(0, bytes);
  assertEquals(bytes, ramp(12));
  using planar = Frame.audio({
    sampleFormat: "fltp",
    sampleRate: 8000,
    channels: 10,
    samples: 2,
    planes: Array.from({ length: 10 }, (_, i) => new Uint8Array(8).fill(i)),
  });
  assertEquals(planar.planes.length, 10);
  const ninth = new Uint8Array(8);
  planar.copyPlane(9, ninth);
  assertEquals(ninth, new Uint8Array(8).fill(9));
});

test("a palette is the second plane", () => {
  using frame = Frame.video({
    pixelFormat: "pal8",
    width: 2,
    height: 2,
    planes: [{ data: ramp(4), stride: 2 }, { data: ramp(1024), stride: 1024 }],
  });
  assertEquals(frame.planes.map(({ rows, bytes }) => [rows, bytes]), [[2, 2], [1, 1024]]);
  const palette = new Uint8Array(1024);
  frame.copyPlane(1, palette);
  assertEquals(palette, ramp(1024));
});

test("descriptions that cannot be are refused by name", () => {
  const video = { pixelFormat: "yuv420p", width: 2, height: 2 };
  assertThrows(() => Frame.video({ ...video, pixelFormat: "yuv999" }), TypeError, "yuv999");
  for (const width of [0, -1, 1.5, NaN, 2 ** 31, "2" as never]) {
    assertThrows(() => Frame.video({ ...video, width }), RangeError, "width");
  }
  assertThrows(
    () => Frame.video({ ...video, planes: [{ data: new Uint8Array(3), stride: 2 }] }),
    RangeError,
  );
  const audio = { sampleFormat: "s16", sampleRate: 8000, channels: 1, samples: 1 };
  assertThrows(() => Frame.audio({ ...audio, sampleFormat: "s17" }), TypeError, "s17");
  assertThrows(() => Frame.audio({ ...audio, channels: 0 }), RangeError, "channels");
  assertThrows(() => Frame.audio({ ...audio, samples: -1 }), RangeError, "samples");
});

test("formats are known by name", () => {
  const ten = pixelFormat("yuv422p10le");
  assertEquals([ten.depth, ten.log2ChromaWidth, ten.log2ChromaHeight, ten.planes], [10, 1, 0, 3]);
  assert(pixelFormat("rgba").hasAlpha && pixelFormat("rgba").isRgb);
  assert(pixelFormat("pal8").isPalette);
  assertEquals(sampleFormat("fltp").packedName, "flt");
  assertEquals(sampleFormat("s16").planarName, "s16p");
});

const collect = collector();
test("a frame that is forgotten is freed by the collector, with one warning", {
  skip: collect === undefined && "the collector cannot be forced",
}, async () => {
  const warnings: string[] = [];
  const { process } = globalThis as unknown as {
    process: { on(event: "warning", listener: (warning: Error) => void): void };
  };
  process.on("warning", ({ message }) => warnings.push(message));
  const before = forgotten();
  const make = () => void yuv(64, 64);
  for (let i = 0; i < 20; i++) make();
  for (let i = 0; i < 50 && forgotten() - before < 15; i++) {
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(forgotten() - before >= 15, `${forgotten() - before} of 20 were freed`);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const about = warnings.filter((text) => text.includes("without being closed"));
  assertEquals(about.length, 1);
  assertStringIncludes(about[0], "using");
});
