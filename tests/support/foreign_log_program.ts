/**
 * This thread listens to libav's log, where threads take turns, while workers of the module decode,
 * scale, resample and encode. The argument is the library of `native/thread_of_log.c`, which
 * counts the lines that a worker's thread logs while the callback of this one is set.
 *
 * @module
 */
import process from "node:process";
import { native, type Pointer } from "../../ffi/mod.ts";
import { disableTrampolineForTests } from "../../lib/log/shared_block.ts";
import { AVError, DemuxerSync, MemorySink, pcm, thumbnail, transcode } from "../../mod.ts";
import { AudioEncoder, VideoFrame } from "../../webcodecs.ts";
import { fixture } from "./async_sources.ts";
import { later } from "./random.ts";

const ROUNDS = 6;

disableTrampolineForTests();
const { avutil, ffi } = native();
const { wrap, foreign_lines: foreignLines } = ffi.open(process.argv[2], {
  wrap: { parameters: ["pointer"], result: "pointer" },
  foreign_lines: { parameters: [], result: "i32" },
}).symbols;
const set = avutil.av_log_set_callback;
Object.defineProperty(avutil, "av_log_set_callback", {
  value: (callback: Pointer) => set(wrap(callback)),
});

const mp4 = fixture("progressive.mp4");
let heard = 0;
let working = true;

/** Runs on the main thread until the workers are done. */
async function listen(): Promise<void> {
  while (working) {
    try {
      DemuxerSync.open(mp4.subarray(0, 4000), { onLog: () => heard++ }).close();
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
    }
    using frame = new VideoFrame(new Uint8Array(64 * 48 * 4), {
      ...{ format: "RGBA", codedWidth: 64, codedHeight: 48, timestamp: 0 },
    }) as VideoFrame & Disposable;
    await frame.copyTo(new Uint8Array(64 * 48 * 4), { format: "BGRA" });
    await later(0);
  }
}

async function work(): Promise<number> {
  let samples = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await thumbnail(mp4, { width: 33 + round });
    for await (const part of pcm(mp4, { sampleRate: 11_025, channels: 1 })) {
      samples += part.samples.length;
    }
    await transcode(mp4, new MemorySink(), {
      format: "matroska",
      video: { codec: "mpeg4", width: 80 },
      audio: { codec: "flac", sampleRate: 16_000 },
    });
    const encoder = new AudioEncoder({ output() {}, error() {} });
    encoder.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 2 });
    await encoder.flush();
    encoder.close();
  }
  return samples;
}

const listening = listen();
const samples = await Promise.all([work(), work()]);
working = false;
await listening;
console.log(JSON.stringify({ heard, samples: samples[0], foreign: foreignLines() }));
process.exit(0);
