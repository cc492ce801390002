/** Cuts begin at a keyframe, in formats whose demuxer has no index of them, too. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  DemuxerSync,
  MemorySink,
  remux,
  remuxSync,
  type RemuxSyncOptions,
} from "../../../../mod.ts";
import { fixture } from "../../../support/async_sources.ts";
import { cacheFolder, generated } from "../../../support/media.ts";
import { ffmpeg } from "../../../support/sets.ts";

interface Seen {
  readonly type: string;
  readonly stream: number;
  readonly pts: number | null;
  readonly time: number | null;
  readonly at: number | null;
  readonly isKeyframe: boolean;
  readonly hash: string;
}

interface Media {
  readonly start: number;
  readonly duration: number;
  readonly packets: readonly Seen[];
}

function mediaOf(bytes: Uint8Array): Media {
  using input = DemuxerSync.open(bytes);
  const types = input.streams.map(({ type }) => type);
  const packets = Array.from(input, (packet): Seen => ({
    type: types[packet.streamIndex],
    stream: packet.streamIndex,
    pts: packet.pts,
    time: packet.ptsTime ?? packet.dtsTime,
    at: packet.dtsTime ?? packet.ptsTime,
    isKeyframe: packet.isKeyframe,
    hash: createHash("sha256").update(packet.data).digest("hex"),
  }));
  return { start: input.format.startTime ?? 0, duration: input.duration ?? 1, packets };
}

function cut(bytes: Uint8Array, options: RemuxSyncOptions): Media {
  const sink = new MemorySink();
  remuxSync(bytes, sink, { format: "mpegts", ...options });
  return mediaOf(sink.take());
}

/** The keyframe that a cut must begin with, from a reading of everything. */
function expectedKey({ start, packets }: Media, stream: number, from: number): Seen {
  const keys = packets.filter((one) => one.stream === stream && one.isKeyframe && one.pts !== null);
  return keys.findLast(({ time }) => time! <= start + from + 1e-6) ?? keys[0];
}

/** Four seconds of picture and sound, keyframes far apart and frames out of order. */
function made(name: string, ...args: string[]): Uint8Array {
  const path = `${cacheFolder}cut_test.${process.pid}.${name}`;
  try {
    ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc=duration=4:size=160x120:rate=25"],
      ...["-f", "lavfi", "-i", "sine=frequency=440:duration=4"],
      ...["-c:v", "mpeg2video", "-g", "30", "-bf", "2", "-sc_threshold", "1000000000"],
      ...["-c:a", "mp2", ...args, path],
    ]);
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(path, { force: true });
  }
}

const inputs: Record<string, () => Uint8Array> = {
  "mpegts": () => fixture("mpegts.ts"),
  "mpegts with frames out of order": () => made("ts", "-f", "mpegts"),
  "mpegts with one keyframe": () => made("one.ts", "-g", "600", "-f", "mpegts"),
  "mpeg": () => made("mpg", "-f", "vob"),
};

for (const [name, bytesOf] of Object.entries(inputs)) {
  test(`a cut of ${name} begins at the last keyframe at or before, wherever it is asked for`, () => {
    const bytes = bytesOf();
    const whole = mediaOf(bytes);
    const video = whole.packets.find(({ type }) => type === "video")!.stream;
    const keys = whole.packets.filter(({ isKeyframe, stream }) => stream === video && isKeyframe);
    const starts = [0, 0.5, 0.9, whole.duration * 0.98];
    for (const { time } of keys) {
      starts.push(...[-0.02, 0, 0.02].map((by) => time! - whole.start + by));
    }
    for (const start of starts.filter((start) => start >= 0)) {
      const key = expectedKey(whole, video, start);
      const all = cut(bytes, { start });
      const first = all.packets.find(({ type }) => type === "video");
      assertEquals(first?.hash, key.hash, `start ${start}: expected the keyframe at ${key.time}`);
      assert(first?.isKeyframe);
      const at = whole.packets.indexOf(whole.packets.find(({ hash }) => hash === key.hash)!);
      // Pictures shown before the keyframe refer to what is left out.
      const left = whole.packets.slice(at).filter(({ stream, time }) =>
        stream === video && (start === 0 || time === null || time >= key.time!)
      );
      const got = all.packets.filter(({ type }) => type === "video");
      assertEquals(got.length, left.length, `start ${start}: every frame from there on`);
    }
  });
}

test("the sound of a cut begins with its picture", () => {
  const bytes = fixture("mpegts.ts");
  const { packets } = cut(bytes, { start: 0.7 });
  const [video, audio] = ["video", "audio"].map((type) =>
    packets.find((packet) => packet.type === type)!
  );
  // A frame of sound lasts 26 ms.
  const apart = audio.time! - video.time!;
  assert(apart >= 0 && apart < 0.03, `${audio.time} ${video.time}`);
  assert(packets.every(({ at }) => at! >= 0));
});

test("a cut of the sound alone is not bound to keyframes of the picture", () => {
  const bytes = fixture("mpegts.ts");
  const { packets } = cut(bytes, { start: 0.7, streams: [1] });
  const whole = mediaOf(bytes);
  assert(packets.every(({ type }) => type === "audio"));
  const first = whole.packets.find(({ hash }) => hash === packets[0].hash)!;
  assert(Math.abs(first.time! - whole.start - 0.7) < 0.1, `${first.time} of ${whole.start}`);
});

test("a cut from a source that can be sought is the same on both halves", async () => {
  const bytes = fixture("mpegts.ts");
  for (const start of [0.2, 0.5, 0.9]) {
    const sink = new MemorySink();
    await remux(new Blob([fixture("mpegts.ts")]), sink, { format: "mpegts", start, end: 0.95 });
    assertEquals(mediaOf(sink.take()), cut(bytes, { start, end: 0.95 }));
  }
});

test("what comes to a keyframe by itself is not sought again", () => {
  for (const name of ["progressive.mp4", "matroska.mkv", "nut.nut"]) {
    const bytes = fixture(name);
    const positions: number[] = [];
    const read = (into: Uint8Array, position: number) => {
      positions.push(position);
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    };
    const reads = (options: RemuxSyncOptions) => {
      positions.length = 0;
      const input = { read, size: bytes.length };
      remuxSync(input, { write() {} }, { format: "nut", input: { bufferSize: 4096 }, ...options });
      return positions.length;
    };
    // As much as a demuxer that seeks there, and reads on.
    using input = DemuxerSync.open({ read, size: bytes.length }, { bufferSize: 4096 });
    input.seek((input.format.startTime ?? 0) + 0.5);
    for (const _ of input);
    const least = positions.length;
    assertEquals(reads({ start: 0.5 }), least, name);
  }
});

for (const { name } of generated()) {
  test(`a cut of ${name} from the beginning leaves nothing out`, () => {
    const bytes = fixture(name);
    const sinks = [{ start: 0 }, {}].map((cut) => {
      const sink = new MemorySink();
      remuxSync(bytes, sink, { format: "matroska", ...cut });
      return sink;
    });
    const [cut, whole] = sinks.map((sink) => mediaOf(sink.take()).packets.map(({ hash }) => hash));
    assertEquals(cut, whole);
  });
}
