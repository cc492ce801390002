/** Sound whose packets tell no duration: each one lasts until the next one. */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { DemuxerSync, MemorySink, remux, remuxSync } from "../../../../mod.ts";
import { madeBy, scratch } from "../../../support/made.ts";

/** The payloads, which tell the packets apart. */
function payloads(input: string | Uint8Array): string[] {
  using demuxer = DemuxerSync.open(input);
  return Array.from(demuxer, ({ data }) => Buffer.from(data).toString("base64"));
}

for (const name of ["wavpack.mka", "wavpack.mkv"]) {
  test(`a cut of ${name} keeps the packet that begins before start and sounds at it`, async () => {
    using folder = scratch();
    const path = join(folder.path, name);
    const tone = ["-f", "lavfi", "-i", "sine=duration=5:sample_rate=48000"];
    writeFileSync(path, madeBy([...tone, "-c:a", "wavpack"], name));
    using demuxer = DemuxerSync.open(path);
    const begins = Array.from(demuxer, ({ ptsTime }) => ptsTime!);
    const all = payloads(path);
    for (const start of [1.5, 2, 2.01, 2.99]) {
      const first = begins.findLastIndex((time) => time <= start);
      const last = begins.findLastIndex((time) => time < 3.5);
      const expected = all.slice(first, last + 1);
      const sink = new MemorySink();
      remuxSync(path, sink, { format: "matroska", start, end: 3.5 });
      assertEquals(payloads(sink.take()), expected, `sync, ${start}`);
      const other = new MemorySink();
      await remux(path, other, { format: "matroska", start, end: 3.5 });
      assertEquals(payloads(other.take()), expected, `async, ${start}`);
    }
  });
}
