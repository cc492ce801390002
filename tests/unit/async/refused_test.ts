/**
 * Inputs and outputs that the asynchronous functions refuse: the error helps, and they are closed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import {
  Demuxer,
  fragments,
  type Input,
  MemorySink,
  Muxer,
  probe,
  probeSync,
  remux,
  remuxStream,
  remuxSync,
} from "../../../mod.ts";
import { eventually, fixture, never, rejection } from "../../support/async_sources.ts";
import { cacheFolder, generated } from "../../support/media.ts";
import { thrownBy } from "../../support/thrown.ts";

const bytes = fixture("progressive.mp4");
const path = generated().find((file) => file.name === "progressive.mp4")!.path;

/** The runtime's global object: these tests run without its members, too. */
// deno-lint-ignore no-explicit-any -- another runtime's types are not there
const globals = globalThis as any;

const ways: Record<string, (input: Input) => Promise<unknown>> = {
  "probe": (input) => probe(input),
  "Demuxer.open": (input) => Demuxer.open(input),
  "remux": (input) => remux(input, new MemorySink(), { format: "nut" }),
  "fragments": (input) => fragments(input, { format: "mp4" }).next(),
};

for (const [what, take] of Object.entries(ways)) {
  test(`the body of a response that is an error is cancelled: ${what}`, async () => {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void cancelled++ });
    const { error } = await rejection(take(new Response(body, { status: 404 })));
    assertInstanceOf(error, TypeError);
    assertMatch(error.message, /the response from the server is 404 .*not media/);
    assertEquals(cancelled, 1);
  });
}

test("a body that fails to be cancelled, or takes its time, hides no error", async () => {
  const failing = () => {
    throw new Error("not cancelled");
  };
  for (const cancel of [failing, () => never<void>()]) {
    const response = new Response(new ReadableStream({ cancel }), { status: 500 });
    const { error } = await rejection(probe(response));
    assertInstanceOf(error, TypeError);
    assertMatch(error.message, / is 500 /);
  }
});

test("an object that is no input is closed", async () => {
  let closed = 0;
  const { error } = await rejection(probe({ close: () => void closed++ } as never));
  assertInstanceOf(error, TypeError);
  assertEquals(closed, 1);
});

test("an object that is no output is closed", async () => {
  let closed = 0;
  const none = { close: () => void closed++ } as never;
  assertInstanceOf((await rejection(remux(bytes, none, { format: "nut" }))).error, TypeError);
  await eventually(() => closed === 1, "it is closed");
  assertInstanceOf((await rejection(Muxer.create(none, { format: "nut" }))).error, TypeError);
  await eventually(() => closed === 2, "it is closed");
});

/** An open file as one runtime has it: what it reads is where it is, not where it is asked. */
class OpenFile {
  closed = 0;
  readonly readable = new ReadableStream();
  readonly writable = new WritableStream();
  read(): Promise<number> {
    return Promise.resolve(0);
  }
  write(): Promise<number> {
    return Promise.resolve(0);
  }
  close(): void {
    this.closed++;
  }
}

const refusals = {
  input: /^the input is an open file: give its path, or its `readable`$/,
  output: /^the output is an open file: give its path, or its `writable`$/,
};

test("an open file with streams of its own is refused as a source and as a sink", async () => {
  const file = new OpenFile();
  const read = (await rejection(probe(file))).error;
  assertInstanceOf(read, TypeError);
  assertMatch(read.message, refusals.input);
  assertEquals(file.closed, 1);
  const output = file as unknown as MemorySink;
  const written = (await rejection(remux(bytes, output, { format: "nut" }))).error;
  assertInstanceOf(written, TypeError);
  assertMatch(written.message, refusals.output);
  await eventually(() => file.closed === 2, "it is closed");
  const nested = (await rejection(probe(undefined, { name: "a.mp4", open: () => file }))).error;
  assertInstanceOf(nested, TypeError);
  assertMatch(nested.message, refusals.input);
  await eventually(() => file.closed === 3, "it is closed");
});

const openGlobally = globals.Deno?.open;

test("the runtime's own open file is refused", { skip: openGlobally === undefined }, async () => {
  const { error } = await rejection(probe(await openGlobally(path)));
  assertInstanceOf(error, TypeError);
  assertMatch(error.message, refusals.input);
  const { readable } = await openGlobally(path);
  assertEquals((await probe(readable)).streams.length, 2);
});

