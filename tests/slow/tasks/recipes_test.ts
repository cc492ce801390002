/**
 * The README's recipes (a proxy, an upload, packaging) on files as people have them, made by the
 * ffmpeg tool: a phone's mov, a fansub's mkv, a broadcast's ts, a recorder's webm, an audio book.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  DemuxerSync,
  directory,
  fragments,
  MemorySink,
  probe,
  probeSync,
  remux,
  type RemuxResult,
  remuxStream,
} from "../../../mod.ts";
import { madeBy, scratch } from "../../support/made.ts";

const picture = ["-f", "lavfi", "-i", "testsrc=duration=4:size=160x120:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=duration=4"];
const chapters = ";FFMETADATA1\ntitle=A title\n" +
  [0, 2].map((at) => `[CHAPTER]\nTIMEBASE=1/1\nSTART=${at}\nEND=${at + 2}\ntitle=From ${at}\n`)
    .join("");

interface Media {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Kinds of the streams that an mp4 of it has, and those that every copy leaves out. */
  readonly mp4: readonly string[];
  readonly never: readonly string[];
}

function made(name: string, words: (at: (name: string) => string) => readonly string[]) {
  using folder = scratch();
  const at = (file: string) => join(folder.path, file);
  writeFileSync(at("chapters.txt"), chapters);
  writeFileSync(
    at("s.srt"),
    "1\n00:00:00,500 --> 00:00:02,000\nHello\n\n2\n00:00:02,500 --> 00:00:03,000\nBye\n",
  );
  writeFileSync(at("f.ttf"), new Uint8Array(3000));
  writeFileSync(at("cover.jpg"), madeBy([...picture, "-frames:v", "1"], "cover.jpg"));
  return madeBy(words(at), name);
}

/** A second stream of type 0x86 in the PMT: what announces SCTE-35 in a broadcast. */
function broadcast(): Uint8Array<ArrayBuffer> {
  using folder = scratch();
  const at = (file: string) => join(folder.path, file);
  writeFileSync(at("data.bin"), new Uint8Array(2000).fill(5));
  const data = [
    "-f",
    "data",
    "-i",
    at("data.bin"),
    "-map",
    "0",
    "-map",
    "1",
    "-map",
    "2",
    "-map",
    "3",
  ];
  return madeBy([
    ...[...picture, ...sound, "-f", "lavfi", "-i", "sine=frequency=880:duration=4", ...data],
    ...[
      "-c:v",
      "mpeg2video",
      "-g",
      "25",
      "-bf",
      "2",
      "-c:a:0",
      "mp2",
      "-c:a:1",
      "aac",
      "-c:d",
      "copy",
    ],
    ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"],
    ...["-output_ts_offset", "53127", "-f", "mpegts"],
  ], "broadcast.ts");
}

const media: Record<string, () => Media> = {
  "a phone's mov": () => ({
    bytes: made("phone.mov", (at) => [
      ...[...picture, ...sound, "-i", at("chapters.txt"), "-map", "0", "-map", "1"],
      ...["-c:v", "mpeg4", "-g", "25", "-c:a", "aac", "-map_metadata", "2", "-map_chapters", "-1"],
      ...["-metadata:s:v", "rotate=90", "-timecode", "01:00:00:00", "-movflags", "faststart"],
    ]),
    mp4: ["video", "audio"],
    never: ["tmcd"],
  }),
  "a fansub's mkv": () => ({
    bytes: made("fansub.mkv", (at) => [
      ...[...picture, ...sound, "-i", at("s.srt"), "-i", at("chapters.txt")],
      ...["-map", "0", "-map", "1", "-map", "2", "-map_metadata", "3", "-map_chapters", "3"],
      ...["-c:v", "mpeg4", "-g", "25", "-c:a", "aac", "-c:s", "ass", "-attach", at("f.ttf")],
      ...["-metadata:s:3", "mimetype=application/x-truetype-font", "-attach", at("cover.jpg")],
      ...["-metadata:s:4", "mimetype=image/jpeg", "-metadata:s:4", "filename=cover.jpg"],
    ]),
    mp4: ["video", "audio", "cover"],
    never: [],
  }),
  "a broadcast's ts": () => ({
    bytes: broadcast(),
    mp4: ["video", "audio", "audio"],
    never: ["bin_data"],
  }),
  "a recorder's webm": () => ({
    // MediaRecorder knows no duration and writes no cues.
    bytes: made("recorded.webm", () => [
      ...[...picture, ...sound, "-c:v", "libvpx", "-deadline", "realtime", "-g", "25"],
      ...["-c:a", "libopus", "-live", "1", "-f", "webm"],
    ]),
    mp4: ["audio"],
    never: [],
  }),
  "an audio book": () => ({
    bytes: made("book.m4b", (at) => [
      ...[...sound, "-i", at("cover.jpg"), "-i", at("chapters.txt"), "-map", "0", "-map", "1"],
      ...["-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic", "-f", "ipod"],
      ...["-map_metadata", "2", "-map_chapters", "2", "-movflags", "faststart"],
    ]),
    mp4: ["audio", "cover"],
    never: ["bin_data"],
  }),
};

