/** Dispositions and tags of a copy, beside the tool's. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MemorySink, probeSync, remuxSync } from "../../../../mod.ts";
import { ffprobeVersion } from "../../../support/remembered.ts";
import { ffmpeg, setFolder } from "../../../support/sets.ts";

const folder = setFolder("tags", (path) => {
  const sine = (hertz: number) => ["-f", "lavfi", "-i", `sine=duration=1:frequency=${hertz}`];
  const inputs = [...sine(440), ...sine(880), "-map", "0", "-map", "1", "-c:a", "aac"];
  const none = ["-disposition:a:0", "0", "-disposition:a:1", "0"];
  const second = ["-disposition:a:0", "0", "-disposition:a:1", "default"];
  const tags = ["-metadata", "creation_time=2020-01-01T00:00:00Z", "-metadata", "title=t"];
  ffmpeg([...inputs, ...none, ...tags, "none.mkv"], path);
  ffmpeg([...inputs, ...second, "second.mkv"], path);
  ffmpeg([...sine(440), "-c:a", "aac", "-disposition:a:0", "0", "one.mkv"], path);
});

function dispositions(path: string): string {
  const entries = "stream=index:stream_disposition=default";
  return execFileSync("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv", path], {
    encoding: "utf8",
  });
}

test("The first of several streams without a default is marked, as by the tool", {
  skip: /version 4/.test(ffprobeVersion()) ? "ffmpeg 4 marks none" : false,
}, () => {
  for (const name of ["none.mkv", "second.mkv", "one.mkv"]) {
    // The folder is shared with the same test on other runtimes.
    const own = (side: string) => join(folder, `${side}.${process.pid}.${name}`);
    const [ours, theirs] = [own("ours"), own("theirs")];
    ffmpeg(["-i", join(folder, name), "-map", "0", "-c", "copy", theirs]);
    const sink = new MemorySink();
    remuxSync(join(folder, name), sink, { format: "matroska" });
    writeFileSync(ours, sink.take());
    assertEquals(dispositions(ours), dispositions(theirs), name);
  }
});

test("The time of creation is kept, unlike by the tool, and null removes it", () => {
  const copied = (metadata?: Record<string, string | null>) => {
    const sink = new MemorySink();
    remuxSync(join(folder, "none.mkv"), sink, { format: "mp4", metadata });
    return probeSync(sink.take()).format.metadata;
  };
  assertEquals(copied().creation_time, "2020-01-01T00:00:00.000000Z");
  const without = copied({ creation_time: null });
  assert(!("creation_time" in without) && without.title === "t");
});
