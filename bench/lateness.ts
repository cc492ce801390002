/**
 * How late a 5 ms timer of the main thread is while media is demuxed, remuxed, decoded and
 * transcoded in the background.
 *
 *     deno run -A bench/lateness.ts [MEGABYTES] [FILE.ts]
 *     bun run bench/lateness.ts [MEGABYTES] [FILE.ts]
 *
 * The stream is a transport stream made on the fly: MEGABYTES of it are demuxed, every payload
 * looked at, and as many remuxed to Matroska. A film of the tests is decoded and transcoded as
 * often as there are megabytes. The idle line is the machine's own share.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { Demuxer, frames, libraryInfo, pcm, remux, transcode } from "../mod.ts";
import { fixture } from "../tests/support/async_sources.ts";
import { endlessStream } from "../tests/support/endless.ts";
import { watchTimer } from "./timer.ts";

const bytes = Number(process.argv[2] ?? 600) * 1e6;
const file = process.argv[3] === undefined ? fixture("mpegts.ts") : readFileSync(process.argv[3]);

async function demux(): Promise<number> {
  let packets = 0;
  await using input = await Demuxer.open(endlessStream(file, { bytes }).stream);
  for await (const packet of input) if (packet.view().length > 0) packets++;
  return packets;
}

async function copy(): Promise<number> {
  const sink = { seekable: false, write() {} };
  const { stream } = endlessStream(file, { bytes });
  return (await remux(stream, sink, { format: "matroska" })).packets;
}

const film = fixture("progressive.mp4");
const times = Math.ceil(bytes / 1e6);

async function decode(): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) {
    for await (const frame of frames(film)) count += frame.codedWidth > 0 ? 1 : 0;
    for await (const { samples } of pcm(film)) count += samples.length > 0 ? 1 : 0;
  }
  return count;
}

async function encode(): Promise<number> {
  let packets = 0;
  for (let i = 0; i < times; i += 4) {
    packets += (await transcode(film, { seekable: false, write() {} }, {
      format: "matroska",
      video: { codec: "mpeg4", width: 64 },
      audio: { codec: "aac", bitRate: 64_000 },
    })).packets;
  }
  return packets;
}

/** The lateness of a timer on this machine, without any work in this process. */
async function idle(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return 0;
}

// The first call opens and checks the libraries, once.
libraryInfo();
const round = (n: number) => Math.round(n * 10) / 10;
const jobs = { idle, demux, remux: copy, decode, transcode: encode };
for (const [job, run] of Object.entries(jobs)) {
  const stop = watchTimer();
  const started = performance.now();
  const packets = await run();
  const seconds = (performance.now() - started) / 1000;
  const late = stop();
  const at = (share: number) => round(late[Math.floor((late.length - 1) * share)] ?? 0);
  console.log(JSON.stringify({
    runtime: process.versions.bun ? "bun" : "deno",
    job,
    megabytes: Math.round(bytes / 1e6),
    packets,
    seconds: round(seconds),
    timers: late.length,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  }));
}
