/** Packaging: what formats ask of codecs is done, and what a program asks besides. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  directory,
  fragments,
  libraryInfo,
  MemorySink,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
} from "../../../../mod.ts";
import { madeBy, scratch } from "../../../support/made.ts";

const major = Number(libraryInfo().versions.avformat[0]);
const picture = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=160x96:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=duration=4:sample_rate=48000"];
const h264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "2"];
const hevc = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"];

/** Frames of a file that the ffmpeg tool decodes without a complaint. */
function decoded(path: string, kind: "v" | "a"): number {
  const words = ["-xerror", "-err_detect", "explode", "-i", path, "-map", `0:${kind}`];
  const text = new TextDecoder().decode(madeBy([...words, "-f", "framemd5"], "decoded.txt"));
  return text.split("\n").filter((line) => line && !line.startsWith("#")).length;
}

async function joined(pieces: AsyncIterable<{ data: Uint8Array }>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const { data } of pieces) all.push(data);
  return new Uint8Array(await new Blob(all as BlobPart[]).arrayBuffer());
}

for (const codec of ["ac3", "eac3"]) {
  for (const name of ["a.ts", "a.mkv", "a.mp4"]) {
    test(`${codec} of ${name} goes into fragments of mp4, with its pictures`, async () => {
      using folder = scratch();
      const first = name.endsWith("mp4") ? ["-movflags", "faststart"] : [];
      const bytes = madeBy([...picture, ...sound, ...h264, "-c:a", codec, ...first], name);
      const path = join(folder.path, "fragments.mp4");
      const pieces = fragments(bytes, { format: "mp4" });
      const kinds: string[] = [];
      const counted = (async function* () {
        for await (const piece of pieces) {
          kinds.push(piece.kind);
          yield piece;
        }
      })();
      writeFileSync(path, await joined(counted));
      assertEquals(kinds[0], "init");
      assertEquals(kinds.filter((kind) => kind === "fragment").length, 4);
      const { streams } = probeSync(path);
      assertEquals(streams.map(({ codec }) => codec.name).sort(), [codec, "h264"].sort());
      assertEquals(decoded(path, "v"), 100);
      assert(decoded(path, "a") >= 120);
      const stream = new Blob([bytes]).stream().pipeThrough(remuxStream({ format: "mp4" }));
      const streamed = join(folder.path, "streamed.mp4");
      writeFileSync(streamed, new Uint8Array(await new Response(stream).arrayBuffer()));
      assertEquals(decoded(streamed, "v"), 100);
    });
  }
}

const packages: Record<string, { main: string; options: Record<string, string> }> = {
  "HLS with fragmented mp4": {
    main: "main.m3u8",
    options: { hls_segment_type: "fmp4", hls_time: "1", hls_playlist_type: "vod" },
  },
  "DASH": { main: "main.mpd", options: { seg_duration: "1" } },
};

for (const [name, { main, options }] of Object.entries(packages)) {
  for (const [coding, words] of Object.entries({ h264, hevc })) {
    test(`ADTS and mpegts' tags go into ${name}: ${coding} and AAC`, async () => {
      const bytes = madeBy([...picture, ...sound, ...words, "-c:a", "aac"], "a.ts");
      for (const run of [remuxSync, remux]) {
        using folder = scratch();
        const format = main.endsWith("mpd") ? "dash" : "hls";
        const result = await run(bytes, undefined, {
          format,
          name: main,
          options,
          open: directory(folder.path),
        });
        assertEquals([result.streams.length, result.dropped], [2, []]);
        const path = join(folder.path, main);
        assertEquals(decoded(path, "v"), 100);
        assert(decoded(path, "a") > 180, name);
      }
    });
  }
}

test("Bitstream filters named by a program rewrite the packets of their stream", async () => {
  const bytes = madeBy([...picture, ...sound, ...h264, "-c:a", "aac"], "a.mp4");
  for (const format of ["mp4", "matroska", "mpegts"]) {
    const options = { format, bitstreamFilters: { "v": "h264_metadata=level=5.2" } };
    const [one, other] = [new MemorySink(), new MemorySink()];
    remuxSync(bytes, one, options);
    await remux(bytes, other, options);
    for (const sink of [one, other]) {
      const [stream] = probeSync(sink.take()).streams;
      assertEquals(stream.codec.level, 52, format);
    }
  }
  const several = { "0": "h264_metadata=level=4.2,dump_extra", "a:0": "null" };
  const sink = new MemorySink();
  remuxSync(bytes, sink, { format: "mp4", bitstreamFilters: several });
  assertEquals(probeSync(sink.take()).streams[0].codec.level, 42);
});

