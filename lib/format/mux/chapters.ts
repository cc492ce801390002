/**
 * Chapters for a muxer.
 *
 * @module
 */
import { advance, NULL, writePointer } from "../../../ffi/mod.ts";
import { nameOf, takeList } from "../../check.ts";
import { plainDictionary, writeDictionary } from "../../dictionary.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { FormatCore } from "../format_context.ts";
import type { Chapter } from "../types.ts";

const MICROSECONDS = 1_000_000;
// 31 years: what any container holds of them.
const MAX_SECONDS = 1e9;

/** The chapters as they are when they are read, once; an error names the one that is wrong. */
export function snapshotChapters(chapters: readonly Chapter[]): readonly Chapter[] {
  const isIterable = typeof chapters[Symbol.iterator] === "function";
  const given = isIterable ? takeList("chapters", chapters) : chapters;
  return Array.from(given, (chapter: Chapter | undefined, i) => {
    if (typeof chapter !== "object" || chapter === null) {
      throw new TypeError(`chapters[${i}]: expected a chapter, not ${nameOf(chapter)}`);
    }
    const { id = i, start, end, metadata } = chapter;
    if (!Number.isInteger(id)) {
      throw new RangeError(`chapters[${i}].id: expected a whole number, not ${String(id)}`);
    }
    assertSeconds(`chapters[${i}].start`, start);
    assertSeconds(`chapters[${i}].end`, end);
    return { id, start, end, metadata: plainDictionary(`chapters[${i}].metadata`, metadata ?? {}) };
  });
}

function assertSeconds(what: string, value: unknown): void {
  if (typeof value === "number" && Math.abs(value) <= MAX_SECONDS) return;
  throw new RangeError(
    `${what}: expected seconds from -${MAX_SECONDS} to ${MAX_SECONDS}, not ${String(value)}`,
  );
}

/** Gives the context its chapters, read before; `avformat_free_context` frees them. */
export function writeChapters(core: FormatCore, chapters: readonly Chapter[]): void {
  if (chapters.length === 0) return;
  const { native, struct } = core;
  const allocate = (bytes: number) => {
    const at = native.avutil.av_mallocz(bytes);
    if (at === NULL) throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_mallocz" });
    return at;
  };
  const array = allocate(chapters.length * 8);
  writePointer(struct.view, struct.offset("chapters"), array);
  chapters.forEach((chapter, i) => {
    const at = allocate(native.layout("AVChapter").size);
    writePointer(new DataView(native.ffi.view(advance(array, i * 8), 8)), 0, at);
    struct.set("nb_chapters", i + 1);
    const entry = native.struct("AVChapter", at);
    entry.set("id", chapter.id);
    entry.set("time_base.num", 1);
    entry.set("time_base.den", MICROSECONDS);
    entry.set("start", Math.round(chapter.start * MICROSECONDS));
    entry.set("end", Math.round(chapter.end * MICROSECONDS));
    writeDictionary(native, at, entry.offset("metadata"), chapter.metadata);
  });
}
