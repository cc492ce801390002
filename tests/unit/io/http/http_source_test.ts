import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { HttpError, HttpSource } from "../../../../mod.ts";
import { collector } from "../../../support/gc.ts";
import { type Handler, pattern, type Seen, startServer } from "../../../support/http_server.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
// Node says it once more where a range is asked for, as fetch is to.
const identity = /^identity(, identity)?$/;
const large = pattern(8 * MiB);
const { signal } = new AbortController();

/** Reads until the end, or `length` bytes, from `position`, in pieces as libavformat asks. */
async function readOn(
  source: HttpSource,
  { position = 0, length = Infinity, piece = 32 * KiB } = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  while (total < length) {
    const into = new Uint8Array(Math.min(piece, length - total));
    const got = await source.read(into, position + total, signal);
    if (got === 0) break;
    parts.push(into.subarray(0, got));
    total += got;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const wrong = actual.findIndex((byte, at) => byte !== expected[at]);
  assertEquals(wrong, -1, `byte ${wrong} differs`);
}

const file: Handler = (answer) => answer.file(large, { etag: '"large"' });
const sentBy = (seen: readonly Seen[]) => seen.reduce((sum, { sent }) => sum + sent, 0);

function report(what: string, source: HttpSource, seen: readonly Seen[]): void {
  const { requests, bytesFetched } = source;
  const sent = (sentBy(seen) / KiB).toFixed(0);
  const fetched = (bytesFetched / KiB).toFixed(0);
  console.log(`${what}: ${requests} requests, ${fetched} KiB fetched, ${sent} KiB sent`);
  assertEquals(requests, seen.length);
}

test("HttpSource learns size, name and ranges from one request for one block", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(new URL(server.url("/film.mp4")));
  assertEquals(source.size, undefined);
  await source.open(signal);
  assertEquals([source.size, source.seekable], [large.length, true]);
  assertEquals(source.name, server.url("/film.mp4"));
  assertBytes(await readOn(source, { length: 1000 }), large.subarray(0, 1000));
  assertEquals(server.seen.map(({ headers }) => headers.range), ["bytes=0-65535"]);
  assertMatch(server.seen[0].headers["accept-encoding"] ?? "", identity);
  assertEquals(source.requests, 1);
  source.close();
});

test("Reading on takes few requests and every byte once", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  assertBytes(await readOn(source), large);
  report("8 MiB from start to end", source, server.seen);
  assert(source.requests <= 8);
  assertEquals(source.bytesFetched, large.length);
  assertEquals(sentBy(server.seen), large.length);
  // A body that is read to its end leaves its connection to the next request.
  assert(new Set(server.seen.map(({ port }) => port)).size <= 2);
  source.close();
});

test("A long file becomes one open response, and costs no memory", async () => {
  const length = 256 * MiB;
  const zeros = new Uint8Array(MiB);
  await using server = await startServer(async (answer, { start, end = length }) => {
    answer.head(206, {
      "content-length": end - start,
      "content-range": `bytes ${start}-${end - 1}/${length}`,
    });
    for (let at = start; at < end;) {
      const part = zeros.subarray(0, end - at);
      if (!await answer.write(part)) return;
      at += part.length;
    }
    answer.response.end();
  });
  const source = new HttpSource(server.url("/"));
  const into = new Uint8Array(64 * KiB);
  const collect = collector();
  let position = 0;
  let mark = 8 * MiB;
  let before = 0;
  let most = 0;
  for (let got; (got = await source.read(into, position, signal)) > 0;) {
    position += got;
    if (position < mark) continue;
    mark += 8 * MiB;
    collect?.(); // what a collector has not come to yet is not what is kept
    const resident = process.memoryUsage.rss();
    if (position < 48 * MiB) before = resident;
    else most = Math.max(most, resident);
  }
  assertEquals(position, length);
  report("256 MiB from start to end", source, server.seen);
  console.log(`resident: ${((most - before) / MiB).toFixed(1)} MiB more than after 48 MiB`);
  assert(source.requests <= 9);
  assert(most - before < 64 * MiB);
  source.close();
});

test("A paused reader holds the server back", async () => {
  const length = 400 * MiB;
  await using server = await startServer((answer, { start, end = length }) => {
    answer.head(206, {
      "content-length": end - start,
      "content-range": `bytes ${start}-${end - 1}/${length}`,
    });
    return answer.write(new Uint8Array(end - start)).then((alive) =>
      alive && answer.response.end()
    );
  });
  const source = new HttpSource(server.url("/"));
  await readOn(source, { length: 16 * MiB });
  await new Promise((resolve) => setTimeout(resolve, 300));
  report("a reader that pauses after 16 MiB", source, server.seen);
  assert(sentBy(server.seen) < 64 * MiB);
  source.close();
});

