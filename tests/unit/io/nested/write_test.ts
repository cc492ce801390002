import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  directory,
  libraryInfo,
  MemorySink,
  MuxerSync,
  type MuxerSyncOptions,
  type OpenHookSync,
  type OutputSync,
  type SinkSync,
} from "../../../../mod.ts";
import {
  ffmpeg,
  fixturePath,
  line,
  ofStream,
  probedLines,
  setFolder,
} from "../../../support/sets.ts";

const source = fixturePath("progressive.mp4");
const images = () =>
  setFolder("images", (folder) => {
    const made = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=25"];
    ffmpeg([...made, "-start_number", "3", "img%03d.png"], folder);
  });

/** The files that a muxer opened, in order; checks that each was closed exactly once. */
function watched(open: OpenHookSync): { open: OpenHookSync; events: string[]; check: () => void } {
  const events: string[] = [];
  const times: number[] = [];
  return {
    events,
    open(url, request) {
      const deleted = request.options.method === "DELETE";
      events.push(`${deleted ? "delete" : request.write ? "open" : "read"} ${url}`);
      const answer = open(url, request);
      if (answer === undefined) return undefined;
      const index = times.push(0) - 1;
      const close = () => {
        times[index]++;
        if (request.write && !deleted) events.push(`close ${url}`);
        answer.close?.();
      };
      if (!("write" in answer)) return { ...answer, read: (a, b) => answer.read(a, b), close };
      const sink: SinkSync = { write: (chunk, at) => answer.write(chunk, at), close };
      return { ...sink, read: answer.read && ((into, at) => answer.read!(into, at)) };
    },
    check: () => assertEquals(times.filter((count) => count !== 1), []),
  };
}

/** Remuxes the source into a set of files. */
function written(
  options: MuxerSyncOptions,
  output?: OutputSync,
): { files: Map<string, Uint8Array>; events: string[] } {
  const files = new Map<string, Uint8Array>();
  const hook = watched(directory(files));
  {
    using input = DemuxerSync.open(source);
    using muxer = MuxerSync.create(output, { ...options, open: hook.open });
    const streams = input.streams.map((stream) => muxer.addStream(stream));
    for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
    muxer.finish();
  }
  hook.check();
  for (const [name, bytes] of files) {
    const text = new TextDecoder("latin1").decode(bytes);
    assert(!text.includes("avio.invalid"), `${name} holds a name that is only ours`);
  }
  return { files, events: hook.events };
}

function readBack(name: string, files: Map<string, Uint8Array>): string[] {
  using input = DemuxerSync.open(undefined, { name, open: directory(files) });
  return Array.from(input, line);
}

const payloads = (lines: readonly string[], stream: number) =>
  ofStream(lines, stream).map((one) => one.split(" ").at(-1));
const theirs = probedLines(source);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const all = { hls_time: 0.2, hls_list_size: 0 };

// The reference is ffmpeg with the same options: the same files, and the same packets.
function sameAsFfmpeg(name: string, main: string, options: Record<string, string | number>) {
  const args = Object.entries(options).flatMap(([key, value]) => [`-${key}`, String(value)]);
  const folder = setFolder(`written_${name}`, (made) => {
    const format = main.endsWith(".mpd") ? "dash" : "hls";
    ffmpeg(["-i", source, "-map", "0", "-c", "copy", "-f", format, ...args, main], made);
  });
  const { files, events } = written({ name: main, options });
  assertEquals([...files.keys()].sort(), readdirSync(folder).sort());
  const probed = probedLines(join(folder, main), ["-allowed_extensions", "ALL"]);
  const ours = readBack(main, files);
  for (const stream of [0, 1]) {
    const expected = payloads(probed, stream);
    assert(expected.length > 20);
    assertEquals(payloads(ours, stream).slice(0, expected.length), expected);
  }
  return { files, events };
}

