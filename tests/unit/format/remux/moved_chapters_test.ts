import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { movedChapters } from "../../../../lib/format/remux/moved_chapters.ts";

const chapter = (start: number, end: number) => ({ id: start, start, end, metadata: {} });
const times = (chapters: ReturnType<typeof movedChapters>) =>
  chapters.map(({ start, end }) => [start, end]);

test("A cut has the chapters that overlap it, and none that begins behind its end", () => {
  const all = [chapter(0, 10), chapter(10, 20), chapter(15, 15), chapter(60, 60), chapter(60, 70)];
  const cut = movedChapters(all, { from: 5, until: 18, shift: 5 });
  assertEquals(times(cut), [[0, 5], [5, 13], [10, 10]]);
  assertEquals(times(movedChapters(all, { shift: 0 })), times(all));
  assertEquals(times(movedChapters(all, { from: 16, until: 30, shift: 16 })), [[0, 4]]);
});
