/** An error names a line of the call that failed, and never one of a decoder within it. */
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { AVError, DemuxerSync } from "../../../../mod.ts";
import { DecoderSync } from "../../../../lib/codec/decoder.ts";
import { logReason } from "../../../../lib/log/capture.ts";

test("A decoder's line is kept in the log and is no reason of a failure", () => {
  // flac refuses setup bytes that are too short, and logs why from its own context.
  const stream = { type: "audio", codec: "flac", extradata: new Uint8Array(3) } as const;
  const refused = () => DecoderSync.open({ stream: { ...stream, sampleRate: 8000, channels: 1 } });
  const error = assertThrows(refused, AVError);
  assert(error.log.length > 0, "the decoder logged nothing");
  assertEquals(logReason(), undefined);
});

test("A demuxer's line is the reason, in the error's message", () => {
  // An mp4 without its index.
  const bytes = new Uint8Array(64);
  bytes.set([0, 0, 0, 24, ...new TextEncoder().encode("ftypisom"), 0, 0, 2, 0]);
  bytes.set(new TextEncoder().encode("isommp41"), 16);
  bytes.set([0, 0, 0, 40, ...new TextEncoder().encode("mdat")], 24);
  const error = assertThrows(() => DemuxerSync.open(bytes), AVError);
  assert(error.message.includes("moov atom not found"), error.message);
  assertEquals(logReason(), "moov atom not found");
  // The next call has no reason of its own.
  const empty = assertThrows(() => DemuxerSync.open(new Uint8Array(0)), AVError);
  assert(!empty.message.includes("moov"), empty.message);
});
