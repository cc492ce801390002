import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AVError,
  MemorySink,
  probe,
  thumbnail,
  transcode,
  type TranscodeOptions,
  type VideoStream,
} from "../../../mod.ts";
import { encoderNames } from "../../../lib/codec/codecs.ts";
import { ffmpeg, fixture, framemd5, turnedMp4 } from "../../support/codec.ts";
import { madeBy, scratch } from "../../support/made.ts";

const path = fixture("progressive.mp4");
const hasX264 = encoderNames("h264").includes("libx264");
const h264 = hasX264 ? {} : { skip: "there is no libx264" };

async function made(input: string | Uint8Array, options: TranscodeOptions) {
  const sink = new MemorySink();
  const result = await transcode(input, sink, { format: "mp4", ...options });
  return { result, bytes: sink.take() };
}

/** The fields that ffprobe has of the streams of a file. */
function ffprobe(bytes: Uint8Array, entries: string): Record<string, string>[] {
  using folder = scratch();
  const file = join(folder.path, "file");
  writeFileSync(file, bytes);
  const words = ["-v", "error", "-count_packets", "-show_entries", entries, "-of", "json", file];
  const done = spawnSync("ffprobe", words, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout).streams;
}

type Fields = Record<"nb_read_packets" | "avg_frame_rate" | "duration", string>;

/** The peak signal-to-noise ratio of a file's pictures, beside those of another one. */
function psnr(bytes: Uint8Array, reference: string, filter = "null"): number {
  using folder = scratch();
  const file = join(folder.path, "file.mp4");
  writeFileSync(file, bytes);
  const graph = `[1:v]${filter}[r];[0:v][r]psnr`;
  const words = ["-nostdin", "-i", file, "-i", reference, "-lavfi", graph, "-f", "null", "-"];
  const { stderr } = spawnSync("ffmpeg", words, { encoding: "utf8" });
  const found = /average:(inf|[\d.]+)/.exec(stderr)?.[1];
  if (found === undefined) throw new Error(stderr);
  return found === "inf" ? Infinity : Number(found);
}

test("pictures and sound are encoded again, and ffprobe agrees", h264, async () => {
  const { result, bytes } = await made(fixture("webm.webm"), {
    video: { codec: "h264", options: { crf: 16 } },
    audio: { codec: "aac", sampleRate: 44100, channels: 2 },
  });
  assertEquals(result.streams.map(({ codec, encoder }) => [codec, encoder]), [
    ["h264", "libx264"],
    ["aac", "aac"],
  ]);
  assertEquals(result.dropped, []);
  const [video, audio] = ffprobe(
    bytes,
    "stream=codec_name,width,height,nb_read_packets,avg_frame_rate,sample_rate,channels,duration",
  );
  assertEquals([video.codec_name, video.width, video.height], ["h264", 160, 120] as never);
  assertEquals([video.nb_read_packets, video.avg_frame_rate], ["25", "25/1"]);
  assertEquals([audio.codec_name, audio.sample_rate, audio.channels], [
    "aac",
    "44100",
    2,
  ] as never);
  assert(Math.abs(Number(video.duration) - 1) < 0.04, video.duration);
  assert(Math.abs(Number(audio.duration) - 1.01) < 0.03, audio.duration);
  assert(psnr(bytes, fixture("webm.webm")) > 35);
});

test("a stream that nothing changes of is copied", async () => {
  const { result, bytes } = await made(path, { video: { codec: "h264", width: 160 }, audio: {} });
  assertEquals(result.streams.map(({ encoder }) => encoder), [null, null]);
  using folder = scratch();
  const file = join(folder.path, "a.mp4");
  writeFileSync(file, bytes);
  assertEquals(framemd5(["-i", file, "-map", "0:v"]), framemd5(["-i", path, "-map", "0:v"]));
});

