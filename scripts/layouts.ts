/**
 * Generates `ffi/layouts/structs.ts` and `ffi/layouts/versions.ts` from JSON struct layouts, one
 * file per FFmpeg release.
 *
 *     deno run -A scripts/layouts.ts LAYOUTS_DIR            writes both files
 *     deno run -A scripts/layouts.ts --check LAYOUTS_DIR    exits 1 where they would change
 *     deno run -A scripts/layouts.ts --compiler             compares with the installed headers
 *
 * `--compiler` uses `CC` (default `cc`) and `CFLAGS`.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { resolveStruct } from "../ffi/layouts/resolve.ts";
import type {
  FieldEntry,
  FieldTable,
  FieldType,
  LibraryName,
  SizeEntry,
  StructTable,
  StructTables,
  Version,
} from "../ffi/layouts/types.ts";

const libraries = ["avformat", "avcodec", "avutil", "swscale", "swresample"] as const;

/** Which fields are kept. A name stands for the dotted names below it too. */
interface Selection {
  readonly library: LibraryName;
  /** Absent: all. */
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

const selections: Readonly<Record<string, Selection>> = {
  AVFormatContext: {
    library: "avformat",
    except: [
      "filename",
      "internal",
      "open_cb",
      "video_codec",
      "audio_codec",
      "subtitle_codec",
      "data_codec",
    ],
  },
  AVStream: {
    library: "avformat",
    only: [
      "index",
      "id",
      "time_base",
      "start_time",
      "duration",
      "nb_frames",
      "disposition",
      "discard",
      "sample_aspect_ratio",
      "metadata",
      "avg_frame_rate",
      "r_frame_rate",
      "attached_pic",
      "side_data",
      "nb_side_data",
      "event_flags",
      "codecpar",
      "pts_wrap_bits",
      "priv_data",
    ],
    except: ["attached_pic.convergence_duration"],
  },
  AVIOContext: {
    library: "avformat",
    only: [
      "av_class",
      "buffer",
      "buffer_size",
      "buf_ptr",
      "buf_end",
      "buf_ptr_max",
      "opaque",
      "read_packet",
      "write_packet",
      "seek",
      "pos",
      "eof_reached",
      "error",
      "write_flag",
      "min_packet_size",
      "max_packet_size",
      "seekable",
      "direct",
      "bytes_read",
      "bytes_written",
      "written",
      "write_data_type",
      "ignore_boundary_point",
      "protocol_whitelist",
      "protocol_blacklist",
    ],
  },
  AVIOInterruptCB: { library: "avformat" },
  AVInputFormat: {
    library: "avformat",
    only: [
      "name",
      "long_name",
      "flags",
      "extensions",
      "mime_type",
      "priv_class",
    ],
  },
  AVOutputFormat: {
    library: "avformat",
    only: [
      "name",
      "long_name",
      "mime_type",
      "extensions",
      "audio_codec",
      "video_codec",
      "subtitle_codec",
      "flags",
      "codec_tag",
      "priv_class",
    ],
  },
  AVChapter: { library: "avformat" },
  AVProgram: {
    library: "avformat",
    except: ["pts_wrap_reference", "pts_wrap_behavior"],
  },
  AVProbeData: { library: "avformat" },
  AVIndexEntry: { library: "avformat" },
  AVCodecParameters: { library: "avcodec" },
  AVPacket: { library: "avcodec" },
  AVPacketSideData: { library: "avcodec" },
  AVCodecDescriptor: { library: "avcodec" },
  AVProfile: { library: "avcodec" },
  AVBSFContext: { library: "avcodec", except: ["internal"] },
  AVClass: { library: "avutil" },
  AVOption: { library: "avutil" },
  AVRational: { library: "avutil" },
  AVDictionaryEntry: { library: "avutil" },
  AVChannelLayout: { library: "avutil" },
  AVChannelCustom: { library: "avutil" },
  AVMasteringDisplayMetadata: { library: "avutil" },
  AVContentLightMetadata: { library: "avutil" },
  AVPixFmtDescriptor: { library: "avutil" },
  AVComponentDescriptor: { library: "avutil", only: ["plane", "step", "offset", "shift", "depth"] },
  AVBufferRef: { library: "avutil" },
  AVFrame: {
    library: "avutil",
    only: [
      "data",
      "linesize",
      "extended_data",
      "width",
      "height",
      "nb_samples",
      "format",
      "key_frame",
      "pict_type",
      "sample_aspect_ratio",
      "pts",
      "pkt_dts",
      "time_base",
      "quality",
      "repeat_pict",
      "interlaced_frame",
      "top_field_first",
      "palette_has_changed",
      "sample_rate",
      "channel_layout",
      "channels",
      "ch_layout",
      "buf",
      "side_data",
      "nb_side_data",
      "flags",
      "color_range",
      "color_primaries",
      "color_trc",
      "colorspace",
      "chroma_location",
      "best_effort_timestamp",
      "pkt_duration",
      "duration",
      "metadata",
      "decode_error_flags",
      "crop_top",
      "crop_bottom",
      "crop_left",
      "crop_right",
    ],
  },
  AVFrameSideData: { library: "avutil" },
  AVCodec: {
    library: "avcodec",
    only: [
      "name",
      "type",
      "id",
      "capabilities",
      "supported_framerates",
      "pix_fmts",
      "supported_samplerates",
      "sample_fmts",
      "channel_layouts",
      "ch_layouts",
      "wrapper_name",
      "priv_class",
    ],
  },
  // Of a codec's context everything else is an AVOption.
  AVCodecContext: {
    library: "avcodec",
    only: [
      "time_base",
      "framerate",
      "pix_fmt",
      "width",
      "sample_rate",
      "frame_size",
      "gop_size",
      "flags",
      "color_range",
      "request_sample_fmt",
      "bits_per_raw_sample",
    ],
  },
};

/**
 * Versions at which FFmpeg's doc/APIchanges has a change that the layouts only bracket. `sizeof`
 * is the struct itself.
 */
const exact: Readonly<Record<string, readonly Version[]>> = {
  "AVFormatContext.io_close2": [[59, 10]],
  "AVFormatContext.duration_probesize": [[61, 3]],
  "AVFormatContext.name": [[62, 9]],
  "AVFormatContext.sizeof": [[61, 3], [62, 9]],
  "AVCodecParameters.ch_layout": [[59, 24]],
  "AVCodecParameters.framerate": [[60, 11]],
  "AVCodecParameters.coded_side_data": [[60, 30]],
  "AVCodecParameters.nb_coded_side_data": [[60, 30]],
  "AVCodecParameters.alpha_mode": [[62, 15]],
  "AVCodecParameters.sizeof": [[59, 24], [60, 30], [62, 15]],
};

interface SourceField {
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  readonly bit?: number;
  readonly bits?: number;
}

interface SourceStruct {
  readonly size: number;
  readonly align: number;
  readonly fields: Readonly<Record<string, SourceField>>;
}

interface Source {
  readonly ffmpeg: string;
  readonly libavformat: string;
  readonly libavcodec: string;
  readonly libavutil: string;
  readonly libswscale?: string;
  readonly libswresample?: string;
  readonly structs: Readonly<Record<string, SourceStruct>>;
}

function numbers(dotted: string): number[] {
  return dotted.split(".").map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a[0] - b[0] || a[1] - b[1];
}

function ownerVersion(source: Source, library: LibraryName): Version {
  const [major, minor] = numbers(source[`lib${library}`]);
  return [major, minor];
}

/** Structs that the JSON files lack: their members in order, as the headers have them. */
const written: Readonly<
  Record<string, (avcodec: number) => readonly (readonly [string, string])[]>
> = {
  AVBSFContext: (avcodec) => [
    ["av_class", "ptr"],
    ["filter", "ptr"],
    ...avcodec < 59 ? [["internal", "ptr"]] as const : [],
    ["priv_data", "ptr"],
    ["par_in", "ptr"],
    ["par_out", "ptr"],
    ["time_base_in.num", "i32"],
    ["time_base_in.den", "i32"],
    ["time_base_out.num", "i32"],
    ["time_base_out.den", "i32"],
  ],
};

function withWritten(source: Source): Source {
  const structs = { ...source.structs };
  for (const [name, membersOf] of Object.entries(written)) {
    let end = 0;
    const fields: Record<string, SourceField> = {};
    for (const [field, type] of membersOf(ownerVersion(source, "avcodec")[0])) {
      const size = type === "ptr" ? 8 : 4;
      end = Math.ceil(end / size) * size;
      fields[field] = { offset: end, size, type };
      end += size;
    }
    structs[name] ??= { size: Math.ceil(end / 8) * 8, align: 8, fields };
  }
  return { ...source, structs };
}

function readSources(directory: string): Source[] {
  const sources = readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Source)
    .map(withWritten);
  if (sources.length === 0) throw new Error(`no layouts in ${directory}`);
  return sources.sort((a, b) => compare(numbers(a.libavformat), numbers(b.libavformat)));
}

