/**
 * A transport stream of any length, made on the fly, remuxed to fragmented mp4: how much memory
 * that takes, and how soon the first bytes come out.
 *
 *     deno run -A bench/endless.ts [MEGABYTES] [FILE.ts]
 *     bun run bench/endless.ts [MEGABYTES] [FILE.ts]
 *
 * FILE.ts is repeated, its clocks going on; without one a fixture of the tests is.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { remuxStream } from "../mod.ts";
import { fixture } from "../tests/support/async_sources.ts";
import { endlessStream } from "../tests/support/endless.ts";

const bytes = Number(process.argv[2] ?? 200) * 1e6;
const file = process.argv[3];
const { stream, counter } = endlessStream(
  file === undefined ? fixture("mpegts.ts") : readFileSync(file),
  { bytes },
);
const options = { movflags: "frag_keyframe+empty_moov+default_base_moof" };
const reader = stream.pipeThrough(remuxStream({ format: "mp4", options })).getReader();

const megabyte = (n: number) => Math.round(n / 1048576);
const WARM_BYTES = 50e6;
let firstAt: number | undefined;
let written = 0;
let before: number | undefined;
let most = 0;
let shown = 0;
const series: number[] = [];
const started = performance.now();
for (;;) {
  const { value, done } = await reader.read();
  if (done) break;
  firstAt ??= counter.pulled;
  written += value.length;
  if (counter.pulled < WARM_BYTES) continue;
  if (counter.pulled - shown < 10e6) continue;
  shown = counter.pulled;
  const { rss } = process.memoryUsage();
  before ??= rss;
  if (counter.pulled > bytes * series.length / 16) series.push(megabyte(rss));
  most = Math.max(most, rss);
}
const seconds = (performance.now() - started) / 1000;
const runtime = process.versions.bun ? "bun" : "deno";
console.log(JSON.stringify({
  runtime,
  megabytesRead: Math.round(counter.pulled / 1e6),
  megabytesWritten: Math.round(written / 1e6),
  seconds: Math.round(seconds * 10) / 10,
  firstBytesAfter: firstAt,
  residentAfter50: megabyte(before ?? 0),
  residentMost: megabyte(most),
  series,
  grown: megabyte(most - (before ?? 0)),
}));
