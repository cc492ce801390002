import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { AVError, DemuxerSync, MemorySink, MuxerSync, remuxSync } from "../../../../mod.ts";
import { makeBytes, native } from "../../../../ffi/mod.ts";
import { BitstreamFilter } from "../../../../lib/format/mux/bitstream.ts";
import { observeRelease } from "../../../../lib/io/avio/release.ts";
import { ffmpegCopy, ffmpegVersion, lines, otherFfmpeg } from "../../../support/copy.ts";
import { cacheFolder } from "../../../support/media.ts";

/** H.264 in Annex B and AAC in ADTS: what both must be rewritten for mp4. */
function transportStream(): string {
  const folder = join(cacheFolder, "media");
  mkdirSync(folder, { recursive: true });
  const version = ffmpegVersion().split(" ")[2].replaceAll("/", "_");
  const path = join(folder, `annexb_adts.${version}.ts`);
  if (existsSync(path)) return path;
  const made = `${path}.${process.pid}`;
  const words = ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i"];
  words.push("testsrc=duration=1:size=160x120:rate=25", "-f", "lavfi", "-i");
  words.push("sine=frequency=440:duration=1:sample_rate=44100", "-pix_fmt", "yuv420p", "-g", "10");
  const rest = ["-c:a", "aac", "-threads", "1", "-f", "mpegts", made];
  const statuses = ["libx264", "libopenh264", "mpeg4"].map((encoder) =>
    existsSync(made) && statSync(made).size > 0
      ? 0
      : spawnSync("ffmpeg", [...words, "-c:v", encoder, ...rest], { encoding: "utf8" }).status
  );
  assertEquals(statuses.at(-1), 0, "ffmpeg has no encoder for mpegts");
  renameSync(made, path);
  return path;
}

const path = transportStream();
const bytes = new Uint8Array(readFileSync(path));

function mp4(movflags: string, input: Uint8Array = bytes): Uint8Array {
  const sink = new MemorySink();
  remuxSync(input, sink, { format: "mp4", options: { movflags } });
  return sink.take();
}

function setups(file: Uint8Array): (string | null)[] {
  using input = DemuxerSync.open(file, { findStreamInfo: false });
  return input.streams.map(({ codec }) => codec.string);
}

const fragmented = [
  "frag_keyframe+empty_moov",
  "frag_keyframe+empty_moov+default_base_moof",
  "frag_keyframe+empty_moov+delay_moov",
  "frag_keyframe",
];

for (const movflags of fragmented) {
  test(`mpegts to mp4 with ${movflags} is what ffmpeg writes with aac_adtstoasc`, {
    skip: otherFfmpeg(),
  }, () => {
    const theirs = ffmpegCopy(path, "mp4", { movflags }, {
      extra: ["-bsf:a", "aac_adtstoasc"],
    });
    assert(theirs.lines !== null, theirs.said);
    assertEquals(lines(mp4(movflags)), theirs.lines);
  });
}

test("The header of a fragmented mp4 made from ADTS says which AAC it is, as any mp4 does", () => {
  const expected = setups(mp4("faststart"));
  assertEquals(expected[1], "mp4a.40.2");
  assert(expected[0] !== null);
  for (const movflags of fragmented) assertEquals(setups(mp4(movflags)), expected, movflags);
});

test("ffmpeg itself refuses ADTS under empty_moov without the filter", () => {
  const theirs = ffmpegCopy(path, "mp4", { movflags: fragmented[0] });
  assertEquals(theirs.lines, null);
  assert(theirs.said.includes("aac_adtstoasc"), theirs.said);
});

test("AAC that is not ADTS goes into a fragmented mp4 untouched", () => {
  const once = mp4("frag_keyframe+empty_moov");
  const twice = mp4("frag_keyframe+empty_moov", once);
  assertEquals(setups(twice), setups(once));
  const payloads = (file: Uint8Array) => lines(file).map((line) => line.split(" ").at(-1));
  assertEquals(payloads(twice), payloads(once));
});

test("Packets written one by one wait for the header and lose nothing", () => {
  const sink = new MemorySink();
  let count = 0;
  {
    using input = DemuxerSync.open(bytes);
    using output = MuxerSync.create(sink, {
      format: "mp4",
      options: { movflags: fragmented[0] },
    });
    const streams = input.streams.map((stream) => output.addStream(stream));
    for (const packet of input) {
      count++;
      output.write(packet, streams[packet.streamIndex]);
    }
    output.finish();
  }
  using back = DemuxerSync.open(sink.take());
  let found = 0;
  for (const _ of back) found++;
  assertEquals(found, count);
});

test("A muxer whose AAC stream never gets a packet still writes the others", () => {
  const sink = new MemorySink();
  {
    using input = DemuxerSync.open(bytes);
    using output = MuxerSync.create(sink, {
      format: "mp4",
      options: { movflags: "frag_keyframe" },
    });
    const streams = input.streams.map((stream) => output.addStream(stream));
    for (const packet of input) {
      if (packet.streamIndex === 0) output.write(packet, streams[0]);
    }
    assertEquals(sink.bytes.length, 0);
    output.finish();
  }
  using back = DemuxerSync.open(sink.take());
  let found = 0;
  for (const _ of back) found++;
  assertEquals(found, 25);
});

test("ADTS that breaks off in a packet is an AVError of the filter, with its log", () => {
  using input = DemuxerSync.open(bytes);
  using output = MuxerSync.create(new MemorySink(), { format: "mp4" });
  const audio = input.streams.find(({ type }) => type === "audio")!;
  const stream = output.addStream(audio);
  for (const packet of input) {
    if (packet.streamIndex !== audio.index) continue;
    output.write(packet, stream);
    break;
  }
  const error = assertThrows(
    () => output.write({ data: Uint8Array.of(0xff, 0xf1, 0, 0, 0, 0, 0, 0), pts: 99999 }, stream),
    AVError,
  );
  assert(error.operation.startsWith("av_bsf_"), error.operation);
  assertEquals(error.codeName, "AVERROR_INVALIDDATA");
});

test("A muxer left with packets that wait and a filter releases all of it, in order", () => {
  const steps: string[] = [];
  observeRelease((step) => steps.push(step));
  try {
    using input = DemuxerSync.open(bytes);
    using output = MuxerSync.create(new MemorySink(), { format: "mp4" });
    const streams = input.streams.map((stream) => output.addStream(stream));
    for (const packet of input) output.write(packet, streams[packet.streamIndex]);
  } finally {
    observeRelease(undefined);
  }
  const reading = ["format", "buffer", "context", "callbacks", "adapter"];
  assertEquals(steps, ["format", "flush", ...reading.slice(1), ...reading]);
});

test("A filter that this FFmpeg lacks, or that refuses the codec, is an AVError", () => {
  using input = DemuxerSync.open(bytes);
  const lib = native();
  const at = lib.avcodec.avcodec_parameters_alloc();
  const parameters = lib.struct("AVCodecParameters", at);
  const timeBase = input.streams[0].timeBase;
  assertThrows(
    () => BitstreamFilter.named(lib, "no_such", { parameters, timeBase }),
    AVError,
    "no_such",
  );
  assertThrows(
    () => BitstreamFilter.named(lib, "aac_adtstoasc", { parameters, timeBase }),
    AVError,
    "av_bsf_init",
  );
  const slot = makeBytes(8);
  new DataView(slot.buffer).setBigUint64(0, BigInt(at), true);
  lib.avcodec.avcodec_parameters_free(slot);
});
