import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { resolveStruct } from "../../../ffi/layouts/resolve.ts";
import { structs } from "../../../ffi/layouts/structs.ts";
import type { StructTables, Version } from "../../../ffi/layouts/types.ts";
import { majors, releases } from "../../../ffi/layouts/versions.ts";

const tables: StructTables = structs;

interface Layouts {
  ffmpeg: string;
  libavformat: string;
  libavcodec: string;
  libavutil: string;
  structs: Record<string, {
    size: number;
    fields: Record<
      string,
      { offset: number; type: string; bit?: number; bits?: number }
    >;
  }>;
}

function offset(
  struct: string,
  field: string,
  version: Version,
  windows = false,
): number | undefined {
  return resolveStruct(tables[struct], version, windows).fields[field]?.offset;
}

function normalType(name: string, type: string): string {
  if (/(^AVChannelLayout|\.ch_layout)\.u$/.test(name)) return "u64";
  if (type === "ptr") return "pointer";
  if (type.startsWith("enum:")) return "i32";
  return /^[iuf]\d+$/.test(type) ? type : "bytes";
}

function assertSame(layouts: Layouts): void {
  for (const [name, table] of Object.entries(tables)) {
    const [major, minor] = layouts[`lib${table.library}`].split(".")
      .map(Number);
    const layout = layouts.structs[name];
    // Some files hold the structs of some libraries only.
    if (layout === undefined) continue;
    const resolved = resolveStruct(table, [major, minor], false);
    assertEquals(resolved.size, layout.size, name);
    for (const field of Object.keys(table.fields)) {
      const source = layout.fields[field];
      const expected = source && {
        offset: source.offset,
        type: normalType(`${name}.${field}`, source.type),
        ...(source.bits !== undefined && { bits: [source.bit, source.bits] }),
      };
      assertEquals<unknown>(
        resolved.fields[field],
        expected,
        `${name}.${field}`,
      );
    }
  }
}

const directory = process.env.AVIO_LAYOUTS;
if (directory === undefined) {
  const name = "layouts: skipped, AVIO_LAYOUTS names no directory of layouts";
  test(name, { skip: true }, () => {});
} else {
  const files = readdirSync(directory).filter((file) => file.endsWith(".json"));
  test("layouts: one whole file per known release", () => {
    const whole = files.filter((file) =>
      "AVFormatContext" in JSON.parse(readFileSync(join(directory, file), "utf8")).structs
    );
    assertEquals(whole.length, releases.length);
  });
  for (const file of files) {
    test(`layouts: the tables resolve to ${file}`, () => {
      assertSame(JSON.parse(readFileSync(join(directory, file), "utf8")));
    });
  }
}

test("layouts: releases go from old to new, majors from new to old", () => {
  for (const library of ["avformat", "avcodec", "avutil"] as const) {
    const rank = ([major, minor]: readonly number[]) => major * 1000 + minor;
    const ranks = releases.map((release) => rank(release[library]));
    assertEquals(ranks, [...new Set(ranks)].sort((a, b) => a - b));
    assertEquals(
      majors.map((entry) => entry[library]),
      [...new Set(releases.map((release) => release[library][0]))].reverse(),
    );
  }
  assertEquals(majors[0], {
    avformat: 63,
    avcodec: 63,
    avutil: 61,
    swscale: 10,
    swresample: 7,
  });
  assertEquals(majors.at(-1), {
    avformat: 58,
    avcodec: 58,
    avutil: 56,
    swscale: 5,
    swresample: 3,
  });
});

test("layouts: entries are in order and do not overlap", () => {
  const before = (a: Version, b: Version) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
  for (const [name, table] of Object.entries(tables)) {
    for (const [field, { at }] of Object.entries(table.fields)) {
      assert(at.length > 0, `${name}.${field}`);
      at.forEach(({ since, until }, i) => {
        if (until) assert(before(since, until), `${name}.${field}`);
        const next = at[i + 1];
        if (!next) return;
        assert(until && !before(next.since, until), `${name}.${field}`);
      });
    }
  }
});

test("layouts: known offsets of FFmpeg 4.3", () => {
  assertEquals(offset("AVFormatContext", "url", [58, 45]), 1080);
  assertEquals(offset("AVFormatContext", "io_close2", [58, 45]), undefined);
  assertEquals(offset("AVFormatContext", "max_probe_packets", [58, 29]), void 0);
  assertEquals(offset("AVStream", "codecpar", [58, 45]), 208);
  assertEquals(offset("AVIOContext", "error", [58, 45]), 120);
  const chapter = resolveStruct(tables.AVChapter, [58, 45], false);
  assertEquals(chapter.fields.id, { offset: 0, type: "i32" });
  assertEquals(resolveStruct(tables.AVPacket, [58, 91], false).size, 88);
});

test("layouts: known offsets of FFmpeg 5.1", () => {
  assertEquals(offset("AVFormatContext", "url", [59, 27]), 56);
  assertEquals(offset("AVStream", "time_base.num", [59, 27]), 16);
  assertEquals(offset("AVCodecParameters", "ch_layout.u", [59, 37]), 152);
  assertEquals(offset("AVCodecParameters", "ch_layout.u", [59, 18]), undefined);
  const chapter = resolveStruct(tables.AVChapter, [59, 27], false);
  assertEquals(chapter.fields.id, { offset: 0, type: "i64" });
});

test("layouts: known offsets of FFmpeg 9.0", () => {
  assertEquals(offset("AVFormatContext", "url", [63, 1]), 88);
  assertEquals(offset("AVFormatContext", "name", [63, 1]), 472);
  assertEquals(offset("AVStream", "side_data", [63, 1]), undefined);
  assertEquals(offset("AVStream", "codecpar", [63, 1]), 16);
  assertEquals(offset("AVCodecParameters", "alpha_mode", [63, 1]), 176);
  assertEquals(offset("AVCodecParameters", "channels", [63, 1]), undefined);
});

test("layouts: FFmpeg 8.0 is 8.1 without the fields appended later", () => {
  assertEquals(offset("AVStream", "r_frame_rate.num", [62, 3]), 204);
  assertEquals(resolveStruct(tables.AVStream, [62, 3], false).size, 216);
  assertEquals(offset("AVFormatContext", "name", [62, 3]), undefined);
  assertEquals(resolveStruct(tables.AVFormatContext, [62, 3], false).size, 472);
  assertEquals(offset("AVCodecParameters", "alpha_mode", [62, 11]), undefined);
});

test("layouts: a long of four bytes moves AVIOContext on Windows", () => {
  assertEquals(offset("AVIOContext", "pos", [59, 27], true), 72);
  assertEquals(offset("AVIOContext", "error", [59, 27], true), 84);
  assertEquals(offset("AVIOContext", "seekable", [59, 27], true), 136);
  assertEquals(offset("AVIOContext", "bytes_read", [59, 27], true), 192);
  assertEquals(offset("AVIOContext", "bytes_read", [60, 16], true), 184);
  assertEquals(offset("AVIOContext", "error", [58, 45], true), 112);
  assertEquals(offset("AVIOContext", "seekable", [59, 27]), 144);
});

test("layouts: enums are signed", () => {
  const { fields } = resolveStruct(tables.AVCodecParameters, [61, 19], false);
  assertEquals(fields.codec_type, { offset: 0, type: "i32" });
});

test("layouts: a version older than the tables is refused", () => {
  assertThrows(
    () => resolveStruct(tables.AVStream, [58, 20], false),
    RangeError,
    "libavformat 58.20",
  );
  assertThrows(
    () => resolveStruct(tables.AVChannelLayout, [56, 51], false),
    RangeError,
  );
});
