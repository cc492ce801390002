/**
 * Started by `slow/io/out_of_memory_test.ts` with the failing allocator: every allocation of
 * FFmpeg's libraries fails once, in every scenario.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { liveCallbacks, native } from "../../ffi/mod.ts";
import { LOG_CALLBACKS } from "../../lib/log/capture.ts";
import { AVError, DemuxerSync, MemorySink, probeSync, remuxSync } from "../../mod.ts";

const [shim, ...files] = process.argv.slice(2);
const { symbols } = native().ffi.open(shim, {
  fail_after: { parameters: ["i64", "i32"], result: "i64" },
});

const scenarios: Record<string, (bytes: Uint8Array) => unknown> = {
  probe: (bytes) => probeSync(bytes),
  demux(bytes) {
    using input = DemuxerSync.open(bytes);
    let size = 0;
    for (const packet of input) size += packet.data.length;
    return size;
  },
  seek(bytes) {
    using input = DemuxerSync.open(bytes);
    input.seek(0.5);
    return input.read()?.pts;
  },
  remux(bytes) {
    const sink = new MemorySink();
    remuxSync(bytes, sink, { format: "matroska" });
    return sink.bytes.length;
  },
};

let failures = 0;
let refused = 0;
for (const file of files) {
  const bytes = new Uint8Array(readFileSync(file));
  for (const [name, scenario] of Object.entries(scenarios)) {
    const clean = scenario(bytes);
    void clean;
    for (const always of [0, 1]) {
      for (let nth = 0;; nth += 1 + Math.floor(nth / 40)) {
        symbols.fail_after(nth, always);
        let error: unknown;
        try {
          scenario(bytes);
        } catch (thrown) {
          error = thrown;
        }
        const seen = symbols.fail_after(-1, 0);
        const where = `${name} of ${file.split("/").at(-1)}, allocation ${nth}`;
        if (error !== undefined && !(error instanceof AVError) && !(error instanceof RangeError)) {
          throw new Error(`${where}: ${(error as Error).stack}`);
        }
        if (liveCallbacks() !== LOG_CALLBACKS) {
          throw new Error(`${where}: ${liveCallbacks()} callbacks are left open`);
        }
        if (seen <= nth) break;
        failures++;
        if (error) refused++;
      }
    }
  }
}
// And a limit on the size of any one block.
const { symbols: limits } = native().ffi.open(native().paths.avutil, {
  av_max_alloc: { parameters: ["usize"], result: "void" },
});
let limited = 0;
for (const file of files) {
  const bytes = new Uint8Array(readFileSync(file));
  for (const scenario of Object.values(scenarios)) {
    for (let most = 64; most < 1 << 22; most *= 2) {
      limits.av_max_alloc(most);
      try {
        scenario(bytes);
      } catch (error) {
        if (!(error instanceof AVError) && !(error instanceof RangeError)) throw error;
        limited++;
      } finally {
        limits.av_max_alloc(0x7fffffff);
      }
      if (liveCallbacks() !== LOG_CALLBACKS) throw new Error("callbacks are left open");
    }
  }
}
console.log(`${failures} allocations failed, ${refused} with an error; ${limited} limits met`);