const hls: [string, Record<string, string | number>][] = [
  ["hls_ts", all],
  ["hls_fmp4", { ...all, hls_segment_type: "fmp4" }],
  ["hls_single_file", { ...all, hls_flags: "single_file" }],
  ["hls_named", { ...all, hls_segment_filename: "part-%03d.ts" }],
  ["hls_temp_file", { ...all, hls_flags: "temp_file" }],
  ["hls_master", { ...all, master_pl_name: "master.m3u8" }],
  ["hls_vod", { ...all, hls_playlist_type: "vod" }],
  ["hls_enc", { ...all, hls_enc: 1, hls_enc_key: "000102030405060708090a0b0c0d0e0f" }],
];
for (const [name, options] of hls) {
  test(`${name} into a Map is the files and the packets that ffmpeg writes`, () => {
    const { files, events } = sameAsFfmpeg(name, "index.m3u8", options);
    assert(text(files.get("index.m3u8")).includes("#EXT-X-ENDLIST"));
    assertEquals(events.filter((event) => event.includes(".tmp")), []);
  });
}

test("DASH into a Map is the files and the packets that ffmpeg writes", () => {
  const { files } = sameAsFfmpeg("dash", "index.mpd", { seg_duration: 0.4 });
  assert(text(files.get("index.mpd")).includes("<MPD"));
});

test("Each segment is closed before the playlist that names it is opened", () => {
  const { events } = written({ name: "index.m3u8", options: all });
  for (let i = 0; i < 3; i++) {
    const closed = events.indexOf(`close index${i}.ts`);
    assert(closed > events.indexOf(`open index${i}.ts`), events.join("\n"));
    const named = events.findIndex((event, at) => at > closed && event === "open index.m3u8");
    assert(named > closed, events.join("\n"));
  }
});

test("Old HLS segments are deleted through the hook", () => {
  const options = {
    ...all,
    hls_list_size: 1,
    hls_delete_threshold: 1,
    hls_time: 0.1,
    hls_flags: "delete_segments+split_by_time",
  };
  const { files, events } = written({ name: "a/index.m3u8", options });
  assert(events.includes("delete a/index0.ts"), events.join("\n"));
  assert(!files.has("a/index0.ts"));
  const named = text(files.get("a/index.m3u8")).match(/^index\d+\.ts$/gm)!;
  assertEquals(named.length, 1);
  for (const name of named) assert(files.has(`a/${name}`));
});

test("Old DASH segments are deleted through the hook", () => {
  const options = { seg_duration: 0.2, window_size: 2, extra_window_size: 0 };
  const { files, events } = written({ name: "index.mpd", options });
  assert(events.some((event) => event.startsWith("delete chunk-")), events.join("\n"));
  assert(!files.has("chunk-stream0-00001.m4s"));
});

test("A key of hls_enc is written through the hook, and the segments are encrypted with it", () => {
  const { files, events } = written({ name: "s/index.m3u8", options: { ...all, hls_enc: true } });
  assertEquals(events.slice(0, 2), ["open s/index.m3u8.key", "close s/index.m3u8.key"]);
  assertEquals(files.get("s/index.m3u8.key")?.length, 16);
  assert(text(files.get("s/index.m3u8")).includes('METHOD=AES-128,URI="index.m3u8.key"'));
  // One byte may be anything.
  const inTheClear = [0, 188, 376].every((at) => files.get("s/index0.ts")![at] === 0x47);
  assert(!inTheClear, "a transport stream in the clear");
  const clear = written({ name: "index.m3u8", options: all }).files;
  assertEquals(readBack("s/index.m3u8", files), readBack("index.m3u8", clear));
  assertThrows(
    () => written({ name: "a.m3u8", options: { hls_enc: 1, hls_enc_key: "12" } }),
    TypeError,
    "hls_enc_key",
  );
});