test("a FileHandle is refused", async () => {
  const directory = mkdtempSync(join(tmpdir(), "avio-"));
  try {
    const input = await open(path);
    const read = (await rejection(probe(input as never))).error;
    assertInstanceOf(read, TypeError);
    assertMatch(read.message, /an open file: give its path, or its `createReadStream\(\)`/);
    const target = await open(join(directory, "out.nut"), "w");
    const written = (await rejection(remux(bytes, target as never, { format: "nut" }))).error;
    assertInstanceOf(written, TypeError);
    assertMatch(written.message, /an open file: give its path, or `Writable\.toWeb\(/);
    const again = await open(path);
    assertEquals((await probe(again.createReadStream())).streams.length, 2);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const fileOf = globals.Bun?.file;

test("a blob of a file that is not there says so", { skip: fileOf === undefined }, async () => {
  const { error } = await rejection(probe(fileOf("/nowhere/nope.mp4")));
  assertEquals((error as { code?: string }).code, "ENOENT");
  assertEquals((await probe(fileOf(path))).streams.length, 2);
});

test("a blob's own error comes out though it says that it is empty", async () => {
  const failure = new Error("gone");
  const blob = new Blob([]);
  blob.arrayBuffer = () => Promise.reject(failure);
  assertEquals((await rejection(probe(blob))).error, failure);
  const { error } = await rejection(probe(new Blob([])));
  assertEquals((error as Error).name, "AVError");
});

test("a remuxStream that is given no bytes fails on both sides, and says what it was given", async () => {
  for (const [chunk, called] of [["x", "String"], [5, "Number"], [null, "null"], [{}, "Object"]]) {
    const told = `the stream gave a ${called}; expected chunks of Uint8Array`;
    const { readable, writable } = remuxStream({ format: "mp4" });
    const writer = writable.getWriter();
    const closed = rejection(writer.closed);
    writer.write(chunk as never).catch(() => {});
    const { error } = await rejection(readable.getReader().read());
    assertInstanceOf(error, TypeError);
    assertEquals(error.message, told);
    assertEquals((await closed).error, error);

    const piped = new ReadableStream({
      start(controller) {
        controller.enqueue(chunk);
        controller.close();
      },
    }).pipeThrough(remuxStream({ format: "mp4" }));
    const answer = await rejection(new Response(piped).arrayBuffer());
    assertEquals((answer.error as Error).message, told);
  }
});

test("what node:fs tells of a file is told by the asynchronous functions, too", async () => {
  const nowhere = join(cacheFolder, "no such folder", "a.mp4");
  const ways: [sync: () => unknown, async: () => Promise<unknown>][] = [
    [() => probeSync(nowhere), () => probe(nowhere)],
    [() => probeSync(nowhere), () => probe(pathToFileURL(nowhere))],
    [() => probeSync(cacheFolder), () => probe(cacheFolder)],
    [() => remuxSync(bytes, nowhere), () => remux(bytes, nowhere)],
  ];
  for (const [sync, way] of ways) {
    const expected = thrownBy(sync) as NodeJS.ErrnoException;
    const error = (await rejection(way())).error as NodeJS.ErrnoException;
    assert(/^E[A-Z]+$/.test(`${expected.code}`), `${expected.code}`);
    const facts = (
      { message, code, errno, syscall, path }: NodeJS.ErrnoException,
    ) => [message, code, errno, syscall, path];
    assertEquals(facts(error), facts(expected));
  }
});

test("streams that are no list, and an end at the beginning, are refused", async () => {
  const streams = "v:0" as never;
  for (const way of [() => probeSync(bytes, { streams }), () => probe(bytes, { streams })]) {
    const error = await Promise.resolve().then(way).catch((error) => error);
    assertInstanceOf(error, TypeError);
    const expected = 'an array of indexes and of letters such as "v" or "a:0"';
    assertEquals(error.message, `streams: expected ${expected}, not String`);
  }
  const ends: [number, string][] = [
    [0, "remux: end (0) must be after start (0)"],
    [-1, "remux: end must be a number of seconds from 0 on, not -1"],
  ];
  for (const [end, message] of ends) {
    const options = { format: "nut", end };
    for (const way of [remuxSync, remux]) {
      const error = await Promise.resolve().then(() => way(bytes, new MemorySink(), options))
        .catch((error) => error);
      assertInstanceOf(error, RangeError);
      assertEquals(error.message, message);
    }
  }
});
