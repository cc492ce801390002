/** A demuxer that answers EAGAIN of its own accord. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { DemuxerSync, MemorySink, remuxSync } from "../../../../mod.ts";

const FRAMES = 5;
const AUDIO_BYTES = 400;
const VIDEO_BYTES = 16 * 16 * 4;

/** An SGI movie by hand, whose demuxer answers EAGAIN between the last frame and the end. */
function sgiMovie(): Uint8Array {
  const bytes: number[] = [];
  const put = (...values: number[]) => {
    for (const value of values) {
      for (const shift of [24, 16, 8, 0]) bytes.push(value >>> shift & 255);
    }
  };
  const table = (entries: Record<string, number>) => {
    put(0, Object.keys(entries).length, 0);
    for (const [name, value] of Object.entries(entries)) {
      bytes.push(...new TextEncoder().encode(name.padEnd(16, "\0")));
      const text = String(value);
      put(text.length);
      bytes.push(...new TextEncoder().encode(text));
    }
  };
  bytes.push(...new TextEncoder().encode("MOVI"));
  put(3, 0);
  table({ __NUM_I_TRACKS: 1, __NUM_A_TRACKS: 1 });
  const sound = { NUM_CHANNELS: 1, SAMPLE_RATE: 8000, SAMPLE_WIDTH: 2, AUDIO_FORMAT: 401 };
  table({ ...sound, COMPRESSION: 100, __DIR_COUNT: FRAMES });
  table({ WIDTH: 16, HEIGHT: 16, FPS: 15, COMPRESSION: 2, __DIR_COUNT: FRAMES });
  const media = bytes.length + 2 * FRAMES * 16;
  for (const [offset, size] of [[0, AUDIO_BYTES], [AUDIO_BYTES, VIDEO_BYTES]]) {
    for (let i = 0; i < FRAMES; i++) {
      put(media + i * (AUDIO_BYTES + VIDEO_BYTES) + offset, size, 0, 0);
    }
  }
  return Uint8Array.from([...bytes, ...new Uint8Array(FRAMES * (AUDIO_BYTES + VIDEO_BYTES))]);
}

test("Every packet of a demuxer that answers EAGAIN before the end, and then the end", () => {
  using input = DemuxerSync.open(sgiMovie());
  assertEquals(input.format.name, "mv");
  const packets = Array.from(input, (packet) => packet.size);
  assertEquals(packets.length, 2 * FRAMES);
  assertEquals(input.read(), null);
  const sink = new MemorySink();
  const result = remuxSync(sgiMovie(), sink, { format: "nut" });
  assertEquals([result.packets, result.truncated], [2 * FRAMES, false]);
});
