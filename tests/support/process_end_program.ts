/**
 * A process that ends while workers wait inside a callback of libav's. The first argument is how it
 * ends, the second how many sessions wait.
 *
 * @module
 */
import process from "node:process";
import { Demuxer, remux } from "../../mod.ts";
import { fixture } from "./async_sources.ts";
import { later } from "./random.ts";

const [end, count] = process.argv.slice(2);
const ts = fixture("mpegts.ts");
let waiting = 0;

/** Gives some bytes, and then nothing for ever. */
function stuck(bytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes) controller.enqueue(ts.subarray(at, Math.min(bytes, at += 4000)));
      else {
        waiting++;
        return new Promise(() => {});
      }
    },
  }, { highWaterMark: 0 });
}

if (end === "at once") {
  // The worker is idle, and has its first command when the process ends.
  await (await Demuxer.open(ts)).close();
  Demuxer.open(ts).catch(() => {});
  process.exit(5);
}
for (let i = 0; i < Number(count); i++) {
  const input = stuck(i % 2 ? 60_000 : 1000);
  if (i % 3 === 2) remux(input, { write() {} }, { format: "nut" }).catch(() => {});
  else Demuxer.open(input).catch(() => {});
}
for (let i = 0; i < 1000 && waiting < Number(count); i++) await later(5);
await later(20);
console.log("waiting", waiting);
if (end === "exit") process.exit(3);
if (end === "throw") throw new Error("on purpose");
if (end === "code") process.exitCode = 4;
