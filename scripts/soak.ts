/**
 * Mixed work for long, many at a time: uploads probed and remuxed, aborted, failing, slow ones,
 * synchronous ones between. Every result is checked, resident memory is noted, and its curve drawn.
 *
 *     deno task soak [--minutes N] [--jobs N] [--rate N]
 *
 * Exit 0: every result was right, no callback was left open, and memory stayed flat.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { liveCallbacks, platform } from "../ffi/mod.ts";
import { LOG_CALLBACKS } from "../lib/log/capture.ts";
import { AVError, Demuxer, DemuxerSync, MemorySink, probe, remux, remuxStream } from "../mod.ts";
import { cacheFolder, corpus, generated } from "../tests/support/media.ts";
import { Random } from "../tests/support/mutate.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    jobs: { type: "string", default: "32" },
    /** Jobs begun a second, at most. */
    rate: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
  },
});
const minutes = Number(values.minutes);
const random = new Random(Number(values.seed));

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Packets read in order from front to back. */
  readonly oneWay: string;
  readonly whole: string;
}

function lineOf(
  { streamIndex, pts, size }: { streamIndex: number; pts: number | null; size: number },
) {
  return `${streamIndex}:${pts}:${size}`;
}

function packets(bytes: Uint8Array, seekable: boolean): string {
  try {
    using input = DemuxerSync.open({
      seekable,
      ...(seekable ? { size: bytes.length } : {}),
      read(into, position) {
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
    });
    return Array.from(input, lineOf).join();
  } catch (error) {
    if (error instanceof AVError) return error.codeName;
    throw error;
  }
}

const files: File[] = [...generated(), ...corpus().slice(0, 60)]
  .map(({ name, path }) => ({ name, bytes: new Uint8Array(readFileSync(path)) }))
  .filter(({ bytes }) => bytes.length < 300_000)
  .map((file) => ({
    ...file,
    oneWay: packets(file.bytes, false),
    whole: packets(file.bytes, true),
  }));

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * An upload: chunks of random lengths, now and then late; `fail` says after how many bytes it
 * breaks.
 */
function upload(bytes: Uint8Array, fail?: { readonly at: number; readonly error: Error }) {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (random.next() < 0.05) await pause(random.below(20));
      if (fail && at >= fail.at) return controller.error(fail.error);
      if (at >= bytes.length) return controller.close();
      const chunk = bytes.slice(at, at + 1 + random.below(65_536));
      at += chunk.length;
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 1 });
}

async function asyncPackets(input: ReadableStream<Uint8Array> | Uint8Array): Promise<string> {
  try {
    await using demuxer = await Demuxer.open(input);
    const lines: string[] = [];
    for await (const packet of demuxer) lines.push(lineOf(packet));
    return lines.join();
  } catch (error) {
    if (error instanceof AVError) return error.codeName;
    throw error;
  }
}

function expect(what: string, condition: boolean): void {
  if (!condition) throw new Error(`wrong: ${what}`);
}

