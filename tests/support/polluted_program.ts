/**
 * Puts the members of a JSON object on `Object.prototype`, then probes and remuxes.
 *
 *   RUNTIME tests/support/polluted_program.ts JSON
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { MemorySink, probe, probeSync, remuxSync } from "../../mod.ts";
import { fixturePath } from "./sets.ts";

const bytes = new Uint8Array(readFileSync(fixturePath("progressive.mp4")));
const written = process.stdout.write.bind(process.stdout);
for (const [name, value] of Object.entries(JSON.parse(process.argv[2]))) {
  Object.defineProperty(Object.prototype, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
const { streams } = probeSync(bytes);
const sink = new MemorySink();
remuxSync(bytes, sink, { format: "matroska" });
const again = await probe(sink.bytes);
for (const name of Object.keys(JSON.parse(process.argv[2]))) {
  delete (Object.prototype as unknown as Record<string, unknown>)[name];
}
written(`${streams.length} streams, ${again.streams.length} again\n`);
