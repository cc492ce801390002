/** The streams of a remux: by default, by name, by function, and those that a format refuses. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AVError,
  type Fragment,
  fragments,
  MemorySink,
  probeSync,
  remux,
  type RemuxOptions,
  type RemuxResult,
  remuxStream,
  remuxSync,
} from "../../../../mod.ts";
import { madeBy, scratch } from "../../../support/made.ts";
import { fails } from "../../../support/thrown.ts";

const picture = ["-f", "lavfi", "-i", "testsrc=duration=2:size=160x120:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=duration=2"];
const still = ["-f", "lavfi", "-i", "testsrc=duration=0.04:size=64x64:rate=25"];
const subtitles =
  "1\n00:00:00,100 --> 00:00:01,000\nHello\n\n2\n00:00:01,200 --> 00:00:01,900\nBye\n";

/** A film as fans make it: h264, aac, ass, a font, and a cover. */
function fansub(): Uint8Array<ArrayBuffer> {
  using folder = scratch();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at("s.srt"), subtitles);
  writeFileSync(at("f.ttf"), new Uint8Array(2000));
  writeFileSync(at("c.jpg"), madeBy([...still, "-frames:v", "1"], "c.jpg"));
  return madeBy([
    ...[...picture, ...sound, "-i", at("s.srt")],
    ...["-map", "0", "-map", "1", "-map", "2", "-c:v", "mpeg4", "-g", "10", "-c:a", "aac"],
    ...["-c:s", "ass", "-attach", at("f.ttf")],
    ...["-metadata:s:3", "mimetype=application/x-truetype-font", "-attach", at("c.jpg")],
    ...["-metadata:s:4", "mimetype=image/jpeg", "-metadata:s:4", "filename=cover.jpg"],
  ], "fan.mkv");
}

/** A song with a cover, as music shops sell it. */
function song(name = "song.m4a"): Uint8Array<ArrayBuffer> {
  const cover = ["-c:v", "mjpeg", "-disposition:v", "attached_pic"];
  const codec = /mp3|flac/.test(name) ? [] : ["-c:a", "aac"];
  return madeBy([...sound, ...still, "-map", "0", "-map", "1", ...codec, ...cover], name);
}

const film = fansub();
const types = (bytes: Uint8Array) => probeSync(bytes).streams.map(({ codec }) => codec.name);

/** The same remux through every function. */
const ways: Record<
  string,
  (bytes: Uint8Array, options: RemuxOptions & { format: string }) => Promise<
    { bytes: Uint8Array; result: RemuxResult }
  >
> = {
  // deno-lint-ignore require-await
  remuxSync: async (bytes, options) => {
    const sink = new MemorySink();
    const result = remuxSync(bytes, sink, options as Parameters<typeof remuxSync>[2]);
    return { bytes: sink.take(), result };
  },
  remux: async (bytes, options) => {
    const sink = new MemorySink();
    const result = await remux(new Blob([bytes.slice()]), sink, options);
    return { bytes: sink.take(), result };
  },
};

