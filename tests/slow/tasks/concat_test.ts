/** Parts of the same codecs, joined: beside the concat demuxer of the ffmpeg tool. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  concat,
  concatSync,
  DemuxerSync,
  libraryInfo,
  MemorySink,
  MuxerSync,
  probeSync,
} from "../../../mod.ts";
import { pictures } from "../../support/cut_proof.ts";
import { madeBy, scratch } from "../../support/made.ts";

const RATE = 25;
const major = Number(libraryInfo().versions.avformat[0]);

function source(seconds: number, seed: number): string[] {
  // Pictures that differ from part to part.
  const filter = `testsrc2=duration=${seconds}:size=160x96:rate=${RATE},hue=h=${seed * 40}`;
  const tone = `sine=frequency=${300 + 100 * seed}:duration=${seconds}:sample_rate=48000`;
  return ["-f", "lavfi", "-i", filter, "-f", "lavfi", "-i", tone, "-pix_fmt", "yuv420p"];
}

const h264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-bf", "3", "-c:a", "aac"];
const hevc = [
  ...["-c:v", "libx265", "-preset", "ultrafast", "-c:a", "aac"],
  ...["-x265-params", "open-gop=1:keyint=25:bframes=4:b-adapt=0:log-level=none"],
];
const mpeg2 = ["-c:v", "mpeg2video", "-g", "15", "-bf", "2", "-c:a", "mp2"];
const vp9 = [
  ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k"],
  ...["-c:a", "libopus"],
];

interface Case {
  readonly name: string;
  /** A file name and words for each part. */
  readonly parts: readonly [name: string, ...words: string[]][];
  readonly outputs: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: "mp4 with B-frames and AAC priming",
    parts: [["a.mp4", ...h264], ["b.mp4", ...h264], ["c.mp4", ...h264]],
    outputs: ["mp4", "matroska", "mpegts"],
  },
  {
    name: "mp4 of different time bases",
    parts: [
      ["a.mp4", ...h264],
      ["b.mp4", ...h264, "-video_track_timescale", "90000"],
      ["c.mp4", ...h264, "-video_track_timescale", "30000"],
    ],
    outputs: ["mp4", "matroska"],
  },
  {
    name: "matroska, whose packets have no decoding times",
    parts: [["a.mkv", ...h264], ["b.mkv", ...h264]],
    outputs: ["matroska", "mp4"],
  },
  {
    name: "mp4 and matroska together",
    parts: [["a.mp4", ...h264], ["b.mkv", ...h264], ["c.mp4", ...h264]],
    outputs: ["mp4", "matroska"],
  },
  {
    name: "mpegts with H.264",
    parts: [["a.ts", ...h264], ["b.ts", ...h264]],
    outputs: ["mpegts", "mp4"],
  },
  {
    name: "matroska with open groups of H.265",
    parts: [["a.mkv", ...hevc], ["b.mkv", ...hevc]],
    outputs: ["matroska", "mp4", "mpegts"],
  },
  {
    name: "mpegts with MPEG-2",
    parts: [["a.ts", ...mpeg2], ["b.ts", ...mpeg2]],
    outputs: ["mpegts", "matroska"],
  },
  {
    name: "webm",
    parts: [["a.webm", ...vp9], ["b.webm", ...vp9]],
    outputs: ["webm", "mp4"],
  },
];

const extensions: Record<string, string> = {
  mp4: "mp4",
  matroska: "mkv",
  mpegts: "ts",
  webm: "webm",
};

interface Sound {
  readonly time: number;
  readonly duration: number;
}

/** The packets of the sound, in order. */
function sounds(bytes: Uint8Array): Sound[] {
  using input = DemuxerSync.open(bytes);
  const { index } = input.streams.find(({ type }) => type === "audio")!;
  return Array.from(input).filter(({ streamIndex }) => streamIndex === index).map((packet) => ({
    time: packet.ptsTime!,
    duration: packet.durationTime ?? 0,
  }));
}

/** Fails where the sound has a gap or an overlap of more than a frame. */
function assertEven(sound: readonly Sound[], what: string): void {
  const frame = sound[Math.floor(sound.length / 2)].duration;
  assert(frame > 0.005 && frame < 0.1, what);
  for (let i = 1; i < sound.length; i++) {
    const apart = sound[i].time - sound[i - 1].time - frame;
    assert(
      Math.abs(apart) <= frame + 0.002,
      `${what}: ${apart} s between frames ${i - 1} and ${i}`,
    );
  }
}

