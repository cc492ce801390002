import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DisposedError, HttpSource, type HttpSourceOptions } from "../../../../mod.ts";
import {
  type Handler,
  pattern,
  startServer,
  type TestServer,
} from "../../../support/http_server.ts";
import { executable, runtimeWords } from "../../../support/runtime.ts";

const bytes = pattern(1_000_000);
const { signal: never } = new AbortController();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const half: Handler = (answer, { start, end = bytes.length }) => {
  const part = bytes.subarray(start, end);
  answer.head(206, {
    "content-length": part.length,
    "content-range": `bytes ${start}-${start + part.length - 1}/${bytes.length}`,
  });
  return answer.write(part.subarray(0, part.length / 2));
};

/** Ways in which a server can make one wait. */
const waits: Record<string, Handler> = {
  "a stall before the answer": () => {},
  "a stall within a body": half,
  "a stall within a stream": (answer) => {
    answer.head(200, { "content-length": bytes.length });
    return answer.write(bytes.subarray(0, 1000));
  },
  "a 500 that is asked for again": (answer) => answer.status(500),
  "a 429 with Retry-After": (answer) => answer.status(429, { "retry-after": "20" }),
  "a connection that is cut": (answer) => void answer.response.socket?.destroy(),
  "an endless redirect": (answer) =>
    void setTimeout(() => answer.status(302, { location: "/" }), 30),
  "a changed file after a stall": (answer, seen, count) =>
    count > 1 ? pause(2000).then(() => answer.file(bytes, { etag: '"2"' })) : half(answer, seen, 1),
  "a stalled 416": (answer) => pause(2000).then(() => answer.status(416)),
  "an endless trickle of nothing": (answer) =>
    answer.head(206, { "content-range": "bytes 0-65535/65536" }),
  "a compressed stream that stalls": (answer) => answer.head(200, { "content-encoding": "gzip" }),
};

/** Reads on and on; what it ends with. */
async function readOn(source: HttpSource, signal?: AbortSignal): Promise<never> {
  const into = new Uint8Array(10_000);
  for (let at = 0;;) {
    const got = await source.read(into, at, signal ?? never);
    if (got === 0) throw new Error("it ended");
    at += got;
  }
}

/** The rejection of `pending`, and whether it came soon after `act`. */
async function soonAfter(act: () => void, pending: Promise<unknown>): Promise<unknown> {
  const caught = pending.then(() => undefined, (error: unknown) => error);
  await pause(100);
  const start = performance.now();
  act();
  const error = await caught;
  const took = performance.now() - start;
  assert(took < 500, `${took} ms`);
  return error;
}

async function gone(server: TestServer): Promise<void> {
  for (let i = 0; i < 100 && server.seen.some(({ closed }) => !closed); i++) await pause(20);
  assertEquals(server.seen.filter(({ closed }) => !closed).length, 0, "connections left open");
}

const slow: HttpSourceOptions = { retries: 50, retryDelay: 5000 };

for (const [what, handler] of Object.entries(waits)) {
  test(`A read's signal ends ${what} with its reason, and the connection`, async () => {
    await using server = await startServer(handler);
    const source = new HttpSource(server.url("/"), slow);
    const controller = new AbortController();
    const reason = new Error("mine");
    const error = await soonAfter(
      () => controller.abort(reason),
      readOn(source, controller.signal),
    );
    assertStrictEquals(error, reason);
    source.close();
    await gone(server);
  });

  test(`The source's signal ends ${what}, and every later read`, async () => {
    await using server = await startServer(handler);
    const controller = new AbortController();
    const source = new HttpSource(server.url("/"), { ...slow, signal: controller.signal });
    const reason = { not: "an error" };
    const error = await soonAfter(() => controller.abort(reason), readOn(source));
    assertStrictEquals(error, reason);
    const later = await readOn(source).catch((error: unknown) => error);
    assertStrictEquals(later, reason);
    await gone(server);
  });

  test(`close() ends ${what}`, async () => {
    await using server = await startServer(handler);
    const source = new HttpSource(server.url("/"), slow);
    const error = await soonAfter(() => source.close(), readOn(source));
    assert(error instanceof DisposedError, String(error));
    source.close();
    await gone(server);
  });
}

