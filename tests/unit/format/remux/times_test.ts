/**
 * Clocks that begin late, wrap around or jump: each form of a remux makes of them what
 * `ffmpeg -c copy` makes.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AVError,
  Channel,
  DemuxerSync,
  directory,
  type Fragment,
  fragments,
  MemorySink,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
  type RemuxSyncOptions,
} from "../../../../mod.ts";
import { main } from "../../../../lib/cli/main.ts";
import { clockFolder, clockNames, clocks } from "../../../support/clocks.ts";
import { ffmpegCopy, lines, otherFfmpeg } from "../../../support/copy.ts";
import { madeBy, scratch } from "../../../support/made.ts";
import { ffmpeg } from "../../../support/sets.ts";
import { fails } from "../../../support/thrown.ts";

const folder = clockFolder();
const at = (name: string) => join(folder, name);
const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));
const names = clockNames();

/** The tool's packets. */
function theirs(
  name: string,
  format: string,
  options: Record<string, string> = {},
  extra: string[] = [],
): readonly string[] {
  const copied = ffmpegCopy(at(name), format, options, { extra });
  assert(copied.lines !== null, copied.said);
  return copied.lines;
}

/** Without durations, which are not known where a fragment ends. */
const untimed = (all: readonly string[]) =>
  all.map((line) => line.split(" ").filter((_, i) => i !== 3).join(" "));

/** Seconds from the first to the end of the last packet. */
function lengthOf(bytes: Uint8Array): number {
  using input = DemuxerSync.open(bytes);
  let first = Infinity;
  let last = -Infinity;
  for (const { ptsTime, durationTime } of input) {
    first = Math.min(first, ptsTime ?? Infinity);
    last = Math.max(last, (ptsTime ?? -Infinity) + (durationTime ?? 0));
  }
  return last - first;
}

function copied(name: string, options: RemuxSyncOptions): Uint8Array {
  const sink = new MemorySink();
  remuxSync(bytesOf(name), sink, options);
  return sink.take();
}

