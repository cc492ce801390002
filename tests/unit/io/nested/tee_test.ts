import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
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
} from "../../../../mod.ts";
import { ffmpeg, fixturePath } from "../../../support/sets.ts";

const source = fixturePath("progressive.mp4");
// FFmpeg 4 hands a fourcc on to outputs that do not know it.
const untagged = fixturePath("matroska.mkv");
const major = Number(libraryInfo().versions.avformat[0]);

/** The names that a tee writes, in order. */
function asked(name: string, format = "tee", options: MuxerSyncOptions["options"] = {}): string[] {
  const names: string[] = [];
  const open: OpenHookSync = (url, { write }) => {
    if (!write) return undefined;
    if (!names.includes(url)) names.push(url);
    return new MemorySink();
  };
  using input = DemuxerSync.open(source);
  using muxer = MuxerSync.create(undefined, { format, name, open, options });
  const streams = input.streams.map((stream) => muxer.addStream(stream));
  for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
  muxer.finish();
  return names;
}

test("The outputs of a tee are told apart as libavformat does it", () => {
  const hls = "[f=hls:hls_time=9:hls_list_size=0]";
  const cases: [string, string[]][] = [
    [String.raw`[f=mpegts]a\\|${hls}x.m3u8`, ["a\\", "x0.ts", "x.m3u8"]],
    [`'[f=mpegts]a.ts'|${hls}x.m3u8`, ["a.ts", "x0.ts", "x.m3u8"]],
    [`a.ts|  [ f = hls:hls_list_size=0 : hls_time=9]x.m3u8`, ["a.ts", "x0.ts", "x.m3u8"]],
    [`[f=mpegts] a.ts |[f='matroska']b`, [" a.ts", "b"]],
    [String.raw`[f=mpegts]a\|b.ts|c.mkv`, ["a|b.ts", "c.mkv"]],
    [String.raw`[f=mpegts]'a|[b]\'.ts |c.mkv`, ["a|[b]\\.ts", "c.mkv"]],
    [String.raw`[f=segment:segment_time=9:segment_format=mpegts:segment_list=l\\\]1.csv]%d.ts`, [
      "0.ts",
      "l]1.csv",
    ]],
    [String.raw`[f=mpegts:select=\'v,a\']a.ts|[]b.mkv|`, ["a.ts", "b.mkv"]],
    [`[F=mpegts:bsfs/v=h264_mp4toannexb]a`, ["a"]],
  ];
  for (const [name, names] of cases) {
    const folder = mkdtempSync(join(tmpdir(), "avio-"));
    try {
      ffmpeg(["-i", untagged, "-map", "0:v", "-c", "copy", "-f", "tee", name], folder);
      assertEquals(readdirSync(folder).sort(), names.sort(), name);
    } finally {
      rmSync(folder, { recursive: true });
    }
    assertEquals(asked(name).sort(), names, name);
  }
  for (const name of ["", "[f=mpegts", "[f=mpegts:", "[f]a.ts", "a.ts|[:f=mpegts]b"]) {
    assertThrows(() => asked(name), TypeError, "tee");
  }
  assertEquals(asked("[f=mpegts]å|b.mkv"), ["å", "b.mkv"]);
  for (const name of ["a.unknown", "[f=nothing]a.ts"]) assertThrows(() => asked(name), AVError);
});

test("An output of a tee writes, renames and deletes through the hook", () => {
  const files = new Map<string, Uint8Array>();
  const deleted: string[] = [];
  const inner = directory(files);
  const open: OpenHookSync = (url, request) => {
    if (request.options.method === "DELETE") deleted.push(url);
    assert(!url.endsWith(".tmp"), url);
    return inner(url, request);
  };
  const list = "hls_list_size=1:hls_delete_threshold=1:hls_time=0.1";
  const flags = "hls_flags=temp_file+delete_segments+split_by_time";
  const name = "a.ts" +
    `|[f=hls:${list}:${flags}:hls_segment_filename=part-%d.ts]x.m3u8`;
  {
    using input = DemuxerSync.open(source);
    using muxer = MuxerSync.create(undefined, { format: "tee", name, open });
    const streams = input.streams.map((stream) => muxer.addStream(stream));
    for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
    muxer.finish();
  }
  assert(deleted.includes("part-0.ts"), deleted.join());
  assert(files.has("a.ts") && files.has("x.m3u8"));
  for (const file of ["part-0.ts", "x.m3u8", "x.m3u8.tmp"]) assert(!existsSync(file), file);
});

