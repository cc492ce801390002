import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { HttpError, HttpSource, type HttpSourceOptions } from "../../../../mod.ts";
import { type Handler, pattern, startServer } from "../../../support/http_server.ts";

const bytes = pattern(300_000);
const { signal } = new AbortController();
const quick = { retryDelay: 1 } satisfies HttpSourceOptions;

async function readAll(source: HttpSource): Promise<Uint8Array> {
  const all = new Uint8Array(2 * bytes.length);
  let at = 0;
  for (;;) {
    const got = await source.read(all.subarray(at, at + 10_000), at, signal);
    if (got === 0) return all.subarray(0, at);
    at += got;
  }
}

function assertFile(actual: Uint8Array): void {
  assertEquals(actual.length, bytes.length);
  assertEquals(actual.findIndex((byte, at) => byte !== bytes[at]), -1);
}

/** The error of reading everything. */
async function failureOf(handler: Handler, options: HttpSourceOptions = quick) {
  await using server = await startServer(handler);
  const source = new HttpSource(server.url("/a.mp4"), options);
  const error = await assertRejects(() => readAll(source), HttpError);
  source.close();
  assertEquals(error.url, server.url("/a.mp4"));
  assert(error.message.startsWith(error.url), error.message);
  return { error, seen: server.seen, kind: error.kind, status: error.status };
}

/** A 206 that claims what it is told to. */
const claims =
  (contentRange: string | null, headers: Record<string, string | number> = {}): Handler =>
  (answer, { start, end = bytes.length }) => {
    const range: Record<string, string> = contentRange === null
      ? {}
      : { "content-range": contentRange };
    answer.head(206, { ...range, ...headers });
    answer.response.end(bytes.subarray(start, end));
  };

for (
  const [status, words] of [
    [400, "400"],
    [401, "credentials"],
    [403, "credentials"],
    [404, "check the URL"],
    [410, "gone"],
    [204, "no bytes"],
  ] as const
) {
  test(`A ${status} is not asked for again`, async () => {
    const { error, seen, kind } = await failureOf((answer) => answer.status(status));
    assertEquals([kind, error.status, seen.length], ["status", status, 1]);
    assert(error.message.includes(words), error.message);
  });
}

test("A 500 is asked for again", async () => {
  await using server = await startServer((answer, _, count) =>
    count % 2 === 1 ? answer.status(500) : answer.file(bytes)
  );
  const source = new HttpSource(server.url("/"), quick);
  assertFile(await readAll(source));
  assert(server.seen.length >= 6);
  assertEquals(source.requests, server.seen.length);
  source.close();
});

test("A 503 for good fails after the retries, and says how many attempts were made", async () => {
  const handler: Handler = (answer) => answer.status(503);
  const first = await failureOf(handler);
  assertEquals([first.kind, first.status, first.seen.length], ["status", 503, 4]);
  assert(first.error.message.includes("4 attempts"), first.error.message);
  const { seen } = await failureOf(handler, { retries: 0 });
  assertEquals(seen.length, 1);
});

test("Retry-After is waited for, in seconds or as a date", async () => {
  for (const after of [() => "1", () => new Date(Date.now() + 2000).toUTCString()]) {
    await using server = await startServer((answer, _, count) =>
      count === 1 ? answer.status(429, { "retry-after": after() }) : answer.file(bytes)
    );
    const source = new HttpSource(server.url("/"), quick);
    const start = performance.now();
    await source.open(signal);
    const waited = performance.now() - start;
    assert(waited > 900 && waited < 5000, `${waited} ms`);
    assertEquals(server.seen.length, 2);
    source.close();
  }
});

test("A Retry-After of an hour is not waited for", async () => {
  const { error, seen } = await failureOf((answer) =>
    answer.status(429, { "retry-after": "3600" })
  );
  assertEquals([error.status, error.retryAfter, seen.length], [429, 3_600_000, 1]);
  assert(error.message.includes("3600 s"), error.message);
});

test("A 416 in a file that has bytes is an error", async () => {
  const first = await failureOf((answer) => answer.status(416, { "content-range": "bytes */500" }));
  assertEquals([first.kind, first.status, first.seen.length], ["status", 416, 1]);
  const later = await failureOf((answer, _, count) =>
    count === 1 ? answer.file(bytes) : answer.status(416, { "content-range": "bytes */70000" })
  );
  assertEquals([later.kind, later.status, later.seen.length], ["changed", 416, 2]);
});

