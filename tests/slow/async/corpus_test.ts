/**
 * Every file through the asynchronous demuxer: cut at random lengths as a stream, and over HTTP
 * with ranges; the packets must be those of the blocking one.
 */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { HttpSource, probe, probeSync, type SourceSync } from "../../../mod.ts";
import { startServer } from "../../support/http_server.ts";
import { corpus, generated, type MediaFile } from "../../support/media.ts";
import { difference, readAsync, readSync } from "../../support/packets.ts";
import { cutStream } from "../../support/random.ts";

const files = corpus().length > 0 ? corpus() : generated();

function oneWay(bytes: Uint8Array): SourceSync {
  return {
    seekable: false,
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** `known`: files whose packets follow the length of each read, and the proven cause. */
async function compare(
  mode: string,
  one: (file: MediaFile, bytes: Uint8Array<ArrayBuffer>) => Promise<string | undefined>,
  known: Readonly<Record<string, string>> = {},
): Promise<void> {
  const differences: string[] = [];
  for (const file of files) {
    const found = await one(file, readFileSync(file.path));
    if (found !== undefined && !(file.name in known)) differences.push(`${file.name}: ${found}`);
  }
  const equal = `${files.length - differences.length} of ${files.length} as expected`;
  console.log(`${mode}: ${equal}`);
  assert(differences.length === 0, `${equal}\n${differences.join("\n")}`);
}

const partial = "a raw demuxer without a parser: a packet is what one callback brought";

test(`a stream cut at random lengths gives the packets of a one-way source (${files.length} files)`, async () => {
  await compare("cut stream", async (_, bytes) => {
    return difference(await readAsync(cutStream(bytes, bytes.length)), readSync(oneWay(bytes)));
  }, { "taglib+taglib__2sec-silence.shn": partial });
});

test(`HttpSource gives the packets of the bytes in memory (${files.length} files)`, async () => {
  const contents = new Map<string, Uint8Array>();
  await using server = await startServer((answer, seen) => {
    const bytes = contents.get(seen.path);
    return bytes ? answer.file(bytes, { etag: '"1"' }) : answer.status(404);
  });
  let requests = 0;
  let fetched = 0;
  let size = 0;
  await compare("http", async ({ name }, bytes) => {
    const path = `/${encodeURIComponent(name)}`;
    contents.set(path, bytes);
    const source = new HttpSource(server.url(path));
    const found = difference(await readAsync(source, { name }), readSync(bytes, { name }));
    contents.delete(path);
    requests += source.requests;
    fetched += source.bytesFetched;
    size += bytes.length;
    // Some read-ahead at each jump, and an end that some formats look at first.
    if (source.requests > 200) return `${source.requests} requests`;
    if (source.bytesFetched > bytes.length * 3 + 3_000_000) {
      return `${source.bytesFetched} bytes fetched`;
    }
    return found;
  });
  console.log(`http: ${requests} requests, ${fetched} bytes fetched of ${size}`);
  assert(fetched < size * 2, `${fetched} bytes fetched of ${size}`);
});

test("an mp4 whose index is at the end is probed with a small fraction of its bytes", async () => {
  const bytes = withPadding(
    readFileSync(generated().find((f) => f.name === "progressive.mp4")!.path),
  );
  await using server = await startServer((answer) => answer.file(bytes, { etag: '"1"' }));
  const source = new HttpSource(server.url("/large.mp4"));
  const info = await probe(source);
  console.log(
    `probe: ${source.requests} requests, ${source.bytesFetched} of ${bytes.length} bytes`,
  );
  assertEquals(info.streams.length, 2);
  assertEquals(info.format.duration, probeSync(bytes).format.duration);
  assert(source.requests <= 6, `${source.requests} requests`);
  assert(source.bytesFetched < bytes.length / 20, `${source.bytesFetched} bytes`);
});

/** 40 MB of nothing in the middle of the media data, as if the film were long. */
function withPadding(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) !== "mdat") {
    at += view.getUint32(at);
  }
  const end = at + view.getUint32(at);
  const padding = 40_000_000;
  const out = new Uint8Array(bytes.length + padding);
  out.set(bytes.subarray(0, end));
  out.set(bytes.subarray(end), end + padding);
  new DataView(out.buffer).setUint32(at, end - at + padding);
  return out;
}