function covers(names: readonly string[], field: string): boolean {
  return names.some((name) => field === name || field.startsWith(`${name}.`));
}

function fieldType(struct: string, name: string, field: SourceField) {
  const union = `${struct}.${name}`;
  if (union === "AVChannelLayout.u" || union.endsWith(".ch_layout.u")) {
    return "u64";
  }
  // C has every enumerator fit an int, and -1 is one of many of these enums.
  if (field.type.startsWith("enum:")) return "i32";
  switch (field.type) {
    case "ptr":
      return "pointer";
    case "u8":
    case "i32":
    case "u32":
    case "i64":
    case "u64":
    case "f64":
      return field.type;
  }
  if (/^struct |^union |\]$/.test(field.type)) return "bytes";
  throw new Error(`${union}: unknown type ${field.type}`);
}

/** Lays scalars out in order by natural alignment; `checksum` is C's unsigned long. */
function layOut(struct: SourceStruct, long: 4 | 8): Map<string, number> {
  const offsets = new Map<string, number>();
  let end = 0;
  const ordered = Object.entries(struct.fields)
    .sort(([, a], [, b]) => a.offset - b.offset);
  for (const [name, field] of ordered) {
    const size = name === "checksum" ? long : field.size;
    if (size > 8) throw new Error(`${name} is not a scalar`);
    const offset = Math.ceil(end / size) * size;
    offsets.set(name, offset);
    end = offset + size;
  }
  offsets.set("sizeof", Math.ceil(end / struct.align) * struct.align);
  return offsets;
}

