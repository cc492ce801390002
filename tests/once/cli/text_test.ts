/** The command line's text: progress, suggestions, stream specifiers, numbers and tables. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { progressLine } from "../../../lib/cli/progress.ts";
import { selectStreams } from "../../../lib/cli/specifier.ts";
import { distance, nearest } from "../../../lib/suggest.ts";
import { byteCount, clock, table } from "../../../lib/cli/text.ts";

test("progressLine() fits the terminal: a shorter bar, then fewer fields, then the percentage", () => {
  const progress = { time: 3661.5, duration: 7323, bytesRead: 123_456_789 };
  assertEquals(
    progressLine(progress, 100),
    `[${"#".repeat(15)}${" ".repeat(15)}]  50%  1:01:01.500  117.7 MiB`,
  );
  assertEquals(progressLine(progress, 40), "[####    ]  50%  1:01:01.500  117.7 MiB");
  assertEquals(progressLine(progress, 30), " 50%  1:01:01.500  117.7 MiB");
  assertEquals(progressLine(progress, 24), " 50%  1:01:01.500");
  assertEquals(progressLine(progress, 19), "50%");
  for (const time of [3661.5, null]) {
    for (let columns = 1; columns < 120; columns++) {
      const line = progressLine({ ...progress, time }, columns);
      assert(line.length < columns, `${columns}: ${line}`);
    }
  }
});

test("distance() counts edits, nearest() keeps to what may be meant", () => {
  assertEquals(distance("probe", "prboe"), 1);
  assertEquals(distance("", "abc"), 3);
  assertEquals(nearest("matrosca", ["mov", "matroska"]), "matroska");
  assertEquals(nearest("xyz", ["mov", "matroska"]), undefined);
});

test("selectStreams() takes types, ordinals and indexes, each stream once", () => {
  const streams = ["video", "audio", "audio", "subtitle"].map((type, index) => ({
    index,
    type: type as "video",
    disposition: [],
  }));
  assertEquals(selectStreams("v:0,a", streams), [0, 1, 2]);
  assertEquals(selectStreams("a:1,2,s", streams), [2, 3]);
});

test("clock(), byteCount() and table() write for people", () => {
  assertEquals([clock(3661.5), clock(59.9996), clock(null)], [
    "1:01:01.500",
    "0:01:00.000",
    "unknown",
  ]);
  assertEquals([byteCount(1023), byteCount(1536), byteCount(null)], [
    "1023 B",
    "1.5 KiB",
    "unknown",
  ]);
  assertEquals(table([["a", "", "b"], ["ccc", "", "d"]]), ["a    b", "ccc  d"]);
});