for (const [way, run] of Object.entries(ways)) {
  test(`${way}: every stream that mp4 holds is copied, and the others are reported`, async () => {
    const { bytes, result } = await run(film, { format: "mp4" });
    assertEquals(types(bytes), ["mpeg4", "aac", "mjpeg"]);
    assertEquals(
      result.dropped.map(({ index, type, codec }) => [index, type, codec]),
      [[2, "subtitle", "ass"], [3, "attachment", "ttf"]],
    );
    for (const { reason } of result.dropped) assert(/does not take|has no/.test(reason), reason);
    assertEquals(result.streams.map(({ input, output }) => [input, output]), [[0, 0], [1, 1], [
      4,
      2,
    ]]);
    assertEquals(result.size, bytes.length);
    assertEquals(result.truncated, false);
  });

  test(`${way}: Matroska keeps subtitles, fonts and the cover`, async () => {
    const { bytes, result } = await run(film, { format: "matroska" });
    assertEquals(types(bytes).sort(), ["aac", "ass", "mjpeg", "mpeg4", "ttf"]);
    assertEquals(result.dropped, []);
  });

  test(`${way}: fragmented mp4 has no cover`, async () => {
    const options = { movflags: "frag_keyframe+empty_moov" };
    const { bytes, result } = await run(film, { format: "mp4", options });
    assertEquals(types(bytes), ["mpeg4", "aac"]);
    assertEquals(result.dropped.map(({ index }) => index), [2, 3, 4]);
    // Named, it is copied.
    const named = await run(song(), { format: "mp4", streams: ["a", "v"], options });
    assertEquals([types(named.bytes).length, named.result.dropped], [2, []]);
  });

  test(`${way}: streams are named by index, by letter and by function, in their order`, async () => {
    const codecs = async (streams: RemuxOptions["streams"]) =>
      types((await run(film, { format: "matroska", streams })).bytes);
    assertEquals(await codecs(["a", "v:0"]), ["aac", "mpeg4"]);
    assertEquals(await codecs(["V", "s"]), ["mpeg4", "ass"]);
    assertEquals(await codecs([2, "a:0", 2]), ["ass", "aac"]);
    assertEquals(await codecs(["v"]), ["mpeg4", "mjpeg"]);
    assertEquals(await codecs(["v:0", "t"]), ["mpeg4", "ttf"]);
    assertEquals(await codecs(({ type }) => type === "audio" || type === "subtitle"), [
      "aac",
      "ass",
    ]);
    const seen: number[] = [];
    await codecs((stream) => seen.push(stream.index) > 0 && stream.isCoverArt);
    assertEquals(seen, [0, 1, 2, 3, 4]);
  });

  test(`${way}: a named stream that the format refuses is an error, unless it may be dropped`, async () => {
    const error = await fails(() => run(film, { format: "mp4", streams: ["v:0", "s"] }));
    assert(error instanceof AVError && error.operation === "avformat_write_header", String(error));
    assert(/ass/.test(error.message), error.message);
    const { result } = await run(film, {
      format: "mp4",
      streams: ["v:0", "s"],
      unsupported: "drop",
    });
    assertEquals(result.dropped.map(({ index, codec }) => [index, codec]), [[2, "ass"]]);
    const strict = await fails(() => run(film, { format: "mp4", unsupported: "error" }));
    assert(strict instanceof AVError, String(strict));
  });

  test(`${way}: by default the error is that of each stream the format cannot hold, if asked for`, async () => {
    const strict = await fails(() => run(film, { format: "adts", unsupported: "error" }));
    assert(strict instanceof AVError && /\(mpeg4\): adts has no video/.test(strict.message));
    const { result } = await run(film, { format: "adts" });
    assertEquals(result.dropped.find(({ index }) => index === 0)?.codec, "mpeg4");
  });

  test(`${way}: by default the streams are those that "input.streams" names`, async () => {
    const { bytes, result } = await run(film, { format: "matroska", input: { streams: [1, 2] } });
    assertEquals(types(bytes), ["aac", "ass"]);
    const why = '"input.streams" does not name it';
    assertEquals(result.dropped.map(({ index, reason }) => [index, reason]), [
      [0, why],
      [3, why],
      [4, why],
    ]);
  });

  test(`${way}: what is no selection is refused, with the words that would be one`, async () => {
    const refused = async (streams: unknown) =>
      await fails(() => run(film, { format: "mp4", streams: streams as [] }));
    assert(/"x" is no stream specifier: give v, V, a/.test(String(await refused(["x"]))));
    assert(
      /no stream a:1; there is stream 0 \(video\), stream 1 \(audio\)/.test(
        String(await refused(["a:1"])),
      ),
    );
    assert(await refused([-1]) instanceof RangeError);
    assert(await refused([9]) instanceof RangeError);
    assert(await refused("v") instanceof TypeError);
    assert(await refused([{}]) instanceof TypeError);
    const own = new Error("own");
    assertEquals(
      await refused(() => {
        throw own;
      }),
      own,
    );
    assert(/no stream is left/.test(String(await refused(() => false))));
  });

  test(`${way}: an mp4 with a timecode and chapters passes twice and gains no stream`, async () => {
    using folder = scratch();
    const path = join(folder.path, "chapters.txt");
    writeFileSync(
      path,
      ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n" +
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n",
    );
    const words = [...picture, ...sound, "-i", path, "-map_metadata", "2", "-c:v", "mpeg4"];
    const made = madeBy([...words, "-timecode", "01:00:00:00"], "phone.mov");
    assert(types(made).includes("bin_data") || probeSync(made).streams.length > 2);
    let bytes: Uint8Array = made;
    for (let i = 0; i < 2; i++) {
      const { bytes: next, result } = await run(bytes, { format: "mp4" });
      const kinds = probeSync(next).streams.map(({ type }) => type);
      // The muxer writes one track for the chapters, and one for the timecode's tag.
      assertEquals(kinds.filter((type) => type !== "data"), ["video", "audio"]);
      assert(kinds.length <= 4, kinds.join());
      assert(result.dropped.every(({ type }) => type === "data"));
      assertEquals(probeSync(next).chapters.map(({ metadata }) => metadata.title), ["One", "Two"]);
      bytes = next;
    }
  });
}

test("a format of one stream takes the first that it can, and says so of the others", () => {
  const two = madeBy([...sound, ...sound, "-map", "0", "-map", "1", "-c:a", "pcm_s16le"], "t.mkv");
  const sink = new MemorySink();
  const { streams, dropped } = remuxSync(two, sink, { format: "wav" });
  assertEquals(streams, [{ input: 0, output: 0 }]);
  assertEquals(dropped.map(({ index, type }) => [index, type]), [[1, "audio"]]);
});

test("a song keeps its cover in mp3, flac and m4a, and has no video where none is played", () => {
  const covered = (name: string, format: string) => {
    const sink = new MemorySink();
    const { dropped } = remuxSync(song(name), sink, { format });
    const streams = probeSync(sink.take()).streams;
    return [streams.some(({ isCoverArt }) => isCoverArt), dropped.length];
  };
  assertEquals(covered("s.mp3", "mp3"), [true, 0]);
  assertEquals(covered("s.m4a", "ipod"), [true, 0]);
  assertEquals(covered("s.flac", "flac"), [true, 0]);
  assertEquals(covered("s.mp3", "mpegts"), [false, 1]);
  assertEquals(covered("s.m4a", "adts"), [false, 1]);
});

