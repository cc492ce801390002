/** No task ends with nothing where its input has something: it throws, or says so. */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert } from "@std/assert";
import {
  Demuxer,
  DemuxerSync,
  directory,
  fragments,
  MemorySink,
  type OpenHookSync,
  remux,
  type RemuxOptions,
  remuxSync,
} from "../../../mod.ts";
import { ffmpeg, filesOf, fixturePath, hlsSet, setFolder } from "../../support/sets.ts";

interface Input {
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
const inputs: Input[] = [
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

interface Case {
  readonly what: string;
  readonly options: Partial<RemuxOptions>;
  /** The hook, made from one that answers for the whole set. */
  readonly hook?: (whole: OpenHookSync) => OpenHookSync;
}

const playlists = /\.(m3u8|mpd)$/;
const cases: Case[] = [
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

const targets = ["matroska", "mpegts", "nut", "mp4"];

/** The result of a task: packets, or an error. */
type Outcome = { readonly packets: number } | { readonly error: unknown };

async function attempt(run: () => number | Promise<number>): Promise<Outcome> {
  try {
    return { packets: await run() };
  } catch (error) {
    return { error };
  }
}

function packetsOf(bytes: Uint8Array): number {
  using back = DemuxerSync.open(bytes);
  return Array.from(back).length;
}

type Task = (input: Input, one: Case, format: string) => number | Promise<number>;

const given = ({ bytes, name, files }: Input, { options, hook }: Case) => {
  const whole = directory(files ?? new Map());
  const open = files === undefined ? undefined : hook?.(whole) ?? whole;
  return { input: bytes, options: { ...options, open, input: { ...options.input, name } } };
};

const tasks: Record<string, Task> = {
  remuxSync: (input, one, format) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const result = remuxSync(bytes, sink, { ...options, format } as never);
    assert(result.packets > 0, `${result.packets} packets were written`);
    return packetsOf(sink.take());
  },
  remux: async (input, one, format) => {
    const { input: bytes, options } = given(input, one);
    const sink = new MemorySink();
    const result = await remux(bytes as Uint8Array, sink, { ...options, format });
    assert(result.packets > 0, `${result.packets} packets were written`);
    return packetsOf(sink.take());
  },
  fragments: async (input, one) => {
    const { input: bytes, options } = given(input, one);
    let pieces = 0;
    for await (const { kind } of fragments(bytes as Uint8Array, { ...options, format: "mp4" })) {
      if (kind === "fragment") pieces++;
    }
    return pieces;
  },
};

for (const [task, run] of Object.entries(tasks)) {
  test(`${task} makes packets or throws, whatever its options`, async () => {
    let made = 0;
    let thrown = 0;
    const silent: string[] = [];
    for (const input of inputs) {
      for (const [i, one] of cases.entries()) {
        const format = targets[i % targets.length];
        const outcome = await attempt(() => run(input, one, format));
        const name = `${input.name} to ${format}: ${one.what}`;
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
    assert(made > 100 && thrown > 100, `${made} made something, ${thrown} threw`);
  });
}

test("A seek within the media is followed by packets or an error, sync and async", async () => {
  const silent: string[] = [];
  for (const input of inputs) {
    for (const seconds of [0, 0.2, 0.5, 0.8]) {
      for (const mode of ["keyframe", "any"] as const) {
        const { input: bytes, options } = given(input, cases[0]);
        const { open, input: { name } } = options as {
          open?: OpenHookSync;
          input: { name: string };
        };
        const sync = await attempt(() => {
          using demuxer = DemuxerSync.open(bytes, { name, open });
          demuxer.seek(seconds, { mode });
          return Array.from(demuxer).length;
        });
        const both = await attempt(async () => {
          await using demuxer = await Demuxer.open(bytes as Uint8Array, { name, open });
          await demuxer.seek(seconds, { mode });
          let count = 0;
          for await (const _ of demuxer) count++;
          return count;
        });
        for (const [way, outcome] of Object.entries({ sync, both })) {
          if ("packets" in outcome && outcome.packets === 0) {
            silent.push(`${input.name} ${way} ${mode} ${seconds}`);
          }
        }
      }
    }
  }
  assert(silent.length === 0, silent.join("\n"));
});
