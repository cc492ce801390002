/**
 * Chapters for a muxer.
 *
 * @module
 */
import { advance, NULL, writePointer } from "../../../ffi/mod.ts";
import { writeDictionary } from "../../dictionary.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { FormatCore } from "../format_context.ts";
import type { Chapter } from "../types.ts";

const MICROSECONDS = 1_000_000;

/** Gives the context its chapters; `avformat_free_context` frees them. */
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
    entry.set("id", chapter.id ?? i);
    entry.set("time_base.num", 1);
    entry.set("time_base.den", MICROSECONDS);
    entry.set("start", Math.round(chapter.start * MICROSECONDS));
    entry.set("end", Math.round(chapter.end * MICROSECONDS));
    writeDictionary(native, at, entry.offset("metadata"), chapter.metadata ?? {});
  });
}
