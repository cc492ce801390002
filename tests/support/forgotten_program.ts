/**
 * A forgotten object is collected, even where the program keeps its signal, stream or snapshots; an
 * awaited one is not. Prints one JSON line a case: the number left of so many.
 *
 * @module
 */
import {
  Demuxer,
  fragments,
  Muxer,
  type OutputStream,
  type Packet,
  probe,
  type Stream,
} from "../../mod.ts";
import { idleWorkers } from "../../lib/async/main/worker_pool.ts";
import { fixture } from "./async_sources.ts";
import { collector } from "./gc.ts";
import { heapMeter } from "./heap.ts";
import { later } from "./random.ts";

const MANY = 6;
const ts = fixture("mpegts.ts");
const collect = collector();
const reason = new Error("enough");

// JavaScriptCore looks through the stack word by word, and may take a stale one for a reference:
// one of so many may stay, where a leak keeps them all.
const STALE = "Bun" in globalThis ? 1 : 0;
let stayed = 0;

/** How many sessions too many are left once everything that can be collected has been. */
async function collected(): Promise<number> {
  for (let i = 0; i < 30 && collect; i++) {
    await later(15);
    collect();
    if (idleWorkers().working === 0) break;
  }
  // The other objects have finalizers of their own.
  await later(30);
  collect?.();
  await later(15);
  return tooMany();
}

function tooMany(): number {
  const { working } = idleWorkers();
  const more = Math.max(0, working - stayed - STALE);
  stayed = working;
  return more;
}

/** Several times the same, each in a frame of its own that nothing holds afterwards. */
async function each(one: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < MANY; i++) {
    await one();
    await later(2);
  }
}

const long = new AbortController();
const { signal } = long;
const kept: unknown[] = [];

async function read(options: { signal?: AbortSignal } = {}): Promise<[Packet | null, Stream[]]> {
  const input = await Demuxer.open(ts, options);
  await input.read();
  return [await input.read(), [...input.streams]];
}

async function begun(sink: WritableStream<Uint8Array> | { write(): void }, more: object = {}) {
  const output = await Muxer.create(sink, { format: "nut", ...more });
  const description = { type: "video", codec: "mpeg4", width: 16, height: 16 } as const;
  output.addStream(description);
  await output.writeHeader();
}

// Apart from the program's other closures, which would share what any of them holds.
function live(aborted: () => void): WritableStream<Uint8Array> {
  return new WritableStream({ abort: aborted });
}

/** The only way to a pipeline of promises: the errors of its outputs. */
function failing(): { stream: WritableStream<Uint8Array>; fail: () => void } {
  let controller: WritableStreamDefaultController | undefined;
  const stream = new WritableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return { stream, fail: failer(controller!) };
}

function failer(controller: WritableStreamDefaultController): () => void {
  return () => controller.error(reason);
}

async function copied(input: Demuxer, output: Muxer): Promise<void> {
  const streams: OutputStream[] = input.streams.map((stream) => output.addStream(stream));
  for await (const packet of input) await output.write(packet, streams[packet.streamIndex]);
  await output.finish();
}

let settled = 0;
const fails: (() => void)[] = [];

function watch(promise: Promise<unknown>): void {
  promise.then(() => settled++, () => settled++);
}

async function unanswered(): Promise<void> {
  const { stream, fail } = failing();
  fails.push(fail);
  const options = { format: "hls", name: "i.m3u8", open: () => new Promise<undefined>(() => {}) };
  watch(copied(await Demuxer.open(ts), await Muxer.create(stream, options)));
  await later(20);
}

const answers: ((bytes: number) => void)[] = [];

async function pendingRead(): Promise<void> {
  await Demuxer.open({
    seekable: false,
    read(into, position) {
      const part = ts.subarray(position, Math.min(60_000, position + into.length));
      into.set(part);
      return part.length || new Promise<number>((resolve) => answers.push(resolve));
    },
  }, { probeSize: 5000 });
}

async function manyWrites(): Promise<void> {
  const sink = { write: () => new Promise<void>(() => {}) };
  const output = await Muxer.create(sink, { format: "nut", highWaterMark: 65_536 });
  const description = { type: "video", codec: "mpeg4", width: 16, height: 16 } as const;
  const stream = output.addStream(description);
  const data = new Uint8Array(2 ** 20);
  for (let pts = 0; pts < 30; pts++) output.write({ data, pts }, stream).catch(() => {});
  await later(5);
}

let aborted = 0;

const cases: Record<string, () => Promise<Record<string, number | undefined>>> = {
  "demuxers whose signal lives on": async () => {
    await each(() => read({ signal }));
    return { working: await collected() };
  },
  "muxers whose signal lives on": async () => {
    await each(() => begun({ write() {} }, { signal }));
    return { working: await collected() };
  },
  "fragments whose signal lives on": async () => {
    await each(() => fragments(ts, { format: "mp4", signal }).next());
    return { working: await collected() };
  },
  "demuxers of which a snapshot is kept": async () => {
    await each(async () => kept.push((await read())[1]));
    return { working: await collected() };
  },
  "muxers over a stream that lives on": async () => {
    await each(async () => {
      const stream = live(() => aborted++);
      kept.push(stream);
      await begun(stream);
    });
    const working = await collected();
    return { working, aborted: Math.max(0, MANY - aborted - STALE) };
  },
  "a signal that fires after its demuxers were forgotten": async () => {
    const other = new AbortController();
    await each(() => read({ signal: other.signal }));
    await collected();
    const inputs = await Promise.all(Array.from({ length: MANY }, () => Demuxer.open(ts)));
    other.abort(reason);
    await later(20);
    let damaged = 0;
    for (const input of inputs) {
      let bytes = 0;
      try {
        for await (const packet of input) bytes += packet.view().length;
      } catch (error) {
        console.error(error);
        bytes = 0;
      }
      if (bytes === 0) damaged++;
      await input.close();
    }
    return { damaged, working: tooMany() };
  },
  "a read that answers after its demuxer was forgotten": async () => {
    await each(pendingRead);
    await collected();
    const probes = Promise.all(Array.from({ length: MANY }, () => probe(ts)));
    for (const answer of answers) answer(0);
    const working = await collected();
    const infos = await probes;
    return {
      missing: MANY - infos.filter(({ format }) => format.name === "mpegts").length,
      working,
    };
  },
  "muxers that only promises lead to": async () => {
    await each(unanswered);
    await collected();
    const early = settled;
    for (const fail of fails) fail();
    const working = await collected();
    return { early, missing: MANY - settled, working };
  },
  "packets that waited for a forgotten muxer": async () => {
    const measure = heapMeter(true);
    await each(manyWrites);
    await collected();
    const before = await measure?.();
    await each(manyWrites);
    const working = await collected();
    if (measure === undefined || before === undefined) return { working, tooMuch: undefined };
    const grown = await measure() - before;
    // Kept, they would be 180 MiB.
    return { working, tooMuch: Math.max(0, Math.round(grown / 2 ** 20) - 60) };
  },
};

for (const [name, run] of Object.entries(cases)) {
  console.log(JSON.stringify(collect ? { name, left: await run() } : { name }));
}
void long;
