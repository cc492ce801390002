/** Seeks and cuts of HLS: right, or an error, and never a file without packets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  Demuxer,
  DemuxerSync,
  directory,
  frames,
  libraryInfo,
  MemorySink,
  remux,
  remuxSync,
} from "../../../../mod.ts";
import { scratch } from "../../../support/made.ts";
import { ffmpeg } from "../../../support/sets.ts";

const coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-c:a", "aac"];
const major = Number(libraryInfo().versions.avformat[0]);
/** libavformat 63 is FFmpeg 9. */
const FIRST_TO_SEEK_FMP4 = 63;
/** libavformat 59 is FFmpeg 5. */
const FIRST_TO_END_AT_KEYFRAME = 59;

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

  test(`a cut of HLS with ${kind} segments has its pictures`, () => {
    const { bytes, input } = made(kind);
    using all = DemuxerSync.open(bytes, input);
    const begin = (all.format.startTime ?? 0) * 1e3;
    const whole = picturesOf(all);
    for (const [start, end] of [[6.5, 9], [0, 3], [10.1, 12], [11.9, 12]]) {
      const sink = new MemorySink();
      remuxSync(bytes, sink, { format: "matroska", start, end, input });
      using cut = DemuxerSync.open(sink.take());
      const shown = picturesOf(cut);
      // From the keyframe to the end, and the pictures that those refer to.
      const key = whole.findLast(({ key, time }) => key && time <= begin + start * 1e3) ?? whole[0];
      const least = whole.filter(({ time }) => time >= key.time && time < begin + end * 1e3).length;
      assert(shown[0].key && least > 10, `${least} pictures from ${key.time} ms`);
      assert(shown.length >= least && shown.length < least + 5, `${shown.length} of ${least}`);
    }
  });

  test(`a cut of the sound of HLS with ${kind} segments has all of it`, async () => {
    const { bytes, input } = made(kind);
    for (const [start, end] of [[0.7, 5], [3.5, 9], [11.5, 12]]) {
      const options = { format: "matroska", start, end, streams: ["a" as const] };
      const { name, open } = input;
      const [sink, other] = [new MemorySink(), new MemorySink()];
      const { packets } = remuxSync(bytes, sink, { ...options, input });
      const least = Math.floor((end - start) * 44100 / 1024) - 1;
      assert(packets >= least && packets <= least + 4, `${packets} packets, at least ${least}`);
      const again = await remux(bytes, other, { ...options, open, input: { name } });
      assertEquals(again.packets, packets);
    }
  });

  test(`frames of HLS with ${kind} segments are those of the time`, async () => {
    const { bytes, input } = made(kind);
    const timesOf = async (part: { start?: number; end?: number }) => {
      const times: number[] = [];
      for await (const { timestamp } of frames(bytes, { ...part, ...input })) times.push(timestamp);
      return times;
    };
    const [start, end] = [9, 9.2];
    const whole = await timesOf({});
    const shown = whole.filter((time) => time > start * 1e6 - 40_000 && time < end * 1e6);
    assertEquals(await timesOf({ start, end }), shown);
  });

  test(`a seek in HLS with ${kind} segments leads to the rest, or is refused`, async () => {
    const { bytes, input } = made(kind);
    using all = DemuxerSync.open(bytes, input);
    const whole = picturesOf(all);
    const start = whole[0].time;
    for (const streams of [undefined, [0], [1]]) {
      for (const seconds of [0.3, 1, 5, 6.5, 9.9, 10.9, 11.7]) {
        using demuxer = DemuxerSync.open(bytes, { ...input, streams });
        const seek = () => demuxer.seek(start / 1e3 + seconds);
        if (!seeks) {
          assertEquals(assertThrows(seek, AVError, "before FFmpeg 9").codeName, "ENOSYS");
          await using other = await Demuxer.open(bytes, { ...input, streams });
          await assertRejects(() => other.seek(start / 1e3 + seconds), AVError, "before FFmpeg 9");
          // It stays where it was.
          if (streams === undefined) assertEquals(picturesOf(demuxer), whole);
          continue;
        }
        seek();
        if (streams?.[0] === 1) continue;
        if (major < FIRST_TO_END_AT_KEYFRAME && seconds > 10) {
          // It looks for a keyframe from there on, and the last one is at 10 s.
          if (seconds < 11) assertThrows(() => demuxer.read(), AVError, "no packet follows a seek");
          continue;
        }
        const rest = picturesOf(demuxer);
        assertEquals(rest, whole.slice(-rest.length), `${seconds} s`);
        const first = rest[0].time - start;
        assert(first >= seconds * 1e3 - 4040 && first <= seconds * 1e3 + 2000, `${first} ms`);
      }
    }
  });
}

test("a cut of WebVTT segments has the text that begins in it", () => {
  const open = directory(
    new Map([
      ["0.vtt", "00:00.280 --> 00:00.980\none"],
      ["1.vtt", "00:01.080 --> 00:02.580\ntwo"],
      ["2.vtt", "00:02.680 --> 00:02.980\nthree"],
    ].map(([name, text]) => [name, new TextEncoder().encode(`WEBVTT\n\n${text}\n\n`)])),
  );
  const entries = [0, 1, 2].map((i) => `#EXTINF:1.0,\n${i}.vtt\n`).join("");
  const list = `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n${entries}#EXT-X-ENDLIST\n`;
  const sink = new MemorySink();
  const input = { name: "main.m3u8", open };
  remuxSync(new TextEncoder().encode(list), sink, {
    ...{ format: "matroska", start: 0.7, end: 2.2, input },
  });
  using cut = DemuxerSync.open(sink.take());
  assertEquals(Array.from(cut, ({ data }) => new TextDecoder().decode(data).trim()), ["two"]);
});
