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
  remuxSync,
} from "../../../../mod.ts";
import { fixturePath } from "../../../support/sets.ts";

const source = fixturePath("progressive.mp4");
const major = Number(libraryInfo().versions.avformat[0]);

function write(options: MuxerSyncOptions, output?: OutputSync): void {
  using input = DemuxerSync.open(source);
  using muxer = MuxerSync.create(output, options);
  const streams = input.streams.map((stream) => muxer.addStream(stream));
  for (const packet of input) muxer.write(packet, streams[packet.streamIndex]);
  muxer.finish();
}

function payloads(input: string | Uint8Array): string[] {
  using demuxer = DemuxerSync.open(input);
  const lines = Array.from(demuxer, ({ streamIndex, size }) => `${streamIndex} ${size}`);
  return lines.filter((line) => line.startsWith("0"));
}

const latin = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
const front = (bytes: Uint8Array) => {
  const text = latin(bytes);
  const at = text.indexOf("moov");
  return at > 0 && at < text.indexOf("mdat");
};

const faststartTee = "[f=mp4:movflags=faststart]a.mp4|[f=matroska]b.mkv";

test("faststart of one output of a tee reads back what a Map has so far", () => {
  const files = new Map<string, Uint8Array>();
  write({ format: "tee", name: faststartTee, open: directory(files) });
  assert(front(files.get("a.mp4")!));
  for (const name of ["a.mp4", "b.mkv"]) assertEquals(payloads(files.get(name)!), payloads(source));
});

test("faststart of every segment reads back what a Map has so far", () => {
  const files = new Map<string, Uint8Array>();
  const options = {
    segment_time: 0.2,
    segment_format: "mp4",
    segment_format_options: "movflags=+faststart",
  };
  write({ format: "segment", name: "%d.mp4", open: directory(files), options });
  assert(files.size >= 2);
  for (const [name, bytes] of files) assert(front(bytes), name);
});

/** Writes into a Map, reads nothing back. */
function writeOnly(files: Map<string, Uint8Array>): OpenHookSync {
  const inner = directory(files);
  return (url, request) => request.write ? inner(url, request) : undefined;
}

test("A refused reading of what a muxer wrote itself is an error, in a set and of one file", () => {
  const open = writeOnly(new Map());
  const cases: [MuxerSyncOptions, OutputSync | undefined, string][] = [
    [{ format: "tee", name: faststartTee, open }, undefined, "a.mp4"],
    [{ name: "a.flv", options: { flvflags: "add_keyframe_index" }, open }, undefined, "a.flv"],
    [{ name: "a.mp4", options: { movflags: "faststart" }, open: () => undefined }, {
      write() {},
    }, "a.mp4"],
  ];
  if (major >= 59) {
    cases.push([{ name: "a.mkv", options: { cues_to_front: 1 }, open }, undefined, "a.mkv"]);
  }
  for (const [options, output, name] of cases) {
    const given = output ?? (options.format ? undefined : { write() {} });
    const error = assertThrows(() => write(options, given), AVError);
    assertEquals(error.codeName, "EACCES", name);
    assert(error.message.includes(`"${name}"`), error.message);
  }
});

test("A refused reading of what was there before is no error of a muxer", () => {
  if (major < 61) return;
  const files = new Map<string, Uint8Array>();
  const options = { hls_time: 0.2, hls_flags: "append_list" };
  write({ name: "index.m3u8", options, open: writeOnly(files) });
  assert(files.has("index.m3u8"));
});

test("An option that reads the output back is refused beforehand where the sink has no read", () => {
  const cases: [MuxerSyncOptions, RegExp][] = [
    [{ format: "mp4", options: { movflags: "+faststart" } }, /^faststart .*frag_keyframe/],
    [{ format: "matroska", options: { cues_to_front: true } }, /^cues_to_front .*reserve_cues/],
    [{ format: "webm", options: { cues_to_front: "1" } }, /^cues_to_front .*reserve_cues/],
    [{ format: "flv", options: { flvflags: "+add_keyframe_index" } }, /^flvflags=add_keyframe_ind/],
    [{ format: "film_cpk" }, /^the format film_cpk reads back .* use a sink with read$/],
  ];
  for (const [options, message] of cases) {
    let closed = 0;
    const sink = { write: () => assert(false, "written"), close: () => void closed++ };
    const error = assertThrows(() => MuxerSync.create(sink, options), TypeError);
    assert(message.test(error.message), error.message);
    assertEquals(closed, 1);
    MuxerSync.create(new MemorySink(), options).close();
  }
  for (const flag of ["add_keyframe_indexes", "no_sequence_end"]) {
    MuxerSync.create({ write() {} }, { format: "flv", options: { flvflags: flag } }).close();
  }
});

test("flv with its index at the front is read back from memory", () => {
  const sink = new MemorySink();
  remuxSync(source, sink, { format: "flv", options: { flvflags: "add_keyframe_index" } });
  assert(latin(sink.bytes).includes("filepositions"));
  assertEquals(payloads(sink.take()).length, payloads(source).length);
});