test("A fetch that heeds no signal is left behind, and its late answer is given up", async () => {
  let cancelled = 0;
  const late = Promise.withResolvers<Response>();
  const source = new HttpSource("http://a.invalid/", { fetch: () => late.promise });
  const controller = new AbortController();
  const error = await soonAfter(
    () => controller.abort("enough"),
    readOn(source, controller.signal),
  );
  assertEquals(error, "enough");
  late.resolve(new Response(new ReadableStream({ cancel: () => void cancelled++ })));
  await pause(10);
  assertEquals(cancelled, 1);
  source.close();

  const deaf = new HttpSource("http://a.invalid/", {
    fetch: () =>
      Promise.resolve(
        new Response(new ReadableStream({ cancel: () => (cancelled++, new Promise(() => {})) }), {
          status: 206,
          headers: { "content-range": "bytes 0-65535/70000" },
        }),
      ),
  });
  const closed = await soonAfter(() => deaf.close(), readOn(deaf));
  assert(closed instanceof DisposedError);
  assertEquals(cancelled, 2);
});

test("After a stall and an abort the next read goes on where bytes are missing", async () => {
  await using server = await startServer((answer, seen, count) =>
    count <= 2 ? half(answer, seen, count) : answer.file(bytes)
  );
  const source = new HttpSource(server.url("/"));
  const all = new Uint8Array(bytes.length);
  let at = 0;
  let aborts = 0;
  while (at < bytes.length) {
    try {
      at += await source.read(all.subarray(at, at + 50_000), at, AbortSignal.timeout(300));
    } catch (error) {
      assertEquals((error as Error).name, "TimeoutError");
      aborts++;
    }
  }
  assertEquals(aborts, 2);
  assertEquals(all.findIndex((byte, at) => byte !== bytes[at]), -1);
  // The second and third request ask for what the stalled ones had not sent, no more.
  assertEquals(server.seen.slice(0, 3).map(({ start }) => start), [0, 32768, 49152]);
  source.close();
});

test("After an abort during open it can be opened", async () => {
  for (const honest of [true, false]) {
    await using server = await startServer((answer, _, count) => {
      if (count === 1) return;
      if (honest) return answer.file(bytes);
      answer.head(200, { "content-length": bytes.length });
      return answer.write(bytes).then(() => answer.response.end());
    });
    const source = new HttpSource(server.url("/"));
    const error = await assertRejects(() => source.open(AbortSignal.timeout(100)));
    assertEquals((error as Error).name, "TimeoutError");
    await source.open(never);
    assertEquals([source.size, source.seekable], [bytes.length, honest]);
    const into = new Uint8Array(1000);
    const got = await source.read(into, 0, never);
    assertEquals(into.subarray(0, got), bytes.subarray(0, got));
    source.close();
  }
});

test("After an abort during open, what the first answer said no longer binds", async () => {
  await using server = await startServer((answer, _, count) => {
    if (count > 1) return answer.file(bytes, { etag: '"second"' });
    // Headers are taken, then the first bytes of the gzip are waited for.
    answer.head(200, { "content-encoding": "gzip", etag: '"first"' });
  });
  const source = new HttpSource(server.url("/"));
  await assertRejects(() => source.open(AbortSignal.timeout(100)));
  const into = new Uint8Array(1000);
  const got = await source.read(into, 100_000, never);
  assertEquals(into.subarray(0, got), bytes.subarray(100_000, 100_000 + got));
  assertEquals(server.seen[1].headers["if-range"], undefined);
  source.close();
});

test("close() ends bodies that no reader waits for", async () => {
  for (const handler of [half, waits["a stall within a stream"]]) {
    await using server = await startServer(handler);
    const source = new HttpSource(server.url("/"));
    assert(await source.read(new Uint8Array(500), 0, never) > 0);
    if (source.seekable) assert(await source.read(new Uint8Array(500), 660_000, never) > 0);
    await pause(100);
    assert(server.seen.some(({ closed }) => !closed));
    source.close();
    await gone(server);
  }
});