for (
  const [what, range, headers] of [
    ["is missing", null],
    ["starts elsewhere", "bytes 5-65540/300000"],
    ["ends before it starts", "bytes 0--1/300000"],
    ["ends beyond the file", "bytes 0-65535/65535"],
    ["has no place", "bytes */300000"],
    ["has another unit", "items 0-65535/300000"],
    ["is beyond counting", "bytes 0-99999999999999999999/*"],
    ["contradicts Content-Length", "bytes 0-65534/300000", { "content-length": 65536 }],
  ] as const
) {
  test(`A 206 whose Content-Range ${what} is refused`, async () => {
    const { kind, seen } = await failureOf(claims(range, headers));
    assertEquals([kind, seen.length], ["protocol", 1]);
  });
}

test("A later 206 for another place is refused", async () => {
  const { kind, seen } = await failureOf((answer, entry, count) =>
    count === 1 ? answer.file(bytes) : claims("bytes 0-65535/300000")(answer, entry, count)
  );
  assertEquals([kind, seen.length], ["protocol", 2]);
});

for (const how of ["cut", "ended early"]) {
  test(`A body that is ${how} goes on at the very byte`, async () => {
    const length = 11_111;
    await using server = await startServer((answer, { start, end = bytes.length }) => {
      const part = bytes.subarray(start, end);
      const range = `bytes ${start}-${start + part.length - 1}/${bytes.length}`;
      answer.head(206, {
        "content-range": range,
        ...(how === "cut" ? { "content-length": part.length } : {}),
      });
      if (how === "cut" && part.length > length) return answer.cut(part.subarray(0, length));
      answer.response.end(part.subarray(0, length));
    });
    const source = new HttpSource(server.url("/"), { retryDelay: 1, retries: 1 });
    assertFile(await readAll(source));
    const expected: number[] = [];
    for (const [from, to] of [[0, 65536], [65536, 196608], [196608, bytes.length]]) {
      for (let start = from; start < to; start += length) expected.push(start);
    }
    assertEquals(server.seen.map(({ start }) => start), expected);
    assertEquals(source.bytesFetched, bytes.length);
    source.close();
  });
}

test("A connection that is cut before any byte fails after the retries", async () => {
  const { kind, seen, error } = await failureOf((answer) => void answer.response.socket?.destroy());
  // A runtime may ask once more by itself where a kept connection turns out to be dead.
  assert(seen.length >= 4 && seen.length <= 8, `${seen.length}`);
  assertEquals([kind, error.status], ["network", undefined]);
  assert(error.message.includes("4 attempts"), error.message);
  assert(error.cause instanceof Error);
});

test("A server that is not there is one clear error", async () => {
  const server = await startServer(() => {});
  const url = server.url("/");
  await server[Symbol.asyncDispose]();
  const source = new HttpSource(url, quick);
  const error = await assertRejects(() => source.open(signal), HttpError);
  assertEquals([error.kind, source.requests], ["network", 4]);
  source.close();
});

test("An error of the runtime's permissions keeps its own words, once", async () => {
  const refusal = Object.assign(new Error("Requires net access"), { name: "NotCapable" });
  let asked = 0;
  const fetch = () => (asked++, Promise.reject(refusal));
  const source = new HttpSource("http://a.invalid/", { ...quick, fetch });
  assertStrictEquals(await source.open(signal).catch((error: unknown) => error), refusal);
  assertEquals(asked, 1);
});

for (const ifRange of [true, false]) {
  const server = ifRange ? "a server that knows If-Range" : "a server that ignores If-Range";
  test(`A changed ETag is an error from ${server}`, async () => {
    const { kind, error, seen } = await failureOf((answer, _, count) =>
      answer.file(count === 1 ? bytes : pattern(bytes.length, 2), { etag: `"${count}"`, ifRange })
    );
    assertEquals([kind, seen.length], ["changed", 2]);
    assertEquals(seen[1].headers["if-range"], '"1"');
    assert(error.message.includes("changed"), error.message);
    assert(error.message.includes('"2"'), error.message);
  });

  test(`A changed Last-Modified is an error from ${server}`, async () => {
    const dates = ["Mon, 02 Jan 2023 10:00:00 GMT", "Tue, 03 Jan 2023 10:00:00 GMT"];
    const { kind, seen } = await failureOf((answer, _, count) =>
      answer.file(bytes, { lastModified: dates[count - 1], ifRange })
    );
    assertEquals([kind, seen.length], ["changed", 2]);
    assertEquals(seen[1].headers["if-range"], dates[0]);
  });
}

test("A weak ETag is no If-Range, but a change of it is an error", async () => {
  const { kind, seen } = await failureOf((answer, _, count) =>
    answer.file(bytes, { etag: `W/"${count}"` })
  );
  assertEquals([kind, seen.length], ["changed", 2]);
  assertEquals(seen[1].headers["if-range"], undefined);
});

test("A changed size is an error", async () => {
  const { kind, error } = await failureOf((answer, _, count) =>
    answer.file(count === 1 ? bytes : pattern(bytes.length + 1))
  );
  assertEquals(kind, "changed");
  assert(error.message.includes("300000 bytes became 300001"), error.message);
});