test("A filter that drops packets leaves the rest, and one that holds them back loses none", () => {
  const bytes = madeBy([...picture, ...sound, ...h264, "-c:a", "aac"], "a.mp4");
  const sizes = (filters: Record<string, string>) => {
    const sink = new MemorySink();
    const { packets } = remuxSync(bytes, sink, { format: "matroska", bitstreamFilters: filters });
    using input = DemuxerSync.open(sink.take());
    assert(packets > 0);
    return Array.from(input).filter(({ streamIndex }) => streamIndex === 0).length;
  };
  assertEquals(sizes({}), 100);
  // FFmpeg 4 drops at random only.
  if (major >= 59) assertEquals(sizes({ "v": "noise=drop=not(key)" }), 4);
  assertEquals(sizes({ "v": "h264_redundant_pps,null" }), 100);
});

test("A wrong filter or stream in bitstreamFilters and tag is an error that names it", () => {
  const bytes = madeBy([...picture, ...sound, ...h264, "-c:a", "aac"], "a.mp4");
  const with_ = (options: Parameters<typeof remuxSync>[2]) => () =>
    remuxSync(bytes, new MemorySink(), { format: "mp4", ...options });
  const filters = (bitstreamFilters: Record<string, string>) => with_({ bitstreamFilters });
  assertThrows(filters({ "v": "no_such" }), AVError, 'no bitstream filter "no_such"');
  assertThrows(filters({ "v": "h264_metadata=nothing=1" }), AVError, "h264_metadata=nothing=1");
  assertThrows(filters({ "a": "h264_metadata" }), AVError, "av_bsf_init");
  assertThrows(filters({ "s": "null" }), RangeError, "bitstreamFilters: there is no stream s");
  assertThrows(filters({ "x": "null" }), TypeError, 'bitstreamFilters: "x" is no stream');
  assertThrows(filters({ "v": 1 as unknown as string }), TypeError, "is no string");
  assertThrows(with_({ tag: { "v:1": "hvc1" } }), RangeError, "tag: there is no stream v:1");
  assertThrows(with_({ tag: { "v": "toolong" } }), TypeError, "four characters");
});

test("A fourcc named by a program is the output's", async () => {
  const bytes = madeBy([...picture, ...hevc], "a.ts");
  const tags: [Record<string, string> | undefined, string][] = [
    [undefined, "hev1"],
    [{ "v": "hvc1" }, "hvc1"],
    [{ "0": "hvc1" }, "hvc1"],
  ];
  for (const [tag, expected] of tags) {
    const [one, other] = [new MemorySink(), new MemorySink()];
    remuxSync(bytes, one, { format: "mp4", tag });
    await remux(bytes, other, { format: "mp4", tag });
    for (const sink of [one, other]) {
      const [{ codec }] = probeSync(sink.take()).streams;
      assertEquals(codec.tag, expected);
      assert(codec.string?.startsWith(expected), String(codec.string));
    }
  }
});

test("cenc encrypts with the keys given, and decryption_key reads it", async () => {
  const key = "76a6c65c5ea762046bd749a2e632ccbb";
  const bytes = madeBy([...picture, ...h264], "a.mp4");
  const sink = new MemorySink();
  await remux(bytes, sink, {
    format: "mp4",
    options: {
      encryption_scheme: "cenc-aes-ctr",
      encryption_key: key,
      encryption_kid: "a7e61c373e219033c21091fa607bf3b8",
    },
  });
  const encrypted = sink.take();
  const plain = (source: Uint8Array, options = {}) => {
    using input = DemuxerSync.open(source, { options });
    return Array.from(input, ({ data }) => data);
  };
  const original = plain(bytes);
  const hidden = plain(encrypted);
  assertEquals(hidden.length, original.length);
  assert(hidden.every((data, i) => data.some((byte, at) => byte !== original[i][at])));
  assertEquals(plain(encrypted, { decryption_key: key }), original);
  const opened = new MemorySink();
  remuxSync(encrypted, opened, { format: "matroska", input: { options: { decryption_key: key } } });
  assertEquals(plain(opened.take()), original);
  await assertRejects(
    () =>
      remux(encrypted, new MemorySink(), {
        format: "matroska",
        input: { options: { decryption_key: "abcd" } },
      }),
  );
});