for (const { name, parts, outputs } of cases) {
  test(`Joined without a gap: ${name}`, () => {
    using folder = scratch();
    const paths = parts.map(([file, ...words], seed) => {
      const path = join(folder.path, file);
      writeFileSync(path, madeBy([...source(2, seed), ...words], file));
      return path;
    });
    const list = join(folder.path, "list.txt");
    writeFileSync(list, paths.map((path) => `file '${path}'\n`).join(""));
    const expected = paths.flatMap((path) => pictures(path).map(({ md5 }) => md5));
    for (const format of outputs) {
      const what = `${name} into ${format}`;
      const sink = new MemorySink();
      const result = concatSync(paths, sink, { format });
      const bytes = sink.take();
      assert(result.packets > 100 && result.size === bytes.length, what);
      const path = join(folder.path, `joined.${extensions[format]}`);
      writeFileSync(path, bytes);
      const shown = pictures(path);
      assertEquals(shown.map(({ md5 }) => md5), expected, `${what}: the pictures`);
      // The decoder of FFmpeg 4 guesses the times of pictures that are out of order.
      if (major >= 59) {
        shown.forEach(({ time }, i) => {
          const apart = time - i / RATE;
          assert(Math.abs(apart) < 0.0025, `${what}: picture ${i} is ${apart} s off`);
        });
      }
      assertEven(sounds(bytes), what);
      // The tool leaves a gap of sound between the pictures: it may last a few frames longer.
      const oracle = join(folder.path, `oracle.${extensions[format]}`);
      const words = ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy"];
      const done = spawnSync("ffmpeg", ["-v", "error", "-y", ...words, oracle]);
      // The tool takes the times of every part for those of the first one's time base.
      if (done.status !== 0 || name.includes("time bases")) continue;
      const [mine, theirs] = [path, oracle].map((one) => probeSync(one).format.duration!);
      assert(theirs >= mine - 0.05 && theirs - mine < 0.05 * parts.length, `${mine} ${theirs}`);
    }
  });
}

for (
  const [name, file, format, ...words] of [
    ["AAC in mp4", "a.m4a", "ipod", "-c:a", "aac"],
    ["AAC in ADTS", "a.aac", "adts", "-c:a", "aac"],
    ["MP3", "a.mp3", "mp3", "-c:a", "libmp3lame"],
    ["Opus", "a.opus", "ogg", "-c:a", "libopus"],
    ["Vorbis", "a.ogg", "matroska", "-c:a", "libvorbis"],
    ["FLAC", "a.flac", "matroska", "-c:a", "flac"],
    ["PCM", "a.wav", "wav", "-c:a", "pcm_s16le"],
  ]
) {
  test(`Sound alone is joined without a gap: ${name}`, () => {
    const parts = [0, 1, 2].map((seed) => {
      const tone = `sine=frequency=${300 + 100 * seed}:duration=3:sample_rate=48000`;
      return madeBy(["-f", "lavfi", "-i", tone, ...words], file);
    });
    const sink = new MemorySink();
    concatSync(parts, sink, { format });
    const bytes = sink.take();
    const sound = sounds(bytes);
    const frame = Math.max(...sound.map(({ duration }) => duration));
    for (let i = 2; i < sound.length - 1; i++) {
      const apart = sound[i].time - sound[i - 1].time - sound[i - 1].duration;
      assert(Math.abs(apart) <= frame + 0.001, `${name}: ${apart} s at frame ${i}`);
    }
    const heard = madeBy(["-i", write(bytes, file), "-f", "s16le"], "pcm.raw").length / 2 / 48000;
    // At most a frame a joint more or less.
    assert(Math.abs(heard - 9) <= 3 * Math.max(frame, 0.03), `${name}: ${heard} s are heard`);
  });
}

function write(bytes: Uint8Array, name: string): string {
  const path = join(folderOfAll.path, name);
  writeFileSync(path, bytes);
  return path;
}
const folderOfAll = scratch();
test.after?.(() => folderOfAll[Symbol.dispose]());

