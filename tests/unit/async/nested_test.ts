/**
 * Files that name other files, through an asynchronous hook: it may answer from the network while
 * libavformat waits in its worker.
 */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import {
  AVError,
  Demuxer,
  DemuxerSync,
  directory,
  Muxer,
  type Packet,
  remux,
  type Sink,
  type Source,
} from "../../../mod.ts";
import { generated } from "../../support/media.ts";

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return new Uint8Array(readFileSync(found.path));
}

const mp4 = fixture("progressive.mp4");
const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** The answers of {@link directory}, a moment later and as promises. */
function slowly(files: Map<string, Uint8Array>, log: string[] = []) {
  const now = directory(files);
  return async (url: string, request: Parameters<typeof now>[1]) => {
    await later();
    const answer = now(url, request);
    if (answer === undefined) return undefined;
    log.push(`open ${url}`);
    const close = async () => {
      await later();
      log.push(`close ${url}`);
      answer.close?.();
    };
    if ("write" in answer) {
      const sink: Sink = {
        async write(chunk, position) {
          await later();
          answer.write(chunk, position);
        },
        seekable: answer.seekable,
        close,
      };
      return sink;
    }
    const source: Source = {
      size: answer.size,
      seekable: answer.seekable,
      async read(into, position) {
        await null;
        return answer.read(into, position);
      },
      close,
    };
    return source;
  };
}

const line = ({ streamIndex, pts, dts, size, data }: Packet) =>
  `${streamIndex} ${pts} ${dts} ${size} ${data.subarray(0, 16)}`;

async function readAll(name: string, files: Map<string, Uint8Array>): Promise<string[]> {
  const log: string[] = [];
  const lines: string[] = [];
  {
    await using input = await Demuxer.open(undefined, { name, open: slowly(files, log) });
    for await (const packet of input) lines.push(line(packet));
  }
  const opened = log.filter((entry) => entry.startsWith("open ")).length;
  assertEquals(log.length, opened * 2, `opened and closed once each: ${log}`);
  return lines;
}

function readAllSync(name: string, files: Map<string, Uint8Array>): string[] {
  using input = DemuxerSync.open(undefined, { name, open: directory(files) });
  return Array.from(input, line);
}

const sets: [what: string, name: string, format: string, options: Record<string, string>][] = [
  ["HLS of mpegts", "index.m3u8", "hls", { hls_time: "0.2", hls_list_size: "0" }],
  ["HLS of fMP4", "index.m3u8", "hls", {
    hls_time: "0.2",
    hls_list_size: "0",
    hls_segment_type: "fmp4",
  }],
  ["DASH", "index.mpd", "dash", { seg_duration: "0.2" }],
  ["segments", "part%d.ts", "segment", { segment_time: "0.2" }],
];

for (const [what, name, format, options] of sets) {
  test(`${what}: written through an asynchronous hook, the files are those of the blocking one`, async () => {
    const bitexact = { fflags: "+bitexact" };
    const files = new Map<string, Uint8Array>();
    const log: string[] = [];
    {
      await using input = await Demuxer.open(mp4);
      await using output = await Muxer.create(undefined, {
        name,
        format,
        options: { ...options, ...bitexact },
        open: slowly(files, log),
      });
      const streams = input.streams.map((stream) => output.addStream(stream));
      for await (const packet of input) await output.write(packet, streams[packet.streamIndex]);
      await output.finish();
    }
    assert(files.size > 2, [...files.keys()].join());
    const opened = log.filter((entry) => entry.startsWith("open ")).length;
    assertEquals(log.length, opened * 2, `opened and closed once each: ${log}`);
    if (format === "segment") return;
    assertEquals(await readAll(name, files), readAllSync(name, files));
    assert((await readAll(name, files)).length > 50);
  });
}

test("remux reads a playlist through the hook, and writes another", async () => {
  const from = new Map<string, Uint8Array>();
  await remux(mp4, undefined, {
    name: "a.m3u8",
    format: "hls",
    options: { hls_time: "0.2", hls_list_size: "0" },
    open: slowly(from),
  });
  const both = new Map(from);
  const done = await remux(undefined, undefined, {
    name: "b.m3u8",
    format: "hls",
    options: { hls_time: "0.3", hls_list_size: "0" },
    input: { name: "a.m3u8" },
    open: slowly(both),
  });
  assert(both.has("b.m3u8"));
  assertEquals(readAllSync("b.m3u8", both).length, done.packets);
});

test("A rejection of the hook, a segment or its closing comes out as the very same object", async () => {
  const files = new Map<string, Uint8Array>();
  await remux(mp4, undefined, {
    name: "a.m3u8",
    format: "hls",
    options: { hls_time: "0.2", hls_list_size: "0" },
    open: slowly(files),
  });
  const inner = slowly(files);
  for (const stage of ["open", "read"]) {
    const thrown = new Error(`the segment's ${stage}`);
    const run = async () => {
      await using input = await Demuxer.open(undefined, {
        name: "a.m3u8",
        async open(url, request) {
          if (!/2\.ts$/.test(url)) return await inner(url, request);
          if (stage === "open") throw thrown;
          return { read: () => Promise.reject(thrown) };
        },
      });
      for await (const _ of input);
    };
    assertStrictEquals(await run().then(() => undefined, (error) => error), thrown);
  }
});

test("A hook that never answers is given up after the timeout", async () => {
  const error = await assertRejects(
    () =>
      Demuxer.open(undefined, {
        name: "a.m3u8",
        timeout: 60,
        open: () => new Promise(() => {}),
      }),
    AVError,
  );
  assertEquals(error.codeName, "ETIMEDOUT");
});

test("A URL that the hook does not answer for is refused by name", async () => {
  const playlist = new TextEncoder().encode(
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
  );
  const asked: string[] = [];
  const error = await assertRejects(
    () =>
      Demuxer.open(playlist, {
        name: "a.m3u8",
        open: async (url) => {
          asked.push(url);
          await later();
          return undefined;
        },
      }),
    AVError,
  );
  assert(["EACCES", "AVERROR_INVALIDDATA"].includes(error.codeName), error.message);
});

const playlists = join(process.env.AVIO_CORPUS ?? "", "playlists");
const found = process.env.AVIO_CORPUS && existsSync(playlists) ? readdirSync(playlists) : [];

test(`the corpus's playlists (${found.length}) are read through a promise as through a Map`, async (t) => {
  if (found.length === 0) return t.skip("AVIO_CORPUS is not set");
  for (const folder of found) {
    const files = new Map<string, Uint8Array>();
    for (const entry of readdirSync(join(playlists, folder), { recursive: true })) {
      const path = join(playlists, folder, String(entry));
      try {
        files.set(String(entry), new Uint8Array(readFileSync(path)));
      } catch (error) {
        if ((error as { code?: string }).code !== "EISDIR") throw error;
      }
    }
    for (const name of [...files.keys()].filter((key) => /\.(m3u8|mpd)$/.test(key))) {
      let expected: string[];
      try {
        expected = readAllSync(name, files);
      } catch (error) {
        assert(error instanceof AVError, String(error));
        const same = await assertRejects(() => readAll(name, files), AVError);
        assertEquals(same.codeName, error.codeName, `${folder}/${name}`);
        continue;
      }
      assertEquals(await readAll(name, files), expected, `${folder}/${name}`);
    }
  }
});