test("a codec that the format does not hold is encoded for it", async () => {
  const sink = new MemorySink();
  const result = await transcode(fixture("avi.avi"), sink, { format: "webm" });
  assertEquals(result.streams.length, 2);
  assert(result.streams.every(({ encoder }) => encoder !== null));
  const { streams } = await probe(sink.take());
  assertEquals(
    streams.map(({ codec }) => codec.name).sort(),
    result.streams.map((s) => s.codec).sort(),
  );
});

test("a stream may be left out, and a codec that cannot be copied is then dropped and told", async () => {
  const { result } = await made(path, { audio: false, video: "copy" });
  assertEquals(result.streams.map(({ input }) => input), [0]);
  assertEquals(result.dropped.map(({ index, reason }) => [index, reason]), [
    [1, "audio is not wanted"],
  ]);
  await assertRejects(() => made(path, { audio: false, video: false }), RangeError, "no stream");
});

test("streams that the demuxer is told to leave out are dropped, and told", async () => {
  for (const video of ["copy", { codec: "mpeg4" }] as const) {
    const { result } = await made(path, { video, input: { streams: ["v"] } });
    assertEquals(result.streams.map(({ input }) => input), [0]);
    assertEquals(result.dropped.map(({ index, reason }) => [index, reason]), [
      [1, '"input.streams" does not name it'],
    ]);
  }
});

test("pictures are scaled, their shape kept", async () => {
  const size = async (video: object, input: string | Uint8Array = path) => {
    const { bytes } = await made(input, { video: { codec: "mpeg4", ...video }, audio: false });
    const [{ width, height, sampleAspectRatio }] = (await probe(bytes))
      .streams as unknown as VideoStream[];
    return [width, height, sampleAspectRatio];
  };
  const square = { num: 1, den: 1 };
  assertEquals(await size({ width: 80 }), [80, 60, square]);
  assertEquals(await size({ height: 90 }), [120, 90, square]);
  assertEquals(await size({ width: 200, height: 60 }), [200, 60, square]);
  assertEquals(await size({ width: 101 }), [102, 76, square], "even sides");
});

/** Four colours, a second of it. */
const COLOURS = "color=red:s=64x48:d=0.4[a];color=lime:s=64x48:d=0.4[b];" +
  "color=blue:s=64x48:d=0.4[c];color=white:s=64x48:d=0.4[d];" +
  "[a][b]hstack[u];[c][d]hstack[l];[u][l]vstack";

/** The names of the colours at places of a picture, each from 0 to 1. */
async function colours(bytes: Uint8Array, places: [number, number][]): Promise<string> {
  const { data, width, height } = await thumbnail(bytes, { type: "rgba", time: 0.1 });
  return places.map(([x, y]) => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 4;
    const on = [...data.subarray(at, at + 3)].map((v) => v > 190 ? 1 : v < 65 ? 0 : 9).join("");
    const names: Record<string, string> = {
      "100": "red",
      "010": "green",
      "001": "blue",
      "111": "white",
      "000": "black",
    };
    return names[on] ?? [...data.subarray(at, at + 3)].join("/");
  }).join(" ");
}

test("contain has bars, cover cuts, fill changes the shape", async () => {
  const input = madeBy(["-f", "lavfi", "-i", COLOURS, "-c:v", "mpeg4", "-q:v", "1"], "a.mp4");
  const fitted = async (fit: "contain" | "cover" | "fill") => {
    const video = { codec: "mpeg4", width: 256, height: 96, fit, options: { qscale: 1 } };
    return (await made(input, { video: { ...video, options: undefined, bitRate: 4_000_000 } }))
      .bytes;
  };
  const quarters: [number, number][] = [[0.3, 0.3], [0.7, 0.3], [0.3, 0.7], [0.7, 0.7]];
  const edges: [number, number][] = [[0.05, 0.3], [0.95, 0.7]];
  assertEquals(await colours(await fitted("contain"), quarters), "red green blue white");
  assertEquals(await colours(await fitted("contain"), edges), "black black");
  assertEquals(await colours(await fitted("cover"), edges), "red white");
  assertEquals(await colours(await fitted("cover"), quarters), "red green blue white");
  assertEquals(await colours(await fitted("fill"), edges), "red white");
});