test("Parts of different codecs are an error that names the part and the difference", async () => {
  const first = madeBy([...source(1, 0), ...h264], "a.mp4");
  const others: [words: string[], says: RegExp][] = [
    [[...h264, "-s", "320x192"], /width 320, not 160.*height 192, not 96.*extradata/],
    [[...h264, "-ar", "44100"], /audio stream 1 \(aac\) has sample rate 44100, not 48000/],
    [[...h264, "-ac", "2"], /channels 2, not 1/],
    [[...h264, "-profile:v", "baseline", "-bf", "0"], /extradata/],
    [mpeg2, /codec mpeg2video, not h264/],
    [[...h264, "-an"], /no audio stream for output stream 1/],
  ];
  for (const [words, says] of others) {
    const second = madeBy([...source(1, 1), ...words], "b.mkv");
    const make = () => concatSync([first, second], new MemorySink(), { format: "matroska" });
    const error = assertThrows(make, TypeError, "part 2 of 2");
    assert(says.test(error.message), error.message);
    const later = () => concat([first, second], new MemorySink(), { format: "matroska" });
    assertEquals((await assertRejects(later, TypeError)).message, error.message);
  }
  const stream = madeBy([...source(1, 1), ...h264], "b.ts");
  const mixed = () => concatSync([first, stream], new MemorySink(), { format: "mp4" });
  const error = assertThrows(mixed, TypeError, "part 2 of 2");
  assert(error.message.includes("extradata in the form of Annex B, not of avcC"), error.message);
});

test("The asynchronous form joins whatever can be read, and opens one part at a time", async () => {
  const files = [0, 1, 2].map((seed) => madeBy([...source(1, seed), ...h264], "a.mp4"));
  const expected = new MemorySink();
  concatSync(files, expected, { format: "matroska", options: { fflags: "+bitexact" } });
  const closed: number[] = [];
  const read: number[] = [];
  const counted = (i: number) => ({
    size: files[i].length,
    read(into: Uint8Array, position: number) {
      if (!read.includes(i)) read.push(i);
      const part = files[i].subarray(position, position + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
    close: () => void closed.push(i),
  });
  const sink = new MemorySink();
  const seen: number[] = [];
  const result = await concat([files[0], new Blob([files[1]]), counted(2)], sink, {
    format: "matroska",
    options: { fflags: "+bitexact" },
    onProgress: ({ packets }) => void seen.push(packets),
  });
  assertEquals(sink.take(), expected.take());
  assertEquals([read, closed], [[2], [2]]);
  assertEquals(seen.at(-1), result.packets);
  // The first is refused: the others are closed, and never read.
  const broken = [new Uint8Array(1000), counted(0), counted(1)];
  await assertRejects(() => concat(broken, new MemorySink(), { format: "mp4" }));
  assertEquals([read, closed], [[2], [2, 0, 1]]);
  await assertRejects(
    () => concat([], new MemorySink(), { format: "mp4" }),
    TypeError,
    "one or more",
  );
});

test("A part of which nothing can be joined is an error that names it", () => {
  const part = madeBy([...source(2, 0), ...h264, "-bf", "0", "-an"], "a.mkv");
  // Its pictures without the keyframe: nothing can decode them.
  const sink = new MemorySink();
  using input = DemuxerSync.open(part);
  using output = MuxerSync.create(sink, { format: "matroska" });
  const stream = output.addStream(input.streams[0]);
  for (const packet of input) if (!packet.isKeyframe) output.write(packet, stream);
  output.finish();
  const make = () => concatSync([part, sink.take()], new MemorySink(), { format: "matroska" });
  assertThrows(make, AVError, "part 2 of 2 has");
});

test("FLAC is not joined into a file of its own, where each part would count its frames anew", () => {
  const part = madeBy(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "flac"], "a.flac");
  const make = () => concatSync([part, part], new MemorySink(), { format: "flac" });
  assertThrows(make, TypeError, "join them in matroska or ogg");
  concatSync([part], new MemorySink(), { format: "flac" });
});

test("An aborted join rejects with the signal's reason and closes its sources", async () => {
  const file = madeBy([...source(1, 0), ...h264], "a.mp4");
  const stop = new AbortController();
  let closed = 0;
  const stalled = {
    read: () => new Promise<number>(() => stop.abort(new Error("enough"))),
    close: () => void closed++,
  };
  const parts = [file, stalled, { read: () => 0, close: () => void closed++ }];
  const sink = new MemorySink();
  const join = () => concat(parts, sink, { format: "mp4", signal: stop.signal });
  await assertRejects(join, Error, "enough");
  assertEquals(closed, 2);
});
