/**
 * Inputs that end early: every form of a remux writes what is there, and says that more was due.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { libraryInfo, MemorySink, remux, remuxStream, remuxSync } from "../../../../mod.ts";
import { fixture } from "../../../support/async_sources.ts";
import { generated } from "../../../support/media.ts";
import { lines } from "../../../support/copy.ts";
import { madeBy } from "../../../support/made.ts";

const picture = ["-f", "lavfi", "-i", "testsrc=duration=6:size=160x120:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=duration=6"];
const made: Record<string, readonly string[]> = {
  "fast.mp4": [...picture, ...sound, "-c:v", "mpeg4", "-c:a", "aac", "-movflags", "faststart"],
  "pieces.mp4": [
    ...[...picture, ...sound, "-c:v", "mpeg4", "-c:a", "aac", "-g", "25"],
    ...["-movflags", "frag_keyframe+empty_moov"],
  ],
  "film.mkv": [...picture, ...sound, "-c:v", "mpeg4", "-c:a", "aac"],
  "film.avi": [...picture, ...sound, "-c:v", "mpeg4", "-c:a", "mp2"],
  "song.m4a": [...sound, "-c:a", "aac", "-movflags", "faststart"],
  "song.flac": sound,
  "song.wav": sound,
};

// An avi that ends between two packets shows it in its index alone, which FFmpeg 4.3 hides.
const [major, minor] = libraryInfo().versions.avformat;
if (major === 58 && minor < 76) delete made["film.avi"];

for (const [name, words] of Object.entries(made)) {
  test(`${name} that ends early is written as far as it goes, and told of in every form`, async () => {
    const whole = madeBy(words, name);
    for (const [part, truncated] of [[0.6, true], [1, false]] as const) {
      const bytes = whole.slice(0, Math.floor(whole.length * part));
      const results: Record<string, [boolean, readonly string[]]> = {};
      const keep = async (
        form: string,
        run: (sink: MemorySink) => { truncated: boolean } | Promise<{ truncated: boolean }>,
      ) => {
        const sink = new MemorySink();
        const result = await run(sink);
        results[form] = [result.truncated, lines(sink.take())];
      };
      const format = "matroska";
      await keep("remuxSync", (sink) => remuxSync(bytes, sink, { format }));
      await keep("remux of a Blob", (sink) => remux(new Blob([bytes]), sink, { format }));
      await keep(
        "remux of a stream",
        (sink) => remux(new Blob([bytes]).stream(), sink, { format }),
      );
      const transform = remuxStream({ format });
      const body = new Blob([bytes]).stream().pipeThrough(transform);
      await new Response(body).arrayBuffer();
      const { truncated: told } = await transform.result;
      assertEquals(told, truncated, `remuxStream, ${part}`);
      const [first, ...others] = Object.entries(results);
      assertEquals(first[1][0], truncated, `${first[0]}, ${part}`);
      assert(first[1][1].length > 2, `${first[1][1].length} packets`);
      for (const [form, result] of others) assertEquals(result, first[1], `${form}, ${part}`);
    }
  });
}

test("no whole file is taken for a truncated one", () => {
  for (const { name } of generated()) {
    const { truncated } = remuxSync(fixture(name), new MemorySink(), { format: "matroska" });
    assertEquals(truncated, false, name);
  }
});

test("a part of the streams, and a cut, is no truncation", () => {
  const bytes = madeBy([
    ...["-f", "lavfi", "-i", "testsrc=duration=3:size=160x120:rate=25", ...sound],
    ...["-c:v", "mpeg4", "-c:a", "aac"],
  ], "uneven.mkv");
  const told = (options: Parameters<typeof remuxSync>[2]) =>
    remuxSync(bytes, new MemorySink(), { format: "matroska", ...options }).truncated;
  assertEquals(told({}), false);
  assertEquals(told({ streams: ["v"] }), false);
  assertEquals(told({ end: 1 }), false);
  assertEquals(told({ start: 1, end: 2 }), false);
});
