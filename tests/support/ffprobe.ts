/**
 * ffprobe's description of a file. Answers are cached in `.cache/ffprobe`, as two runtimes ask
 * for the same.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { remembered } from "./remembered.ts";

/** A packet, in ticks of its stream; null where ffprobe prints nothing. */
export interface ProbedPacket {
  readonly streamIndex: number;
  readonly pts: number | null;
  readonly dts: number | null;
  readonly duration: number | null;
  readonly size: number;
  readonly position: number | null;
  /** As printed: `K_`, or `K__` by newer versions. */
  readonly flags: string;
  /** Lower-case SHA-256 of the payload. */
  readonly sha256: string;
}

/** The packets of a file, and how ffprobe ended. */
export interface ProbedPackets {
  readonly packets: readonly ProbedPacket[];
  /** Null where it ended well; else what it wrote to standard error. */
  readonly error: string | null;
  /** It gave up as it could not open a decoder, which reading packets does not need. */
  readonly decoderRefused: boolean;
}

/** One object of ffprobe's JSON. */
// deno-lint-ignore no-explicit-any
export type Section = Record<string, any>;

/** `-show_format -show_streams -show_chapters -show_programs`. */
export interface ProbedInfo {
  readonly format: Section;
  readonly streams: readonly Section[];
  readonly chapters: readonly Section[];
  readonly programs: readonly Section[];
  /** Null where it ended well; else what it wrote to standard error. */
  readonly error: string | null;
}

// By name: the matrix puts the ffprobe of the libraries under test first on the PATH.
const command = ["ffprobe"];

interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs ffprobe on a file, or on a pipe that the file is written to. */
function run(args: readonly string[], path: string, pipe: boolean): Output {
  // cat holds the pipe's other end: what it makes of an early end does not matter.
  const words = pipe
    ? ["sh", "-c", 'file=$1; shift; cat "$file" 2>/dev/null | "$@"', "sh", path, ...command]
    : command;
  const [name, ...rest] = [...words, ...args, "-i", pipe ? "pipe:0" : `file:${path}`];
  const done = spawnSync(name, rest, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    timeout: 60_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.error) throw done.error;
  return done;
}

/** ffprobe's answer about a file, from the cache where it was asked before. */
function cached<T>(
  path: string,
  args: readonly string[],
  pipe: boolean,
  of: (output: Output) => T,
): T {
  return remembered([path, ...args, `pipe: ${pipe}`], () => of(run(args, path, pipe)));
}

/** The output, and the error of a failed run. A broken end leaves broken JSON. */
function parse({ status, stdout, stderr }: Output): { json: Section; error: string | null } {
  const error = status === 0 ? null : stderr.trim() || `ffprobe ended with ${status}`;
  try {
    return { json: JSON.parse(stdout), error };
  } catch (cause) {
    if (error === null) throw cause;
    return { json: {}, error };
  }
}

const number = (value: unknown): number | null => value === undefined ? null : Number(value);

/** Every packet of a file as ffprobe reads it, by name or through a pipe. */
export function ffprobePackets(
  path: string,
  { pipe = false, args = [] }: { pipe?: boolean; args?: readonly string[] } = {},
): ProbedPackets {
  const shown = ["-show_packets", "-show_data_hash", "sha256"];
  // Warnings say why it gave up.
  const all = ["-v", "warning", ...args, ...shown, "-of", "json"];
  return cached(path, all, pipe, (output) => {
    const { json, error } = parse(output);
    const packets = (json.packets ?? []).map((packet: Section): ProbedPacket => ({
      streamIndex: packet.stream_index,
      pts: number(packet.pts),
      dts: number(packet.dts),
      duration: number(packet.duration),
      size: Number(packet.size),
      position: number(packet.pos),
      flags: packet.flags,
      sha256: String(packet.data_hash).replace(/^SHA256:/, ""),
    }));
    const decoderRefused = error?.includes("Could not open codec for input stream") ?? false;
    return { packets, error, decoderRefused };
  });
}

/** ffprobe's description of the file as a whole. */
export function ffprobeInfo(
  path: string,
  { args = [] }: { args?: readonly string[] } = {},
): ProbedInfo {
  const shown = ["-show_format", "-show_streams", "-show_chapters", "-show_programs"];
  return cached(path, ["-v", "error", ...args, ...shown, "-of", "json"], false, (output) => {
    const { json, error } = parse(output);
    const { format = {}, streams = [], chapters = [], programs = [] } = json;
    return { format, streams, chapters, programs, error };
  });
}
