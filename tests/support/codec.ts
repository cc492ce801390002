/**
 * Frames of files, and the tool's hashes to compare them with.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { DecoderSync, type DecoderSyncOptions } from "../../lib/codec/decoder.ts";
import type { Frame } from "../../lib/codec/frame.ts";
import { DemuxerSync } from "../../lib/format/demux/demuxer.ts";
import { MuxerSync } from "../../lib/format/mux/muxer.ts";
import { livePacket } from "../../lib/format/packet.ts";
import { MemorySink } from "../../lib/io/sinks/memory_sink.ts";
import { generated } from "./media.ts";

const version = spawnSync("ffmpeg", ["-version"], { encoding: "utf8" }).stdout;
const [, major, minor] = /^ffmpeg version n?(\d+)\.(\d+)/.exec(version) ?? ["", "9", "0"];
const release = Number(major) * 100 + Number(minor);
const rate = release >= 501 ? "-fps_mode" : "-vsync";

/** The tool's words for every frame at its own time. */
export const passthrough: readonly string[] = [rate, "passthrough"];
/** The tool's words for frames at their own times, none twice. */
export const variableRate: readonly string[] = [rate, "vfr"];
/** The tool's words for pictures of the size that each has. */
export const unscaled: readonly string[] = release >= 404 ? ["-noautoscale"] : [];

/** The path of a fixture. */
export function fixture(name: string): string {
  const found = generated().find((file) => file.name === name);
  if (found === undefined) throw new Error(`this ffmpeg made no ${name}`);
  return found.path;
}

/** Every byte that a frame shows, without padding. */
export function bytesOf(frame: Frame): Uint8Array {
  const { planes } = frame;
  const all = new Uint8Array(planes.reduce((sum, { rows, bytes }) => sum + rows * bytes, 0));
  let at = 0;
  planes.forEach((_, i) => at += frame.copyPlane(i, all.subarray(at)));
  return all;
}

/** Its hash, as `framemd5` has it. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** Every frame of the first stream of a type; each is closed when the next is asked for. */
export function* framesOf(
  input: string | Uint8Array,
  type: "video" | "audio",
  options: Partial<DecoderSyncOptions> = {},
): Generator<Frame> {
  using demuxer = DemuxerSync.open(input);
  const stream = demuxer.streams.find((one) => one.type === type);
  if (stream === undefined) throw new Error(`no ${type} in it`);
  using decoder = DecoderSync.open({ stream, ...options });
  const shown = function* (frames: Iterable<Frame>) {
    for (const frame of frames) {
      yield frame;
      frame.close();
    }
  };
  for (const packet of demuxer) {
    if (packet.streamIndex !== stream.index) continue;
    yield* shown(decoder.decode(livePacket(packet)!.pointer));
  }
  yield* shown(decoder.decode(null));
}

/** The tool's output; an error where it fails, unless `tolerant`. */
export function ffmpeg(
  words: readonly string[],
  input?: Uint8Array,
  tolerant = false,
): Uint8Array<ArrayBuffer> {
  const done = spawnSync("ffmpeg", ["-v", "error", "-nostdin", ...words], {
    input,
    maxBuffer: 2 ** 30,
  });
  if (done.error) throw done.error;
  if (done.status !== 0 && !tolerant) {
    throw new Error(`ffmpeg ${words.join(" ")}: ${done.stderr}`);
  }
  return new Uint8Array(done.stdout);
}

/** The hashes of the tool's frames. */
export function framemd5(words: readonly string[], { tolerant = false } = {}): string[] {
  const text = ffmpeg([...words, "-f", "framemd5", "-"], undefined, tolerant);
  return new TextDecoder().decode(text).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    // Stream, dts, pts, duration, size, hash; newer tools go on with the side data's.
    .map((line) => line.split(",")[5].trim());
}

/** The same mp4 with a display matrix that turns its pictures by quarters, clockwise. */
export function turnedMp4(bytes: Uint8Array, degrees: number): Uint8Array<ArrayBuffer> {
  const [cos, sin] = [
    Math.round(Math.cos(degrees * Math.PI / 180)),
    Math.round(
      Math.sin(degrees * Math.PI / 180),
    ),
  ].map((value) => value * 65536);
  const matrix = new Int32Array([cos, sin, 0, -sin, cos, 0, 0, 0, 1 << 30]);
  using demuxer = DemuxerSync.open(bytes);
  const sink = new MemorySink();
  using muxer = MuxerSync.create(sink, { format: "mp4" });
  const [stream] = demuxer.streams;
  const data = new Uint8Array(matrix.buffer);
  const output = muxer.addStream({ ...stream, sideData: [{ type: "Display Matrix", data }] });
  for (const packet of demuxer) muxer.write(packet, output);
  muxer.finish();
  return sink.take();
}
