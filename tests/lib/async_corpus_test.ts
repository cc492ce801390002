/**
 * Every file through the asynchronous demuxer: cut at random lengths as a stream, and over HTTP
 * with ranges; the packets must be those of the blocking one.
 */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert } from "@std/assert";
import type { SyncSource } from "../../mod.ts";
import { corpus, generated, type MediaFile } from "../support/media.ts";
import { difference, readAsync, readSync } from "../support/packets.ts";
import { cutStream } from "../support/random.ts";

const files = corpus().length > 0 ? corpus() : generated();

function oneWay(bytes: Uint8Array): SyncSource {
  return {
    seekable: false,
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** `known`: files whose packets follow the length of each read, and the proven cause. */
async function compare(
  mode: string,
  one: (file: MediaFile, bytes: Uint8Array<ArrayBuffer>) => Promise<string | undefined>,
  known: Readonly<Record<string, string>> = {},
): Promise<void> {
  const differences: string[] = [];
  for (const file of files) {
    const found = await one(file, readFileSync(file.path));
    if (found !== undefined && !(file.name in known)) differences.push(`${file.name}: ${found}`);
  }
  const equal = `${files.length - differences.length} of ${files.length} as expected`;
  console.log(`${mode}: ${equal}`);
  assert(differences.length === 0, `${equal}\n${differences.join("\n")}`);
}

const partial = "a raw demuxer without a parser: a packet is what one callback brought";

test(`a stream cut at random lengths gives the packets of a one-way source (${files.length} files)`, async () => {
  await compare("cut stream", async (_, bytes) => {
    return difference(await readAsync(cutStream(bytes, bytes.length)), readSync(oneWay(bytes)));
  }, { "taglib+taglib__2sec-silence.shn": partial });
});