test("A key info file is read through the hook", () => {
  const files = new Map<string, Uint8Array>([
    ["info", new TextEncoder().encode("https://keys.example/1\nkeys/one\n")],
    ["keys/one", new Uint8Array(16).fill(9)],
  ]);
  using input = DemuxerSync.open(source);
  using muxer = MuxerSync.create(undefined, {
    name: "index.m3u8",
    open: directory(files),
    options: { ...all, hls_key_info_file: "info" },
  });
  const streams = input.streams.map((stream) => muxer.addStream(stream));
  for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
  muxer.finish();
  assert(text(files.get("index.m3u8")).includes('URI="https://keys.example/1"'));
});

test("segment writes its parts and its list through the hook", () => {
  const options = { segment_time: 0.2, segment_list: "list.csv", segment_format: "matroska" };
  const { files, events } = written({ name: "part%02d.mkv", format: "segment", options });
  const parts = [...files.keys()].filter((name) => name.startsWith("part")).sort();
  assert(parts.length >= 2, parts.join());
  assertEquals(text(files.get("list.csv")).trim().split("\n").length, parts.length);
  assertEquals(events.filter((event) => event.includes(".tmp")), []);
  const packets = parts.flatMap((name) => {
    using input = DemuxerSync.open(files.get(name)!);
    return Array.from(input, line);
  });
  for (const stream of [0, 1]) {
    assertEquals(payloads(packets, stream).length, payloads(theirs, stream).length);
  }
});

test("An image sequence is written through the hook, one file an image", () => {
  const files = new Map<string, Uint8Array>();
  const hook = watched(directory(files));
  const folder = images();
  {
    using input = DemuxerSync.open(undefined, { name: "img%03d.png", open: directory(folder) });
    using muxer = MuxerSync.create(undefined, { name: "out/%02d.png", open: hook.open });
    const stream = muxer.addStream(input.streams[0]);
    for (const packet of input) muxer.write(packet, stream);
    muxer.finish();
  }
  hook.check();
  assertEquals(files.size, 25);
  for (let i = 1; i <= 25; i++) {
    const name = String(i + 2).padStart(3, "0");
    const original = new Uint8Array(readFileSync(join(folder, `img${name}.png`)));
    assertEquals(files.get(`out/${String(i).padStart(2, "0")}.png`), original);
  }
});

test("tee writes each of its outputs through the hook", () => {
  const name =
    "[f=matroska]a.mkv|[f=mpegts:select=v]b.ts|[f=hls:hls_time=0.2:hls_list_size=0]c/x.m3u8";
  const { files } = written({ name, format: "tee" });
  for (const main of ["a.mkv", "b.ts", "c/x.m3u8"]) {
    assertEquals(payloads(readBack(main, files), 0).length, payloads(theirs, 0).length, main);
  }
  assert(files.has("c/x0.ts"), [...files.keys()].join());
});

test("A sink given with a format of many files gets the main file, once, at the end", () => {
  let closed = 0;
  const written_: number[] = [];
  const sink = new MemorySink();
  const { files } = written({ name: "index.m3u8", options: all }, {
    write(chunk, position) {
      written_.push(position);
      sink.write(chunk, position);
    },
    close: () => void closed++,
  });
  assertEquals([written_, closed], [[0], 1]);
  assert(!files.has("index.m3u8"));
  assertEquals(
    text(sink.bytes),
    text(sameAsFfmpeg("hls_ts", "index.m3u8", all).files.get("index.m3u8")),
  );
});

test("A format of one file is asked of the hook by its name, when no output is given", () => {
  const { files, events } = written({ name: "a.mp4", options: { movflags: "faststart" } });
  assertEquals(events, ["open a.mp4", "close a.mp4"]);
  assertEquals(payloads(readBack("a.mp4", files), 0), payloads(theirs, 0));
});

test("A format of many files needs the hook and a name, and an output needs one of them", () => {
  assertThrows(() => MuxerSync.create(new MemorySink(), { format: "hls" }), TypeError, "open");
  const open = directory(new Map());
  assertThrows(() => MuxerSync.create(undefined, { format: "hls", open }), TypeError, "name");
  assertThrows(() => MuxerSync.create(undefined, { format: "mp4" }), TypeError, "output");
  const refused = { name: "a.mp4", open: () => undefined };
  const error = assertThrows(() => MuxerSync.create(undefined, refused), AVError);
  assert(error.codeName === "EACCES" && error.message.includes('"a.mp4"'), error.message);
});