for (const name of names) {
  const ogg = name.endsWith(".ogg");
  const formats = ogg ? ["matroska", "ogg", "mp4"] : ["mp4", "matroska", "mpegts"];

  test(`${name} is as long as the media, and begins at 0`, () => {
    for (const format of formats) {
      const bytes = copied(name, { format });
      // libavformat stamps the first page of a second Opus link a second early.
      const slack = name === "opus.ogg" ? 1 : 0.15;
      assert(Math.abs(lengthOf(bytes) - clocks[name]) < slack, `${format}: ${lengthOf(bytes)} s`);
      assert((probeSync(bytes).format.startTime ?? 0) < 0.1, `${format}: begins late`);
    }
  });

  test(`${name} from bytes, a path, a Blob and a stream is the tool's copy`, {
    skip: otherFfmpeg(),
  }, async () => {
    for (const format of formats) {
      const expected = theirs(name, format);
      assertEquals(lines(copied(name, { format })), expected, `remuxSync, ${format}`);
      const inputs = {
        path: () => at(name),
        Blob: () => new Blob([bytesOf(name)]),
        stream: () => new Blob([bytesOf(name)]).stream(),
      };
      for (const [kind, input] of Object.entries(inputs)) {
        const sink = new MemorySink();
        await remux(input(), sink, { format });
        assertEquals(lines(sink.take()), expected, `remux of a ${kind}, ${format}`);
      }
    }
  });

  test(`${name} through remuxStream and fragments is the tool's copy`, async () => {
    const movflags = "frag_keyframe+empty_moov+default_base_moof";
    const filter = ogg ? [] : ["-bsf:a", "aac_adtstoasc"];
    const options: Record<string, string> = ogg
      ? { movflags, frag_duration: "1000000" }
      : { movflags };
    const expected = untimed(theirs(name, "mp4", options, filter));
    const body = new Blob([bytesOf(name)]).stream().pipeThrough(remuxStream({ format: "mp4" }));
    const whole = new Uint8Array(await new Response(body).arrayBuffer());
    if (!ogg) assertEquals(untimed(lines(whole)), expected, "remuxStream");
    const all: Fragment[] = [];
    for await (const one of fragments(at(name), { format: "mp4" })) all.push(one);
    const joined = await new Blob(all.map(({ data }) => data.slice())).arrayBuffer();
    assertEquals(untimed(lines(new Uint8Array(joined))), expected, "fragments");
    const times = all.filter(({ kind }) => kind === "fragment").map(({ time }) => time!);
    const steps = times.slice(1).map((time, i) => time - times[i]);
    assert(steps.every((step) => step > 0.2 && step < 1.2), steps.join());
  });

  test(`${name} becomes the HLS and the DASH that the tool makes`, async () => {
    if (ogg) return;
    for (
      const [format, main, options] of [
        ["hls", "x.m3u8", { hls_time: "2", hls_list_size: "0" }],
        ["hls", "x.m3u8", { hls_time: "2", hls_list_size: "0", hls_segment_type: "fmp4" }],
        ["dash", "x.mpd", { seg_duration: "2", use_timeline: "1" }],
      ] as const
    ) {
      const own = new Map<string, Uint8Array>();
      const open = directory(own);
      // The tool does not rewrite ADTS for fragments by itself.
      const pictures = format === "dash" || "hls_segment_type" in options;
      const streams = pictures ? { streams: ["v"] as const } : {};
      await remux(at(name), undefined, { name: main, open, options, ...streams });
      using made = scratch();
      const words = Object.entries(options).flatMap(([key, value]) => [`-${key}`, value]);
      // Nor does it give an mpegts' pictures a tag of mp4 there.
      const tag = format === "dash" ? ["-tag:v", "mp4v"] : [];
      const copy = ["-i", at(name), "-map", pictures ? "0:v" : "0", "-c", "copy", ...tag];
      ffmpeg([...copy, "-muxdelay", "0", "-muxpreload", "0", ...words, main], made.path);
      const times = (text: string) =>
        text.match(/#EXTINF:[\d.]+|<S .*?\/>|mediaPresentationDuration="[^"]*"/g) ?? [];
      const [mine, other] = [own.get(main)!, readFileSync(join(made.path, main))].map((text) =>
        times(new TextDecoder().decode(text))
      );
      assert(mine.length > 2, `${format}: ${mine}`);
      assertEquals(mine, other, `${format} ${JSON.stringify(options)}`);
    }
  });

  test(`avio remux of ${name} is the tool's copy`, { skip: otherFfmpeg() }, async () => {
    using made = scratch();
    mkdirSync(made.path, { recursive: true });
    const out = join(made.path, "out.mkv");
    const exit = await main(["remux", at(name), out]);
    assertEquals([exit, lines(new Uint8Array(readFileSync(out)))], [0, theirs(name, "matroska")]);
  });
}

test(
  "HLS with a discontinuity is as long as its parts together",
  { skip: otherFfmpeg() },
  async () => {
    const expected = theirs("list.m3u8", "matroska");
    const open = directory(folder);
    const sink = new MemorySink();
    remuxSync(undefined, sink, { format: "matroska", open, input: { name: "list.m3u8" } });
    const bytes = sink.take();
    assert(Math.abs(lengthOf(bytes) - 20) < 0.1, `${lengthOf(bytes)} s`);
    assertEquals(lines(bytes), expected);
    const other = new MemorySink();
    await remux(undefined, other, { format: "matroska", open, input: { name: "list.m3u8" } });
    assertEquals(lines(other.take()), expected);
  },
);

test("fragments of a broadcast that restarts leave as they come", async () => {
  const part = madeBy([
    ...["-f", "lavfi", "-i", "testsrc=duration=60:size=64x64:rate=25"],
    ...["-f", "lavfi", "-i", "sine=duration=60"],
    ...["-c:v", "mpeg2video", "-g", "25", "-c:a", "mp2", "-ar", "16000"],
  ], "minute.ts");
  const channel = new Channel();
  const got: Fragment[] = [];
  const running = (async () => {
    for await (const one of fragments(channel, { format: "mp4" })) {
      if (one.kind === "fragment") got.push(one);
    }
  })();
  // The broadcast goes on after its restart: nothing ends it.
  for (let i = 0; i < 2; i++) {
    for (let from = 0; from < part.length; from += 18_800) {
      channel.send(part.slice(from, from + 18_800));
      await channel.ready;
    }
  }
  for (let i = 0; i < 200 && got.length < 114; i++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert(got.length >= 114, `${got.length} of 120 seconds left`);
  const times = got.map(({ time }) => time!);
  const steps = times.slice(1).map((time, i) => time - times[i]);
  assert(
    steps.every((step) => step > 0.8 && step < 1.4),
    `${Math.min(...steps)} ${Math.max(...steps)}`,
  );
  channel.end();
  await running;
});

test('timestamps: "keep" leaves the clock as it is, as the tool does with -copyts', {
  skip: otherFfmpeg(),
}, () => {
  for (const name of ["late.ts", "twice.ts", "jump.ts"]) {
    const copied_ = ffmpegCopy(at(name), "matroska", {}, { before: ["-copyts"] });
    const own = copied(name, { format: "matroska", timestamps: "keep" });
    assertEquals(lines(own), copied_.lines, name);
  }
  const late = probeSync(copied("late.ts", { format: "mpegts", timestamps: "keep" }));
  assert(Math.abs(late.format.startTime! - 53_127) < 1, `${late.format.startTime}`);
});

test('timestamps: "keep" with discontinuity: "join" goes on evenly from where the clock began', () => {
  const options = { format: "mpegts", timestamps: "keep", discontinuity: "join" } as const;
  const bytes = copied("jump.ts", options);
  assert(Math.abs(lengthOf(bytes) - 20) < 0.15, `${lengthOf(bytes)} s`);
});

test('discontinuity: "keep" copies a jump, "error" tells where it is', async () => {
  const kept = copied("jump.ts", { format: "mpegts", discontinuity: "keep" });
  assert(lengthOf(kept) > 35_000, `${lengthOf(kept)} s`);
  for (const name of ["jump.ts", "twice.ts", "stray.ts"]) {
    const error = await fails(() => copied(name, { format: "mp4", discontinuity: "error" }));
    assert(error instanceof AVError && error.codeName === "AVERROR_INVALIDDATA", String(error));
    assert(/stream [01] jumps from [\d.]+ to -?[\d.]+ seconds/.test(error.message), error.message);
    const other = await fails(() =>
      remux(at(name), new MemorySink(), { format: "mp4", discontinuity: "error" })
    );
    assertEquals(String(other), String(error));
  }
  // A wrap is none.
  copied("wrap.ts", { format: "mp4", discontinuity: "error" });
});

test("words that are no choice are refused before anything is read", async () => {
  const read = () => {
    throw new Error("it was read");
  };
  for (const options of [{ timestamps: "none" }, { discontinuity: "x" }, { unsupported: 1 }]) {
    const error = await fails(() =>
      remuxSync({ read }, new MemorySink(), { format: "mp4", ...options } as RemuxSyncOptions)
    );
    assert(error instanceof TypeError && /it can be "/.test(error.message), String(error));
  }
});

test("video begins with its first keyframe, as in the tool's copy", { skip: otherFfmpeg() }, () => {
  // Half of a file: it begins in the middle of a group of pictures.
  const bytes = bytesOf("late.ts");
  const half = bytes.subarray(Math.floor(bytes.length / 2 / 188) * 188);
  using made = scratch();
  const path = join(made.path, "half.ts");
  mkdirSync(made.path, { recursive: true });
  process.getBuiltinModule("node:fs").writeFileSync(path, half);
  const sink = new MemorySink();
  remuxSync(path, sink, { format: "mp4" });
  const own = lines(sink.take());
  assertEquals(own, ffmpegCopy(path, "mp4", {}).lines);
  assert(own.find((line) => line.startsWith("0 "))!.includes(" K"), own[0]);
});
