/**
 * Every kind of use once, and its failures: what `scripts/sanitize.sh --valgrind` watches.
 */
import { readFileSync } from "node:fs";
import {
  AVError,
  CallbackSink,
  DemuxerSync,
  IOContext,
  MemorySink,
  MuxerSync,
  probeSync,
  remuxSync,
} from "../../mod.ts";
import { generated } from "./media.ts";

function refused(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (error instanceof AVError || error instanceof RangeError) return;
    if (error instanceof Error && error.message === "the fault") return;
    throw error;
  }
  throw new Error("nothing was refused");
}

const names = /^(progressive|fragmented|matroska|mpegts|ogg|flac|wav)/;
for (const { path } of generated().filter(({ name }) => names.test(name))) {
  const bytes = new Uint8Array(readFileSync(path));
  probeSync(bytes);
  {
    using input = DemuxerSync.open(bytes, { bufferSize: 1024 });
    const kept = [];
    for (const packet of input) kept.push(packet.clone(), packet.view().length);
    input.seek(0.5);
    input.read()?.data;
    input.index(0);
  }
  const sink = new MemorySink();
  remuxSync(bytes, sink, { format: "matroska", start: 0.2, end: 0.8 });
  probeSync(sink.bytes);
  // Failures at every stage.
  refused(() => probeSync(bytes.subarray(0, 11)));
  let reads = 0;
  refused(() => {
    using input = DemuxerSync.open({
      read(into, at) {
        if (++reads === 3) throw new Error("the fault");
        const part = bytes.subarray(at, at + Math.min(into.length, 2000));
        into.set(part);
        return part.length;
      },
    }, { bufferSize: 1024 });
    for (const _ of input);
  });
  let writes = 0;
  refused(() =>
    remuxSync(
      bytes,
      new CallbackSink(() => {
        if (++writes === 2) throw new Error("the fault");
      }),
      { format: "matroska", bufferSize: 1024 },
    )
  );
}
{
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const audio = output.addStream({
    type: "audio",
    codec: "pcm_s16le",
    sampleRate: 8000,
    channels: 1,
    sampleFormat: "s16",
    metadata: { title: "a" },
  });
  output.write({ data: new Uint8Array(100), pts: 0 }, audio);
  // Left without its trailer.
}
{
  using io = new IOContext({ read: () => 0 });
  io.read(new Uint8Array(10));
}
console.log("every use done");
