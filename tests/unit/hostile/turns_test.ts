/**
 * Streams that answer at once and never give anything: timers and signals still end the waiting.
 * Each stream ends by itself after a while, so that a fault is a wrong error and no hang.
 */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { fragments, HttpSource, type Input, MemorySource, probe } from "../../../mod.ts";
import { ImageDecoder } from "../../../webcodecs.ts";
import { fixturePath } from "../../support/sets.ts";

const STREAM_MS = 8000;
const ABORT_MS = 1000;
const nothing = new Uint8Array();
const reason = new Error("it takes too long");

function abortSoon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ABORT_MS);
  return controller.signal;
}

/** Rejects before the stream has ended, which is when a starved timer would fire at last. */
async function rejectsInTime(run: () => Promise<unknown>): Promise<unknown> {
  const started = performance.now();
  const error = await assertRejects(run);
  assert(performance.now() - started < STREAM_MS - 1000, `${performance.now() - started} ms`);
  return error;
}

function streamOf(chunk: () => unknown): ReadableStream<Uint8Array<ArrayBuffer>> {
  const end = performance.now() + STREAM_MS;
  return new ReadableStream({
    pull(controller) {
      if (performance.now() > end) controller.close();
      else controller.enqueue(chunk() as Uint8Array<ArrayBuffer>);
    },
  });
}

async function* generatorOf(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  const end = performance.now() + STREAM_MS;
  while (performance.now() < end) yield chunk;
  await Promise.resolve();
}

function served(chunk: () => unknown, status: number, headers: Record<string, string>): HttpSource {
  return new HttpSource("http://media.test/film", {
    retries: 0,
    fetch: () =>
      Promise.resolve({ status, headers: new Headers(headers), body: streamOf(chunk) } as Response),
  });
}

const ranged = { "content-range": "bytes 0-999/1000", "content-length": "1000" };
const endless: Readonly<Record<string, () => Input>> = {
  "a stream of empty chunks": () => streamOf(() => nothing),
  "a generator of empty chunks": () => generatorOf(nothing),
  "a server's body of empty chunks": () => served(() => nothing, 200, { "content-length": "9" }),
  "a server's range of empty chunks": () => served(() => nothing, 206, ranged),
  "a compressed body of empty chunks": () =>
    served(() => nothing, 200, { "content-encoding": "gzip" }),
};

for (const [name, input] of Object.entries(endless)) {
  test(`${name} leaves the signal its turn`, async () => {
    const error = await rejectsInTime(() => probe(input(), { signal: abortSoon() }));
    assertStrictEquals(error, reason);
  });
}

test("a stream of empty chunks leaves the timeout its turn", async () => {
  const error = await rejectsInTime(() =>
    probe(endless["a stream of empty chunks"](), {
      timeout: ABORT_MS,
    })
  );
  assert(String(error).includes(`${ABORT_MS} ms`), String(error));
});

test("fragments of a stream of empty chunks leave the signal its turn", async () => {
  const options = { format: "mp4", signal: abortSoon() } as const;
  const error = await rejectsInTime(async () => {
    for await (const _ of fragments(streamOf(() => nothing), options));
  });
  assertStrictEquals(error, reason);
});

for (const chunk of [nothing, new Uint8Array(65536)]) {
  test(`an image that never ends, in chunks of ${chunk.length} bytes, can be closed`, async () => {
    const data = streamOf(() => chunk);
    const decoder = new ImageDecoder({ type: "image/png", data });
    setTimeout(() => decoder.close(), 300);
    const error = await rejectsInTime(() => decoder.decode());
    assertStrictEquals((error as Error).name, "AbortError");
  });
}

// A GIF of one pixel: header, a global table of two colours, one image, trailer.
const gif = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs="),
  (character) => character.charCodeAt(0),
);

test("chunks of an image that lie about their length are taken as they are", async () => {
  const chunks = [gif.slice(0, 20), gif.slice(20)];
  const data = new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(Object.defineProperty(chunk, "length", { get: () => 1e9 }));
    },
  });
  const decoder = new ImageDecoder({ type: "image/gif", data });
  const { image } = await decoder.decode();
  assertEquals([image.codedWidth, image.codedHeight], [1, 1]);
  image.close();
  decoder.close();
});

test("an image in chunks of one byte is parsed few times, and its end is not forgotten", async () => {
  let at = 0;
  // Sub-blocks of 255 zeros in one comment before the image.
  const blocks = Array.from({ length: 400 }, () => [255, ...new Uint8Array(255)]).flat();
  const long = Uint8Array.from([...gif.slice(0, 19), 0x21, 0xfe, ...blocks, 0, ...gif.slice(19)]);
  const data = new ReadableStream({
    pull(controller) {
      if (at === long.length) controller.close();
      else controller.enqueue(long.slice(at, ++at));
    },
  });
  const started = performance.now();
  const decoder = new ImageDecoder({ type: "image/gif", data });
  const { image } = await decoder.decode();
  image.close();
  await decoder.completed;
  decoder.close();
  // All bytes copied, or parsed, once for each of them would take minutes.
  assert(performance.now() - started < 30_000);
});

test("bodies that are no bytes are a TypeError that says so", async () => {
  for (const source of [served(() => "text", 200, {}), served(() => "text", 206, ranged)]) {
    await assertRejects(() => probe(source), TypeError, "expected a Uint8Array, not String");
  }
});

test("a body whose chunks lie about their length is read as it is", async () => {
  const bytes = new Uint8Array(readFileSync(fixturePath("faststart.mp4")));
  const source = new HttpSource("http://media.test/film.mp4", {
    retries: 0,
    fetch: () => {
      const chunk = Object.defineProperty(bytes.slice(), "length", { get: () => 5 });
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(chunk);
          controller.close();
        },
      });
      return Promise.resolve({ status: 200, headers: new Headers(), body } as Response);
    },
  });
  assertEquals((await probe(source)).streams, (await probe(new MemorySource(bytes))).streams);
});
