/** Cuts of every kind of source: one that only goes forward, one whose first seek misses. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DemuxerSync, MemorySink, probeSync, remux, remuxSync } from "../../../../mod.ts";
import { madeBy, scratch } from "../../../support/made.ts";
import {
  codings,
  keyframes,
  original,
  parts,
  pictures,
  proveCut,
} from "../../../support/cut_proof.ts";

const picture = ["-f", "lavfi", "-i", "testsrc2=duration=8:size=160x96:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=duration=8"];
const coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-bf", "2", "-c:a", "aac"];

const fragmented = ["-movflags", "frag_keyframe+empty_moov+default_base_moof"];
const made: Record<string, () => Uint8Array<ArrayBuffer>> = {
  "mpegts": () => madeBy([...picture, ...sound, ...coded], "a.ts"),
  "matroska": () => madeBy([...picture, ...sound, ...coded], "a.mkv"),
  "fragmented mp4": () => madeBy([...picture, ...sound, ...coded, ...fragmented], "a.mp4"),
  "fragmented mp4 with sidx": () =>
    madeBy([...picture, ...sound, ...coded, ...fragmented, "-movflags", "+global_sidx"], "b.mp4"),
  "mp4": () => madeBy([...picture, ...sound, ...coded, "-movflags", "faststart"], "c.mp4"),
  "mpeg": () =>
    madeBy([...picture, ...sound, "-c:v", "mpeg2video", "-g", "50", "-c:a", "mp2"], "a.mpg"),
};

/** The pictures of a cut: bytes of payload and times from the first one. */
function shown(bytes: Uint8Array): { size: number; time: number }[] {
  using input = DemuxerSync.open(bytes);
  const { index } = input.streams.find(({ type }) => type === "video")!;
  const packets = Array.from(input).filter(({ streamIndex }) => streamIndex === index);
  const first = Math.min(...packets.map((packet) => packet.ptsTime ?? Infinity));
  return packets.map(({ size, ptsTime }) => ({
    size,
    time: Math.round(((ptsTime ?? first) - first) * 1000),
  }));
}

const forward = (bytes: Uint8Array) => ({
  seekable: false,
  position: 0,
  read(into: Uint8Array, position: number) {
    assertEquals(position, this.position, "only forward");
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    this.position += part.length;
    return part.length;
  },
});

for (const [name, bytesOf] of Object.entries(made)) {
  test(`a cut of ${name} is the same whether or not the source can seek`, async () => {
    const bytes = bytesOf();
    for (const part of [{ start: 3.3, end: 5.1 }, { start: 6.5 }, { start: 0.2, end: 1 }]) {
      // Not every picture of mpeg says when it is shown, as matroska asks.
      const options = { format: name === "mpeg" ? "mpegts" : "matroska", ...part };
      const [sought, read, streamed] = [new MemorySink(), new MemorySink(), new MemorySink()];
      remuxSync(bytes, sought, options);
      remuxSync(forward(bytes), read, options);
      await remux(new Blob([bytes]).stream(), streamed, options);
      const expected = shown(sought.take());
      assert(expected.length > 20, `${expected.length} pictures`);
      assertEquals(shown(read.take()), expected, JSON.stringify(part));
      assertEquals(shown(streamed.take()), expected, JSON.stringify(part));
    }
  });
}

test("a cut of a fragmented mp4 begins at the last keyframe, from its first seek on", () => {
  const bytes = made["fragmented mp4 with sidx"]();
  for (const [start, pictures] of [[2.3, 150], [4.5, 100], [6.9, 50]]) {
    const sink = new MemorySink();
    remuxSync(bytes, sink, { format: "mp4", start });
    assertEquals(shown(sink.take()).length, pictures, `from ${start}`);
  }
});

test("a cut of avi begins at the keyframe before, although its demuxer lands after it", () => {
  const words = ["-c:v", "mpeg4", "-g", "10", "-bf", "0", "-c:a", "mp2"];
  const bytes = madeBy([...picture, ...sound, ...words], "a.avi");
  for (const [start, pictures] of [[0.3932, 200], [0.41, 190], [3.99, 110], [7.7, 10]]) {
    const sink = new MemorySink();
    remuxSync(bytes, sink, { format: "matroska", start });
    assertEquals(shown(sink.take()).length, pictures, `from ${start}`);
  }
});

