import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { AnyVideoPixelFormat, VideoFrameBufferInit } from "../../../webcodecs.ts";
import { VideoFrame } from "../../../webcodecs.ts";
import { combinedLayout, pixelFormats } from "../../../lib/webcodecs/pixel_layout.ts";

const formats = Object.keys(pixelFormats) as AnyVideoPixelFormat[];
const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + 3) & 255);

function errorName(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).name;
  }
  return "none";
}

function frameOf(format: AnyVideoPixelFormat, width: number, height: number, more = {}) {
  const { size } = combinedLayout({ x: 0, y: 0, width, height }, format);
  const data = ramp(size);
  const init: VideoFrameBufferInit = {
    format,
    codedWidth: width,
    codedHeight: height,
    timestamp: 5,
    ...more,
  };
  return { data, frame: new VideoFrame(data, init) };
}

async function bytesOf(frame: VideoFrame, options = {}): Promise<Uint8Array> {
  const into = new Uint8Array(frame.allocationSize(options));
  await frame.copyTo(into, options);
  return into;
}

for (const format of formats) {
  test(`${format} comes out byte by byte as it went in, also with odd sizes`, async () => {
    for (const [width, height] of [[8, 6], [7, 5], [1, 1]]) {
      const { data, frame } = frameOf(format, width, height);
      assertEquals(frame.format, format);
      assertEquals(await bytesOf(frame), data);
      const clone = frame.clone();
      frame.close();
      assertEquals(await bytesOf(clone), data);
      clone.close();
    }
  });

  test(`a part of ${format} is that of the whole`, async () => {
    const rect = { x: 4, y: 2, width: 3, height: 3 };
    const { data, frame } = frameOf(format, 8, 6);
    const whole = combinedLayout({ x: 0, y: 0, width: 8, height: 6 }, format);
    const part = combinedLayout(rect, format);
    const expected = new Uint8Array(part.size);
    part.planes.forEach(({ offset, stride, rows, rowBytes, top, left }, i) => {
      for (let row = 0; row < rows; row++) {
        const from = whole.planes[i].offset + (top + row) * whole.planes[i].stride + left;
        expected.set(data.subarray(from, from + rowBytes), offset + row * stride);
      }
    });
    assertEquals(await bytesOf(frame, { rect }), expected);
    // A frame made of the part holds those pixels alone.
    using cut = new VideoFrame(data, {
      format,
      codedWidth: 8,
      codedHeight: 6,
      timestamp: 0,
      visibleRect: rect,
    });
    assertEquals([cut.codedWidth, cut.codedHeight], [3, 3]);
    assertEquals(await bytesOf(cut), expected);
    // A frame that shares the pixels shows the part.
    using view = new VideoFrame(frame, { visibleRect: rect });
    assertEquals([view.codedWidth, view.displayWidth], [8, 3]);
    assertEquals(await bytesOf(view), expected);
    frame.close();
  });

  test(`${format} becomes RGB, opaque where it has no alpha`, async () => {
    const { frame } = frameOf(format, 8, 6);
    for (const target of ["RGBA", "RGBX", "BGRA", "BGRX"] as const) {
      const pixels = await bytesOf(frame, { format: target });
      assertEquals(pixels.length, 8 * 6 * 4);
      const keeps = pixelFormats[format].opaque !== format && target.endsWith("A");
      const alpha = pixels.filter((_, i) => i % 4 === 3);
      assertEquals(alpha.every((value) => value === 255), !keeps, target);
    }
    frame.close();
  });
}

test("YUV becomes the RGB that its matrix and range say", async () => {
  const red = (space: object, y: number, u: number, v: number) =>
    new VideoFrame(Uint8Array.of(y, y, y, y, u, v), {
      format: "I420",
      codedWidth: 2,
      codedHeight: 2,
      timestamp: 0,
      colorSpace: space,
    });
  const cases = [
    { space: { matrix: "smpte170m", fullRange: false }, yuv: [81, 90, 240] },
    { space: { matrix: "bt709", fullRange: false }, yuv: [63, 102, 240] },
    { space: { matrix: "smpte170m", fullRange: true }, yuv: [76, 85, 255] },
    { space: { matrix: "bt709", fullRange: true }, yuv: [54, 99, 255] },
  ] as const;
  for (const { space, yuv: [y, u, v] } of cases) {
    using frame = red(space, y, u, v);
    const [r, g, b, a] = await bytesOf(frame, { format: "RGBA" });
    assert(r >= 253 && g <= 3 && b <= 3 && a === 255, `${JSON.stringify(space)}: ${[r, g, b, a]}`);
  }
});

test("red of sRGB is inside Display P3", async () => {
  using frame = new VideoFrame(Uint8Array.of(255, 0, 0, 255), {
    format: "RGBA",
    codedWidth: 1,
    codedHeight: 1,
    timestamp: 0,
  });
  const pixels = await bytesOf(frame, { format: "RGBA", colorSpace: "display-p3" });
  assertEquals([...pixels], [234, 51, 35, 255]);
});

test("12 bits with 4:2:0 and alpha keep their brightness", async () => {
  const sample = (value: number, count: number) => new Uint16Array(count).fill(value);
  const samples = [...sample(3760, 4), 2048, 2048, ...sample(2048, 4)];
  using frame = new VideoFrame(Uint16Array.from(samples), {
    format: "I420AP12",
    codedWidth: 2,
    codedHeight: 2,
    timestamp: 0,
  });
  const [r, g, b, a] = await bytesOf(frame, { format: "RGBA" });
  assert(Math.min(r, g, b) >= 253, `${[r, g, b]}`);
  assert(Math.abs(a - 128) <= 1, `${a}`);
  using opaque = new VideoFrame(frame, { alpha: "discard" });
  assertEquals(opaque.format, "I420P12");
  const [r2, , , a2] = await bytesOf(opaque, { format: "RGBA" });
  assert(r2 >= 253 && a2 === 255, `${[r2, a2]}`);
});

