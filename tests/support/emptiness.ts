/**
 * Inputs and options of the sweeps that show that no task ends with nothing where its input has
 * something.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { assert } from "@std/assert";
import { DemuxerSync, directory, type OpenHookSync, type RemuxOptions } from "../../mod.ts";
import { ffmpeg, filesOf, fixturePath, hlsSet, setFolder } from "./sets.ts";

/** A file, or a set of them. */
export interface Input {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly files?: Map<string, Uint8Array>;
  readonly duration: number;
}

const single = ["progressive.mp4", "fragmented.mp4", "matroska.mkv", "mpegts.ts", "flv.flv"];
const more = ["ogg.ogg", "mp3.mp3", "adts.aac", "flac.flac", "wav.wav", "nut.nut", "avi.avi"];
const dash = filesOf(setFolder("dash_timeline", (folder) => {
  const copy = ["-i", fixturePath("progressive.mp4"), "-c", "copy", "-f", "dash"];
  ffmpeg([...copy, "-seg_duration", "0.4", "-use_timeline", "1", "index.mpd"], folder);
}));
/** Every input. */
export const inputs: Input[] = [
  ...[...single, ...more].map((name) => ({
    name,
    bytes: new Uint8Array(readFileSync(fixturePath(name))),
    duration: 1,
  })),
  { name: "index.m3u8", files: filesOf(hlsSet("ts")), duration: 1 },
  {
    name: "index.m3u8",
    files: filesOf(hlsSet("fmp4", ["-hls_segment_type", "fmp4"])),
    duration: 1,
  },
  { name: "index.mpd", files: dash, duration: 1 },
];

/** Options, and what is refused. */
export interface Case {
  readonly what: string;
  readonly options: Partial<RemuxOptions>;
  /** The hook, made from one that answers for the whole set. */
  readonly hook?: (whole: OpenHookSync) => OpenHookSync;
}

const playlists = /\.(m3u8|mpd)$/;
/** Every combination of options. */
export const cases: Case[] = [
  { what: "nothing", options: {} },
  ...[0, 0.2, 0.5, 0.9, 0.999, 1.5, 1e6].map((start) => ({
    what: `start ${start}`,
    options: { start },
  })),
  ...[0.001, 0.3, 1, 1e6].map((end) => ({ what: `end ${end}`, options: { end } })),
  { what: "a cut of one frame", options: { start: 0.5, end: 0.54 } },
  { what: "a cut of no frame", options: { start: 0.5, end: 0.5000001 } },
  { what: "a cut beyond the end", options: { start: 5, end: 6 } },
  ...["v", "a", "s", "v:1"].map((name) => ({
    what: `streams ${name}`,
    options: { streams: [name] } as Partial<RemuxOptions>,
  })),
  { what: "no stream", options: { streams: [] } },
  { what: "a stream that is not there", options: { streams: [9] } },
  { what: "streams by a function", options: { streams: () => false } },
  ...[1, 100, 2000].map((maxBytes) => ({
    what: `maxBytes ${maxBytes}`,
    options: { input: { maxBytes } },
  })),
  { what: "a small probe", options: { input: { probeSize: 32, findStreamInfo: false } } },
  { what: "short sets: all refused", options: {}, hook: () => () => undefined },
  {
    what: "all but the playlist refused",
    options: {},
    hook: (whole) => (url, request) => playlists.test(url) ? whole(url, request) : undefined,
  },
  {
    what: "all but the playlist missing",
    options: {},
    hook: (whole) => (url, request) => {
      if (playlists.test(url)) return whole(url, request);
      request.missing = true;
      return undefined;
    },
  },
  {
    what: "all but the playlist empty",
    options: {},
    hook: (whole) => (url, request) =>
      playlists.test(url) ? whole(url, request) : { size: 0, read: () => 0 },
  },
];

/** The result of a task: packets, or an error. */
export type Outcome = { readonly packets: number } | { readonly error: unknown };

/** Runs a task and keeps its error. */
export async function attempt(run: () => number | Promise<number>): Promise<Outcome> {
  try {
    return { packets: await run() };
  } catch (error) {
    return { error };
  }
}

/** Packets of a file. */
export function packetsOf(bytes: Uint8Array): number {
  using back = DemuxerSync.open(bytes);
  return Array.from(back).length;
}

/** Input and options of a case, as a task takes them. */
export const given = ({ bytes, name, files }: Input, { options, hook }: Case) => {
  const whole = directory(files ?? new Map());
  const open = files === undefined ? undefined : hook?.(whole) ?? whole;
  return { input: bytes, options: { ...options, open, input: { ...options.input, name } } };
};

/** Fails where a task ends with nothing and without an error in any of the cases. */
export async function sweep(
  run: (input: Input, one: Case, index: number) => number | Promise<number>,
  { of = inputs, by = cases, least = 100 }: {
    readonly of?: readonly Input[];
    readonly by?: readonly Case[];
    /** Cases that must have made something, and as many that must have thrown. */
    readonly least?: number;
  } = {},
): Promise<void> {
  let made = 0;
  let thrown = 0;
  const silent: string[] = [];
  for (const input of of) {
    for (const [i, one] of by.entries()) {
      const outcome = await attempt(() => run(input, one, i));
      const name = `${input.name}: ${one.what}`;
      if ("packets" in outcome) {
        if (outcome.packets > 0) made++;
        else silent.push(name);
      } else if (outcome.error instanceof Error && outcome.error.message !== "") {
        if (outcome.error.name === "AssertionError") silent.push(`${name}: ${outcome.error}`);
        thrown++;
      } else silent.push(`${name}: threw ${outcome.error}`);
    }
  }
  assert(silent.length === 0, `nothing, and no error:\n${silent.join("\n")}`);
  assert(made >= least && thrown >= least, `${made} made something, ${thrown} threw`);
}