const work: Record<string, (file: File) => Promise<void>> = {
  async "demux an upload"(file) {
    expect(file.name, await asyncPackets(upload(file.bytes)) === file.oneWay);
  },
  async "demux bytes"(file) {
    expect(file.name, await asyncPackets(file.bytes) === file.whole);
  },
  async "demux bytes, synchronously"(file) {
    await null;
    expect(file.name, packets(file.bytes, true) === file.whole);
  },
  async "probe"(file) {
    try {
      expect(file.name, (await probe(file.bytes)).streams.length >= 0);
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
  },
  async "remux an upload"(file) {
    const sink = new MemorySink();
    try {
      await remux(upload(file.bytes), sink, { format: "nut" });
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
  },
  async "remux through a stream"(file) {
    let length = 0;
    try {
      const out = upload(file.bytes).pipeThrough(remuxStream({ format: "matroska" }));
      for await (const chunk of out) length += chunk.length;
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
  },
  async "abort"(file) {
    const controller = new AbortController();
    const reason = new Error("aborted");
    setTimeout(() => controller.abort(reason), random.below(12));
    try {
      await remux(upload(file.bytes), new MemorySink(), {
        format: "matroska",
        signal: controller.signal,
      });
    } catch (error) {
      if (error !== reason && !(error instanceof AVError)) throw error;
    }
  },
  async "an upload that breaks"(file) {
    const error = new Error("the connection broke");
    const at = random.below(file.bytes.length);
    try {
      await using demuxer = await Demuxer.open(upload(file.bytes, { at, error }));
      const lines: string[] = [];
      for await (const packet of demuxer) lines.push(lineOf(packet));
      // Some formats end before their file does.
      expect(`${file.name}: the failure was lost`, lines.join() === file.oneWay);
    } catch (thrown) {
      if (thrown !== error && !(thrown instanceof AVError)) throw thrown;
    }
  },
  async "an upload that stalls"(file) {
    let at = 0;
    const stalled = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at > 0) return new Promise(() => {});
        controller.enqueue(file.bytes.slice(0, at = 1000));
      },
    }, { highWaterMark: 0 });
    try {
      await using demuxer = await Demuxer.open(stalled, { timeout: 30 });
      for await (const _ of demuxer);
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
  },
  async "left half-way"(file) {
    try {
      await using demuxer = await Demuxer.open(upload(file.bytes));
      for await (const _ of demuxer) break;
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
  },
};

const counts: Record<string, number> = {};
const problems: string[] = [];
const samples: { readonly seconds: number; readonly megabytes: number }[] = [];
const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
let begun = 0;

function sample(): void {
  samples.push({ seconds: elapsed(), megabytes: process.memoryUsage().rss / 1e6 });
}

async function worker(): Promise<void> {
  while (elapsed() < minutes * 60) {
    const early = begun / Number(values.rate) - elapsed();
    begun++;
    if (early > 0) await pause(early * 1000);
    const name = random.pick(Object.keys(work));
    const file = random.pick(files);
    try {
      await work[name](file);
      counts[name] = (counts[name] ?? 0) + 1;
    } catch (error) {
      problems.push(`${name}, ${file.name}: ${(error as Error).stack}`);
      console.log(problems.at(-1));
    }
  }
}

/** The curve: megabytes against minutes. */
function draw(): string {
  const [width, height, left, bottom] = [900, 300, 60, 40];
  const most = Math.max(...samples.map(({ megabytes }) => megabytes)) * 1.1;
  const x = (seconds: number) => left + seconds / (minutes * 60) * (width - left - 20);
  const y = (megabytes: number) => height - bottom - megabytes / most * (height - bottom - 20);
  const points = samples.map((s) => `${x(s.seconds).toFixed(1)},${y(s.megabytes).toFixed(1)}`);
  const ticks = Array.from({ length: 5 }, (_, i) => Math.round(most * i / 4));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...ticks.map((t) =>
      `<path d="M${left},${y(t)}H${width - 20}" stroke="#ddd"/><text x="${left - 8}" y="${
        y(t) + 4
      }" text-anchor="end">${t}</text>`
    ),
    `<text x="${width / 2}" y="${
      height - 8
    }" text-anchor="middle">minutes of ${minutes} (${platform.runtime}, ${values.jobs} at a time)</text>`,
    `<text x="14" y="${height / 2}" transform="rotate(-90 14 ${
      height / 2
    })" text-anchor="middle">resident MB</text>`,
    `<polyline fill="none" stroke="#06c" stroke-width="1.5" points="${points.join(" ")}"/>`,
    "</svg>",
  ].join("\n");
}

const timer = setInterval(sample, Math.max(200, minutes * 60_000 / 720));
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
clearInterval(timer);
await pause(500);
sample();

mkdirSync(cacheFolder, { recursive: true });
const base = join(cacheFolder, `soak.${platform.runtime}`);
writeFileSync(`${base}.json`, JSON.stringify({ minutes, counts, problems, samples }));
writeFileSync(`${base}.svg`, draw());

// Flat: the last fifth is no higher than the second fifth, with room for the collector's moods.
const mean = (from: number, to: number) => {
  const part = samples.slice(samples.length * from | 0, samples.length * to | 0);
  return part.reduce((sum, { megabytes }) => sum + megabytes, 0) / part.length;
};
const early = mean(0.2, 0.4);
const late = mean(0.8, 1);
const callbacks = liveCallbacks() - LOG_CALLBACKS;
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(JSON.stringify(counts));
console.log(
  `soak (${platform.runtime}): ${total} jobs in ${(elapsed() / 60).toFixed(1)} min, ` +
    `${problems.length} problems, ${callbacks} callbacks open, resident ${early.toFixed(0)} MB ` +
    `early, ${late.toFixed(0)} MB late; ${base}.svg`,
);
process.exit(problems.length === 0 && callbacks === 0 && late < early * 1.15 + 20 ? 0 : 1);
