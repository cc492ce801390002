/**
 * The module's side of the measurement: the same modes over the same bytes as bench/reference.c.
 *
 * Reads lines `MODE FILE REPEAT [FORMAT]` and answers each with `WALL CPU COUNT SUM` (nanoseconds),
 * or with `absent` where the module has no such thing. `once MODE FILE [FORMAT]` as arguments does
 * one job and prints the kibibytes it needed at the peak over the loaded input, and the count.
 *
 *     deno run --allow-ffi --allow-read --allow-env bench/program.ts
 *     bun run bench/program.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import * as avio from "../mod.ts";
import {
  CallbackSink,
  DemuxerSync,
  frames,
  MemorySink,
  type Packet,
  pcm,
  probeSync,
  remuxSync,
  thumbnail,
  transcode,
  type VideoFrame,
} from "../mod.ts";

interface Result {
  count: number;
  /** Must agree with the reference's. */
  sum: number;
}

type Payload = (packet: Packet) => number;

const untouched: Payload = () => 0;
const fresh: Payload = (packet) => packet.size === 0 ? 0 : packet.data[packet.size - 1];

function intoOne(): Payload {
  let into = new Uint8Array(0);
  return (packet) => {
    if (packet.size === 0) return 0;
    if (into.length < packet.size) into = new Uint8Array(packet.size * 2);
    packet.copyTo(into);
    return into[packet.size - 1];
  };
}

function look(packet: Packet): number {
  return packet.size + packet.streamIndex + (packet.isKeyframe ? 1 : 0) +
    (packet.pts === null ? 0 : packet.pts % 1000) + (packet.dts === null ? 0 : packet.dts % 1000);
}

function demux(given: Uint8Array | string, payload: Payload, limit = Infinity): Result {
  using input = DemuxerSync.open(given);
  let count = 0;
  let sum = 0;
  for (const packet of input) {
    count++;
    sum += look(packet) + payload(packet);
    if (count >= limit) break;
  }
  return { count, sum };
}

function probe(bytes: Uint8Array, findStreamInfo: boolean): Result {
  const { streams } = probeSync(bytes, { findStreamInfo });
  const types = ["video", "audio", "data", "subtitle", "attachment"];
  return {
    count: streams.length,
    sum: streams.reduce((sum, { type }) => sum + types.indexOf(type), 0),
  };
}

/** `fmp4` is mp4 in fragments, as the reference has it. */
function target(format: string): { format: string; options?: Record<string, string> } {
  return format === "fmp4"
    ? { format: "mp4", options: { movflags: "frag_keyframe+empty_moov+default_base_moof" } }
    : { format };
}

let written = 0;
const count = (chunk: Uint8Array): void => {
  written += chunk.length;
};

function remux(bytes: Uint8Array, format: string, keep: boolean): Result {
  const sink = keep ? new MemorySink() : new CallbackSink(count, { seekable: true, borrows: true });
  return { count: remuxSync(bytes, sink, target(format)).packets, sum: 0 };
}

/** 64 KiB at a time, as a network would bring them. */
function streamed(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, at += 65536));
    },
  });
}

// Looked up by name, so that this file also runs on a version without the asynchronous half.
interface Asynchronous {
  Demuxer?: {
    open(input: unknown): Promise<AsyncIterable<Packet> & { close(): Promise<void> }>;
  };
  remux?(input: unknown, sink: unknown, options: unknown): Promise<{ packets: number }>;
}
const { Demuxer, remux: remuxAsync } = avio as unknown as Asynchronous;

async function demuxAsync(given: unknown): Promise<Result | undefined> {
  if (Demuxer === undefined) return undefined;
  const input = await Demuxer.open(given);
  let count = 0;
  let sum = 0;
  for await (const packet of input) {
    count++;
    sum += look(packet);
  }
  await input.close();
  return { count, sum };
}

async function remuxAsynchronously(bytes: Uint8Array, format: string): Promise<Result | undefined> {
  if (remuxAsync === undefined) return undefined;
  const sink = new CallbackSink(count, { seekable: true, borrows: true });
  return { count: (await remuxAsync(streamed(bytes), sink, target(format))).packets, sum: 0 };
}

/** Every picture; `threads` as the reference has them. */
async function decode(
  bytes: Uint8Array,
  threads: number,
  pixels?: (frame: VideoFrame) => Promise<number>,
): Promise<Result> {
  let count = 0;
  let sum = 0;
  for await (const frame of frames(bytes, { stream: "video", threads })) {
    count++;
    sum += frame.codedWidth + (frame.libav.pts ?? 0) % 1000;
    if (pixels) sum += await pixels(frame);
  }
  return { count, sum };
}

