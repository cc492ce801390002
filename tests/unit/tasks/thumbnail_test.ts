import { Buffer } from "node:buffer";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { thumbnail, type ThumbnailOptions, thumbnails } from "../../../mod.ts";
import { decoderNames } from "../../../lib/codec/codecs.ts";
import { orientationOfMatrix, turnPixels } from "../../../lib/codec/orientation.ts";
import { ffmpeg, fixture, md5, turnedMp4 } from "../../support/codec.ts";
import { madeBy } from "../../support/made.ts";

const path = fixture("progressive.mp4");

/** Four colours: red, green above blue, white. */
const COLOURS =
  "color=red:s=64x48:d=0.04[a];color=lime:s=64x48:d=0.04[b];color=blue:s=64x48:d=0.04[c];" +
  "color=white:s=64x48:d=0.04[d];[a][b]hstack[u];[c][d]hstack[l];[u][l]vstack";

function picture(words: readonly string[], name: string, filter = ""): Uint8Array<ArrayBuffer> {
  return madeBy(
    ["-f", "lavfi", "-i", `${COLOURS}${filter}`, "-frames:v", "1", ...words],
    name,
  );
}

/** The names of the colours of the four quarters. */
async function quarters(input: Uint8Array | string, options: ThumbnailOptions = {}) {
  const { data, width, height } = await thumbnail(input, { ...options, type: "rgba" });
  const names = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]].map(([x, y]) => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 4;
    const [r, g, b] = data.subarray(at, at + 3);
    const on = [r, g, b].map((value) => value > 200 ? 1 : value < 55 ? 0 : -1).join("");
    return ({ "100": "red", "010": "green", "001": "blue", "111": "white" } as const)[on] ??
      `${r} ${g} ${b}`;
  });
  return { names: names.join(" "), width, height };
}

const UPRIGHT = "red green blue white";

for (const [width, height] of [[100, 77], [160, 120], [33, 44]] as const) {
  test(`pixels of ${width}x${height} are what the tool's scale makes, to the byte`, async () => {
    // The shape of the box is kept: the tool is asked for what came out.
    const made = await thumbnail(path, { time: 0.4, width, height, type: "rgba" });
    const filter = `select=eq(n\\,10),scale=${made.width}:${made.height}:flags=bicubic`;
    const words = ["-i", path, "-vf", filter, "-frames:v", "1", "-pix_fmt", "rgba"];
    assertEquals(md5(made.data), md5(ffmpeg([...words, "-f", "rawvideo", "-"])));
    assert(made.width <= width && made.height <= height);
  });
}

test("a thumbnail is a JPEG, a PNG or a WebP of the size that is told", async () => {
  const starts = {
    "image/jpeg": [0xff, 0xd8, 0xff],
    "image/png": [0x89, 0x50, 0x4e, 0x47],
  } as const;
  for (const [type, start] of Object.entries(starts)) {
    const made = await thumbnail(path, { time: 0.5, width: 80, type: type as "image/png" });
    assertEquals([...made.data.subarray(0, start.length)], [...start]);
    assertEquals([made.type, made.width, made.height, made.time], [type, 80, 60, 0.48]);
    assertEquals((await quarters(made.data)).width, 80, "it decodes again");
  }
  const small = await thumbnail(path, { width: 80, quality: 0.1 });
  const large = await thumbnail(path, { width: 80, quality: 1 });
  assert(small.data.length < large.data.length);
});

test("four colours stay where they are, also through a JPEG", async () => {
  const png = picture([], "a.png");
  assertEquals(await quarters(png), { names: UPRIGHT, width: 128, height: 96 });
  const { data } = await thumbnail(png, { quality: 1 });
  assertEquals((await quarters(data)).names, UPRIGHT);
});