test("a cover is written to a picture's file, and to nothing else", async () => {
  using folder = scratch();
  mkdirSync(folder.path, { recursive: true });
  const at = (name: string) => join(folder.path, name);
  const expected = madeBy([...still, "-c:v", "mjpeg", "-frames:v", "1"], "c.jpg");
  for (const [name, bytes] of [["a", song()], ["b", song("s.mp3")], ["c", film]] as const) {
    const { dropped, packets } = remuxSync(bytes, at(`${name}.jpg`));
    assertEquals(packets, 1);
    assert(dropped.length >= 1, name);
    const own = new Uint8Array(readFileSync(at(`${name}.jpg`)));
    assertEquals([own[0], own[1], own.at(-2), own.at(-1)], [0xff, 0xd8, 0xff, 0xd9]);
    if (name !== "c") assertEquals(own.length, expected.length);
    await remux(new Blob([bytes.slice()]), at(`${name}2.jpg`), {
      streams: [({ c: 4 } as Record<string, number>)[name] ?? 1],
    });
    assertEquals(new Uint8Array(readFileSync(at(`${name}2.jpg`))), own);
  }
  const sink = new MemorySink();
  remuxSync(song(), sink, { name: "cover.jpg" });
  assertEquals(sink.take().length, expected.length);
  // No picture, one of another kind, and a film.
  const moving = madeBy([...picture, "-c:v", "mpeg4"], "m.mp4");
  for (const [bytes, name] of [[song(), "x.png"], [moving, "x.jpg"]] as const) {
    const error = await fails(() => remuxSync(bytes, at(name)));
    assert(/no stream is left to copy/.test(String(error)), String(error));
    assert(/picture in (png|mjpeg), and this is/.test(String(error)), String(error));
  }
  const many = madeBy([...picture, "-c:v", "mjpeg"], "m.avi");
  assert(await fails(() => remuxSync(many, at("many.jpg"))) instanceof AVError);
});

test("fragments of a song with a cover are keyframes, and hold no picture", async () => {
  const all: Fragment[] = [];
  for await (const fragment of fragments(song(), { format: "mp4" })) all.push(fragment);
  const media = all.filter(({ kind }) => kind === "fragment");
  assert(media.length > 1 && media.every(({ keyframe }) => keyframe), `${media.length}`);
  const joined = new Uint8Array(await new Blob(all.map(({ data }) => data.slice())).arrayBuffer());
  assertEquals(types(joined), ["aac"]);
});

test("remuxStream writes an mkv with subtitles, a font and a cover as mp4, and tells what", async () => {
  const transform = remuxStream({ format: "mp4" });
  const body = new Blob([film]).stream().pipeThrough(transform);
  const { mimeType, streams } = await transform.ready;
  assert(/^video\/mp4; codecs="mp4v\.20[^"]*,mp4a\.40\.2"$/.test(mimeType), mimeType);
  assertEquals(streams.map(({ index, codec }) => [index, codec.name]), [[0, "mpeg4"], [1, "aac"]]);
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  assertEquals(types(bytes), ["mpeg4", "aac"]);
  const { dropped } = await transform.result;
  assertEquals(dropped.map(({ index }) => index), [2, 3, 4]);
});

test("remuxStream rejects ready before a byte is read where nothing can be written", async () => {
  for (
    const [bytes, options] of [
      [film, { format: "webm" }],
      [new Uint8Array(2000).fill(7), { format: "mp4" }],
      [film, { format: "mp4", streams: ["s"] as const }],
    ] as const
  ) {
    const transform = remuxStream(options);
    const reading = new Blob([bytes.slice()]).stream().pipeThrough(transform).getReader();
    const error = await fails(() => transform.ready);
    assert(error instanceof AVError, String(error));
    assertEquals(await fails(() => transform.result), error);
    assertEquals(await fails(() => reading.read()), error);
  }
});

test("a stream without parameters is dropped, and the others are copied", () => {
  // The sound begins after everything that detection may read.
  const late = madeBy([
    ...["-f", "lavfi", "-i", "testsrc=duration=8:size=320x240:rate=25"],
    ...["-itsoffset", "6", "-f", "lavfi", "-i", "sine=duration=2"],
    ...["-c:v", "mpeg2video", "-b:v", "2M", "-c:a", "mp2", "-muxdelay", "0"],
  ], "late.ts");
  const input = { probeSize: 60_000, analyzeDuration: 0.5 };
  assertEquals(probeSync(late, input).streams.find(({ type }) => type === "audio")?.index, 1);
  const sink = new MemorySink();
  const { dropped } = remuxSync(late, sink, { format: "mp4", input });
  assertEquals(dropped.map(({ index, type }) => [index, type]), [[1, "audio"]]);
  assert(/parameters were not found/.test(dropped[0].reason), dropped[0].reason);
  assertEquals(types(sink.take()), ["mpeg2video"]);
});
