/**
 * No muxer ends the process or runs for ever, whatever times, codecs and numbers of packets it is
 * given. `AVIO_SWEEP_MUXERS` names the only muxers, separated by commas.
 */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { libraryInfo } from "../../../mod.ts";
import { GROUP_CASES } from "../../support/muxer_sweep_program.ts";
import { runResumed } from "../../support/resumed.ts";

interface Told {
  readonly run?: number;
  readonly ends?: Readonly<Record<string, number>>;
  readonly unexpected?: string;
}

test(`no muxer of FFmpeg ${libraryInfo().release} ends the process`, async () => {
  const unexpected: string[] = [];
  const ends: Record<string, number> = {};
  let run = 0;
  const crashes = await runResumed({
    program: new URL("../../support/muxer_sweep_program.ts", import.meta.url),
    stuckMs: 60_000,
    maxCrashes: 400,
    // Where the header ends the process, every case of its group does.
    next: (number) => number % GROUP_CASES === 0 ? number + GROUP_CASES : number + 1,
    line(line) {
      const told = JSON.parse(line) as Told;
      if (told.unexpected !== undefined) unexpected.push(line);
      run += told.run ?? 0;
      for (const [name, count] of Object.entries(told.ends ?? {})) {
        ends[name] = (ends[name] ?? 0) + count;
      }
    },
  });
  console.log(JSON.stringify({ run, ends, crashes: crashes.length }));
  assertEquals([...crashes, ...unexpected], []);
});