test("A file that changes while a cut is mended is an error", async () => {
  const { kind, seen } = await failureOf((answer, { start }, count) => {
    if (count > 1) return answer.file(pattern(bytes.length, 2), { etag: '"b"' });
    answer.head(206, {
      etag: '"a"',
      "content-length": 65536,
      "content-range": `bytes ${start}-65535/${bytes.length}`,
    });
    return answer.cut(bytes.subarray(0, 30_000));
  });
  assertEquals([kind, seen.length], ["changed", 2]);
  assertEquals([seen[1].start, seen[1].headers["if-range"]], [30_000, '"a"']);
});

test("A server that stops answering ranges is an error", async () => {
  const { kind, status } = await failureOf((answer, _, count) => {
    if (count === 1) return answer.file(bytes);
    answer.head(200, { "content-length": bytes.length });
    answer.response.end(bytes);
  });
  assertEquals([kind, status], ["protocol", 200]);
});

test("A redirect loop is one clear error, and is not tried again", async () => {
  const { kind, error, seen } = await failureOf((answer) =>
    answer.status(302, { location: "/a.mp4" })
  );
  assertEquals(kind, "redirect");
  assert(error.message.includes("loop"), error.message);
  assert(seen.length < 200, `${seen.length}`);
});

test("An endless body is cut where the range ends", async () => {
  await using server = await startServer(async (answer, { start, end = bytes.length }) => {
    answer.head(206, { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` });
    await answer.write(bytes.subarray(start, end));
    while (await answer.write(new Uint8Array(65536)));
  });
  const source = new HttpSource(server.url("/"), quick);
  assertFile(await readAll(source));
  source.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(server.seen.filter(({ closed }) => !closed).length, 0);
});

test("An endless stream is read as far as is wanted, and closed", async () => {
  await using server = await startServer(async (answer) => {
    answer.head(200);
    while (await answer.write(new Uint8Array(65536).fill(7)));
  });
  const source = new HttpSource(server.url("/"));
  const into = new Uint8Array(4096);
  let position = 0;
  while (position < 1_000_000) position += await source.read(into, position, signal);
  assertEquals(into.every((byte) => byte === 7), true);
  source.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(server.seen.map(({ closed }) => closed), [true]);
  assert(server.seen[0].sent < 32 * 1024 * 1024);
});

test("A stream without ranges that is cut says that it cannot be resumed", async () => {
  const { kind, error, seen } = await failureOf((answer) => {
    answer.head(200, { "content-length": bytes.length });
    return answer.cut(bytes.subarray(0, 100_000));
  });
  assertEquals([kind, seen.length], ["network", 1]);
  assert(error.message.includes("no ranges"), error.message);
});

test("A whole file in gzip is unpacked, its size unknown", async () => {
  const packed = gzipSync(bytes);
  for (const encoding of ["gzip", "x-gzip"]) {
    await using server = await startServer((answer) => {
      answer.head(200, { "content-encoding": encoding, "content-length": packed.length });
      answer.response.end(packed);
    });
    const source = new HttpSource(server.url("/"), quick);
    await source.open(signal);
    assertEquals([source.size, source.seekable], [undefined, false]);
    assertFile(await readAll(source));
    assertEquals(source.requests, 1);
    source.close();
  }
});

test("A gzip that fetch has unpacked, or that is cut, is not taken for something else", async () => {
  const answerOf = (body: Uint8Array) => () =>
    Promise.resolve(new Response(body.slice(), { headers: { "content-encoding": "gzip" } }));
  const unpacked = new HttpSource("http://a.invalid/", { fetch: answerOf(bytes) });
  assertFile(await readAll(unpacked));
  const packed = gzipSync(bytes);
  const cut = new HttpSource("http://a.invalid/", {
    fetch: answerOf(packed.subarray(0, packed.length - 1000)),
  });
  await assertRejects(() => readAll(cut), HttpError);
});

test("Compressed ranges, and codings that do not show, are refused", async () => {
  const packed = gzipSync(bytes);
  const range = await failureOf((answer) => {
    answer.head(206, {
      "content-encoding": "gzip",
      "content-length": packed.length,
      "content-range": `bytes 0-${packed.length - 1}/${packed.length}`,
    });
    answer.response.end(packed);
  });
  assertEquals([range.kind, range.seen.length], ["encoding", 1]);
  const whole = await failureOf((answer) => {
    answer.head(200, { "content-encoding": "zorg" });
    answer.response.end(packed);
  });
  assertEquals([whole.kind, whole.seen.length], ["encoding", 1]);
  assert(whole.error.message.includes("zorg"), whole.error.message);
});
