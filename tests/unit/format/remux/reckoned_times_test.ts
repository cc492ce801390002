/** Decoding times that the input lacks are those that the tool reckons. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MemorySink, remuxSync } from "../../../../mod.ts";
import { ffmpegCopy, lines } from "../../../support/copy.ts";
import { madeBy, scratch } from "../../../support/made.ts";

test("pictures of Matroska at 23.976 a second get the tool's decoding times", () => {
  using folder = scratch();
  const path = join(folder.path, "film.mkv");
  const picture = ["-f", "lavfi", "-i", "testsrc2=duration=1:size=64x64:rate=24000/1001"];
  const coded = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-pix_fmt", "yuv420p"];
  writeFileSync(path, madeBy([...picture, ...coded], "film.mkv"));
  for (const format of ["mp4", "mov", "mpegts", "nut"]) {
    const sink = new MemorySink();
    remuxSync(path, sink, { format });
    const { lines: expected, said } = ffmpegCopy(path, format, {});
    assert(expected !== null && expected.length > 20, said);
    assertEquals(lines(sink.take()), expected, format);
  }
});
