import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { remuxSync } from "../../../../mod.ts";
import { MatroskaCutter } from "../../../../lib/tasks/fragments/matroska.ts";
import { Mp4Cutter } from "../../../../lib/tasks/fragments/mp4.ts";
import { MpegtsCutter } from "../../../../lib/tasks/fragments/mpegts.ts";
import type { Cutter, Fragment } from "../../../../lib/tasks/fragments/types.ts";
import { liveMedia } from "../../../support/live_media.ts";

const movflags = "frag_keyframe+empty_moov+default_base_moof";
const cutters = {
  mp4: () => new Mp4Cutter(),
  matroska: () => new MatroskaCutter(),
  mpegts: () => new MpegtsCutter({ withoutVideo: 1 }),
};

function written(format: string, options: Record<string, string> = {}): Uint8Array {
  const chunks: Uint8Array[] = [];
  const sink = { seekable: false, write: (chunk: Uint8Array) => void chunks.push(chunk) };
  remuxSync(liveMedia("video.mp4"), sink, { format, options });
  return concat(chunks);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function cut(cutter: Cutter, bytes: Uint8Array, step: () => number = () => bytes.length) {
  const pieces: Fragment[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + step();
    // The chunk is the caller's again afterwards.
    const chunk = bytes.slice(at, end);
    pieces.push(...cutter.push(chunk));
    chunk.fill(0xff);
    at = end;
  }
  return [...pieces, ...cutter.end()];
}

const plain = (pieces: readonly Fragment[]) =>
  pieces.map(({ kind, data, time, keyframe }) => [kind, data.length, time, keyframe]);

function box(type: string, ...content: (number[] | Uint8Array)[]): Uint8Array {
  const body = concat(content.map((part) => Uint8Array.from(part)));
  return concat([Uint8Array.from(u32(body.length + 8)), new TextEncoder().encode(type), body]);
}
const u32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);

test("a cutter cuts the same, however the bytes come", () => {
  const options = { mp4: { movflags }, matroska: {}, mpegts: {} };
  for (const format of ["mp4", "matroska", "mpegts"] as const) {
    const bytes = written(format, options[format]);
    const expected = cut(cutters[format](), bytes);
    assert(expected.length > 4);
    let seed = 7;
    const random = (most: number) => () => 1 + (seed = (seed * 48271) % 0x7fffffff) % most;
    for (const step of [() => 1, () => 187, random(20), random(5000), random(200_000)]) {
      const pieces = cut(cutters[format](), bytes, step);
      assertEquals(concat(pieces.map(({ data }) => data)), bytes);
      // Where nothing says that the header is complete, its last part goes with the first cluster.
      const skip = format === "matroska" ? 2 : 0;
      assertEquals(plain(pieces).slice(skip), plain(expected).slice(skip));
      assertEquals(pieces[0].kind, "init");
    }
  }
});

test("Mp4Cutter gives what stands before a moof to its fragment, what follows the last to the trailer", () => {
  const tkhd = box("tkhd", u32(0), u32(0), u32(0), u32(1));
  const mdia = box(
    "mdia",
    box("mdhd", u32(0), u32(0), u32(0), u32(1000)),
    box("hdlr", u32(0), u32(0), [...new TextEncoder().encode("vide")]),
  );
  const elst = box("elst", u32(0), u32(2), u32(50), u32(-1), u32(1), u32(0), u32(100), u32(1));
  const trex = box("trex", u32(0), u32(1), u32(1), u32(0), u32(0), u32(0x10000));
  const mvhd = box("mvhd", u32(0), u32(0), u32(0), u32(100));
  const trak = box("trak", tkhd, box("edts", elst), mdia);
  const moov = box("moov", mvhd, trak, box("mvex", trex));
  const moof = (time: number, flags: number, ...trun: number[][]) =>
    box(
      "moof",
      box(
        "traf",
        box("tfhd", u32(0), u32(1)),
        box("tfdt", u32(0x01000000), u32(0), u32(time)),
        box("trun", u32(flags), u32(1), ...trun),
      ),
    );
  const long = concat([
    ...[u32(1), [...new TextEncoder().encode("mdat")], u32(0), u32(20), u32(0)].map((part) =>
      Uint8Array.from(part)
    ),
  ]);
  const first = [box("styp"), box("sidx", u32(0)), moof(1000, 4, u32(0)), box("mdat", u32(1))];
  // No flags of its own: those of trex. A negative composition offset.
  const second = [moof(2000, 0x01000800, u32(-40)), long];
  const rest = [box("mfra", u32(5)), box("free")];
  const init = [box("ftyp", u32(0)), moov];
  const pieces = cut(new Mp4Cutter(), concat([...init, ...first, ...second, ...rest]));
  const size = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);
  // Shown from 0.1 s of the media on, half a second late.
  assertEquals(plain(pieces), [
    ["init", size(init), null, false],
    ["fragment", size(first), 1 - 0.1 + 0.5, true],
    ["fragment", size(second), 2 - 0.04 - 0.1 + 0.5, false],
    ["trailer", size(rest), null, false],
  ]);
  assertThrows(() => cut(new Mp4Cutter(), Uint8Array.from([0, 0, 0, 4, 1, 2, 3, 4])), Error);
});

