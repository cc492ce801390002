import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AVError,
  AVERROR_INVALIDDATA,
  Demuxer,
  DemuxerSync,
  FileSink,
  FileSource,
  type InputSync,
  MemorySink,
  MemorySource,
  Muxer,
  MuxerSync,
  probeSync,
  remux,
  remuxSync,
} from "../../../../mod.ts";
import { cacheFolder, generated } from "../../../support/media.ts";

function pathOf(name: string): string {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return found.path;
}

const mp4 = readFileSync(pathOf("progressive.mp4"));
mkdirSync(cacheFolder, { recursive: true });
const scratch = (name: string) => join(cacheFolder, `sources_test.${process.pid}.${name}`);

test("Bytes, an ArrayBuffer, a path, a memory and a file source all give the same answer", () => {
  const path = pathOf("progressive.mp4");
  const buffer = mp4.buffer.slice(mp4.byteOffset, mp4.byteOffset + mp4.length) as ArrayBuffer;
  const expected = probeSync(new Uint8Array(mp4));
  for (
    const input of [
      buffer,
      path,
      new MemorySource(mp4),
      new MemorySource(buffer),
      new FileSource(path),
      new FileSource(pathToFileURL(path)),
    ]
  ) {
    assertEquals(probeSync(input), expected);
  }
});

test("A view into a larger buffer is read from its own beginning", () => {
  const large = new Uint8Array(mp4.length + 200).fill(0xaa);
  large.set(mp4, 100);
  const info = probeSync(large.subarray(100, 100 + mp4.length));
  assertEquals(info, probeSync(new Uint8Array(mp4)));
});

test("A value that is no synchronous input is a TypeError that names its type", () => {
  const wrong: [unknown, string][] = [
    [null, "null"],
    [undefined, "undefined"],
    [42, "Number"],
    [new Blob([]), "Blob"],
    [{}, "Object"],
    [new URL("https://example.com/a.mp4"), "URL"],
  ];
  for (const [input, name] of wrong) {
    assertThrows(() => DemuxerSync.open(input as InputSync), TypeError, name);
  }
});

test("A path that does not exist is node:fs's own ENOENT", () => {
  const error = assertThrows(() => DemuxerSync.open(scratch("missing.mp4")), Error);
  assertEquals((error as Error & { code?: string }).code, "ENOENT");
});

test("A file source closes its file once, and closing twice is harmless", () => {
  const source = new FileSource(pathOf("wav.wav"));
  assertEquals(source.size, statSync(pathOf("wav.wav")).size);
  assertEquals(source.seekable, true);
  assertEquals(source.read(new Uint8Array(4), 0), 4);
  assertEquals(source.read(new Uint8Array(4), source.size!), 0);
  source.close();
  source.close();
  assertThrows(() => source.read(new Uint8Array(4), 0));
});

test("A file sink and a memory sink get the same bytes", () => {
  const path = scratch("out.mkv");
  try {
    const memory = new MemorySink();
    const options = { format: "matroska", options: { fflags: "+bitexact" } };
    remuxSync(mp4, memory, options);
    remuxSync(mp4, new FileSink(path), options);
    assertEquals(new Uint8Array(readFileSync(path)), memory.take());
  } finally {
    rmSync(path, { force: true });
  }
});

test("A path as an output tells the format by its name", () => {
  const path = scratch("named.mkv");
  try {
    remuxSync(mp4, path);
    assert(probeSync(path).format.name.includes("matroska"));
  } finally {
    rmSync(path, { force: true });
  }
});

test("A path whose header is refused is left alone, and not made", async () => {
  const there = scratch("precious.mkv");
  const none = scratch("none.mkv");
  const options = { options: { nonsense: 1 } };
  const ways: ((path: string) => unknown)[] = [
    (path) => remuxSync(mp4, path, options),
    (path) => remux(mp4, path, options),
    (path) => {
      using input = DemuxerSync.open(mp4);
      using output = MuxerSync.create(path, options);
      output.addStream(input.streams[0]);
      output.writeHeader();
    },
    async (path) => {
      await using input = await Demuxer.open(mp4);
      await using output = await Muxer.create(path, options);
      output.addStream(input.streams[0]);
      await output.writeHeader();
    },
  ];
  try {
    for (const way of ways) {
      writeFileSync(there, "precious");
      for (const path of [there, none]) {
        const error = await Promise.resolve().then(() => way(path)).catch((error) => error);
        assert(error instanceof AVError, `${error}`);
        assert(error.message.includes("nonsense"), error.message);
      }
      assertEquals(readFileSync(there, "utf8"), "precious");
      assert(!existsSync(none));
    }
    remuxSync(mp4, there);
    assert(probeSync(there).format.name.includes("matroska"));
  } finally {
    rmSync(there, { force: true });
  }
});

