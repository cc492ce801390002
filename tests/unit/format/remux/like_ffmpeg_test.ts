/** Containers that count in frames, or want the codec's setup first, get what ffmpeg gives them. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fragments, MemorySink, MuxerSync, probeSync, remux, remuxSync } from "../../../../mod.ts";
import { otherFfmpeg } from "../../../support/copy.ts";
import { fixture } from "../../../support/async_sources.ts";
import { madeBy, scratch } from "../../../support/made.ts";
import { generated } from "../../../support/media.ts";

const exact = ["-map", "0", "-c", "copy", "-muxdelay", "0", "-muxpreload", "0"];

/** The bytes of `ffmpeg -c copy`. */
function theirs(path: string, format: string): Uint8Array {
  const words = ["-i", path, ...exact, "-fflags", "+bitexact", "-f", format];
  return madeBy(words, `copied.${format}`);
}

function ours(path: string, format: string): Uint8Array {
  const sink = new MemorySink();
  remuxSync(path, sink, { format, options: { fflags: "+bitexact" } });
  return sink.take();
}

const picture = ["-f", "lavfi", "-i", "testsrc=duration=1:size=720x576:rate=25"];

test("an avi made of an mp4 or of mpegts is ffmpeg's own, byte by byte", () => {
  using folder = scratch();
  for (const name of ["made.mp4", "made.ts"]) {
    const path = join(folder.path, name);
    writeFileSync(path, madeBy([...picture, "-c:v", "mpeg4"], name));
    assertEquals(ours(path, "avi"), theirs(path, "avi"), name);
  }
});

test("an mxf made of mpegts is as long as ffmpeg's own, and tells the same rate", () => {
  using folder = scratch();
  const path = join(folder.path, "made.ts");
  writeFileSync(path, madeBy([...picture, "-c:v", "mpeg2video"], "made.ts"));
  const [mine, other] = [ours(path, "mxf"), theirs(path, "mxf")];
  assertEquals(mine.length, other.length);
  const [stream] = probeSync(mine).streams;
  assert(stream.type === "video");
  assertEquals(stream.averageFrameRate, { num: 25, den: 1 });
});

test(
  "pictures with pixels of one shape say so in an mp4, as ffmpeg's do",
  { skip: otherFfmpeg() },
  () => {
    for (const { name, path } of generated().filter(({ name }) => /mp4$/.test(name))) {
      assertEquals(ours(path, "mov"), theirs(path, "mov"), name);
    }
  },
);

test("sound whose channels are in no known order gets libav's own, as in the tools", () => {
  const raw = { type: "audio", codec: "pcm_s16le", sampleRate: 8000, channels: 2 } as const;
  const wav = fixture("wav.wav");
  const sink = new MemorySink();
  remuxSync(wav, sink, { format: "mov" });
  const [stream] = probeSync(sink.take()).streams;
  assert(stream.type === "audio");
  assertEquals(stream.channelLayout, stream.channels === 1 ? "mono" : "stereo");
  const made = new MemorySink();
  using output = MuxerSync.create(made, { format: "mov" });
  const target = output.addStream(raw);
  output.write({ data: new Uint8Array(400), pts: 0 }, target);
  output.finish();
  const [described] = probeSync(made.take()).streams;
  assert(described.type === "audio");
  assertEquals(described.channelLayout, "stereo");
});

const ts = madeBy(
  [...picture, "-f", "lavfi", "-i", "sine=duration=1", "-c:v", "mpeg2video", "-c:a", "aac"],
  "adts.ts",
);

for (
  const [how, made] of [
    ["into a stream", async () => {
      const chunks: Uint8Array[] = [];
      const target = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
      await remux(ts, target, { format: "matroska" });
      return chunks;
    }],
    ["live", () => {
      const sink = new MemorySink();
      remuxSync(ts, sink, { format: "matroska", options: { live: 1 } });
      return Promise.resolve([sink.take()]);
    }],
    ["in fragments", async () => {
      const chunks: Uint8Array[] = [];
      for await (const { data } of fragments(ts, { format: "matroska" })) chunks.push(data);
      return chunks;
    }],
  ] as [string, () => Promise<Uint8Array[]>][]
) {
  test(`ADTS goes to matroska ${how}, where no header can be changed`, async () => {
    const bytes = new Uint8Array(await new Blob(await made() as BlobPart[]).arrayBuffer());
    const { streams } = probeSync(bytes, { findStreamInfo: false });
    const strings = streams.map(({ codec }) => codec.string);
    assert(strings.includes("mp4a.40.2"), String(strings));
    using folder = scratch();
    const path = join(folder.path, "live.mkv");
    writeFileSync(path, bytes);
    const decoded = madeBy(["-xerror", "-i", path, "-map", "0:a", "-f", "s16le"], "decoded.raw");
    assert(decoded.length > 44100, `${decoded.length} bytes of sound`);
  });
}

test("a file that is there is kept where nothing comes to be written", async () => {
  using folder = scratch();
  const path = join(folder.path, "keep.mkv");
  const bytes = fixture("progressive.mp4");
  const signal = AbortSignal.timeout(50);
  const jobs: (() => Promise<unknown>)[] = [
    () => remux(join(folder.path, "missing.mp4"), path),
    () => remux(new Uint8Array(1000), path),
    () => remux(bytes, path, { format: "no such muxer" }),
    () => remux(bytes, path, { start: 2, end: 1 }),
    () => remux(bytes, path, { streams: [99] }),
    () => remux({ read: () => new Promise<number>(() => {}) }, path, { signal }),
  ];
  for (const [i, job] of jobs.entries()) {
    writeFileSync(path, "precious");
    const error = await job().then(() => undefined, (error: unknown) => error);
    assert(error !== undefined, `job ${i} went well`);
    assertEquals(readFileSync(path, "utf8"), "precious", `job ${i}: ${error}`);
  }
});

test("a file is not written over itself, by whatever name", async () => {
  using folder = scratch();
  const path = join(folder.path, "same.mp4");
  const bytes = fixture("progressive.mp4");
  writeFileSync(path, bytes);
  const other = join(folder.path, ".", "..", folder.path.split(/[/\\]/).at(-1)!, "same.mp4");
  for (const output of [path, other]) {
    const errors = [
      await remux(path, output).catch((error: unknown) => error),
      await Promise.resolve().then(() => remuxSync(path, output)).catch((error) => error),
    ];
    for (const error of errors) assert(/is the input itself/.test(String(error)), String(error));
    assertEquals(new Uint8Array(readFileSync(path)), new Uint8Array(bytes));
  }
});

test("onMarker is told of a path's output as of a sink's", async () => {
  using folder = scratch();
  const bytes = fixture("progressive.mp4");
  const expected: unknown[] = [];
  const options = { format: "matroska", options: { fflags: "+bitexact" } };
  remuxSync(bytes, new MemorySink(), { ...options, onMarker: (it) => expected.push(it) });
  const told: unknown[] = [];
  const path = join(folder.path, "o.mkv");
  await remux(bytes, path, { ...options, onMarker: (it) => told.push(it) });
  assert(expected.length > 1);
  assertEquals(told, expected);
});