test("MatroskaCutter cuts clusters of unknown size, and puts what lies between with the next", () => {
  const ebml = (id: number[], size: number | null, ...content: number[][]) => {
    const body = content.flat();
    return [
      ...id,
      ...(size === null ? [0x01, ...Array(7).fill(0xff)] : [0x80 | body.length]),
      ...body,
    ];
  };
  const header = ebml([0x1a, 0x45, 0xdf, 0xa3], 0, [0x42, 0x86, 0x81, 1]);
  const segment = [0x18, 0x53, 0x80, 0x67, 0xff];
  // Ticks of 2 ms.
  const info = ebml([0x15, 0x49, 0xa9, 0x66], 0, [0x2a, 0xd7, 0xb1, 0x83, 0x1e, 0x84, 0x80]);
  const entry = (number: number, type: number) =>
    ebml([0xae], 0, [0xd7, 0x81, number], [0x83, 0x81, type]);
  const tracks = ebml([0x16, 0x54, 0xae, 0x6b], 0, entry(1, 2), entry(2, 1));
  const time = [0xe7, 0x82, 0x01, 0x00];
  const block = (track: number, at: number, flags: number) =>
    ebml([0xa3], 0, [0x80 | track, (at >> 8) & 0xff, at & 0xff, flags, 1, 2, 3]);
  const group = (...inside: number[][]) =>
    ebml([0xa0], 0, ebml([0xa1], 0, [0x82, 0xff, 0xfe, 0, 9]), ...inside);
  const clusterId = [0x1f, 0x43, 0xb6, 0x75];
  const clusters = [
    ebml(clusterId, null, time, block(1, 0, 0x80), block(2, 5, 0x80)),
    ebml(clusterId, null, time, group([0xfb, 0x81, 0xff])),
    ebml(clusterId, 0, time, group()),
    ebml(clusterId, null, time, block(1, 3, 0x80)),
  ];
  const cues = ebml([0x1c, 0x53, 0xbb, 0x6b], 0, [0xbb, 0x80]);
  const tags = ebml([0x12, 0x54, 0xc3, 0x67], 0, []);
  const parts = [
    [...header, ...segment, ...info, ...tracks],
    clusters[0],
    clusters[1],
    [...tags, ...clusters[2]],
    clusters[3],
    cues,
  ];
  const expected = [
    ["init", parts[0].length, null, false],
    ["fragment", parts[1].length, 261 * 0.002, true],
    ["fragment", parts[2].length, 254 * 0.002, false],
    ["fragment", parts[3].length, 254 * 0.002, true],
    ["fragment", parts[4].length, 259 * 0.002, false],
    ["trailer", parts[5].length, null, false],
  ];
  const bytes = Uint8Array.from(parts.flat());
  assertEquals(plain(cut(new MatroskaCutter(), bytes)), expected);
  assertEquals(plain(cut(new MatroskaCutter(), bytes, () => 1)).slice(1), expected.slice(1));
  // The last cluster may end with the file.
  const short = bytes.subarray(0, bytes.length - cues.length);
  assertEquals(plain(cut(new MatroskaCutter(), short)), expected.slice(0, -1));
  assertThrows(() => cut(new MatroskaCutter(), new Uint8Array(100)), Error, "not Matroska");
});

test("MpegtsCutter goes on counting where the clock begins again", () => {
  const bytes = new Uint8Array(readFileSync(liveMedia("video.ts")));
  const before = cut(new MpegtsCutter({ withoutVideo: 1 }), bytes);
  const media = before.filter(({ kind }) => kind === "fragment");
  // All times are set so that the clock ends between the second and the third fragment.
  const base = 2 ** 33 - Math.round(((media[1].time ?? 0) + 0.5) * 90_000);
  for (let at = 0; at < bytes.length; at += 188) {
    const adaptation = bytes[at + 3] & 0x20 ? 1 + bytes[at + 4] : 0;
    const pes = at + 4 + adaptation;
    if (!(bytes[at + 1] & 0x40) || bytes[pes] !== 0 || bytes[pes + 1] !== 0) continue;
    if (bytes[pes + 2] !== 1 || !(bytes[pes + 7] & 0x80)) continue;
    const field = bytes.subarray(pes + 9, pes + 14);
    const old = ((field[0] >> 1) & 7) * 2 ** 30 + (field[1] << 22 | (field[2] >> 1) << 15) +
      (field[3] << 7 | field[4] >> 1);
    const now = (old + base) % 2 ** 33;
    field[0] = field[0] & 0xf1 | Math.floor(now / 2 ** 30) << 1;
    field[1] = (now / 2 ** 22) & 0xff;
    field[2] = (now / 2 ** 14) & 0xfe | 1;
    field[3] = (now / 2 ** 7) & 0xff;
    field[4] = (now << 1) & 0xfe | 1;
  }
  const after = cut(new MpegtsCutter({ withoutVideo: 1 }), bytes).filter(({ kind }) =>
    kind === "fragment"
  );
  assertEquals(after.length, media.length);
  for (const [i, { time }] of after.entries()) {
    assert(Math.abs((time ?? 0) - (media[i].time ?? 0) - base / 90_000) < 1e-6, `${time}`);
  }
  assert((after.at(-1)?.time ?? 0) > 2 ** 33 / 90_000);
  assertThrows(() => cut(new MpegtsCutter({ withoutVideo: 1 }), new Uint8Array(188)), Error, "188");
});