test("An mp4 with its index at the end costs its index, and no more", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"));
  const tail = large.length - 200 * KiB;
  await source.open(signal);
  // ftyp and the mdat's header, the moov at the end, then back to the first samples.
  assertBytes(await readOn(source, { length: 8 }), large.subarray(0, 8));
  assertBytes(await readOn(source, { position: 40, length: 8 }), large.subarray(40, 48));
  assertBytes(await readOn(source, { position: tail }), large.subarray(tail));
  report("an mp4 opened: head, tail", source, server.seen);
  assert(source.requests <= 4);
  assert(source.bytesFetched <= 64 * KiB + 256 * KiB);
  assert(sentBy(server.seen) <= 64 * KiB + 256 * KiB);
  assertBytes(
    await readOn(source, { position: 48, length: 2 * MiB }),
    large.subarray(48, 48 + 2 * MiB),
  );
  report("an mp4 opened, then 2 MiB on", source, server.seen);
  assert(source.requests <= 10);
  // The window had grown to 2 MiB when the reading stopped.
  assert(source.bytesFetched <= 4 * MiB + 320 * KiB);
  assert(sentBy(server.seen) <= 4 * MiB + 320 * KiB);
  source.close();
});

test("Two places that alternate do not thrash", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"), { cacheBytes: 512 * KiB });
  const half = large.length / 2;
  for (let at = 0; at < 3 * MiB; at += 20_000) {
    for (const start of [at, half + at]) {
      const piece = await readOn(source, { position: start, length: 20_000 });
      assertBytes(piece, large.subarray(start, start + 20_000));
    }
  }
  report("two places alternating, 3 MiB each", source, server.seen);
  assert(source.requests <= 14);
  assert(source.bytesFetched <= 8 * MiB);
  assert(sentBy(server.seen) <= 8 * MiB);
  source.close();
});

test("Jumping fetches a block a jump", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"));
  const jumps = 60;
  for (let i = 0; i < jumps; i++) {
    const position = (i * 7_919_777) % (large.length - 1000);
    const piece = await readOn(source, { position, length: 1000 });
    assertBytes(piece, large.subarray(position, position + 1000));
  }
  report(`${jumps} jumps of 1000 bytes`, source, server.seen);
  assert(source.requests <= jumps + 1);
  assert(source.bytesFetched <= jumps * 64 * KiB);
  source.close();
});

test("A small gap is read over, not asked around", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"));
  for (let position = 0; position < large.length - 1000; position += 120_000) {
    const piece = await readOn(source, { position, length: 1000 });
    assertBytes(piece, large.subarray(position, position + 1000));
  }
  report("1000 bytes of every 120000", source, server.seen);
  assert(source.requests <= 10);
  assert(source.bytesFetched <= large.length);
  source.close();
});

test("Small reads are answered from the block they share, at once", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"));
  await readOn(source, { length: 64 * KiB });
  for (let at = 0; at < 64 * KiB; at += 100) {
    const into = new Uint8Array(Math.min(100, 64 * KiB - at));
    assertEquals(source.read(into, at, signal), into.length);
    assertBytes(into, large.subarray(at, at + into.length));
  }
  assertEquals(source.requests, 1);
  source.close();
});

test("Concurrent reads of one block share its request", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  const position = 3 * MiB + 17;
  const intos = Array.from({ length: 8 }, () => new Uint8Array(500));
  await Promise.all(intos.map((into) => source.read(into, position, signal)));
  for (const into of intos) assertBytes(into, large.subarray(position, position + 500));
  assertEquals(source.requests, 2);
  source.close();
});

test("Eight readers in different places at once all get their bytes", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"), { cacheBytes: 0 });
  await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    const position = i * MiB;
    const bytes = await readOn(source, { position, length: MiB / 2 });
    assertBytes(bytes, large.subarray(position, position + MiB / 2));
  }));
  report("eight readers at once", source, server.seen);
  assert(source.requests <= 64);
  assert(source.bytesFetched <= 8 * MiB);
  source.close();
});

test("The cache stays within its bytes", async () => {
  await using server = await startServer(file);
  const source = new HttpSource(server.url("/"), { cacheBytes: 300_000, blockSize: 10_000 });
  assertBytes(await readOn(source), large);
  assertBytes(
    await readOn(source, { position: 1_234_567, length: 99_999 }),
    large.subarray(1_234_567, 1_334_566),
  );
  assertEquals(source.cachedBytes, 300_000);
  source.close();
  assertEquals(source.cachedBytes, 0);
});