test("pictures that are turned come out upright", async () => {
  const video = madeBy(["-f", "lavfi", "-i", COLOURS, "-c:v", "mpeg4", "-q:v", "1"], "a.mp4");
  const quarters: [number, number][] = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]];
  for (const rotate of [90, 180, 270]) {
    const input = turnedMp4(video, rotate);
    const { bytes } = await made(input, { video: { codec: "mpeg4", bitRate: 4_000_000 } });
    const [stream] = (await probe(bytes)).streams as unknown as VideoStream[];
    assertEquals([stream.width, stream.height], rotate === 180 ? [128, 96] : [96, 128]);
    assertEquals(stream.rotation, 0);
    assertEquals(await colours(bytes, quarters), await colours(input, quarters));
  }
});

test("frames are repeated and left out for a frame rate", async () => {
  const packets = async (frameRate: number | { num: number; den: number }) => {
    const { result, bytes } = await made(path, {
      video: { codec: "mpeg4", frameRate },
      audio: false,
    });
    const [stream] = ffprobe(bytes, "stream=nb_read_packets,avg_frame_rate,duration");
    return {
      ...stream as Fields,
      duplicated: result.duplicatedFrames,
      dropped: result.droppedFrames,
    };
  };
  const more = await packets(50);
  assertEquals([more.nb_read_packets, more.avg_frame_rate], ["50", "50/1"]);
  assertEquals(more.duplicated, 25);
  const fewer = await packets(10);
  // As many as `ffmpeg -r 10 -vsync cfr` makes.
  assertEquals([fewer.nb_read_packets, fewer.avg_frame_rate], ["12", "10/1"]);
  assertEquals(fewer.dropped, 13);
  const ntsc = await packets({ num: 30000, den: 1001 });
  assertEquals(ntsc.avg_frame_rate, "30000/1001");
  assert(Math.abs(Number(ntsc.duration) - 1) < 0.04, ntsc.duration);
});

test("start and end are exact for what is encoded", h264, async () => {
  const { bytes } = await made(path, {
    start: 0.3,
    end: 0.7,
    video: { codec: "h264", options: { crf: 10, bf: 0 } },
    audio: { codec: "aac", bitRate: 64000 },
  });
  const [video, audio] = ffprobe(bytes, "stream=nb_read_packets,duration,start_time");
  // From 0.28, the picture that is shown at 0.3, to 0.68.
  assertEquals(video.nb_read_packets, "11");
  assert(Math.abs(Number(video.duration) - 0.4) < 0.04, video.duration);
  assert(Math.abs(Number(audio.duration) - 0.4) < 0.05, audio.duration);
  const filter = "select=between(n\\,7\\,17),setpts=N/25/TB";
  assert(psnr(bytes, path, filter) > 35, `${psnr(bytes, path, filter)}`);
});

