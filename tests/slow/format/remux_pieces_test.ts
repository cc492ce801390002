/**
 * Every file in fragments and as HLS with fragmented mp4, packet by packet beside the tool's; and
 * the streams that were dropped, each tried with the tool alone. The corpus that `AVIO_CORPUS`
 * names, or the generated fixtures without one.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  directory,
  type Fragment,
  fragments,
  MemorySink,
  probeSync,
  remux,
  type RemuxResult,
  remuxSync,
} from "../../../mod.ts";
import { liveOptions } from "../../../lib/format/mux/fragment_options.ts";
import { remuxWithHooks } from "../../../lib/tasks/remux.ts";
import { ffmpegCopy, lines } from "../../support/copy.ts";
import { scratch } from "../../support/made.ts";
import { corpus, generated } from "../../support/media.ts";

const files = corpus().length > 0 ? corpus() : generated();
const movflags = "frag_keyframe+empty_moov+default_base_moof";

/** Without durations: a fragment does not tell that of its last packet in every version. */
const untimed = (all: readonly string[]) =>
  all.map((line) => line.split(" ").filter((_, i) => i !== 3).join(" "));

/** Seconds that a time of the tool's may be off, where a muxer within a muxer counts coarsely. */
const FRAME_SECONDS = 0.05;

interface Timed {
  readonly id: string;
  readonly at: number;
}

function timed(bytes: Uint8Array): Timed[] {
  using input = DemuxerSync.open(bytes);
  return Array.from(input, ({ streamIndex, ptsTime, size }) => ({
    id: `${streamIndex} ${size}`,
    at: ptsTime ?? 0,
  }));
}

/** True for the same packets, each within a frame of the other. */
function isNear(own: Uint8Array, theirs: Uint8Array): boolean {
  const [a, b] = [timed(own), timed(theirs)];
  return a.length === b.length &&
    a.every(({ id, at }, i) => id === b[i].id && Math.abs(at - b[i].at) < FRAME_SECONDS);
}

