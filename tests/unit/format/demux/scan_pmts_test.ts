/** A transport stream is told as by ffprobe, and begins early where it may be live. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type MediaInfo, probe, probeSync, type SourceSync } from "../../../../mod.ts";
import { oneWay } from "../../../support/corpus/sources.ts";
import { madeBy, scratch } from "../../../support/made.ts";

/** Pictures and sound, and a second sound that begins two seconds late. */
function made(): Uint8Array<ArrayBuffer> {
  return madeBy([
    ...["-f", "lavfi", "-i", "testsrc=duration=6:size=64x64:rate=25"],
    ...["-f", "lavfi", "-i", "sine=duration=6"],
    ...["-itsoffset", "2", "-f", "lavfi", "-i", "sine=duration=4:frequency=800"],
    ...["-map", "0", "-map", "1", "-map", "2"],
    ...["-c:v", "mpeg2video", "-g", "25", "-bf", "2", "-c:a", "aac"],
  ], "late_sound.ts");
}

interface Told {
  readonly codec_name: string;
  readonly start_time: string;
  readonly bit_rate?: string;
  readonly avg_frame_rate: string;
  readonly r_frame_rate: string;
}

/** Bit rates, frame rates and first times as ffprobe tells them, of a file or over a pipe. */
function theirs(input: string | Uint8Array): string[][] {
  const entries = "stream=codec_name,start_time,bit_rate,avg_frame_rate,r_frame_rate";
  const words = ["-v", "error", "-show_entries", entries, "-of", "json"];
  const path = typeof input === "string";
  const done = spawnSync("ffprobe", [...words, path ? input : "-"], {
    input: path ? undefined : input,
    encoding: "utf8",
  });
  if (done.error) throw done.error;
  const { streams } = JSON.parse(done.stdout) as { streams: Told[] };
  return streams.map((one) => [
    one.codec_name,
    Number(one.start_time).toFixed(6),
    one.bit_rate ?? "null",
    one.avg_frame_rate,
    one.r_frame_rate,
  ]);
}

function own({ streams }: MediaInfo): string[][] {
  return streams.map((stream) => {
    const { averageFrameRate: average, frameRate: rate } = stream.type === "video"
      ? stream
      : { averageFrameRate: null, frameRate: null };
    return [
      stream.codec.name,
      (stream.startTime ?? NaN).toFixed(6),
      String(stream.bitRate),
      average ? `${average.num}/${average.den}` : "0/0",
      rate ? `${rate.num}/${rate.den}` : "0/0",
    ];
  });
}

test("bit rates, frame rates and first times of a transport stream are ffprobe's", async () => {
  using folder = scratch();
  const path = join(folder.path, "late.ts");
  const bytes = made();
  writeFileSync(path, bytes);
  const expected = theirs(path);
  assertEquals(expected.length, 3);
  assertEquals(own(probeSync(bytes)), expected);
  assertEquals(own(probeSync(path)), expected);
  assertEquals(own(await probe(path)), expected);
  assertEquals(own(await probe(new Blob([bytes]))), expected);
});

test("a source that only goes forward and tells its size is read as the tool reads a pipe", async () => {
  const bytes = made();
  const expected = theirs(bytes);
  const sized = (): SourceSync => ({ ...oneWay(bytes), size: bytes.length });
  assertEquals(own(probeSync(sized())), expected);
  const headers = { "content-length": String(bytes.length) };
  assertEquals(own(await probe(new Response(new Blob([bytes]), { headers }))), expected);
});

test("one that may be live begins early, unless scan_all_pmts is asked for", async () => {
  const bytes = made();
  const expected = theirs(bytes);
  const stream = () => new Blob([bytes]).stream();
  const options = { scan_all_pmts: 1 };
  assertEquals(own(probeSync(oneWay(bytes), { options })), expected);
  assertEquals(own(await probe(stream(), { options })), expected);
  // The bit rate of AAC is an average of the frames read so far.
  const early = own(probeSync(oneWay(bytes)));
  assert(String(early) !== String(expected), "the bit rate is that of the whole");
  assertEquals(own(await probe(stream())), early);
  assertEquals(
    early.map(([codec, start]) => [codec, start]),
    expected.map((one) => one.slice(0, 2)),
  );
});
