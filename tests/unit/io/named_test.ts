/** The error of an input that cannot be opened names it, where it has a name. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { AVError, type DemuxerSyncOptions, type Input, probe, probeSync } from "../../../mod.ts";
import { cacheFolder } from "../../support/media.ts";
import { thrownBy } from "../../support/thrown.ts";

const zeros = new Uint8Array(999);
const unopened =
  "avformat_open_input: Invalid data found when processing input (AVERROR_INVALIDDATA)";

async function messageOf(input: Input, options?: DemuxerSyncOptions): Promise<string> {
  const error = await probe(input, options).catch((error) => error);
  assert(error instanceof AVError, String(error));
  return error.message;
}

function messageNow(...args: Parameters<typeof probeSync>): string {
  const error = thrownBy(() => probeSync(...args));
  assert(error instanceof AVError, String(error));
  return error.message;
}

test("a path, a name and a File's name are in the error, the same on both halves", async () => {
  const path = join(cacheFolder, `named_test.${process.pid}.bin`);
  writeFileSync(path, zeros);
  try {
    const named = `${unopened}: ${JSON.stringify(path)}`;
    assertEquals(messageNow(path), named);
    assertEquals(await messageOf(path), named);
    assertEquals(await messageOf(pathToFileURL(path)), named);
  } finally {
    rmSync(path);
  }
  assertEquals(messageNow(zeros, { name: "my name.bin" }), `${unopened}: "my name.bin"`);
  assertEquals(await messageOf(zeros, { name: "my name.bin" }), `${unopened}: "my name.bin"`);
  assertEquals(await messageOf(new File([zeros], "abc.bin")), `${unopened}: "abc.bin"`);
});

test("bytes without a name get none", async () => {
  assertEquals(messageNow(zeros), unopened);
  assertEquals(await messageOf(zeros), unopened);
  assertEquals(messageNow(zeros, { name: "" }), unopened);
});

test("the name comes before the reason, once, and is cut where it is endless", () => {
  const options = { nope: 1 };
  const wav = Uint8Array.from(
    "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x01\0\x08\0",
    (c) => c.charCodeAt(0),
  );
  const message = messageNow(wav, { name: "a.wav", format: "wav", options });
  assert(/^avformat_open_input: .*\(.*\): "a\.wav": ./.test(message), message);
  assertEquals(message.split("a.wav").length, 2, message);
  const long = messageNow(zeros, { name: "n".repeat(10_000) });
  assert(long.length < 500 && long.endsWith('…"'), long);
});

test("the refusal of another file names that file and the input", () => {
  const list = new TextEncoder().encode(
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n",
  );
  const message = messageNow(list, { name: "list.m3u8" });
  assert(message.includes('"list.m3u8": opening "a.ts" was refused'), message);
  const unnamed = messageNow(list);
  assert(unnamed.includes('opening "a.ts" was refused'), unnamed);
  assert(!unnamed.includes("input.m3u8"), unnamed);
});
