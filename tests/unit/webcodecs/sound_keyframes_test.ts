/** Each packet of sound is a keyframe where ffprobe says so, and its chunks are. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Demuxer, DemuxerSync, frames } from "../../../mod.ts";
import { toChunk } from "../../../webcodecs.ts";
import { fixture } from "../../support/async_sources.ts";
import { ffprobePackets } from "../../support/ffprobe.ts";
import { fixturePath } from "../../support/sets.ts";
import { encodeAudio, sine } from "../../support/web_codecs.ts";

const names = ["progressive.mp4", "mp3.mp3", "flac.flac", "ogg.ogg", "mpegts.ts", "wav.wav"];

for (const name of names) {
  test(`sound of ${name}: packets, chunks and frames are keyframes as ffprobe's are`, async () => {
    using input = DemuxerSync.open(fixture(name));
    const stream = input.streams.find(({ type }) => type === "audio")!;
    const probed = ffprobePackets(fixturePath(name)).packets
      .filter(({ streamIndex }) => streamIndex === stream.index)
      .map(({ flags }) => flags.startsWith("K"));
    assert(probed.length > 0 && probed.every(Boolean), name);
    const read: boolean[] = [];
    for (const packet of input) {
      if (packet.streamIndex !== stream.index) continue;
      read.push(packet.isKeyframe);
      assertEquals(toChunk(packet, stream).type, "key");
    }
    assertEquals(read, probed);
    await using later = await Demuxer.open(fixture(name), { streams: ["a"] });
    const again: boolean[] = [];
    for await (const { isKeyframe } of later) again.push(isKeyframe);
    assertEquals(again, probed);
    for await (const frame of frames(fixture(name), { stream: "audio" })) {
      assertEquals(frame.libav.isKeyframe, true);
    }
  });
}

test("an encoder's chunks of sound are keyframes", async () => {
  for (const codec of ["opus", "mp4a.40.2", "flac"]) {
    const config = { codec, sampleRate: 48000, numberOfChannels: 1 };
    const { chunks } = await encodeAudio(config, sine(48000, 0.3, 1));
    const types = chunks.map(({ type }) => type);
    assertEquals([...new Set(types)], ["key"], codec);
  }
});
