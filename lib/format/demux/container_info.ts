/**
 * Reads what an AVFormatContext says of its container.
 *
 * @module
 */
import { NULL, readPointer, type Struct, type StructName } from "../../../ffi/mod.ts";
import { readDictionary } from "../../dictionary.ts";
import { ticks, toSeconds } from "../../rational.ts";
import type { FormatCore } from "../format_context.ts";
import { constantName, rational } from "../struct_values.ts";
import { guessMuxer } from "../../io/nested/muxer_guess.ts";
import { mimeTypeOf } from "../mime_type.ts";
import type { Chapter, FormatInfo, Program, Stream } from "../types.ts";

const MICROSECONDS = { num: 1, den: 1_000_000 };

/** The container itself; `known` names one that no demuxer of libavformat reads. */
export function readFormat(
  core: FormatCore,
  streams: readonly Stream[],
  known?: { readonly name: string; readonly longName: string },
): FormatInfo {
  const { struct, native, io } = core;
  const at = struct.at("iformat");
  const format = at === NULL ? undefined : native.struct("AVInputFormat", at);
  const size = core.call("avio_size", () => native.avformat.avio_size(io.pointer));
  const bitRate = struct.number("bit_rate");
  const text = (field: string) => (format && constantName(native, format.at(field))) ?? "";
  const name = known?.name ?? text("name");
  const metadata = readDictionary(struct.at("metadata"));
  const muxer = muxerTraits(core, name);
  const extensions = text("extensions") || muxer.extensions;
  const mime = text("mime_type").split(",")[0] || muxer.mimeType || null;
  return {
    name,
    longName: known?.longName ?? text("long_name"),
    mimeType: mimeTypeOf({ name, brand: metadata.major_brand }, streams, mime),
    extensions: extensions.split(",").filter(Boolean),
    startTime: toSeconds(ticks(struct.number("start_time")), MICROSECONDS),
    duration: toSeconds(ticks(struct.number("duration")), MICROSECONDS),
    size: size >= 0 ? size : null,
    bitRate: bitRate > 0 ? bitRate : null,
    probeScore: struct.number("probe_score"),
    metadata,
  };
}

/** The muxer of a demuxer's name knows what the demuxer leaves out. */
function muxerTraits({ native }: FormatCore, name: string) {
  const guess = guessMuxer(name.split(",")[0], "");
  const muxer = guess && native.struct("AVOutputFormat", guess.pointer);
  const text = (field: string) =>
    muxer === undefined ? "" : constantName(native, muxer.at(field)) ?? "";
  return { extensions: text("extensions"), mimeType: text("mime_type") };
}

function structs(core: FormatCore, name: StructName, array: string, count: string): Struct[] {
  const { struct, native } = core;
  const total = struct.number(count);
  if (total === 0) return [];
  const view = new DataView(native.ffi.view(struct.at(array), total * 8));
  return Array.from({ length: total }, (_, i) => native.struct(name, readPointer(view, i * 8)));
}

/** The chapters, times in seconds. */
export function readChapters(core: FormatCore): Chapter[] {
  return structs(core, "AVChapter", "chapters", "nb_chapters").map((chapter) => {
    const timeBase = rational(chapter, "time_base");
    return {
      id: chapter.number("id"),
      start: toSeconds(chapter.number("start"), timeBase) ?? 0,
      end: toSeconds(chapter.number("end"), timeBase) ?? 0,
      metadata: readDictionary(chapter.at("metadata")),
    };
  });
}

/** The programs. */
export function readPrograms(core: FormatCore): Program[] {
  return structs(core, "AVProgram", "programs", "nb_programs").map((program) => {
    const count = program.number("nb_stream_indexes");
    const view = count === 0
      ? undefined
      : new DataView(core.native.ffi.view(program.at("stream_index"), count * 4));
    return {
      id: program.number("id"),
      streams: Array.from({ length: count }, (_, i) => view!.getUint32(i * 4, true)),
      metadata: readDictionary(program.at("metadata")),
    };
  });
}