function difference(own: readonly string[], theirs: readonly string[]): string | undefined {
  const at = own.findIndex((line, i) => line !== theirs[i]);
  if (at < 0 && own.length === theirs.length) return undefined;
  const where = at < 0 ? own.length : at;
  return `${own.length} packets, ffmpeg ${theirs.length}; #${where}: ${own[where]}, ffmpeg ${
    theirs[where]
  }`;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** An HLS set of fragmented mp4 as one file. */
function joined(read: (name: string) => Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(read("x.m3u8"));
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
  const segments = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return concatenated([...(init ? [init] : []), ...segments].map(read));
}

const hls = ["-hls_time", "1", "-hls_list_size", "0", "-hls_segment_type", "fmp4"];

function hlsOf(path: string, streams: readonly number[], extra: readonly string[]) {
  using made = scratch();
  const map = streams.flatMap((index) => ["-map", `0:${index}`]);
  const words = ["-v", "error", "-nostdin", "-i", path, ...map, "-c", "copy", ...extra];
  const end = ["-muxdelay", "0", "-muxpreload", "0", ...hls, "x.m3u8"];
  const done = spawnSync("ffmpeg", [...words, ...end], { cwd: made.path, encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0 || /Malformed|muxing|Invalid/.test(done.stderr)) return undefined;
  return joined((name) => new Uint8Array(readFileSync(join(made.path, name))));
}

/** Both of a file; `run` gives what it wrote. */
async function sweep(
  title: string,
  run: (path: string, name: string) => Promise<{ bytes: Uint8Array; result: RemuxResult }>,
  tool: (path: string, streams: readonly number[], extra: readonly string[]) =>
    | { readonly lines: readonly string[]; readonly bytes?: Uint8Array }
    | undefined,
): Promise<void> {
  const wrong: string[] = [];
  const counts: Record<string, number> = {};
  const count = (as: string) => counts[as] = (counts[as] ?? 0) + 1;
  for (const { name, path } of files) {
    let own;
    try {
      own = await run(path, name);
    } catch (error) {
      if (!(error instanceof AVError || error instanceof TypeError)) throw error;
      let media: number[] = [];
      try {
        media = probeSync(path).streams.filter(({ type, isCoverArt }) =>
          (type === "video" || type === "audio") && !isCoverArt
        ).map(({ index }) => index);
      } catch {
        count("no demuxer opens it");
        continue;
      }
      const theirs = media.length === 0 ? undefined : tool(path, media, []);
      if (theirs === undefined || theirs.lines.length < 2) count("refused by both");
      else if (error.message.includes("av_read_frame")) count("broken media");
      else wrong.push(`${name}: ${error.message}; ffmpeg wrote ${theirs.lines.length} packets`);
      continue;
    }
    const { bytes, result } = own;
    const streams = result.streams.map(({ input }) => input);
    const mine = untimed(lines(bytes));
    const theirs = tool(path, streams, []) ?? tool(path, streams, ["-bsf:a", "aac_adtstoasc"]);
    if (theirs === undefined) {
      count("written here, refused by the tool");
      continue;
    }
    const differs = difference(mine, untimed(theirs.lines));
    if (differs === undefined) count("equal");
    else if (theirs.bytes && isNear(bytes, theirs.bytes)) count("equal within a frame");
    else wrong.push(`${name}: ${differs}`);
  }
  console.log(`${title}: ${Object.entries(counts).map(([as, n]) => `${n} ${as}`).join(", ")}`);
  assert(wrong.length === 0, `${wrong.length} differ:\n${wrong.join("\n")}`);
  assert((counts.equal ?? 0) > files.length / 4, JSON.stringify(counts));
}

test(`fragments are what ffmpeg -c copy writes (${files.length} files)`, async () => {
  const options = new Map<string, Record<string, string>>();
  const live = { family: "mp4" } as const;
  await sweep("fragments", async (path) => {
    const all: Fragment[] = [];
    for await (const one of fragments(path, { format: "mp4" })) all.push(one);
    const format = { format: "mp4" };
    const result = await remuxWithHooks(path, new MemorySink(), format, { live });
    using input = DemuxerSync.open(path);
    const { streams } = input;
    const copied = result.streams.map(({ input }) => streams[input]);
    options.set(path, liveOptions(live, copied) as Record<string, string>);
    return { bytes: concatenated(all.map(({ data }) => data)), result };
  }, (path, streams, extra) => {
    const given = Object.entries(options.get(path) ?? { movflags });
    const words = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    const copied = ffmpegCopy(path, "mp4", words, { streams, extra }).lines;
    return copied === null ? undefined : { lines: copied };
  });
});

test(`HLS with fragmented mp4 is what ffmpeg writes (${files.length} files)`, async () => {
  await sweep("HLS", async (path) => {
    const made = new Map<string, Uint8Array>();
    const options = { hls_time: "1", hls_list_size: "0", hls_segment_type: "fmp4" };
    const result = await remux(path, undefined, {
      name: "x.m3u8",
      open: directory(made),
      options,
    });
    return { bytes: joined((name) => made.get(name)!), result };
  }, (path, streams, extra) => {
    const bytes = hlsOf(path, streams, extra);
    return bytes && { lines: lines(bytes), bytes };
  });
});

/** The streams that `ffmpeg -i IN -c copy OUT` chooses by itself. */
function chosenByTool(path: string, format: string): number[] {
  const words = ["-hide_banner", "-nostdin", "-i", path, "-c", "copy", "-t", "0.1", "-f", format];
  const done = spawnSync("ffmpeg", [...words, "-y", "/dev/null"], { encoding: "utf8" });
  if (done.error) throw done.error;
  return Array.from(done.stderr.matchAll(/Stream #0:(\d+) -> #/g), ([, index]) => Number(index));
}

test(`the tool leaves out every stream that is dropped (${files.length} files)`, () => {
  const wrong: string[] = [];
  let dropped = 0;
  const truncated: string[] = [];
  for (const { name, path } of files) {
    for (const format of ["mp4", "matroska", "mpegts"]) {
      let result;
      try {
        result = remuxSync(path, new MemorySink(), { format });
      } catch {
        continue; // the other sweep compares refusals
      }
      if (result.truncated) truncated.push(`${name} (${format})`);
      const { streams } = probeSync(path);
      for (const { index, type, codec, reason } of result.dropped) {
        dropped++;
        // Left out on purpose, and said so: data, as by the tool of itself, and covers of a format
        // that is played as it comes.
        if (type === "data") {
          if (chosenByTool(path, format).includes(index)) {
            wrong.push(`${name}: ${format}: ${codec}: ${reason}; ffmpeg chooses it`);
          }
          continue;
        }
        if (format === "mpegts" && streams[index]?.disposition.includes("attached_pic")) continue;
        const theirs = ffmpegCopy(path, format, {}, { streams: [index] });
        if (theirs.lines === null || !theirs.lines.some((line) => /^\d/.test(line))) continue;
        wrong.push(`${name}: ${format}: ${codec}: ${reason}; ffmpeg wrote it`);
      }
    }
  }
  console.log(`${dropped} streams dropped; truncated: ${truncated.join(", ") || "none"}`);
  assert(wrong.length === 0, wrong.join("\n"));
});
