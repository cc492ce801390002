/** A join beside the concat demuxer of the ffmpeg tool: every packet, chapters, and refusals. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Chapter,
  concat,
  concatSync,
  DemuxerSync,
  MemorySink,
  probeSync,
  remuxSync,
} from "../../../mod.ts";
import { ffmpegCopy, lines } from "../../support/copy.ts";
import { madeBy, scratch } from "../../support/made.ts";

/** Three seconds: 75 pictures, and 125 frames of MP2, so that both end together. */
const SECONDS = 3;
const picture = (seed: number) => [
  ...["-f", "lavfi", "-i", `testsrc2=duration=${SECONDS}:size=96x64:rate=25,hue=h=${seed * 40}`],
  ...["-pix_fmt", "yuv420p"],
];
const tone = (seed: number) => [
  ...["-f", "lavfi", "-i"],
  `sine=frequency=${300 + 100 * seed}:duration=${SECONDS}:sample_rate=48000`,
];
const h264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "2"];
const both = (seed: number) => [...picture(seed).slice(0, 4), ...tone(seed)];

interface Case {
  readonly name: string;
  readonly file: string;
  readonly words: (seed: number) => string[];
  readonly outputs: readonly string[];
}

const cases: Case[] = [
  {
    name: "pictures of mp4 with B-frames",
    file: "a.mp4",
    words: (seed) => [...picture(seed), ...h264],
    outputs: ["mp4", "matroska", "mpegts", "nut"],
  },
  {
    name: "pictures of matroska",
    file: "a.mkv",
    words: (seed) => [...picture(seed), ...h264],
    outputs: ["mp4", "matroska"],
  },
  {
    name: "pictures and sound of matroska that end together",
    file: "b.mkv",
    words: (seed) => [...both(seed), "-c:v", "mpeg4", "-bf", "0", "-c:a", "pcm_s16le"],
    outputs: ["matroska", "nut"],
  },
  {
    name: "pictures and sound of avi that end together",
    file: "b.avi",
    words: (seed) => [...both(seed), "-c:v", "mpeg4", "-bf", "0", "-c:a", "mp2"],
    outputs: ["matroska", "nut"],
  },
  {
    name: "pictures of a raw stream, which have no times",
    file: "a.h264",
    words: (seed) => [...picture(seed), ...h264],
    outputs: ["mp4", "h264"],
  },
  {
    name: "samples",
    file: "a.wav",
    words: (seed) => [...tone(seed), "-c:a", "pcm_s16le"],
    outputs: ["wav", "matroska", "nut"],
  },
  {
    name: "FLAC in matroska",
    file: "flac.mkv",
    words: (seed) => [...tone(seed), "-c:a", "flac"],
    outputs: ["matroska", "nut"],
  },
];

/** Writes three parts and their list for the tool. */
function partsIn(folder: string, { file, words }: Pick<Case, "file" | "words">) {
  const paths = [0, 1, 2].map((seed) => {
    const path = join(folder, `${seed}.${file}`);
    writeFileSync(path, madeBy(words(seed), file));
    return path;
  });
  const list = join(folder, "list.txt");
  writeFileSync(list, paths.map((path) => `file '${path}'\n`).join(""));
  return { paths, list };
}

/** Of H.264 without size and hash: the tool's demuxer puts parameter sets before keyframes. */
function timesOf(line: string): string {
  const words = line.split(" ");
  const isPicture = words[0] === "0" && words[3] !== "";
  return isPicture ? words.slice(0, 4).join(" ") : line;
}

for (const one of cases) {
  test(`every packet of a join is that of the tool: ${one.name}`, () => {
    using folder = scratch();
    const { paths, list } = partsIn(folder.path, one);
    for (const format of one.outputs) {
      const sink = new MemorySink();
      concatSync(paths, sink, { format });
      const before = ["-f", "concat", "-safe", "0"];
      const { lines: expected, said } = ffmpegCopy(list, format, {}, { before });
      assert(expected !== null && expected.length > 3, said);
      const [own, theirs] = [lines(sink.take()), expected].map((all) => all.map(timesOf));
      assertEquals(own, theirs, `${one.name} into ${format}`);
    }
  });
}

const meta = (titles: readonly string[]) =>
  ";FFMETADATA1\n" +
  titles.map((title, i) =>
    `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${i * 1500}\nEND=${i * 1500 + 1500}\ntitle=${title}\n`
  ).join("");

test("chapters of a join are those given, and none of the parts', as with the tool", async () => {
  using folder = scratch();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at("meta.txt"), meta(["one", "two"]));
  const words = () => [...tone(0), "-i", at("meta.txt"), "-map_metadata", "1", "-c:a", "aac"];
  const { paths, list } = partsIn(folder.path, { file: "book.m4a", words });
  assertEquals(probeSync(paths[0]).chapters.length, 2);
  const before = ["-f", "concat", "-safe", "0"];
  const out = madeBy([...before, "-i", list, "-c", "copy"], "joined.m4a");
  assertEquals(probeSync(out).chapters, []);
  const plain = new MemorySink();
  concatSync(paths, plain, { format: "ipod" });
  assertEquals(probeSync(plain.take()).chapters, []);

  // The recipe of the documentation.
  const chapters: Chapter[] = [];
  let begin = 0;
  for (const path of paths) {
    const { chapters: own, format } = probeSync(path);
    for (const { start, end, metadata } of own) {
      chapters.push({ id: chapters.length, start: begin + start, end: begin + end, metadata });
    }
    begin += format.duration!;
  }
  const sink = new MemorySink();
  await concat(paths, sink, { format: "ipod", chapters });
  const told = probeSync(sink.take());
  const shown = told.chapters.map(({ start, metadata }) => [start.toFixed(1), metadata.title]);
  const expected = ["0.0", "1.5", "3.0", "4.5", "6.0", "7.5"].map((
    time,
    i,
  ) => [time, ["one", "two"][i % 2]]);
  assertEquals(shown, expected);
  assert(Math.abs(told.format.duration! - 9) < 0.1, `${told.format.duration}`);
});

test("a part in the other form of H.264 is an error that says what to do, and that helps", () => {
  const coded = (seed: number) => [...picture(seed), ...h264];
  const forms: [first: string, second: string, format: string, advice: string, form: string][] = [
    ["a.mp4", "b.ts", "matroska", "mp4", "Annex B, not of avcC"],
    ["a.ts", "b.mkv", "mpegts", "mpegts", "avcC, not of Annex B"],
  ];
  for (const [first, second, format, advice, form] of forms) {
    const [one, two] = [madeBy(coded(0), first), madeBy(coded(1), second)];
    const make = (part: Uint8Array) => {
      const sink = new MemorySink();
      concatSync([one, part], sink, { format });
      return sink.take();
    };
    const error = assertThrows(() => make(two), TypeError, `extradata in the form of ${form}`);
    assert(error.message.endsWith(`remux the part to ${advice} first`), error.message);
    const other = new MemorySink();
    remuxSync(two, other, { format: advice });
    using joined = DemuxerSync.open(make(other.take()));
    assertEquals(Array.from(joined).length, 2 * SECONDS * 25);
  }
});