/** Where 64-bit Windows has the fields and the end of a struct, if not where others have them. */
function windowsOffsets(
  name: string,
  struct: SourceStruct,
): Map<string, number> {
  if (name !== "AVIOContext") return new Map();
  for (const [field, offset] of layOut(struct, 8)) {
    const known = field === "sizeof" ? struct.size : struct.fields[field].offset;
    if (offset !== known) throw new Error(`AVIOContext has a hole: ${field}`);
  }
  return layOut(struct, 4);
}

/**
 * The version a change is dated to. Layouts break at a new major version, so that is where a
 * change between releases of two of them counts from, the releases in between included.
 */
function boundary(key: string, previous: Version, current: Version): Version {
  for (const [name, versions] of Object.entries(exact)) {
    if (!covers([name], key)) continue;
    for (const version of versions) {
      if (compare(previous, version) < 0 && compare(version, current) <= 0) {
        return version;
      }
    }
  }
  return previous[0] === current[0] ? current : [current[0], 0];
}

interface State {
  readonly offset: number;
  readonly windows?: number;
  readonly type: FieldType;
}

function makeField(
  key: string,
  versions: readonly Version[],
  states: readonly (State | null)[],
  bits: readonly [number, number] | undefined,
): FieldTable {
  const spans: { since: Version; until?: Version; state: State }[] = [];
  states.forEach((state, i) => {
    const previous = i === 0 ? null : states[i - 1];
    if (JSON.stringify(state) === JSON.stringify(previous)) return;
    const since = i === 0 ? versions[0] : boundary(key, versions[i - 1], versions[i]);
    if (previous !== null) spans[spans.length - 1].until = since;
    if (state !== null) spans.push({ since, state });
  });
  const { type } = spans[spans.length - 1].state;
  const at = spans.map(({ since, until, state }): FieldEntry => ({
    since,
    ...(until && { until }),
    offset: state.offset,
    ...(state.windows !== undefined && { windows: state.windows }),
    ...(state.type !== type && { type: state.type }),
  }));
  return { type, ...(bits && { bits }), at };
}

