/**
 * A whole program, from its start to the first packet of a file in memory; `bare` reads the file
 * and does nothing with it, which is what the runtime costs by itself.
 *
 *     bun run bench/first.ts FILE [bare]
 */
import { readFileSync } from "node:fs";
import process from "node:process";

const bytes = new Uint8Array(readFileSync(process.argv[2]));
if (process.argv[3] === "bare") console.log(bytes.length);
else {
  const { DemuxerSync } = await import("../mod.ts");
  using input = DemuxerSync.open(bytes);
  console.log(input.read()?.size);
}
