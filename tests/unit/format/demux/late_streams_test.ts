/**
 * Streams that libavformat finds only while probing reads on: `maxPixels` does not reach them. Each
 * limit that does is shown beside it.
 */
import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  type DemuxerSyncOptions,
  type VideoStream,
} from "../../../../mod.ts";
import { DecoderSync } from "../../../../lib/codec/decoder.ts";
import { madeBy } from "../../../support/made.ts";

const pictures = (size: string) => ["-f", "lavfi", "-i", `testsrc=duration=0.2:size=${size}`];
const tone = ["-f", "lavfi", "-i", "sine=duration=1"];
const mpeg2 = ["-c:v", "mpeg2video"];
/** A limit below every picture here. */
const SMALL = { maxPixels: 16 };

/** A transport stream whose second program, the one with pictures, begins behind the first. */
function lateProgram(size: string, codec: readonly string[]): Uint8Array<ArrayBuffer> {
  const first = madeBy([...tone, "-c:a", "mp2"], "first.ts");
  const pids = ["-mpegts_pmt_start_pid", "0x1100", "-mpegts_start_pid", "0x200"];
  const words = [...pictures(size), ...codec, ...pids, "-mpegts_service_id", "2"];
  const second = madeBy(words, "second.ts");
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

const early = madeBy([...pictures("320x240"), ...mpeg2], "early.ts");
const late = {
  flv: madeBy([...pictures("320x240"), "-c:v", "flv"], "late.flv"),
  "a program stream": madeBy([...pictures("320x240"), ...mpeg2], "late.mpg"),
  "a transport stream with a late program": lateProgram("320x240", mpeg2),
};

function videoOf(bytes: Uint8Array, options: DemuxerSyncOptions): VideoStream | undefined {
  using input = DemuxerSync.open(bytes, options);
  return input.streams.find((stream) => stream.type === "video");
}

test("a stream that is known when probing begins is bounded by maxPixels", () => {
  assertStrictEquals(videoOf(early, {})?.pixelFormat, "yuv420p");
  assertStrictEquals(videoOf(early, SMALL)?.pixelFormat, null);
});

for (const [name, bytes] of Object.entries(late)) {
  test(`${name}: maxPixels bounds the decoder, decoders bounds probing as well`, () => {
    assertStrictEquals(videoOf(bytes, { findStreamInfo: false })?.pixelFormat ?? null, null);
    // The limit that libavformat does not pass on: SECURITY.md says so.
    const stream = videoOf(bytes, SMALL);
    assert(stream);
    assertStrictEquals(stream.pixelFormat, "yuv420p");
    assertThrows(() => {
      using input = DemuxerSync.open(bytes, SMALL);
      const stream = input.streams.find((one): one is VideoStream => one.type === "video");
      assert(stream);
      using decoder = DecoderSync.open({ stream, ...SMALL, threads: 1 });
      for (const packet of input) {
        if (packet.streamIndex === stream.index) { for (const _ of decoder.decode(packet)); }
      }
    }, AVError);
    for (const decoders of [[], ["png"]]) {
      assertStrictEquals(videoOf(bytes, { ...SMALL, decoders })?.pixelFormat ?? null, null);
    }
  });
}

test("a stream that appears after probing is not decoded at all", () => {
  using input = DemuxerSync.open(late["a transport stream with a late program"], {
    ...SMALL,
    probeSize: 4096,
    options: { scan_all_pmts: 0 },
  });
  assertEquals(input.streams.map(({ type }) => type), ["audio"]);
  while (input.read() !== null);
  const [, stream] = input.streams;
  assert(stream.type === "video");
  assertStrictEquals(stream.pixelFormat, null);
});

// The last of this file: the limit holds for the whole process.
test("maxMemory bounds the pictures of a late stream that probing decodes", () => {
  const large = lateProgram("2048x2048", ["-c:v", "libx264", "-preset", "ultrafast"]);
  const refused = (options: DemuxerSyncOptions) => {
    const lines: string[] = [];
    videoOf(large, { ...options, onLog: ({ message }) => lines.push(message) });
    return lines.filter((line) => /get_buffer\(\) failed/.test(line)).length;
  };
  assertStrictEquals(refused(SMALL), 0);
  // The brightness alone takes 4 MiB.
  assert(refused({ ...SMALL, maxMemory: 2 * 1024 * 1024 }) > 0);
});