const kinds = (bytes: Uint8Array) =>
  probeSync(bytes).streams.filter(({ type }) => type !== "data")
    .map(({ type, isCoverArt }) => isCoverArt ? "cover" : type);

/** Seconds from the first to the last packet of pictures and sound. */
function lengthOf(bytes: Uint8Array): number {
  using input = DemuxerSync.open(bytes);
  let last = 0;
  let first = Infinity;
  for (const { streamIndex, ptsTime, durationTime } of input) {
    const { type, isCoverArt } = input.streams[streamIndex];
    if (isCoverArt || (type !== "video" && type !== "audio")) continue;
    first = Math.min(first, ptsTime ?? Infinity);
    last = Math.max(last, (ptsTime ?? 0) + (durationTime ?? 0));
  }
  return last - first;
}

function assertDropped(
  { dropped }: RemuxResult,
  bytes: Uint8Array,
  never: readonly string[],
): void {
  const { streams } = probeSync(bytes);
  for (const { index, reason } of dropped) {
    assert(streams[index] !== undefined && reason.length > 10, reason);
  }
  for (const codec of never) {
    const all = streams.filter((stream) => [stream.codec.name, stream.codec.tag].includes(codec));
    for (const { index } of all) {
      assert(dropped.some((one) => one.index === index), `stream ${index}, ${codec} was copied`);
    }
  }
}

for (const [name, make] of Object.entries(media)) {
  test(`a proxy sends ${name} on as mp4 that plays, or says why not`, async () => {
    const { bytes, mp4, never } = make();
    const transform = remuxStream({ format: "mp4" });
    const body = new Blob([bytes]).stream().pipeThrough(transform);
    const { mimeType, streams } = await transform.ready;
    const sent = new Uint8Array(await new Response(body).arrayBuffer());
    // Fragments have no cover.
    const played = mp4.filter((kind) => kind !== "cover");
    assertEquals(streams.map(({ type }) => type), played);
    assert(mimeType.startsWith(played.includes("video") ? "video/mp4" : "audio/mp4"), mimeType);
    assertEquals(kinds(sent), played);
    assert(Math.abs(lengthOf(sent) - 4) < 0.15, `${lengthOf(sent)} s`);
    assert((probeSync(sent).format.startTime ?? 0) < 0.1);
    assertDropped(await transform.result, bytes, never);
  });

  test(`an upload of ${name} is probed, and kept as Matroska and as mp4`, async () => {
    const { bytes, mp4, never } = make();
    const info = await probe(new Blob([bytes]).stream());
    assert(info.format.mimeType !== null && info.format.extensions.length > 0);
    for (const format of ["matroska", "mp4"]) {
      const sink = new MemorySink();
      const result = await remux(new Blob([bytes]).stream(), sink, { format });
      const copy = sink.take();
      if (format === "mp4") assertEquals(kinds(copy), mp4);
      assert(Math.abs(lengthOf(copy) - 4) < 0.15, `${format}: ${lengthOf(copy)} s`);
      assertEquals(result.truncated, false);
      assertDropped(result, bytes, never);
      const titles = probeSync(copy).chapters.map(({ metadata }) => metadata.title);
      assertEquals(titles, info.chapters.map(({ metadata }) => metadata.title));
      const turned = (bytes: Uint8Array) =>
        probeSync(bytes).streams.map((stream) => stream.type === "video" ? stream.rotation : 0)
          .find((degrees) => degrees !== 0);
      assertEquals(turned(copy), turned(bytes));
    }
  });

  test(`${name} is packaged as HLS and in fragments`, async () => {
    const { bytes, mp4, never } = make();
    const files = new Map<string, Uint8Array>();
    const result = await remux(new Blob([bytes]).stream(), undefined, {
      name: "index.m3u8",
      open: directory(files),
      options: { hls_time: 1, hls_list_size: 0 },
    });
    assertDropped(result, bytes, never);
    const text = new TextDecoder().decode(files.get("index.m3u8"));
    const times = Array.from(text.matchAll(/#EXTINF:([\d.]+)/g), ([, time]) => Number(time));
    const all = times.reduce((sum, time) => sum + time, 0);
    assert(Math.abs(all - 4) < 0.2, `${times}`);
    assert(times.length >= 3 && times.every((time) => time < 1.6), `${times}`);
    let seconds = 0;
    let keyframes = 0;
    let count = 0;
    for await (
      const { kind, time, keyframe } of fragments(new Blob([bytes]).stream(), { format: "mp4" })
    ) {
      if (kind !== "fragment") continue;
      count++;
      if (keyframe) keyframes++;
      seconds = Math.max(seconds, time ?? 0);
    }
    assert(count >= 3 && keyframes === count, `${keyframes} of ${count}`);
    assert(seconds > 2 && seconds < 4.1, `${seconds}`);
    assert(mp4.length > 0);
  });
}
