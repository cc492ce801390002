/** Seeks and cuts of HLS: right, or an error, and never a file without packets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { AVError, DemuxerSync, libraryInfo, MemorySink, remuxSync } from "../../../../mod.ts";
import { scratch } from "../../../support/made.ts";
import { ffmpeg } from "../../../support/sets.ts";

const coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-c:a", "aac"];
const major = Number(libraryInfo().versions.avformat[0]);
/** libavformat 61 is FFmpeg 7. */
const FIRST_TO_SEEK_FMP4 = 61;

function readerOf(bytes: Uint8Array) {
  return (into: Uint8Array, position: number) => {
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
}

/** Twelve seconds in three segments, a keyframe every two seconds. */
function made(kind: string) {
  using folder = scratch();
  ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=duration=12:size=160x96:rate=25"],
    ...["-f", "lavfi", "-i", "sine=duration=12", ...coded, "-f", "hls", "-hls_time", "4"],
    ...["-hls_playlist_type", "vod", "-hls_segment_type", kind],
    join(folder.path, "main.m3u8"),
  ]);
  const files = new Map(
    readdirSync(folder.path).map((name) => [name, readFileSync(join(folder.path, name))]),
  );
  const open = (url: string) => {
    const bytes = files.get(url.split("/").at(-1)!);
    return bytes && { read: readerOf(bytes), size: bytes.length };
  };
  return { bytes: new Uint8Array(files.get("main.m3u8")!), input: { name: "main.m3u8", open } };
}

/** Pictures in decoding order, by the payload's size and the time in milliseconds. */
function picturesOf(input: DemuxerSync): { key: boolean; size: number; time: number }[] {
  return Array.from(input)
    .filter(({ streamIndex }) => input.streams[streamIndex].type === "video")
    .map(({ isKeyframe: key, size, ptsTime }) => ({ key, size, time: Math.round(ptsTime! * 1e3) }));
}

for (const kind of ["mpegts", "fmp4"]) {
  const seeks = kind === "mpegts" || major >= FIRST_TO_SEEK_FMP4;

  test(`a cut of HLS with ${kind} segments has its pictures, or is an error`, () => {
    const { bytes, input } = made(kind);
    using all = DemuxerSync.open(bytes, input);
    const begin = (all.format.startTime ?? 0) * 1e3;
    const whole = picturesOf(all);
    for (const [start, end] of [[6.5, 9], [0, 3], [10.1, 12], [11.9, 12]]) {
      const sink = new MemorySink();
      const make = () => remuxSync(bytes, sink, { format: "matroska", start, end, input });
      if (!seeks && start > 0) {
        const error = assertThrows(make, AVError, "before FFmpeg 7");
        assertEquals(error.operation, "avformat_seek_file");
        continue;
      }
      make();
      using cut = DemuxerSync.open(sink.take());
      const shown = picturesOf(cut);
      // From the keyframe to the end, and the pictures that those refer to.
      const key = whole.findLast(({ key, time }) => key && time <= begin + start * 1e3) ?? whole[0];
      const least = whole.filter(({ time }) => time >= key.time && time < begin + end * 1e3).length;
      assert(shown[0].key && least > 10, `${least} pictures from ${key.time} ms`);
      assert(shown.length >= least && shown.length < least + 5, `${shown.length} of ${least}`);
    }
  });

  test(`a seek in HLS with ${kind} segments leads to the rest, or is an error`, () => {
    const { bytes, input } = made(kind);
    using all = DemuxerSync.open(bytes, input);
    const whole = picturesOf(all);
    const start = whole[0].time;
    for (const seconds of [1, 5, 6.5, 9.9]) {
      using demuxer = DemuxerSync.open(bytes, input);
      demuxer.seek(start / 1e3 + seconds);
      if (!seeks) {
        assertThrows(() => demuxer.read(), AVError, "before FFmpeg 7");
        continue;
      }
      const rest = picturesOf(demuxer);
      assertEquals(rest, whole.slice(-rest.length), `${seconds} s`);
      const first = rest[0].time - start;
      assert(first >= seconds * 1e3 - 4040 && first <= seconds * 1e3 + 2000, `${first} ms`);
    }
  });
}