/** The last byte of the first row, as the reference adds it. */
function intoRgba(): (frame: VideoFrame) => Promise<number> {
  const format = { format: "RGBA" } as const;
  let into: Uint8Array<ArrayBuffer> | undefined;
  return async (frame) => {
    into ??= new Uint8Array(frame.allocationSize(format));
    await frame.copyTo(into, format);
    return into[frame.codedWidth * 4 - 1];
  };
}

async function samples(bytes: Uint8Array): Promise<Result> {
  let count = 0;
  for await (const chunk of pcm(bytes, { format: "f32" })) count += chunk.samples.length / 2;
  return { count, sum: 0 };
}

/** As the tool is told to make it in bench/reference.c. */
async function picture(bytes: Uint8Array): Promise<Result> {
  const { data } = await thumbnail(bytes, { time: 1, width: 320 });
  return { count: 1, sum: data.length > 0 ? 0 : 1 };
}

/** As the tool is told to do it in bench/reference.c. */
async function encoded(bytes: Uint8Array): Promise<Result> {
  const sink = new CallbackSink(count, { seekable: true, borrows: true });
  await transcode(bytes, sink, {
    format: "matroska",
    threads: 2,
    video: {
      codec: "libx264",
      width: 1280,
      height: 720,
      options: { preset: "ultrafast", crf: 23 },
    },
    audio: { codec: "aac", bitRate: 128_000 },
  });
  return { count: 1, sum: 0 };
}

type Mode = (bytes: Uint8Array, format: string) => Result | Promise<Result | undefined>;

const modes: Record<string, Mode> = {
  "demux": (bytes) => demux(bytes, untouched),
  "demux-copyto": (bytes) => demux(bytes, intoOne()),
  "demux-copy": (bytes) => demux(bytes, fresh),
  "first": (bytes) => demux(bytes, untouched, 1),
  "remux-count": (bytes, format) => remux(bytes, format, false),
  "remux-memory": (bytes, format) => remux(bytes, format, true),
  "probe": (bytes) => probe(bytes, true),
  "headers": (bytes) => probe(bytes, false),
  "index": (bytes) => {
    using input = DemuxerSync.open(bytes, { findStreamInfo: false });
    const start = process.hrtime.bigint();
    let count = 0;
    for (const { index } of input.streams) count += input.index(index).length;
    // The sum is the time of the reading alone, in ns.
    return { count, sum: Number(process.hrtime.bigint() - start) };
  },
  "decode": (bytes, threads) => decode(bytes, Number(threads)),
  "decode-rgba": (bytes, threads) => decode(bytes, Number(threads), intoRgba()),
  "pcm": samples,
  "demux-path": () => demux(loaded!.path, untouched),
  "demux-path-async": () => demuxAsync(loaded!.path),
  "demux-async": (bytes) => demuxAsync(streamed(bytes)),
  "thumbnail": picture,
  "transcode": encoded,
  "remux-async": remuxAsynchronously,
};

let loaded: { path: string; bytes: Uint8Array } | undefined;

function load(path: string): Uint8Array {
  if (loaded?.path !== path) {
    loaded = undefined;
    // No second copy, which would hide as much of what the work needs.
    const { buffer, byteOffset, length } = readFileSync(path);
    loaded = { path, bytes: new Uint8Array(buffer, byteOffset, length) };
  }
  return loaded.bytes;
}

function resident(field: string): number {
  const status = readFileSync("/proc/self/status", "latin1");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]);
}

async function once(mode: string, path: string, format = ""): Promise<void> {
  const bytes = load(path);
  // The libraries are no part of what the work needs: C has them from its start.
  avio.libraryInfo();
  // The peak so far is the loading's, which may have taken two copies.
  writeFileSync("/proc/self/clear_refs", "5");
  const before = resident("VmRSS");
  const result = await modes[mode](bytes, format);
  console.log(result ? `${resident("VmHWM") - before} ${result.count}` : "absent");
}

/** Nanoseconds by the clock, and of the processor for all threads together. */
function clocks(): { wall: number; cpu: number } {
  const { user, system } = process.cpuUsage();
  return { wall: Number(process.hrtime.bigint()), cpu: (user + system) * 1000 };
}

async function answer(line: string): Promise<string> {
  const [mode, path, repeat, format = ""] = line.split(" ");
  const run = modes[mode];
  if (run === undefined) return "absent";
  const bytes = load(path);
  let result: Result | undefined;
  const start = clocks();
  for (let i = 0; i < Number(repeat); i++) {
    const answer = run(bytes, format);
    result = answer instanceof Promise ? await answer : answer;
    if (result === undefined) return "absent";
  }
  const end = clocks();
  const each = (from: number, to: number) => ((to - from) / Number(repeat)).toFixed(0);
  return `${each(start.wall, end.wall)} ${
    each(start.cpu, end.cpu)
  } ${result?.count} ${result?.sum}`;
}

if (process.argv[2] === "once") {
  await once(process.argv[3], process.argv[4], process.argv[5]);
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(await answer(line));
  }
}