test("picture and sound stay in step over a hole in the sound", async () => {
  // A tone from 0 to 1 and from 3 to 4 seconds, and a flash that begins with each.
  using folder = scratch();
  const file = join(folder.path, "a.mkv");
  ffmpeg([
    ...[
      "-f",
      "lavfi",
      "-i",
      "color=black:s=32x32:r=25:d=4,drawbox=c=white:t=fill:enable='gte(t,3)'",
    ],
    ...["-f", "lavfi", "-i", "sine=f=1000:d=4", "-af"],
    ...["aselect='lt(t,1)+gte(t,3)'", "-c:v", "ffv1", "-c:a", "pcm_s16le", file],
  ]);
  const { bytes } = await made(file, {
    video: { codec: "mpeg4", bitRate: 500_000 },
    audio: { codec: "aac" },
  });
  const samples = new Float32Array(
    ffmpeg(["-i", "-", "-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "f32le", "-"], bytes).buffer,
  );
  const quiet = samples.subarray(1.2 * 8000, 2.8 * 8000);
  assert(quiet.every((sample) => Math.abs(sample) < 0.01), "the hole is silent");
  const back = samples.findIndex((sample, i) => i > 1.5 * 8000 && Math.abs(sample) > 0.03) / 8000;
  assert(Math.abs(back - 3) < 0.02, `the tone is back at ${back}`);
});

test("metadata and chapters are carried over", async () => {
  const { bytes } = await made(path, {
    video: { codec: "mpeg4" },
    metadata: { artist: null, comment: "new" },
  });
  const { format } = await probe(bytes);
  assertEquals(format.metadata.title, "A fixture: äöü");
  assertEquals(format.metadata.comment, "new");
  assertEquals(format.metadata.artist, undefined);
});

test("options are checked by name before anything is written", async () => {
  const refused = (options: object) => made(path, options);
  await assertRejects(() => refused({ video: { codec: "nonsense" } }), TypeError, "nonsense");
  await assertRejects(
    () => refused({ video: { codec: "mpeg4", options: { nonsense: 1 } } }),
    TypeError,
    "nonsense",
  );
  await assertRejects(() => refused({ video: { width: 0 } }), RangeError, "video.width");
  await assertRejects(() => refused({ video: { frameRate: -1 } }), RangeError, "frameRate");
  await assertRejects(() => refused({ video: { fit: "round" } }), TypeError, "video.fit");
  await assertRejects(() => refused({ video: true }), TypeError, "video");
  await assertRejects(() => refused({ audio: { channels: 1.5 } }), RangeError, "audio.channels");
  await assertRejects(() => refused({ maxPixels: -1 }), RangeError, "maxPixels");
  await assertRejects(() => refused({ maxPixels: 100, video: { codec: "mpeg4" } }), AVError);
});

test("damaged packets are left out and told", async () => {
  const bytes = new Uint8Array(readFileSync(fixture("mpegts.ts")));
  for (let at = 40_000; at < 44_000; at += 7) bytes[at] ^= 0x55;
  const { result } = await made(bytes, { video: { codec: "mpeg4" }, audio: { codec: "aac" } });
  assert(result.packets > 20);
  assert(result.damaged >= 0);
});

test("an input that is cut off is written as far as it goes, and the result says so", async () => {
  const bytes = new Uint8Array(readFileSync(fixture("matroska.mkv")));
  const whole = await made(bytes, { video: { codec: "mpeg4" } });
  assertEquals(whole.result.truncated, false);
  const words = ["-f", "lavfi", "-i", "testsrc=d=20:s=64x48", "-c:v", "mpeg4"];
  const long = madeBy(words, "a.mkv");
  const cut = await made(long.subarray(0, long.length >> 1), {
    video: { codec: "mpeg4", width: 32 },
  });
  assert(cut.result.packets > 100);
  assertEquals(cut.result.truncated, true);
});

test("progress is told, and a stream is enough for input and output", async () => {
  const told: number[] = [];
  const parts: Uint8Array[] = [];
  const input = new Blob([new Uint8Array(readFileSync(fixture("mpegts.ts")))]).stream();
  const output = new WritableStream<Uint8Array>({
    write: (chunk) => void parts.push(chunk.slice()),
  });
  await transcode(input, output, {
    format: "matroska",
    video: { codec: "mpeg4", width: 64 },
    onProgress: ({ packets }) => told.push(packets),
  });
  assert(told.length >= 1 && told.at(-1)! > 20);
  const { streams } = await probe(new Uint8Array(Buffer.concat(parts)));
  assertEquals(streams.map(({ codec }) => codec.name), ["mpeg4", "mp2"]);
});
