/**
 * Decoders with threads of their own, fed with damaged packets so that those threads log, while
 * this thread listens to libav's log: no crash, no hang. The argument `turns` is for a machine that
 * has no trampoline for the log.
 *
 * @module
 */
import process from "node:process";
import { AVError, DemuxerSync, type PacketData } from "../../mod.ts";
import { DecoderSync } from "../../lib/codec/decoder.ts";
import { Decoder } from "../../lib/async/decoder.ts";
import { disableTrampolineForTests } from "../../lib/log/shared_block.ts";
import { fixture } from "./async_sources.ts";
import { later } from "./random.ts";

if (process.argv[2] === "turns") disableTrampolineForTests();

const mp4 = fixture("progressive.mp4");
const broken = mp4.subarray(0, 4000);

/** The lines that libav says of a file that is cut short. */
function brokenLines(): number {
  let heard = 0;
  try {
    using _ = DemuxerSync.open(broken, { onLog: () => heard++ });
  } catch (error) {
    if (!(error instanceof AVError)) throw error;
  }
  return heard;
}

/** Packets of the video, every third one with bytes turned over. */
function packets() {
  using input = DemuxerSync.open(mp4);
  const stream = input.streams.find(({ type }) => type === "video")!;
  const all: PacketData[] = [];
  for (const { data, pts, dts, isKeyframe, streamIndex } of input) {
    if (streamIndex !== stream.index) continue;
    if (all.length % 3 === 1) { for (let at = 20; at < data.length; at += 9) data[at] ^= 0xff; }
    all.push({ data, pts, dts, isKeyframe });
  }
  return { stream, all };
}

const before = brokenLines();
const { stream, all } = packets();
let frames = 0;
let opened = 0;
let heardMeanwhile = 0;
let damaged = 0;
// In this thread, and in a worker at the same time.
for (let round = 0; round < 30; round++) {
  using decoder = DecoderSync.open({ stream, threads: 4 });
  const remote = Decoder.open({ stream, threads: 4 }, {
    output: (frame) => {
      frames++;
      frame.close();
    },
  });
  const settled = Promise.allSettled(all.map((packet) => remote.decode(packet)));
  for (const packet of [...all, null]) {
    heardMeanwhile += brokenLines();
    opened++;
    try {
      for (const frame of decoder.decode(packet)) {
        frames++;
        frame.close();
      }
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
      damaged++;
    }
  }
  await settled;
  remote.close();
  await later(0);
}
await later(50);
const after = brokenLines();
console.log(JSON.stringify({ before, after, frames, opened, heardMeanwhile, damaged }));
process.exit(0);
