import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { DemuxerSync, HttpSource, MemorySource, type SourceSync } from "../../../../mod.ts";
import { movieIndexLast, movieNotInterleaved } from "../../../support/http_media.ts";
import { startServer } from "../../../support/http_server.ts";
import { corpus, generated } from "../../../support/media.ts";

const { signal } = new AbortController();

/** One read as libavformat asked for it. */
interface Step {
  readonly position: number;
  readonly length: number;
}

/** The reads of libavformat while `work` runs. */
function trace(bytes: Uint8Array, work: (input: DemuxerSync) => void): Step[] {
  const steps: Step[] = [];
  const memory = new MemorySource(bytes);
  const source: SourceSync = {
    size: bytes.length,
    read(into, position) {
      const length = memory.read(into, position);
      steps.push({ position, length });
      return length;
    },
  };
  using input = DemuxerSync.open(source);
  work(input);
  return steps;
}

const open = () => {};
const readAll = (input: DemuxerSync) => {
  try {
    while (input.read());
  } catch {
    // Some files end in an error of the demuxer's: what was read until then is what counts.
  }
};

/** Reads the same through HTTP; compares the bytes, and tells what it cost. */
async function replay(bytes: Uint8Array, steps: readonly Step[]) {
  await using server = await startServer((answer) => answer.file(bytes, { etag: '"1"' }));
  const source = new HttpSource(server.url("/"));
  await source.open(signal);
  let waits = 0;
  for (const { position, length } of steps) {
    const into = new Uint8Array(Math.max(1, length));
    for (let at = 0; at < length;) {
      const answer = source.read(into.subarray(at), position + at, signal);
      if (typeof answer !== "number") waits++;
      const got = await answer;
      assert(got > 0, `nothing at ${position + at}`);
      at += got;
    }
    const wrong = into.findIndex((byte, at) => at < length && byte !== bytes[position + at]);
    assertEquals(wrong, -1, `byte ${position + wrong} differs`);
  }
  const { requests, bytesFetched } = source;
  source.close();
  const sent = server.seen.reduce((sum, seen) => sum + seen.sent, 0);
  return { requests, bytesFetched, sent, waits };
}

function report(what: string, bytes: Uint8Array, steps: readonly Step[], cost: {
  requests: number;
  bytesFetched: number;
  sent: number;
}): void {
  const share = (part: number) => `${(100 * part / bytes.length).toFixed(1)} %`;
  console.log(
    `${what}: ${bytes.length} bytes, ${steps.length} reads; ${cost.requests} requests, ` +
      `${share(cost.bytesFetched)} fetched, ${share(cost.sent)} sent`,
  );
}

for (
  const [what, make] of [
    ["a movie with its index at the end", movieIndexLast],
    ["a movie that is not interleaved, its index at the end", movieNotInterleaved],
  ] as const
) {
  test(`Opening ${what} fetches a small part of it`, async () => {
    const bytes = make();
    const steps = trace(bytes, open);
    const cost = await replay(bytes, steps);
    report(`${what}, opened`, bytes, steps, cost);
    // Raw pictures are large, and libavformat looks at several: what it reads itself is the
    // measure.
    const read = steps.reduce((sum, { length }) => sum + length, 0);
    assert(read < bytes.length * 0.12, `${read}`);
    assert(cost.requests <= 10);
    assert(cost.bytesFetched <= 1.5 * read + 128 * 1024);
    assert(cost.sent <= 2 * read + 128 * 1024);
  });

  test(`Reading ${what} fetches it once, with few requests`, async () => {
    const bytes = make();
    const steps = trace(bytes, readAll);
    const cost = await replay(bytes, steps);
    report(`${what}, read`, bytes, steps, cost);
    assert(cost.requests <= 24);
    assert(cost.bytesFetched <= bytes.length * 1.1);
  });

  test(`Seeking about in ${what} fetches what is read there`, async () => {
    const bytes = make();
    const steps = trace(bytes, (input) => {
      for (const seconds of [8, 2, 5, 9, 1]) {
        input.seek(seconds);
        for (let i = 0; i < 4; i++) input.read();
      }
    });
    const cost = await replay(bytes, steps);
    report(`${what}, five seeks`, bytes, steps, cost);
    assert(cost.requests <= 40);
    assert(cost.bytesFetched <= bytes.length * 0.3);
  });
}

test("Real files are the same through HTTP, with few requests", async () => {
  const total = { files: 0, bytes: 0, requests: 0, fetched: 0 };
  for (const { name, path } of [...generated(), ...corpus()]) {
    const bytes = new Uint8Array(readFileSync(path));
    let steps: Step[];
    try {
      steps = trace(bytes, readAll);
    } catch {
      continue; // what libavformat does not open is corpus_test's to judge
    }
    const cost = await replay(bytes, steps);
    total.files++;
    total.bytes += bytes.length;
    total.requests += cost.requests;
    total.fetched += cost.bytesFetched;
    // Nothing is fetched twice while it fits into the cache.
    if (bytes.length <= 8 * 1024 * 1024) assert(cost.bytesFetched <= bytes.length, name);
    assert(cost.requests <= 4 + bytes.length / (64 * 1024), `${name}: ${cost.requests} requests`);
  }
  assert(total.files >= 8);
  console.log(
    `${total.files} files, ${total.bytes} bytes; ${total.requests} requests, ` +
      `${total.fetched} bytes fetched`,
  );
});
