/**
 * Input on which muxers of libavformat crash, loop for ever or drop it is refused by name. C
 * programs that do the same with FFmpeg 5.1 end by SIGSEGV, SIGFPE or SIGABRT, or run on for ever.
 */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  directory,
  libraryInfo,
  listFormats,
  MemorySink,
  MuxerSync,
  remux,
  remuxSync,
  type StreamDescription,
} from "../../../../mod.ts";

const [major] = libraryInfo().versions.avformat;
const muxers = new Set(listFormats().muxers.map(({ name }) => name));

const video = (codec: string, more: object = {}) =>
  ({ type: "video", codec, width: 16, height: 16, ...more }) as StreamDescription;
const audio = (codec: string, more: object = {}) =>
  ({ type: "audio", codec, sampleRate: 48000, channels: 2, ...more }) as StreamDescription;

/** Packets of those sizes, written; returns the file. */
function write(format: string, from: StreamDescription, sizes: readonly number[]): Uint8Array {
  const sink = new MemorySink();
  using muxer = MuxerSync.create(sink, { format });
  const stream = muxer.addStream(from);
  muxer.writeHeader();
  for (const [i, size] of sizes.entries()) {
    const data = Uint8Array.from({ length: size }, (_, at) => at & 127);
    muxer.write({ data, pts: i * 20, dts: i * 20, duration: 20, isKeyframe: true }, stream);
  }
  muxer.finish();
  return sink.take();
}

const refused: [format: string, from: StreamDescription, sizes: number[], why: string][] = [
  ["apng", video("apng"), [50], "apng needs the extradata of apng"],
  ["vc1test", video("wmv3"), [], "vc1test needs the extradata of wmv3"],
  ["avif", video("av1"), [], "pixelFormat"],
  ["image2pipe", video("av1"), [20], "pixelFormat"],
  ["avif", { type: "data", codec: "timed_id3" }, [], "avif holds pictures and nothing else"],
  ["flv", audio("flac"), [], "flv needs the extradata of flac"],
  ["flv", audio("opus"), [], "flv needs the extradata of opus"],
  ["mpeg", audio("pcm_dvd"), [1920], "mpeg needs the stream's channels and bitsPerCodedSample"],
  ["mpeg", audio("pcm_dvd", { bitsPerCodedSample: 16 }), [3], "a multiple of 4 bytes here, not 3"],
  ["vob", audio("pcm_dvd", { bitsPerCodedSample: 24 }), [12, 16], "a multiple of 6 bytes"],
  ["chromaprint", audio("pcm_s16le"), [3], "a multiple of 4 bytes here, not 3"],
];
if (major < 63) {
  refused.push(["caf", audio("flac"), [50], "flac needs 2 packets here, there was 1"]);
}
// From 62 on the muxer refuses the stream itself.
if (major < 62) {
  refused.push(["caf", audio("opus"), [], "opus needs 2 packets here, there was none"]);
}

for (const [format, from, sizes, why] of refused) {
  const skip = !muxers.has(format) || (format === "caf" && from.codec === "flac" && major < 59);
  test(`${format} is not given ${from.codec} that it does not survive: ${why}`, { skip }, () => {
    const error = assertThrows(() => write(format, from, sizes), AVError);
    assertEquals(error.codeName, "EINVAL");
    assert(error.message.includes(why), error.message);
  });
}

test("a packet that was refused is not one of those that the trailer of caf needs", () => {
  if (major >= 63 || major < 59) return;
  using muxer = MuxerSync.create(new MemorySink(), { format: "caf" });
  const stream = muxer.addStream(audio("flac"));
  const data = new Uint8Array(50);
  muxer.write({ data, pts: 100, dts: 100, duration: 20, isKeyframe: true }, stream);
  assertThrows(() => muxer.write({ data, pts: 50, dts: 50, isKeyframe: true }, stream), AVError);
  const error = assertThrows(() => muxer.finish(), AVError);
  assert(error.message.includes("flac needs 2 packets here, there was 1"), error.message);
});

test("what those muxers do survive is written", () => {
  const extradata = new Uint8Array(40).fill(1);
  assert(write("apng", video("apng", { extradata }), [50]).length > 0);
  assert(write("vc1test", video("wmv3", { extradata }), [50]).length > 0);
  assert(write("mpeg", audio("pcm_dvd", { bitsPerCodedSample: 16 }), [1920, 1920]).length > 0);
  if (major >= 59) assert(write("caf", audio("flac", { extradata }), [50, 50]).length > 0);
});

test("an empty packet, which a program stream would wait for without end, is left out", () => {
  for (const format of ["mpeg", "vcd", "svcd", "dvd", "vob"]) {
    assertEquals(write(format, video("mpeg2video"), [0]), write(format, video("mpeg2video"), []));
    const sizes = [100, 100, 100];
    const with0 = write(format, audio("mp2"), [...sizes, 0]);
    assertEquals(with0, write(format, audio("mp2"), sizes), format);
  }
});

test("opus without its setup is refused where the muxer would drop every packet of it", async () => {
  const words = "-v error -f lavfi -i sine=duration=2:sample_rate=48000 -c:a libopus -f ogg -";
  const done = spawnSync("ffmpeg", words.split(" "));
  assertEquals(done.status, 0, String(done.stderr));
  const caf = new MemorySink();
  try {
    remuxSync(new Uint8Array(done.stdout), caf, { format: "caf" });
  } catch (error) {
    // The newest versions do not write opus there.
    assert(error instanceof AVError && error.codeName === "AVERROR_PATCHWELCOME", String(error));
    assert(major >= 62, `libavformat ${major}`);
    return;
  }
  const bytes = caf.take();
  const input = { name: "a.caf" };
  using source = DemuxerSync.open(bytes, input);
  const times = Array.from(source, ({ pts }) => pts! - source.streams[0].startTime!);
  assertEquals(times.slice(0, 3), [0, 960, 1920]);
  const hasSetup = source.streams[0].extradata !== null;
  for (const movflags of ["frag_keyframe+empty_moov+delay_moov", "frag_keyframe+delay_moov", ""]) {
    const options = { format: "mp4", options: { movflags }, input };
    const sink = new MemorySink();
    const make = () => remuxSync(bytes, sink, options);
    if (hasSetup) {
      const { packets } = make();
      assertEquals(Array.from(DemuxerSync.open(sink.take())).length, packets);
    } else {
      assertThrows(make, AVError, "mp4 needs 19 bytes of extradata of opus");
      await assertRejects(() => remux(bytes, sink, options), AVError, "19 bytes of extradata");
    }
  }
  const hls = { format: "hls", name: "a.m3u8", options: { hls_segment_type: "fmp4" }, input };
  const make = () => remuxSync(bytes, undefined, { ...hls, open: directory(new Map()) });
  if (hasSetup) assert(make().packets > 0);
  else assertThrows(make, AVError, "mp4 needs 19 bytes of extradata of opus");
});
