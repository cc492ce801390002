/** A cut moves every stream by one time, rounded once: the packets and times are the tool's. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { DemuxerSync, MemorySink, remuxSync } from "../../../../mod.ts";
import { ffmpegCopy, lines, otherFfmpeg } from "../../../support/copy.ts";
import { madeBy, scratch } from "../../../support/made.ts";

const picture = (seconds: number) =>
  `testsrc2=duration=${seconds}:size=64x64:rate=24000/1001,format=yuv420p`;
const tone = (seconds: number, rate: number) => `sine=duration=${seconds}:sample_rate=${rate}`;
const coded = ["-c:v", "mpeg4", "-bf", "0", "-g", "600", "-c:a", "aac"];

/** The tool's cut from a keyframe, without the sound that comes before it. */
function theirs(path: string, format: string, start: number): readonly string[] {
  const options = { before: ["-ss", start.toFixed(6)], extra: ["-copypriorss", "0"] };
  const { lines, said } = ffmpegCopy(path, format, {}, options);
  assert(lines !== null, said);
  return lines;
}

function own(path: string, format: string, start: number): readonly string[] {
  const sink = new MemorySink();
  remuxSync(path, sink, { format, start: start + 1e-4 });
  return lines(sink.take());
}

interface Shown {
  readonly type: string;
  /** Seconds from where the media begins. */
  readonly time: number;
  readonly isKeyframe: boolean;
}

function packetsOf(path: string): Shown[] {
  using input = DemuxerSync.open(path);
  const begin = input.format.startTime!;
  return Array.from(input, ({ streamIndex, ptsTime, isKeyframe }) => ({
    type: input.streams[streamIndex].type,
    time: ptsTime! - begin,
    isKeyframe,
  }));
}

/** The keyframes of the picture but the first. */
function keysOf(packets: readonly Shown[]): number[] {
  const keys = packets.filter(({ type, isKeyframe }) => type === "video" && isKeyframe);
  return keys.slice(1).map(({ time }) => time);
}

test("a packet that comes less than half a tick before the keyframe belongs to the cut", {
  skip: otherFfmpeg(),
}, () => {
  using folder = scratch();
  const path = join(folder.path, "near.mp4");
  const inputs = ["-f", "lavfi", "-i", picture(13), "-f", "lavfi", "-i", tone(13, 44_100)];
  const keys = ["-force_key_frames", "expr:eq(n,265)"];
  writeFileSync(path, madeBy([...inputs, ...coded, ...keys], "near.mp4"));
  const packets = packetsOf(path);
  const [key] = keysOf(packets);
  const before = packets.findLast(({ type, time }) => type === "audio" && time < key)!.time;
  assert(key - before > 2e-6 && key - before < 12e-6, `${key - before} s`);
  for (const format of ["mp4", "matroska", "mpegts", "nut"]) {
    assertEquals(own(path, format, key), theirs(path, format, key), format);
  }
});

test("streams of several time bases are moved as by the tool, at every keyframe", {
  skip: otherFfmpeg(),
}, () => {
  using folder = scratch();
  const inputs = [
    ...["-f", "lavfi", "-i", picture(4), "-f", "lavfi", "-i", tone(4, 44_100)],
    ...["-f", "lavfi", "-i", tone(4, 32_000), "-map", "0", "-map", "1", "-map", "2"],
  ];
  for (const name of ["bases.mp4", "bases.mkv", "bases.nut"]) {
    const path = join(folder.path, name);
    const every = ["-force_key_frames", "expr:not(mod(n,24))"];
    writeFileSync(path, madeBy([...inputs, ...coded, ...every], name));
    const keys = keysOf(packetsOf(path));
    assert(keys.length === 3, `${keys}`);
    for (const key of keys) {
      for (const format of ["mp4", "matroska"]) {
        const what = `${name} to ${format} from ${key}`;
        assertEquals(own(path, format, key), theirs(path, format, key), what);
      }
    }
  }
});
