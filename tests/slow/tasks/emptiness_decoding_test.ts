/** No decoding, joining or command line ends with nothing where its input has something. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert } from "@std/assert";
import {
  concat,
  concatSync,
  type DemuxerOptions,
  frames,
  type Input as AnyInput,
  MemorySink,
  pcm,
  type StreamChoice,
  thumbnail,
  transcode,
  waveform,
} from "../../../mod.ts";
import { main } from "../../../lib/cli/main.ts";
import {
  type Case,
  cases,
  given,
  type Input,
  inputs,
  packetsOf,
  sweep,
} from "../../support/emptiness.ts";
import { scratch } from "../../support/made.ts";

const some = ["progressive.mp4", "mpegts.ts", "matroska.mkv", "index.m3u8", "index.mpd"];
const few = inputs.filter(({ name }, i) =>
  some.includes(name) && inputs.findIndex((one) => one.name === name) === i
);
// The hook decides about sets alone, and functions choose among the streams of a copy.
const plain = cases.filter(({ options }) => typeof options.streams !== "function");
const isCut = ({ options }: Case) => options.start !== undefined || options.end !== undefined;

/** The input and the options of a task that decodes. */
function reading(input: Input, one: Case, otherwise: StreamChoice) {
  const { input: bytes, options } = given(input, one);
  const { start, end, open, streams, input: { streams: _, ...opening } } = options;
  const stream = (streams as StreamChoice[] | undefined)?.[0] ?? otherwise;
  const demuxing: Omit<DemuxerOptions, "streams" | "findStreamInfo"> = { ...opening, open };
  return { bytes: bytes as AnyInput, options: { ...demuxing, stream, start, end } };
}

test("frames gives frames or throws, whatever its options", async () => {
  for (const kind of ["video", "audio"] as const) {
    await sweep(async (input, one) => {
      const { bytes, options } = reading(input, one, kind);
      let count = 0;
      for await (const _ of frames(bytes, options)) count++;
      return count;
    }, { of: few, by: plain, least: 20 });
  }
});

test("pcm and waveform give samples or throw, whatever their options", async () => {
  await sweep(async (input, one) => {
    const { bytes, options: { format: _, ...options } } = reading(input, one, "audio");
    let count = 0;
    for await (const { samples } of pcm(bytes, options)) count += samples.length;
    return count;
  }, { of: few, by: plain, least: 20 });
  await sweep(async (input, one) => {
    const { bytes, options } = reading(input, one, "audio");
    const { duration, peaks } = await waveform(bytes, options);
    return duration > 0 ? peaks.length : 0;
  }, { of: few, by: plain, least: 20 });
});

test("thumbnail gives a picture or throws, whatever its options", async () => {
  await sweep(async (input, one) => {
    const { bytes, options: { start, end: _, ...rest } } = reading(input, one, "video");
    const { data } = await thumbnail(bytes, { ...rest, time: start, type: "rgba", width: 32 });
    return data.length;
  }, { of: few, by: plain, least: 20 });
});

test("transcode writes packets or throws, whatever its options", async () => {
  await sweep(async (input, one) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const codecs = { video: { codec: "mpeg4" }, audio: { codec: "flac" } };
    const result = await transcode(bytes, sink, { ...options, ...codecs, format: "matroska" });
    assert(result.packets > 0, `${result.packets} packets were written`);
    return packetsOf(sink.take());
  }, { of: few, least: 20 });
});

test("concat and concatSync write packets or throw, whatever their options", async () => {
  const whole = cases.filter((one) => !isCut(one));
  const parts = inputs.filter(({ bytes }) => bytes !== undefined);
  await sweep((input, one) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const { packets } = concatSync(
      [bytes!, bytes!],
      sink,
      { ...options, format: "matroska" } as never,
    );
    assert(packets > 0, `${packets} packets were written`);
    return packetsOf(sink.take());
  }, { of: parts, by: whole, least: 20 });
  await sweep(async (input, one) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const { packets } = await concat([bytes!, bytes!], sink, { ...options, format: "matroska" });
    assert(packets > 0, `${packets} packets were written`);
    return packetsOf(sink.take());
  }, { of: parts, by: whole, least: 20 });
});

/** The command line's words for a case; undefined where it has none. */
function wordsOf({ options, hook }: Case): string[] | undefined {
  const { start, end, streams, input } = options;
  if (hook !== undefined || input !== undefined || typeof streams === "function") return undefined;
  return [
    ...(start === undefined ? [] : ["--start", String(start)]),
    ...(end === undefined ? [] : ["--end", String(end)]),
    ...(streams === undefined || streams.length === 0 ? [] : ["--streams", streams.join()]),
  ];
}

test("avio remux and transcode write packets or exit with an error", async () => {
  for (const command of ["remux", "transcode"]) {
    using folder = scratch();
    await sweep(async (input, one, i) => {
      const files = input.files ?? new Map([[input.name, input.bytes!]]);
      for (const [name, bytes] of files) writeFileSync(join(folder.path, name), bytes);
      const words = wordsOf(one) ?? [];
      const output = join(folder.path, `out.${command}.${i}.mkv`);
      const more = command === "transcode" ? ["--video", "mpeg4", "--audio", "flac"] : [];
      const all = [command, join(folder.path, input.name), output, "-y", ...words, ...more];
      // It prints what is wrong by itself.
      const code = await main(all);
      if (code !== 0) throw new Error(`exit code ${code}`);
      return existsSync(output) ? packetsOf(new Uint8Array(readFileSync(output))) : 0;
    }, { of: few, by: cases.filter((one) => wordsOf(one) !== undefined), least: 15 });
  }
});