test("a cut beyond the end is a RangeError that tells where the end is", async () => {
  for (const [name, bytesOf] of Object.entries(made)) {
    const bytes = bytesOf();
    for (const start of [8.2, 100]) {
      const sink = new MemorySink();
      const make = () => remuxSync(bytes, sink, { format: "matroska", start });
      const error = assertThrows(make, RangeError, `start (${start} s) is beyond the end`);
      assert(/\(8(\.[01]\d*)? s\)/.test(error.message), `${name}: ${error.message}`);
      assertEquals(sink.bytes.length, 0, name);
    }
  }
  const bytes = made.mpegts();
  const source = new Blob([bytes]).stream();
  await assertRejects(
    () => remux(source, new MemorySink(), { format: "mp4", start: 9 }),
    RangeError,
  );
});

test("an end that is not after the start is a RangeError", () => {
  const bytes = made.mpegts();
  for (const [start, end] of [[3, 2], [3, 3], [undefined, 0]]) {
    const make = () => remuxSync(bytes, new MemorySink(), { format: "mp4", start, end });
    assertThrows(make, RangeError, "must be after start");
  }
});

test("a part without a packet is an error", () => {
  // The text begins late: nothing of it lies before.
  using folder = scratch();
  const path = join(folder.path, "late.srt");
  writeFileSync(path, "1\n00:00:05,000 --> 00:00:06,000\nlate\n\n");
  const make = () => remuxSync(path, new MemorySink(), { format: "matroska", end: 2 });
  assertThrows(make, RangeError, "no packet lies between start (0 s) and 2 s");
  remuxSync(path, new MemorySink(), { format: "matroska", end: 5.5 });
});

test("chapters of a cut count from its keyframe, as the pictures do", () => {
  using folder = scratch();
  const meta = join(folder.path, "meta.txt");
  const chapter = (start: number, end: number, title: string) =>
    `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${title}\n`;
  writeFileSync(
    meta,
    `;FFMETADATA1\n${chapter(0, 2500, "one")}${chapter(2500, 5000, "two")}${
      chapter(5000, 8000, "three")
    }`,
  );
  const words = [...picture, "-i", meta, "-map_chapters", "1", "-an", ...coded.slice(0, -2)];
  for (const name of ["chapters.mp4", "chapters.mkv"]) {
    const sink = new MemorySink();
    // The keyframes are two seconds apart: the cut begins at 2.
    remuxSync(madeBy(words, name), sink, {
      format: "matroska",
      start: 3.1,
      end: 7,
      streams: [0],
    });
    const { chapters } = probeSync(sink.take());
    assertEquals(
      chapters.map(({ start, end, metadata }) => [start, end, metadata.title]),
      [[0, 0.5, "one"], [0.5, 3, "two"], [3, 5, "three"]],
      name,
    );
  }
});

test("a cover neither moves a cut nor is lost by it", () => {
  using folder = scratch();
  const [cover, song] = ["cover.jpg", "song.m4a"].map((name) => join(folder.path, name));
  writeFileSync(
    cover,
    madeBy(["-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1"], "c.jpg"),
  );
  const words = ["-f", "lavfi", "-i", "sine=duration=20", "-i", cover, "-map", "0", "-map", "1"];
  writeFileSync(
    song,
    madeBy([...words, "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic"], "s.m4a"),
  );
  const sink = new MemorySink();
  remuxSync(song, sink, { format: "mp4", start: 10, end: 15 });
  const bytes = sink.take();
  const info = probeSync(bytes);
  assert(Math.abs(info.format.duration! - 5) < 0.06, String(info.format.duration));
  assertEquals(info.streams.map(({ type }) => type).sort(), ["audio", "video"]);
  using input = DemuxerSync.open(bytes);
  const kept = Array.from(input).find(({ streamIndex }) =>
    input.streams[streamIndex].type === "video"
  );
  assertEquals(kept?.size, readFileSync(cover).length);
});

for (
  const [name, container] of [["h264 with open groups", "ts"], ["hevc with open groups", "mkv"]]
) {
  test(`cuts of ${name} in ${container} hold pictures of the original alone`, () => {
    const coding = codings.find((one) => one.name === name)!;
    const path = original(coding, container);
    const whole = pictures(path);
    const keys = keyframes(path);
    for (const part of parts(keys).slice(1, 4)) proveCut(path, container, part, whole, keys);
  });
}