test("a picture that is turned by its display matrix is upright", async () => {
  const video = picture(["-c:v", "mpeg4", "-q:v", "1"], "a.mp4");
  const turned: Record<number, string> = {
    90: "blue red white green",
    180: "white blue green red",
    270: "green white red blue",
  };
  for (const [degrees, names] of Object.entries(turned)) {
    const bytes = turnedMp4(video, Number(degrees));
    const found = await quarters(bytes);
    const [width, height] = Number(degrees) === 180 ? [128, 96] : [96, 128];
    const tool = ffmpeg(
      ["-f", "mp4", "-i", "-", "-frames:v", "1", "-pix_fmt", "rgba", "-f", "rawvideo", "-"],
      bytes,
    );
    assertEquals([found.width, found.height], [width, height]);
    assertEquals(tool.length, width * height * 4);
    const at = (x: number, y: number) => [...tool.subarray((y * width + x) * 4).subarray(0, 3)];
    const near = ([r, g, b]: number[]) =>
      ({ "100": "red", "010": "green", "001": "blue", "111": "white" })[
        [r, g, b].map((v) => v > 200 ? 1 : 0).join("")
      ];
    const wanted = [
      at(20, 20),
      at(width - 20, 20),
      at(20, height - 20),
      at(width - 20, height - 20),
    ]
      .map(near).join(" ");
    assertEquals(found.names, wanted, `${degrees}`);
    assertEquals(found.names, names, `${degrees}`);
  }
});

test("every turn and mirroring of a matrix is known", () => {
  const ONE = 1 << 16;
  const matrix = (a: number, b: number, c: number, d: number) => {
    const words = new Int32Array([a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]);
    return new Uint8Array(words.buffer);
  };
  // 1 2     as pixels of a picture of 2×1
  const turn = (bytes: Uint8Array) => {
    const pixels = new Uint8Array(new Uint32Array([1, 2]).buffer);
    return [...new Uint32Array(turnPixels(pixels, 2, 1, orientationOfMatrix(bytes)).buffer)];
  };
  assertEquals(orientationOfMatrix(matrix(1, 0, 0, 1)), { rotation: 0, flip: false });
  assertEquals(orientationOfMatrix(matrix(0, 1, -1, 0)), { rotation: 90, flip: false });
  assertEquals(orientationOfMatrix(matrix(-1, 0, 0, -1)), { rotation: 180, flip: false });
  assertEquals(orientationOfMatrix(matrix(0, -1, 1, 0)), { rotation: 270, flip: false });
  assertEquals(orientationOfMatrix(matrix(-1, 0, 0, 1)), { rotation: 0, flip: true });
  assertEquals(orientationOfMatrix(new Uint8Array(4)), { rotation: 0, flip: false });
  assertEquals(turn(matrix(0, 1, -1, 0)), [1, 2]);
  assertEquals(turn(matrix(-1, 0, 0, -1)), [2, 1]);
  assertEquals(turn(matrix(-1, 0, 0, 1)), [2, 1]);
  assertEquals(turn(matrix(0, -1, 1, 0)), [2, 1]);
});

test("pixels that are not square are made square", async () => {
  const bytes = picture(["-c:v", "mpeg4", "-q:v", "1"], "a.mp4", ",setsar=2/1");
  assertEquals(await quarters(bytes), { names: UPRIGHT, width: 256, height: 96 });
  assertEquals((await thumbnail(bytes, { width: 64 })).height, 24);
});

for (
  const [name, words] of Object.entries({
    "odd sizes": ["-vf", "crop=127:95", "-c:v", "mpeg4", "-q:v", "1"],
    "10 bit": ["-c:v", "ffv1", "-pix_fmt", "yuv420p10le"],
    "12 bit": ["-c:v", "ffv1", "-pix_fmt", "yuv444p12le"],
    "a palette": ["-vf", "split[x][y];[x]palettegen[p];[y][p]paletteuse", "-c:v", "png"],
    "full range": ["-c:v", "mjpeg", "-q:v", "1", "-pix_fmt", "yuvj444p"],
    "BT.709": ["-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709"]
      .concat(["-pix_fmt", "yuv444p", "-c:v", "ffv1"]),
    "BT.2020": ["-vf", "scale=out_color_matrix=bt2020", "-colorspace", "bt2020nc"]
      .concat(["-pix_fmt", "yuv444p10le", "-c:v", "ffv1"]),
    "RGB": ["-c:v", "ffv1", "-pix_fmt", "gbrp"],
    "uncompressed rows from below": ["-c:v", "rawvideo", "-pix_fmt", "bgr24"],
  })
) {
  test(`four colours are right with ${name}`, async () => {
    const extension = name.startsWith("uncompressed") ? "a.avi" : "a.mkv";
    assertEquals((await quarters(picture(words, extension))).names, UPRIGHT);
  });
}