test("A segment that is refused is an error that names it, and everything is closed", () => {
  const hook = watched((url, request) =>
    url === "index1.ts" ? undefined : directory(new Map())(url, request)
  );
  const error = assertThrows(() => {
    using input = DemuxerSync.open(source);
    using muxer = MuxerSync.create(undefined, {
      name: "index.m3u8",
      options: all,
      open: hook.open,
    });
    const streams = input.streams.map((stream) => muxer.addStream(stream));
    for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
    muxer.finish();
  }, AVError);
  assert(error.codeName === "EACCES" && error.message.includes("index1.ts"), error.message);
  hook.check();
});

test("Formats and options that would reach the disk or the network by themselves are refused", () => {
  const open = directory(new Map());
  for (const format of ["rtsp", "sap", "hds", "smoothstreaming", "fifo"]) {
    const make = () => MuxerSync.create(undefined, { format, name: "x", open });
    const error = assertThrows(make, Error);
    assert(error.message.includes(format), error.message);
  }
  const old = Number(libraryInfo().versions.avformat[0]) < 61;
  const refused: [MuxerSyncOptions["options"], string][] = [
    [{ http_persistent: 1 }, "a.m3u8"],
    [{ strftime_mkdir: 1 }, "a.m3u8"],
    [{ hls_fmp4_init_filename: "dir_%v/init.mp4", hls_segment_type: "fmp4" }, "a_%v.m3u8"],
    ...(old
      ? [[{ hls_flags: "append_list" }, "a.m3u8"], [{ single_file: 1 }, "a.mpd"]] as [
        MuxerSyncOptions["options"],
        string,
      ][]
      : []),
  ];
  for (const [options, name] of refused) {
    const error = assertThrows(
      () => MuxerSync.create(undefined, { name, open, options }),
      TypeError,
    );
    assert(error.message.includes(Object.keys(options!)[0]), error.message);
  }
  const slaves = { format: "tee", name: "[use_fifo=1]a.mkv", open };
  assertThrows(() => MuxerSync.create(undefined, slaves), TypeError, "use_fifo");
  const tee = { format: "tee", name: "a.mkv", open, options: { use_fifo: true } };
  assertThrows(() => MuxerSync.create(undefined, tee), TypeError, "use_fifo");
});

/** The boxes at the top of an mp4. */
function boxes(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += view.getUint32(at)) {
    found.push(`${text(bytes.subarray(at + 4, at + 8))}@${at}+${view.getUint32(at)}`);
  }
  return found;
}

test("faststart into memory has its boxes where ffmpeg has them, and the same packets", () => {
  const folder = setFolder("faststart", (made) => {
    const copy = ["-i", source, "-map", "0", "-c", "copy", "-movflags", "faststart"];
    ffmpeg([...copy, "-fflags", "+bitexact", "out.mp4"], made);
  });
  const sink = new MemorySink();
  {
    using input = DemuxerSync.open(source);
    using muxer = MuxerSync.create(sink, {
      format: "mp4",
      metadata: input.metadata,
      options: { movflags: "faststart", fflags: "bitexact" },
    });
    const streams = input.streams.map((stream) => muxer.addStream(stream));
    for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
    muxer.finish();
  }
  const expected = new Uint8Array(readFileSync(join(folder, "out.mp4")));
  const names = boxes(sink.bytes).map((box) => box.split("+")[0]);
  assertEquals(names.slice(0, 2).map((box) => box.split("@")[0]), ["ftyp", "moov"]);
  assertEquals(boxes(sink.bytes), boxes(expected));
  using input = DemuxerSync.open(sink.take());
  assertEquals(Array.from(input, line), probedLines(join(folder, "out.mp4")));
});