function makeStruct(
  name: string,
  { library, only, except = [] }: Selection,
  all: readonly Source[],
): StructTable {
  // Some files hold the structs of some libraries only.
  const sources = all.filter((source) => source.structs[name] !== undefined);
  if (all.at(-1)?.structs[name] === undefined) throw new Error(`${name} is gone`);
  const versions = sources.map((source) => ownerVersion(source, library));
  const structs = sources.map((source) => source.structs[name]);
  const windows = structs.map((struct) => windowsOffsets(name, struct));

  const size: SizeEntry[] = [];
  structs.forEach((struct, i) => {
    const there = windows[i].get("sizeof") ?? struct.size;
    const last = size.at(-1);
    if (
      last?.bytes === struct.size && (last.windows ?? last.bytes) === there
    ) {
      return;
    }
    size.push({
      since: i === 0 ? versions[0] : boundary(`${name}.sizeof`, versions[i - 1], versions[i]),
      bytes: struct.size,
      ...(there !== struct.size && { windows: there }),
    });
  });

  const names = new Set(
    structs.toReversed().flatMap((struct) => Object.keys(struct.fields)),
  );
  for (const wanted of [...only ?? [], ...except]) {
    if (!names.has(wanted)) throw new Error(`${name}.${wanted} does not exist`);
  }
  const fields: Record<string, FieldTable> = {};
  for (const field of names) {
    if (only && !covers(only, field) || covers(except, field)) continue;
    let bits: readonly [number, number] | undefined;
    const states = structs.map((struct, i): State | null => {
      const found = struct.fields[field];
      if (found === undefined) return null;
      if (found.bits !== undefined) bits = [found.bit ?? 0, found.bits];
      const there = windows[i].get(field) ?? found.offset;
      return {
        offset: found.offset,
        ...(there !== found.offset && { windows: there }),
        type: fieldType(name, field, found),
      };
    });
    fields[field] = makeField(`${name}.${field}`, versions, states, bits);
  }
  return { library, size, fields };
}

/** A literal as the formatter leaves it: on one line where that fits. */
function literal(value: unknown, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const key = (name: string) =>
    list ? "" : /^[A-Za-z_]\w*$/.test(name) ? `${name}: ` : `${JSON.stringify(name)}: `;
  const entries = Object.entries(value);
  const [open, close] = list ? ["[", "]"] : ["{", "}"];
  const space = list ? "" : " ";
  const line = `${open}${space}${
    entries.map(([name, item]) => key(name) + literal(item, "", -Infinity))
      .join(", ")
  }${space}${close}`;
  if (before + line.length + 1 <= 100) return line;
  const inner = `${indent}  `;
  return `${open}\n${
    entries.map(([name, item]) =>
      `${inner}${key(name)}${literal(item, inner, inner.length + key(name).length)},\n`
    ).join("")
  }${indent}${close}`;
}

const header = (what: string) =>
  `/**
 * ${what}
 *
 * Generated by \`scripts/layouts.ts\`. Do not edit.
 *
 * @module
 */
`;

function generate(sources: readonly Source[]): Record<string, string> {
  const structs: Record<string, StructTable> = {};
  for (const [name, selection] of Object.entries(selections)) {
    structs[name] = makeStruct(name, selection, sources);
  }
  const whole = sources.filter(({ structs }) => structs.AVFormatContext !== undefined);
  const releases = whole.map((source) => ({
    ffmpeg: source.ffmpeg,
    avformat: numbers(source.libavformat),
    avcodec: numbers(source.libavcodec),
    avutil: numbers(source.libavutil),
  }));
  const majors = new Map(
    whole.filter(({ libswscale }) => libswscale !== undefined).toReversed().map((source) => [
      numbers(source.libavformat)[0],
      Object.fromEntries(
        libraries.map((name) => [name, numbers(source[`lib${name}`] as string)[0]]),
      ),
    ]),
  );
  return {
    "structs.ts": `${
      header("Where the fields of FFmpeg's structs are, version by version.")
    }import type { StructTables } from "./types.ts";

/** The structs by C name; versions are those of the library that owns the struct. */
export const structs = ${literal(structs, "", 24)} as const satisfies StructTables;
`,
    "versions.ts": `${
      header("The FFmpeg releases the struct tables were made from.")
    }import type { Majors, Release } from "./types.ts";

/** Known releases, oldest first. */
export const releases: readonly Release[] = ${literal(releases, "", 44)};

/** Major versions that belong together, newest first. */
export const majors: readonly Majors[] = ${literal([...majors.values()], "", 41)};
`,
  };
}

const output = (name: string) =>
  fileURLToPath(new URL(`../ffi/layouts/${name}`, import.meta.url).href);

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Compiles and runs a C program; its output. */
function runC(directory: string, source: string): string {
  const file = join(directory, "layouts.c");
  const program = join(directory, "layouts.exe");
  writeFileSync(file, source);
  const flags = (process.env.CFLAGS ?? "").split(/\s+/).filter(Boolean);
  execFileSync(process.env.CC ?? "cc", [
    "-std=c11",
    "-w",
    ...flags,
    "-o",
    program,
    file,
  ], { stdio: ["ignore", "pipe", "pipe"] });
  return execFileSync(program, { encoding: "utf8" });
}