test("Any access gives the file's bytes, whatever the blocks, the cache and the cuts", async () => {
  const bytes = pattern(300_000);
  for (let seed = 1; seed <= 6; seed++) {
    const numbers = new Uint32Array(pattern(8000, seed).buffer);
    let next = 0;
    const random = (below: number) => numbers[next++ % numbers.length] % below;
    await using server = await startServer((answer, { start, end = bytes.length }) => {
      if (random(3) > 0) return answer.file(bytes, { etag: '"x"' });
      const part = bytes.subarray(start, end);
      const range = `bytes ${start}-${start + part.length - 1}/${bytes.length}`;
      answer.head(206, { "content-length": part.length, "content-range": range });
      return answer.cut(part.subarray(0, 1 + random(part.length)));
    });
    const source = new HttpSource(server.url("/"), {
      blockSize: 500 + random(5000),
      cacheBytes: random(20_000),
      retryDelay: 1,
      retries: 20,
    });
    let position = 0;
    for (let i = 0; i < 60; i++) {
      if (random(2) === 0) position = random(bytes.length + 100);
      const into = new Uint8Array(1 + random(9000));
      const got = await source.read(into, position, signal);
      assert(got > 0 || position >= bytes.length, `nothing at ${position}`);
      assertBytes(into.subarray(0, got), bytes.subarray(position, position + got));
      position += got;
    }
    source.close();
  }
});

test("A server without ranges is one stream, read once", async () => {
  const bytes = pattern(300_000);
  await using server = await startServer(async (answer) => {
    answer.head(200, { "content-length": bytes.length });
    if (await answer.write(bytes)) answer.response.end();
  });
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  assertEquals([source.size, source.seekable], [bytes.length, false]);
  assertBytes(await readOn(source), bytes);
  assertEquals(await source.read(new Uint8Array(8), bytes.length, signal), 0);
  assertEquals(source.requests, 1);
  const error = await assertRejects(async () => await source.read(new Uint8Array(8), 5), HttpError);
  assert(error.message.includes("no ranges"));
  source.close();
});

test("A server that tells no length leaves the size unknown", async () => {
  const bytes = pattern(200_000);
  await using server = await startServer(async (answer) => {
    answer.head(200);
    if (await answer.write(bytes)) answer.response.end();
  });
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  assertEquals([source.size, source.seekable], [undefined, false]);
  assertBytes(await readOn(source), bytes);
  source.close();
});

test("A server whose ranges tell no size is read to its end", async () => {
  const bytes = pattern(200_000);
  await using server = await startServer((answer, { start, end = bytes.length }) => {
    if (start >= bytes.length) return answer.status(416, { "content-range": "bytes */*" });
    const part = bytes.subarray(start, end);
    answer.head(206, { "content-range": `bytes ${start}-${start + part.length - 1}/*` });
    answer.response.end(part);
  });
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  assertEquals([source.size, source.seekable], [undefined, true]);
  assertBytes(await readOn(source), bytes);
  assertEquals(source.size, bytes.length);
  source.close();
});

test("A server that answers less than was asked for is asked for the rest", async () => {
  const bytes = pattern(200_000);
  await using server = await startServer((answer, { start, end = bytes.length }) => {
    const part = bytes.subarray(start, Math.min(end, start + 7000));
    const range = `bytes ${start}-${start + part.length - 1}/${bytes.length}`;
    answer.head(206, { "content-range": range, "content-length": part.length });
    answer.response.end(part);
  });
  const source = new HttpSource(server.url("/"));
  assertBytes(await readOn(source), bytes);
  source.close();
});

test("An empty file has the size 0", async () => {
  await using server = await startServer((answer) => answer.file(new Uint8Array(0)));
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  assertEquals([source.size, source.requests], [0, 1]);
  assertEquals(await source.read(new Uint8Array(10), 0, signal), 0);
  source.close();
});

test("A redirect is followed, and names the file", async () => {
  const bytes = pattern(100_000);
  await using server = await startServer({
    "/old": (answer) => answer.status(302, { location: "/new/film.mp4" }),
    "/new/film.mp4": (answer) => answer.file(bytes),
  });
  const source = new HttpSource(server.url("/old"));
  assertBytes(await readOn(source), bytes);
  assertEquals(source.name, server.url("/new/film.mp4"));
  const ranges = server.seen.filter(({ path }) => path !== "/old").map((seen) =>
    seen.headers.range
  );
  assertEquals(ranges, ["bytes=0-65535", "bytes=65536-99999"]);
  source.close();
});

