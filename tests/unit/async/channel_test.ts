/**
 * `tryRead` polled against a channel that is fed a random trickle: nothing is lost, whatever the
 * format and the pace.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { AGAIN, Channel, Demuxer, type SourceSync } from "../../../mod.ts";
import { generated } from "../../support/media.ts";
import { fixture } from "../../support/async_sources.ts";
import { difference, packetLine, readSync, streamLine } from "../../support/packets.ts";
import { cutter, later, random } from "../../support/random.ts";

const formats = [
  "fragmented.mp4",
  "matroska.mkv",
  "mpegts.ts",
  "ogg.ogg",
  "flv.flv",
  "mp3.mp3",
  "adts.aac",
  "nut.nut",
  "flac.flac",
  "wav.wav",
];

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

/** Feeds it from 1 byte to 4 KiB at a time, now at once, now later. */
async function feed(channel: Channel, bytes: Uint8Array, seed: number): Promise<void> {
  const length = cutter(seed, 4096);
  const next = random(seed + 1);
  for (let at = 0; at < bytes.length;) {
    const part = bytes.slice(at, at + length());
    at += part.length;
    if (!channel.send(part)) await channel.ready;
    const late = next();
    if (late < 0.3) await later(late < 0.02 ? 3 : 0);
    else if (late < 0.6) await Promise.resolve();
  }
  channel.end();
}

for (const name of formats) {
  const made = generated().some((file) => file.name === name);
  test(`tryRead polled against a trickle loses nothing: ${name}`, {
    skip: made ? false : "no such encoder",
  }, async () => {
    const bytes = fixture(name);
    const expected = readSync(oneWay(bytes));
    assert(expected.packets.length > 0);
    let agains = 0;
    for (const seed of [1, 2]) {
      const channel = new Channel({ highWaterMark: seed === 1 ? 1 << 20 : 2000 });
      const feeding = feed(channel, bytes, seed);
      await using input = await Demuxer.open(channel);
      const packets: string[] = [];
      for (;;) {
        const packet = input.tryRead();
        if (packet === null) break;
        if (packet === AGAIN) {
          agains++;
          await later(0);
        } else packets.push(packetLine(packet));
      }
      await feeding;
      const streams = input.streams.map(streamLine);
      assertEquals(difference({ packets, streams, opened: true }, expected), undefined);
      assertEquals(input.tryRead(), null);
    }
    console.log(`${name}: ${expected.packets.length} packets, ${agains} times AGAIN`);
    assert(agains > 0, "it never had to wait");
  });
}