test("close() ends answers that never end after their range", async () => {
  await using server = await startServer((answer, { start, end = bytes.length }) => {
    answer.head(206, { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` });
    return answer.write(bytes.subarray(start, end));
  });
  const source = new HttpSource(server.url("/"));
  const all = new Uint8Array(bytes.length);
  for (let at = 0; at < all.length;) at += await source.read(all.subarray(at), at, never);
  assertEquals(all.findIndex((byte, at) => byte !== bytes[at]), -1);
  // The one before the last may not have been told to go yet; older ones have.
  await pause(100);
  assert(server.seen.length >= 4);
  assert(server.seen.filter(({ closed }) => !closed).length <= 2);
  source.close();
  await gone(server);
});

test("However much it jumps, few connections are open", async () => {
  await using server = await startServer(half);
  const source = new HttpSource(server.url("/"), { blockSize: 4096 });
  for (let i = 0; i < 20; i++) {
    const position = 40_960 * i;
    const into = new Uint8Array(100);
    assertEquals(await source.read(into, position, never), 100);
    assertEquals(into, bytes.subarray(position, position + 100));
  }
  await pause(200);
  const open = server.seen.filter(({ closed }) => !closed).length;
  assert(open >= 2 && open <= 6, `${open}`);
  source.close();
  await gone(server);
});

test("A stream's aborted read loses nothing", async () => {
  await using server = await startServer(async (answer) => {
    answer.head(200, { "content-length": bytes.length });
    await answer.write(bytes.subarray(0, 1000));
    await pause(400);
    await answer.write(bytes.subarray(1000));
    answer.response.end();
  });
  const source = new HttpSource(server.url("/"));
  const all = new Uint8Array(bytes.length);
  let at = 0;
  let aborts = 0;
  while (at < bytes.length) {
    try {
      at += await source.read(all.subarray(at), at, AbortSignal.timeout(100));
    } catch {
      aborts++;
    }
  }
  assert(aborts >= 1);
  assertEquals(all.findIndex((byte, at) => byte !== bytes[at]), -1);
  source.close();
});

test("One reader's abort leaves another one's read of the same block alone", async () => {
  await using server = await startServer((answer, _, count) =>
    count === 1 ? answer.file(bytes) : pause(300).then(() => answer.file(bytes))
  );
  const source = new HttpSource(server.url("/"));
  await source.open(never);
  const controller = new AbortController();
  const position = 500_000;
  const into = new Uint8Array(100);
  const first = source.read(new Uint8Array(100), position, controller.signal) as Promise<number>;
  const second = source.read(into, position, never);
  const error = await soonAfter(() => controller.abort("enough"), first);
  assertEquals(error, "enough");
  assertEquals(await second, 100);
  assertEquals(into, bytes.subarray(position, position + 100));
  assertEquals(server.seen.length, 2);
  source.close();
});

test("A signal that has fired already refuses at once, and asks for nothing", async () => {
  await using server = await startServer((answer) => answer.file(bytes));
  const reason = new Error("too late");
  const source = new HttpSource(server.url("/"), { signal: AbortSignal.abort(reason) });
  assertStrictEquals(await source.open(never).catch((error: unknown) => error), reason);
  const other = new HttpSource(server.url("/"));
  assertStrictEquals(
    await other.open(AbortSignal.abort(reason)).catch((error: unknown) => error),
    reason,
  );
  assertEquals(server.seen.length, 0);
});

test("Reads leave no listener on their signal, nor does a closed source", async () => {
  await using server = await startServer((answer) => answer.file(bytes));
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  const source = new HttpSource(server.url("/"), { signal });
  await readOn(source, signal).catch(() => {});
  source.close();
  assertEquals(listeners, 0);
});

test("A process that aborts, closes or gives up sources ends by itself, without a stray rejection", () => {
  const program = fileURLToPath(new URL("../../../support/http_program.ts", import.meta.url));
  const { status, stdout, stderr, signal } = spawnSync(executable, [...runtimeWords, program], {
    encoding: "utf8",
    timeout: 30_000,
  });
  assertEquals([status, signal], [0, null], stderr);
  assertEquals(stdout.trim(), "done", stderr);
});