test("Headers of the program's own do not follow a redirect to another origin", async () => {
  const bytes = pattern(1000);
  await using other = await startServer({ "/film.mp4": (answer) => answer.file(bytes) });
  await using server = await startServer({
    "/away": (answer) => answer.status(302, { location: other.url("/film.mp4") }),
    "/near": (answer) => answer.status(307, { location: "/here" }),
    "/here": (answer) => answer.file(bytes),
    "/loop": (answer) => answer.status(302, { location: "/loop" }),
    "/file": (answer) => answer.status(302, { location: "file:///etc/passwd" }),
  });
  const headers = { "x-token": "secret", authorization: "Bearer secret", "accept-language": "de" };
  for (const [path, target] of [["/away", other], ["/near", server]] as const) {
    const source = new HttpSource(server.url(path), { headers });
    assertBytes(await readOn(source), bytes);
    source.close();
    const { headers: sent } = target.seen.at(-1)!;
    const kept = target === server;
    assertEquals(sent["x-token"], kept ? "secret" : undefined, path);
    assertEquals(sent.authorization, kept ? "Bearer secret" : undefined, path);
    assertEquals([sent["accept-language"], sent.range], ["de", "bytes=0-65535"]);
  }
  for (const path of ["/loop", "/file"]) {
    const source = new HttpSource(server.url(path), { headers, retries: 0 });
    const error = await assertRejects(() => source.open(signal), HttpError);
    assertEquals(error.kind, path === "/loop" ? "redirect" : "network", String(error));
    source.close();
  }
});

test("Headers are sent with every request and cannot break the ranges", async () => {
  const bytes = pattern(100_000);
  await using server = await startServer((answer) => answer.file(bytes, { etag: '"e"' }));
  const source = new HttpSource(server.url("/"), {
    headers: {
      "x-token": "secret",
      range: "bytes=5-6",
      "If-Range": '"other"',
      "If-None-Match": '"e"',
      "accept-encoding": "gzip",
    },
  });
  assertBytes(await readOn(source), bytes);
  assertEquals(server.seen.length, 2);
  for (const { headers } of server.seen) {
    assertEquals(headers["x-token"], "secret");
    assertEquals(headers["if-none-match"], undefined);
    assertMatch(headers["accept-encoding"] ?? "", identity);
  }
  assertEquals(server.seen[0].headers["if-range"], undefined);
  assertEquals(server.seen[1].headers["if-range"], '"e"');
  source.close();
});

test("A fetch of one's own makes every request", async () => {
  const bytes = pattern(150_000);
  const asked: (string | null)[] = [];
  const source = new HttpSource("https://nowhere.invalid/a.mp4", {
    fetch(input, init) {
      assertEquals(input, "https://nowhere.invalid/a.mp4");
      const range = new Headers(init?.headers).get("range");
      asked.push(range);
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(range ?? "")!;
      const part = bytes.slice(Number(start), Number(end) + 1);
      return Promise.resolve(
        new Response(part, {
          status: 206,
          headers: { "content-range": `bytes ${start}-${end}/${bytes.length}` },
        }),
      );
    },
  });
  assertBytes(await readOn(source), bytes);
  assertEquals(asked, ["bytes=0-65535", "bytes=65536-149999"]);
  source.close();
});

test("A value that is no URL of the web, or no sensible number, is refused by name", () => {
  assertThrows(() => new HttpSource("file:///a.mp4"), TypeError, "http or https");
  assertThrows(() => new HttpSource("a.mp4"), TypeError);
  for (const name of ["blockSize", "cacheBytes", "retries", "retryDelay"]) {
    for (const value of [-1, 1.5, NaN]) {
      assertThrows(() => new HttpSource("http://a/", { [name]: value }), RangeError, name);
    }
  }
});

test("A password in the URL is sent, and not shown", async () => {
  await using server = await startServer((answer) => answer.file(large));
  const url = new URL(server.url("/"));
  url.username = "me";
  url.password = "s%cret:ä";
  const source = new HttpSource(url);
  assertEquals(source.name, server.url("/"));
  await source.open(signal);
  assertEquals(source.name, server.url("/"));
  const expected = new TextEncoder().encode("me:s%cret:ä");
  const sent = Uint8Array.from(
    atob(server.seen[0].headers.authorization!.slice(6)),
    (c) => c.charCodeAt(0),
  );
  assertEquals([...sent], [...expected]);
  source.close();
});