test("a closed frame has no size, and refuses to be copied, cloned or described", async () => {
  const { frame } = frameOf("I420", 4, 4);
  frame.close();
  frame.close();
  assertEquals([frame.format, frame.codedWidth, frame.displayHeight], [null, 0, 0]);
  assertEquals([frame.codedRect, frame.visibleRect, frame.timestamp], [null, null, 5]);
  assertEquals(frame.colorSpace.matrix, null);
  assertEquals(errorName(() => frame.clone()), "InvalidStateError");
  assertEquals(errorName(() => frame.allocationSize()), "InvalidStateError");
  assertEquals(errorName(() => frame.metadata()), "InvalidStateError");
  assertEquals(errorName(() => frame.libav), "InvalidStateError");
  assertEquals(errorName(() => new VideoFrame(frame)), "InvalidStateError");
  await assertRejects(() => frame.copyTo(new Uint8Array(100)), DOMException);
});

test("libav's facts and the picture as ImageData are on the frame", () => {
  using frame = new VideoFrame(Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 255), {
    format: "RGBA",
    codedWidth: 2,
    codedHeight: 1,
    timestamp: 0,
    rotation: 90,
  });
  assertEquals(frame.libav.pixelFormat, "rgba");
  const { width, height, data } = frame.libav.imageData();
  assertEquals([width, height], [1, 2]);
  assertEquals([...new Uint8Array(data.buffer)], [255, 0, 0, 255, 0, 0, 255, 255]);
});

test("ImageData and what a canvas gives become frames", async () => {
  const data = new Uint8ClampedArray([1, 2, 3, 4, 5, 6, 7, 8]);
  const image = { data, width: 2, height: 1 };
  const canvas = { width: 2, height: 1, getContext: () => ({ getImageData: () => image }) };
  for (const source of [image, canvas]) {
    using frame = new VideoFrame(source, { timestamp: 9, duration: 3, alpha: "discard" });
    assertEquals([frame.format, frame.timestamp, frame.duration], ["RGBX", 9, 3]);
    assertEquals([...(await bytesOf(frame))], [...data]);
  }
  assertThrows(() => new VideoFrame(image), TypeError);
  assertThrows(() => new VideoFrame({ ...image, width: 3 }, { timestamp: 0 }), TypeError);
  assertEquals(
    errorName(() => new VideoFrame({ ...canvas, width: 0 }, { timestamp: 0 })),
    "InvalidStateError",
  );
});

test("a canvas that gives no pixels, or not as many as it says, is a TypeError", () => {
  const bytes = new Uint8ClampedArray(16);
  const wrong = [null, undefined, 5, {}, { data: null }, { data: 5 }, { data: { buffer: bytes } }];
  const sizes = [0, 15, 17].map((length) => ({ data: new Uint8ClampedArray(length) }));
  for (const image of [...wrong, ...sizes]) {
    const canvas = { width: 2, height: 2, getContext: () => ({ getImageData: () => image }) };
    assertThrows(() => new VideoFrame(canvas, { timestamp: 0 }), TypeError, "pixels");
  }
  const lying = Object.defineProperty(bytes, "buffer", { value: new ArrayBuffer(16) });
  using frame = new VideoFrame({ data: lying, width: 2, height: 2 }, { timestamp: 0 });
  assertEquals(frame.codedWidth, 2);
});

test("a description that lies is refused before memory is read", () => {
  const init = { format: "I420", codedWidth: 4, codedHeight: 4, timestamp: 0 } as const;
  const data = new Uint8Array(24);
  const refused: [unknown, object][] = [
    [new Uint8Array(23), {}],
    [data, { layout: [{ offset: 0, stride: 4 }] }],
    [data, { layout: [0, 16, 20].map((offset) => ({ offset, stride: 1 })) }],
    [data, { layout: [0, 8, 20].map((offset, i) => ({ offset, stride: i ? 2 : 4 })) }],
    [data, { codedWidth: 2 ** 32 - 1, codedHeight: 2 ** 32 - 1 }],
    [data, { visibleRect: { x: 1, y: 0, width: 2, height: 2 } }],
    [data, { visibleRect: { x: 0, y: 0, width: 5, height: 2 } }],
    [data, { visibleRect: { x: NaN, y: 0, width: 2, height: 2 } }],
    [data, { displayWidth: 3 }],
    [data, { timestamp: Infinity }],
    [data, { timestamp: undefined }],
    [data, { rotation: NaN }],
    [data, { format: "I999" }],
    ["data", {}],
  ];
  for (const [bytes, more] of refused) {
    assertThrows(
      () => new VideoFrame(bytes as Uint8Array, { ...init, ...more } as VideoFrameBufferInit),
      TypeError,
    );
  }
  const detached = new Uint8Array(24);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  assertThrows(() => new VideoFrame(detached, init), TypeError);
});

test("a getter that detaches the buffer meets no freed memory", () => {
  const data = new Uint8Array(24);
  const init = {
    format: "I420" as const,
    codedWidth: 4,
    codedHeight: 4,
    get timestamp() {
      structuredClone(data.buffer, { transfer: [data.buffer] });
      return 0;
    },
  };
  assertThrows(() => new VideoFrame(data, init), TypeError);
});