test("A memory sink grows, takes writes anywhere, and is empty after take", () => {
  const sink = new MemorySink({ initialCapacity: 0 });
  sink.write(Uint8Array.of(1, 2), 0);
  sink.write(Uint8Array.of(9), 4);
  sink.write(Uint8Array.of(7), 1);
  assertEquals(sink.bytes, Uint8Array.of(1, 7, 0, 0, 9));
  const into = new Uint8Array(3);
  assertEquals(sink.read(into, 3), 2);
  assertEquals(sink.read(into, 5), 0);
  assertEquals(sink.take(), Uint8Array.of(1, 7, 0, 0, 9));
  assertEquals(sink.bytes.length, 0);
});

test("A memory sink refuses to pass maxBytes, and the remux throws that RangeError", () => {
  const sink = new MemorySink({ maxBytes: 1000 });
  assertThrows(() => remuxSync(mp4, sink, { format: "matroska" }), RangeError, "maxBytes");
  assert(sink.bytes.length <= 1000);
});

test("An input longer than maxBytes is a RangeError", () => {
  assertThrows(
    () => {
      using input = DemuxerSync.open(mp4, { maxBytes: 2000, bufferSize: 1024 });
      for (const _ of input);
    },
    RangeError,
    "maxBytes",
  );
});

test("A truncated mp4 is an AVError whose log holds: moov atom not found", () => {
  const cut = mp4.subarray(0, Math.floor(mp4.length / 2));
  const error = assertThrows(() => DemuxerSync.open(cut), AVError);
  assertEquals(error.code, AVERROR_INVALIDDATA);
  assertEquals(error.codeName, "AVERROR_INVALIDDATA");
  assertEquals(error.operation, "avformat_open_input");
  assert(error.log.some((line) => line.includes("moov atom not found")), error.log.join("\n"));
});

test("Bytes of no format and no bytes at all are AVErrors", () => {
  assertThrows(() => DemuxerSync.open(new Uint8Array(0)), AVError);
  assertThrows(() => DemuxerSync.open(new TextEncoder().encode("no media here\n")), AVError);
});

const concat = (file: string) => new TextEncoder().encode(`ffconcat version 1.0\nfile '${file}'\n`);

/** Opens and reads to the end. */
function readAll(...args: Parameters<typeof DemuxerSync.open>): number {
  using input = DemuxerSync.open(...args);
  let packets = 0;
  for (const _ of input) packets++;
  return packets;
}

test("A concat script that names a file of this machine is refused", () => {
  for (const options of [{ safe: 1 }, { safe: 0 }]) {
    assertThrows(() => readAll(concat("/etc/hostname"), { options }), Error);
    assertThrows(() => readAll(concat(pathOf("wav.wav")), { options }), Error);
  }
});

test("The error of a refused concat script names the file in its log", () => {
  const error = assertThrows(
    () => readAll(concat("/etc/hostname"), { format: "concat", options: { safe: 0 } }),
    AVError,
  );
  assert(error.log.some((line) => line.includes("/etc/hostname")), error.message);
});

const playlist = (url: string) =>
  new TextEncoder().encode(
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n${url}\n#EXT-X-ENDLIST\n`,
  );

test("A playlist's segments, local or remote, are refused by an error that names the URL", () => {
  const local = pathOf("mpegts.ts");
  for (const url of [local, pathToFileURL(local).href, "http://127.0.0.1:9/a.ts"]) {
    const error = assertThrows(
      () => readAll(playlist(url), { format: "hls", name: "list.m3u8" }),
      AVError,
    );
    assert(error.message.includes(url), error.message);
  }
});

test("The open hook is asked for a playlist's segment, and its source is read and closed", () => {
  const segment = readFileSync(pathOf("mpegts.ts"));
  const source = new MemorySource(segment);
  const asked: { url: string; write: boolean }[] = [];
  let closed = 0;
  const packets = readAll(playlist("a.ts"), {
    format: "hls",
    name: "http://example.test/list.m3u8",
    open(url, { write }) {
      asked.push({ url, write });
      return {
        size: segment.length,
        read: (into, at) => source.read(into, at),
        close: () => void closed++,
      };
    },
  });
  assertEquals(asked[0], { url: "http://example.test/a.ts", write: false });
  assertEquals(packets, readAll(segment));
  assertEquals(closed, asked.length);
});

test("An exception of the open hook comes out as the very same object", () => {
  const thrown = new Error("not this one");
  const error = assertThrows(() =>
    readAll(playlist("a.ts"), {
      format: "hls",
      name: "list.m3u8",
      open() {
        throw thrown;
      },
    })
  );
  assertStrictEquals(error, thrown);
});

test("An SDP session opens no socket", () => {
  const sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n" +
    "m=audio 40000 RTP/AVP 0\n";
  assertThrows(() => readAll(new TextEncoder().encode(sdp), { format: "sdp" }), Error);
});

test("A file that is replaced while it is open is read as it was", () => {
  const path = scratch("replaced.wav");
  try {
    writeFileSync(path, readFileSync(pathOf("wav.wav")));
    using input = DemuxerSync.open(path);
    rmSync(path);
    let packets = 0;
    for (const _ of input) packets++;
    assert(packets > 0);
  } finally {
    rmSync(path, { force: true });
  }
});