test("A key of hls_enc is written through the hook for each output of a tee", () => {
  const hls = (key: string) => `[f=hls:hls_time=9:hls_enc=1:hls_enc_key=${key.repeat(16)}]`;
  const files = new Map<string, Uint8Array>();
  const name = `${hls("01")}a/x.m3u8|${hls("02")}b/x.m3u8`;
  {
    using input = DemuxerSync.open(source);
    using muxer = MuxerSync.create(undefined, { format: "tee", name, open: directory(files) });
    const streams = input.streams.map((stream) => muxer.addStream(stream));
    for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
    muxer.finish();
  }
  assertEquals([...files.get("a/x.m3u8.key")!], Array(16).fill(1));
  assertEquals([...files.get("b/x.m3u8.key")!], Array(16).fill(2));
});

test("A format that cannot be an output cannot be an output of a tee", () => {
  const refused: [string, string][] = [
    ["[f=sap]sap://127.0.0.1:9", "sap"],
    ["[f=rtsp]rtsp://127.0.0.1:9/x", "rtsp"],
    ["[f=hds]x", "hds"],
    ["[f=smoothstreaming]x", "smoothstreaming"],
    ["[f=fifo]x.ts", "fifo"],
    ["[ f = FIFO ]x.ts", "fifo"],
    ["[f=fifo_test]x", "fifo_test"],
    ["[f=tee]x.ts", "tee"],
    ["[use_fifo=1]x.ts", "use_fifo"],
    ["[ use_fifo = 1 ]x.ts", "use_fifo"],
    ["[USE_FIFO=on]x.ts", "use_fifo"],
    ["a.ts|'[use_fifo=1]x.ts'", "use_fifo"],
    ["[f=hls:strftime_mkdir=1]x.m3u8", "strftime_mkdir"],
    ["[http_persistent=1]x.m3u8", "http_persistent"],
    ["[f=image2:atomic_writing=1]%d.png", "atomic_writing"],
  ];
  if (major < 61) {
    refused.push(["[f=dash:single_file=1]x.mpd", "single_file"]);
    refused.push(["[single_file_name=x]x.mpd", "single_file_name"]);
    refused.push(["[hls_flags=append_list]x.m3u8", "append_list"]);
  }
  for (const [name, what] of refused) {
    const error = assertThrows(() => asked(`b.mkv|${name}`), TypeError);
    assert(error.message.includes(what), `${name}: ${error.message}`);
  }
  for (const value of ["0", "no", "Disabled"]) {
    assertEquals(asked(`[use_fifo=${value}]x.ts`), ["x.ts"]);
  }
});

test("Muxers and options that are not for files from a hook are refused", () => {
  const open: OpenHookSync = () => new MemorySink();
  for (const format of ["fifo", "fifo_test"]) {
    for (const output of [undefined, new MemorySink()]) {
      const make = () => MuxerSync.create(output, { format, name: "x", open });
      // FFmpeg 7 has no fifo_test.
      assert(assertThrows(make, Error).message.includes(format));
    }
  }
  const options = { atomic_writing: 1 };
  assertThrows(() => MuxerSync.create(undefined, { name: "%d.png", open, options }), TypeError);
  if (major >= 61) return;
  for (const [option, value] of [["single_file", "1"], ["single_file_name", "x.mp4"]]) {
    const given = { name: "x.mpd", open, options: { [option]: value } };
    assertThrows(() => MuxerSync.create(undefined, given), TypeError, option);
  }
});

test("The format null takes any output and writes nothing", () => {
  const outputs: MuxerSyncOptions[] = [{}, { open: () => undefined }, { name: "x" }];
  for (const options of outputs) {
    let closed = 0;
    const sink = { write: () => assert(false, "written"), close: () => void closed++ };
    {
      using input = DemuxerSync.open(source);
      using muxer = MuxerSync.create(sink, { ...options, format: "null" });
      const streams = input.streams.map((stream) => muxer.addStream(stream));
      for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
      muxer.finish();
      assertEquals(muxer.bytesWritten, 0);
    }
    assertEquals(closed, 1);
  }
  assertEquals(asked("x", "null"), ["x"]);
  assertEquals(asked("[f=null]-|b.ts"), ["b.ts"]);
});