const includes = `#include <stddef.h>
#include <stdio.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/buffer.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/rational.h>
#define F(s, f) printf("%s.%s %zu %zu %s\\n", #s, #f, offsetof(s, f), \\
  sizeof(((s *)0)->f), _Generic(((s *)0)->f, \\
  unsigned char: "u8", int: "i32", unsigned: "u32", double: "f64", \\
  long: sizeof(long) == 8 ? "i64" : "i32", \\
  unsigned long: sizeof(long) == 8 ? "u64" : "u32", \\
  long long: "i64", unsigned long long: "u64", default: "other"));
#define S(s) printf("%s.sizeof %zu\\n", #s, sizeof(s));
`;

const widths: Readonly<Record<FieldType, number | null>> = {
  u8: 1,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f64: 8,
  pointer: 8,
  bytes: null,
};

function sameType(type: FieldType, size: number, c: string): boolean {
  if (type === "bytes") return c === "other";
  if (widths[type] !== size) return false;
  // An enum without negative enumerators is unsigned to most compilers.
  return c === type || (type === "i32" && c === "u32") ||
    (type === "pointer" && c === "other") || (type === "u64" && c === "other");
}

async function compareWithCompiler(): Promise<number> {
  const { structs } = await import("../ffi/layouts/structs.ts");
  const tables: StructTables = structs;
  const directory = mkdtempSync(join(tmpdir(), "layouts-"));
  try {
    let installed: Record<LibraryName, Version>;
    try {
      installed = JSON.parse(runC(
        directory,
        `${includes}int main(void) {
  printf("{\\"avformat\\":[%d,%d],\\"avcodec\\":[%d,%d],\\"avutil\\":[%d,%d]}",
    LIBAVFORMAT_VERSION_MAJOR, LIBAVFORMAT_VERSION_MINOR,
    LIBAVCODEC_VERSION_MAJOR, LIBAVCODEC_VERSION_MINOR,
    LIBAVUTIL_VERSION_MAJOR, LIBAVUTIL_VERSION_MINOR);
}
`,
      ));
    } catch (error) {
      console.log("skipped: no C compiler, or no FFmpeg headers");
      console.log(String(error));
      return 0;
    }
    const expected = new Map<string, { offset: number; type?: FieldType }>();
    const lines: string[] = [];
    for (const [name, table] of Object.entries(tables)) {
      const version = installed[table.library];
      if (compare(version, table.size[0].since) < 0) continue;
      const windows = process.platform === "win32";
      const { size, fields } = resolveStruct(table, version, windows);
      expected.set(`${name}.sizeof`, { offset: size });
      lines.push(`S(${name})`);
      for (const [field, { offset, type, bits }] of Object.entries(fields)) {
        if (bits !== undefined) continue; // C gives no offset of these.
        expected.set(`${name}.${field}`, { offset, type });
        lines.push(`F(${name}, ${field})`);
      }
    }
    const found = runC(
      directory,
      `${includes}int main(void) {\n${lines.join("\n")}\n}\n`,
    ).trim().split("\n");
    let count = 0;
    let bad = found.length === expected.size ? 0 : 1;
    for (const line of found) {
      const [name, offset, size, c] = line.split(" ");
      const table = expected.get(name);
      const agrees = table?.offset === Number(offset) &&
        (table.type === undefined || sameType(table.type, Number(size), c));
      if (!agrees) {
        bad++;
        console.log(`${line}: the table has ${JSON.stringify(table)}`);
      } else if (table.type !== undefined) count++;
    }
    if (bad > 0) return 1;
    console.log(
      `${count} fields agree (libavformat ${installed.avformat.join(".")}, ` +
        `libavcodec ${installed.avcodec.join(".")}, ` +
        `libavutil ${installed.avutil.join(".")})`,
    );
    return 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--compiler")) return await compareWithCompiler();
  const directory = args.find((arg) => !arg.startsWith("--"));
  if (directory === undefined) {
    console.error("usage: layouts.ts [--check] LAYOUTS_DIR | --compiler");
    return 2;
  }
  let status = 0;
  const files = generate(readSources(directory));
  for (const [name, content] of Object.entries(files)) {
    const path = output(name);
    if (!args.includes("--check")) {
      writeFileSync(path, content);
    } else if (read(path) !== content) {
      console.error(`ffi/layouts/${name} is not what would be generated`);
      status = 1;
    }
  }
  return status;
}

process.exitCode = await main(process.argv.slice(2));
