/**
 * The page by which threads find their shared memory is something else's. Prints whether the block
 * is shared, and how many log lines come of bytes that are no media.
 *
 * @module
 */
import process from "node:process";
import { platform } from "../../ffi/mod.ts";
import { libcPath } from "../../ffi/loader.ts";
import { PAGE_ADDRESS } from "../../ffi/shared_page.ts";
import { posixMemory } from "../../ffi/symbols/memory.ts";
import type { Ffi } from "../../ffi/types.ts";
import { sharedLogBlock } from "../../lib/log/shared_block.ts";
import { AVError, DemuxerSync } from "../../mod.ts";

const PROT_NONE = 0;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const ffi = platform as Ffi;
const { mmap } = ffi.open(libcPath(ffi), posixMemory).symbols;
const taken = mmap(PAGE_ADDRESS, 4096, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1, 0);
if (taken !== PAGE_ADDRESS) throw new Error(`the page cannot be taken: ${taken}`);

const { shared } = sharedLogBlock();
let lines = 0;
try {
  DemuxerSync.open(new Uint8Array(4000), { format: "mov" }).close();
} catch (error) {
  if (!(error instanceof AVError)) throw error;
  lines = error.log.length;
}
console.log(JSON.stringify({ shared, lines }));
process.exit(0);
