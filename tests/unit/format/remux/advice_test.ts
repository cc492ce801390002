/** Wrong words are answered with the right ones. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  MemorySink,
  MuxerSync,
  probe,
  probeSync,
  remux,
  remuxSync,
} from "../../../../mod.ts";
import { strictAdvice } from "../../../../lib/format/mux/advice.ts";
import { fixture } from "../../../support/async_sources.ts";
import { scratch } from "../../../support/made.ts";
import { fails } from "../../../support/thrown.ts";

const mp4 = fixture("progressive.mp4");

test("a format that is an extension, or nearly a name, is answered with the name", async () => {
  const said = async (format: string) => [
    String(await fails(() => remuxSync(mp4, new MemorySink(), { format }))),
    String(await fails(() => remux(mp4, new MemorySink(), { format }))),
    String(await fails(() => MuxerSync.create(new MemorySink(), { format }))),
  ];
  for (const words of await said("mkv")) assert(words.includes('did you mean "matroska"?'), words);
  for (const words of await said("matrosca")) {
    assert(words.includes('did you mean "matroska"?'), words);
  }
  for (const words of await said("qqqqqqqq")) assert(!words.includes("did you mean"), words);
  const demuxer = await fails(() => DemuxerSync.open(mp4, { format: "mkv" }));
  assert(String(demuxer).includes('did you mean "matroska"?'), String(demuxer));
});

test("a string that is a URL is answered with new URL()", async () => {
  for (const run of [probe, probeSync]) {
    const error = await fails(() => run("https://example.com/a.mp4"));
    assert(error instanceof TypeError, String(error));
    assert(error.message.includes('give new URL("https://example.com/a.mp4")'), error.message);
    assertEquals((error.cause as { code: string }).code, "ENOENT");
  }
});

test("a directory is an error that names it", async () => {
  using folder = scratch();
  for (const run of [probe, probeSync]) {
    const error = await fails(() => run(folder.path)) as Error & { code: string; path: string };
    assert(error.message.includes(folder.path), error.message);
    assertEquals([error.code, error.path], ["EISDIR", folder.path]);
  }
});

test("file: URLs are taken wherever a path is", async () => {
  using folder = scratch();
  mkdirSync(folder.path, { recursive: true });
  const url = (name: string) => pathToFileURL(join(folder.path, name));
  remuxSync(mp4, url("a b.mkv"));
  await remux(url("a b.mkv"), url("c.mkv"));
  remuxSync(url("c.mkv"), url("d.mp4"));
  assertEquals(probeSync(url("d.mp4")).streams.length, 2);
  assertEquals((await probe(url("d.mp4"))).streams.length, 2);
  using output = MuxerSync.create(url("e.wav"));
  output.addStream({ type: "audio", codec: "pcm_s16le", sampleRate: 8000, channels: 1 });
  output.finish();
  assert(readFileSync(join(folder.path, "e.wav")).length > 40);
  const same = await fails(() => remuxSync(url("d.mp4"), join(folder.path, "d.mp4")));
  assert(/is the input itself/.test(String(same)), String(same));
  for (
    const job of [
      () => probeSync(new URL("https://example.com/")),
      () => remuxSync(mp4, new URL("https://example.com/a.mkv")),
    ]
  ) {
    assert(/take file: URLs alone/.test(String(await fails(job))));
  }
});

test("the muxers' advice for a command line becomes an option", () => {
  const lines = [
    ["truehd in MP4 support is experimental, add '-strict -2' if you want to use it."],
    [
      "Codec x is not supported in the official FLV specification,",
      "use vstrict=-1 / -strict -1 to use it anyway.",
    ],
  ];
  assertEquals(lines.map(strictAdvice), [
    "truehd in MP4 support is experimental: allow it with options: { strict: -2 }",
    "Codec x is not supported in the official FLV specification, allow it with options: { strict: -1 }",
  ]);
  assertEquals(strictAdvice(["another line"]), undefined);
  const error = (() => {
    try {
      using output = MuxerSync.create(new MemorySink(), { format: "mp4" });
      output.addStream({ type: "audio", codec: "truehd", sampleRate: 48000, channels: 2 });
      output.writeHeader();
    } catch (error) {
      return error;
    }
  })();
  assert(error instanceof AVError, String(error));
  assert(error.message.includes("options: { strict: -2 }"), error.message);
});

test("tags of the input's container stay out of the output, and null removes one", () => {
  const tags = (format: string, metadata: Record<string, string | null> = {}) => {
    const sink = new MemorySink();
    remuxSync(mp4, sink, { format, metadata, streams: ["a"] });
    return probeSync(sink.take()).format.metadata;
  };
  const plain = tags("matroska");
  assertEquals(Object.keys(plain).filter((name) => /brand|minor/i.test(name)), []);
  assertEquals(plain.title, "A fixture: äöü");
  assertEquals(plain.ARTIST, "ffmpeg");
  const edited = tags("matroska", { title: null, Artist: "me", mood: "good" });
  assertEquals([edited.title, edited.ARTIST, edited.MOOD], [undefined, "me", "good"]);
});