test("grey is grey, and what is transparent stays so", async () => {
  const grey = madeBy(
    ["-f", "lavfi", "-i", "color=gray:s=16x16", "-frames:v", "1", "-pix_fmt", "gray"],
    "a.png",
  );
  const [r, g, b, a] = (await thumbnail(grey, { type: "rgba" })).data;
  assert(r === g && g === b && Math.abs(r - 128) < 3 && a === 255, `${r} ${g} ${b} ${a}`);
  const clear = madeBy(
    ["-f", "lavfi", "-i", "color=red@0.5:s=16x16,format=rgba", "-frames:v", "1"],
    "b.png",
  );
  const { data } = await thumbnail(clear, { type: "rgba" });
  assert(Math.abs(data[3] - 128) < 2, `${data[3]}`);
  const black = await thumbnail(clear, { type: "image/jpeg", quality: 1 });
  const [red] = (await thumbnail(black.data, { type: "rgba" })).data;
  assert(Math.abs(red - 128) < 10, `half of red on black, not ${red}`);
});

const libvpx = decoderNames("vp9").includes("libvpx-vp9");
test("the alpha of VP8 and VP9 is seen through libvpx", { skip: !libvpx }, async () => {
  for (const codec of ["libvpx", "libvpx-vp9"]) {
    const words = ["-f", "lavfi", "-i", "color=red@0.25:s=64x64:d=0.2,format=yuva420p"];
    const bytes = madeBy([...words, "-c:v", codec, "-auto-alt-ref", "0"], "a.webm");
    const { data } = await thumbnail(bytes, { type: "rgba" });
    const [r, g, b, a] = data;
    assert(r > 240 && g < 15 && b < 15 && Math.abs(a - 64) < 4, `${codec}: ${r} ${g} ${b} ${a}`);
  }
});

test("several thumbnails come in the order of their times, after the end the last picture", async () => {
  const found: number[] = [];
  for await (const { time } of thumbnails(path, [0, 0.1, 0.5, 0.2, 99], { width: 16 })) {
    found.push(time);
  }
  assertEquals(found, [0, 0.08, 0.48, 0.2, 0.96]);
  const near = await thumbnail(path, { time: 0.5, exact: false });
  assertEquals(near.time, 0.4, "the keyframe before");
});

test("cover art is taken only where there is no other picture", async () => {
  const cover = picture([], "cover.png");
  const song = madeBy(
    [
      ...["-f", "png_pipe", "-i", `data:image/png;base64,${Buffer.from(cover).toString("base64")}`],
      ...["-f", "lavfi", "-i", "sine=duration=1", "-map", "1", "-map", "0"],
      ...["-c:v", "copy", "-disposition:v", "attached_pic"],
    ],
    "song.flac",
  );
  assertEquals((await quarters(song)).names, UPRIGHT);
});

test("sizes, times and types that cannot be are refused", async () => {
  for (const width of [0, -1, 1.5, NaN, 1e9]) {
    await assertRejects(() => thumbnail(path, { width }), RangeError, "width");
  }
  for (const time of [-1, NaN, Infinity]) {
    await assertRejects(() => thumbnail(path, { time }), RangeError, "time");
  }
  await assertRejects(() => thumbnail(path, { type: "image/x" as never }), TypeError, "image/x");
  await assertRejects(() => thumbnail(path, { quality: 2 }), RangeError, "quality");
  await assertRejects(() => thumbnail(fixture("wav.wav")), RangeError, "video");
});
