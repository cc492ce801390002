/** Every operation, closed or aborted at every moment of its work in a slow worker. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  AVError,
  Demuxer,
  DemuxerSync,
  DisposedError,
  fragments,
  frames,
  MemorySink,
  Muxer,
  probe,
  remux,
} from "../../../mod.ts";
import { Decoder } from "../../../lib/async/decoder.ts";
import { slowWorkersForTests } from "../../../lib/async/worker/worker.ts";
import { fixture } from "../../support/async_sources.ts";
import { later } from "../../support/random.ts";

const DELAY_MS = 8;
const STEP_MS = 10;
const MAX_MS = 120;

slowWorkersForTests(DELAY_MS);
const movie = fixture("progressive.mp4");
const reason = new DOMException("enough", "AbortError");

/** A movie whose bytes come in pieces, with a pause between them. */
async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < movie.length; at += 65536) {
    await later(1);
    yield movie.slice(at, at + 65536);
  }
}

/** Fails for an error that a program cannot know, along the chain of its causes. */
function assertPublic(error: unknown, what: string): void {
  for (let at = error, depth = 0; at !== undefined && at !== reason; depth++) {
    assert(depth < 5, `${what}: causes without end`);
    assert(at instanceof Error, `${what}: ${String(at)} is no error`);
    const known = [AVError, DisposedError, TypeError, RangeError].some((one) => at instanceof one);
    assert(known, `${what}: ${at.constructor.name} ${at.name}: ${at.message}`);
    assert(at.message.length > 5, `${what}: an empty ${at.name}`);
    assert(!/session is not open|the worker/.test(at.message), `${what}: ${at.message}`);
    at = at.cause;
  }
}

interface Outcome {
  readonly name: string;
  readonly error: unknown;
}

/** The outcome of each promise, by name. */
async function outcomes(work: Record<string, Promise<unknown>>): Promise<Outcome[]> {
  return await Promise.all(
    Object.entries(work).map(async ([name, promise]) => {
      try {
        await promise;
        return { name, error: undefined };
      } catch (error) {
        return { name, error };
      }
    }),
  );
}

/** Counts what came of a sweep: one that never meets the moment it is for shows nothing. */
function summary(all: Outcome[]): Record<string, Set<string>> {
  const seen: Record<string, Set<string>> = {};
  for (const { name, error } of all) {
    (seen[name] ??= new Set()).add(error === undefined ? "done" : (error as Error).name);
  }
  return seen;
}

async function sweep(
  run: (ms: number) => Promise<Outcome[]>,
): Promise<Record<string, Set<string>>> {
  const all: Outcome[] = [];
  for (let ms = 0; ms <= MAX_MS; ms += STEP_MS) {
    for (const outcome of await run(ms)) {
      if (outcome.error !== undefined) assertPublic(outcome.error, `${outcome.name} at ${ms} ms`);
      all.push(outcome);
    }
  }
  return summary(all);
}

test("a demuxer that is closed at any moment rejects with DisposedError alone", async () => {
  const seen = await sweep(async (ms) => {
    const demuxer = await Demuxer.open(pieces());
    const work = outcomes({
      read: demuxer.read(),
      seek: demuxer.seek(0.5),
      again: demuxer.read(),
      index: demuxer.index(0),
    });
    await later(ms);
    await demuxer.close();
    return await work;
  });
  for (const name of ["read", "again"]) assert(seen[name].has("DisposedError"), name);
  for (const name of ["read", "again", "index"]) {
    assertEquals([...seen[name]].filter((one) => !/^(done|DisposedError)$/.test(one)), []);
  }
  // The input only goes forward: a seek may have been refused before.
  assertEquals([...seen.seek].filter((one) => !/^(done|DisposedError|AVError)$/.test(one)), []);
});

test("a pending seek rejects with DisposedError when the demuxer is closed", async () => {
  for (let ms = 0; ms < 40; ms += 2) {
    const demuxer = await Demuxer.open(new Blob([movie]));
    const seek = outcomes({ seek: demuxer.seek(0.5) });
    await later(ms);
    await demuxer.close();
    const [{ error }] = await seek;
    if (error !== undefined) assert(error instanceof DisposedError, String(error));
  }
});

test("a muxer that is closed while it writes its header rejects with DisposedError", async () => {
  using described = DemuxerSync.open(movie);
  const packet = described.read()!.clone();
  const seen = await sweep(async (ms) => {
    const output = new WritableStream<Uint8Array>({ write: () => later(1) });
    const muxer = await Muxer.create(output, { format: "matroska" });
    const streams = described.streams.map((stream) => muxer.addStream(stream));
    const work = outcomes({
      header: muxer.writeHeader(),
      write: muxer.write(packet, streams[packet.streamIndex]),
      finish: muxer.finish(),
    });
    await later(ms);
    await muxer.close();
    return await work;
  });
  for (const [name, kinds] of Object.entries(seen)) {
    assertEquals([name, ...[...kinds].filter((one) => !/^(done|DisposedError)$/.test(one))], [
      name,
    ]);
  }
  assert(seen.header.has("DisposedError"));
});

test("a task that is aborted at any moment rejects with the signal's reason", async () => {
  const tasks: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    probe: (signal) => probe(pieces(), { signal }),
    remux: (signal) => remux(pieces(), new MemorySink(), { format: "matroska", signal }),
    open: async (signal) => await (await Demuxer.open(pieces(), { signal })).close(),
    fragments: async (signal) => {
      for await (const _ of fragments(pieces(), { format: "mp4", signal }));
    },
    frames: async (signal) => {
      for await (const frame of frames(pieces(), { signal })) frame.close();
    },
  };
  for (const [name, task] of Object.entries(tasks)) {
    const seen = await sweep(async (ms) => {
      const controller = new AbortController();
      const work = outcomes({ [name]: task(controller.signal) });
      await later(ms);
      controller.abort(reason);
      return await work;
    });
    assertEquals([...seen[name]].filter((one) => !/^(done|AbortError)$/.test(one)), [], name);
    assert(seen[name].has("AbortError"), `${name} was never aborted`);
  }
});

test("a decoder that is closed at any moment rejects with DisposedError alone", async () => {
  using input = DemuxerSync.open(movie);
  const stream = input.streams.find(({ type }) => type === "video")!;
  const packet = input.read()!.clone();
  const seen = await sweep(async (ms) => {
    const decoder = Decoder.open({ stream }, {
      output: (frame) => frame.close(),
    });
    const work = outcomes({
      ready: decoder.ready,
      decode: decoder.decode(packet),
      flush: decoder.flush(),
    });
    await later(Math.min(ms, 40));
    decoder.close();
    return await work;
  });
  for (const kinds of Object.values(seen)) {
    assertEquals([...kinds].filter((one) => !/^(done|DisposedError)$/.test(one)), []);
  }
});
