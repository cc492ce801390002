/**
 * Takes every way out, with a mark in the trace before and after each: see
 * `scripts/sandbox_trace.sh`.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { probeSync } from "../../mod.ts";
import { fixturePath } from "./sets.ts";
import { ways } from "./ways.ts";

const [folder, port] = process.argv.slice(2);

/** Looks for a file that cannot be, which the trace shows. */
function mark(what: string): void {
  existsSync(`/avio-mark/${what}`);
}

// The runtime loads its own files at the first call: here.
probeSync(readFileSync(fixturePath("wav.wav")));
for (const way of ways) {
  // A first time without looking: modules and fixtures are read then.
  for (const round of ["warm", "begin"]) {
    mark(`${round}/${ways.indexOf(way)}`);
    try {
      way.on({ folder, port: Number(port) });
    } catch {
      // The tests look at its exception.
    }
    // For the test of the trace itself: this must be seen.
    if (process.env.AVIO_TRACE_CONTROL) existsSync(`${folder}/secret.wav`);
    mark(`end/${ways.indexOf(way)}`);
  }
}
