/**
 * Every file read by this module and by the ffprobe tool, and the two compared field by field:
 * the corpus that `AVIO_CORPUS` names, or the generated fixtures without one.
 */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert } from "@std/assert";
import { AVError } from "../../../mod.ts";
import { before5, compareInfo } from "../../support/corpus/info.ts";
import { compareOutcome, readAll } from "../../support/corpus/packets.ts";
import { oneWay, trickle } from "../../support/corpus/sources.ts";
import { ffprobePackets } from "../../support/ffprobe.ts";
import {
  corpus,
  generated,
  malformed,
  type MediaFile,
  missingFixtures,
} from "../../support/media.ts";

/** Known differences: `mode/file`, and the proven cause. */
const known: Readonly<Record<string, string>> = {
  "trickle/taglib+taglib__2sec-silence.shn":
    "a raw demuxer without a parser: a packet is what one callback brought (avio_read_partial)",
};

const fromCorpus = corpus().length > 0;
const files = fromCorpus ? corpus() : generated();

/** One test over all files: what differs is collected, a line for each file. */
function compare(
  mode: string,
  title: string,
  among: readonly MediaFile[],
  difference: (file: MediaFile, bytes: Uint8Array) => string | undefined,
): void {
  const reason = among.length === 0 ? "AVIO_CORPUS names no such files" : false;
  test(`${title} (${among.length} files)`, { skip: reason }, () => {
    const differences: string[] = [];
    for (const file of among) {
      const found = difference(file, readFileSync(file.path));
      const excused = `${mode}/${file.name}` in known;
      if (found !== undefined && !excused) differences.push(`${file.name}: ${found}`);
      if (found === undefined && excused) differences.push(`${file.name}: known to differ, equal`);
    }
    const equal = `${among.length - differences.length} of ${among.length} as expected`;
    console.log(`${mode}: ${equal}`);
    assert(differences.length === 0, `${equal}\n${differences.join("\n")}`);
  });
}

for (const { name, reason } of fromCorpus ? [] : missingFixtures()) {
  test(`fixture ${name}`, { skip: reason }, () => {});
}

compare("packets", "packets of bytes equal ffprobe's", files, ({ path, name }, bytes) => {
  return compareOutcome(readAll(bytes, { name }), ffprobePackets(path));
});

compare("info", "probeSync equals ffprobe", files, compareInfo);

compare(
  "one-way",
  "packets of a one-way source equal ffprobe's of a pipe",
  files,
  (file, bytes) => {
    // Before 5.0 a pipe was read through 32 KiB: libavformat can go back no further than that.
    const bufferSize = before5 ? 32768 : undefined;
    const outcome = readAll(oneWay(bytes), { bufferSize });
    const tool = ffprobePackets(file.path, { pipe: true });
    // A file whose index comes last has no packets for the tool, and is refused here with advice.
    const refused = outcome.error instanceof AVError &&
      outcome.error.message.includes("the index (moov) comes after the media");
    return refused && tool.packets.length === 0 ? undefined : compareOutcome(outcome, tool);
  },
);

compare(
  "trickle",
  "packets of a source that brings 1 to 7 bytes at a time equal ffprobe's",
  files,
  ({ path, name }, bytes) =>
    compareOutcome(readAll(trickle(bytes), { name }), ffprobePackets(path)),
);

compare(
  "buffer",
  "packets through a buffer of 1024 bytes equal ffprobe's",
  files,
  (file, bytes) => {
    const outcome = readAll(bytes, { name: file.name, bufferSize: 1024 });
    return compareOutcome(outcome, ffprobePackets(file.path));
  },
);

compare("malformed", "broken files end as they do in ffprobe", malformed(), (file, bytes) => {
  return compareOutcome(readAll(bytes, { name: file.name }), ffprobePackets(file.path));
});
