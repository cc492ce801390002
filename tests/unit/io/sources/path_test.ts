import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Demuxer, DemuxerSync, FileSource, type Packet } from "../../../../mod.ts";
import { LARGE_BUFFER_SIZE } from "../../../../lib/io/avio/context_options.ts";

const RATE = 48_000;
const SECONDS = 8;

/** A wav of numbered samples, several times as long as libavformat's buffer. */
function wav(): Uint8Array {
  const bytes = new Uint8Array(44 + RATE * 2 * SECONDS);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("RIFF....WAVEfmt "));
  view.setUint32(4, bytes.length - 8, true);
  for (const [at, value] of [[16, 16], [24, RATE], [28, RATE * 2], [40, bytes.length - 44]]) {
    view.setUint32(at, value, true);
  }
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) view.setUint16(at, value, true);
  bytes.set(new TextEncoder().encode("data"), 36);
  for (let at = 44; at < bytes.length; at += 2) view.setUint16(at, at * 31 >> 4, true);
  return bytes;
}

function withFile<R>(run: (path: string, bytes: Uint8Array) => R): R {
  const path = join(
    tmpdir(),
    `avio-path-${process.pid}-${Math.random().toString(36).slice(2)}.wav`,
  );
  const bytes = wav();
  assert(bytes.length > LARGE_BUFFER_SIZE * 2);
  writeFileSync(path, bytes);
  const remove = () => rmSync(path);
  const result = run(path, bytes);
  if (result instanceof Promise) return result.finally(remove) as R;
  remove();
  return result;
}

const shown = ({ pts, position, data }: Packet) =>
  `${pts} ${position} ${data.length} ${
    data.reduce((sum, byte, i) => (sum * 31 + byte + i) | 0, 0)
  }`;

/** Every packet, then those from two places, the later one first. */
function readAll(input: DemuxerSync): string[] {
  const lines = Array.from(input, shown);
  for (const seconds of [6, 1]) {
    input.seek(seconds);
    lines.push(...Array.from(input, shown));
  }
  return lines;
}

test("a path gives the packets of the same bytes in memory, also after jumps", () => {
  withFile((path, bytes) => {
    using memory = DemuxerSync.open(bytes, { format: "wav" });
    using file = DemuxerSync.open(path);
    assertEquals(readAll(file), readAll(memory));
  });
});

test("a path that the worker reads gives the same packets, also after jumps", () =>
  withFile(async (path, bytes) => {
    using memory = DemuxerSync.open(bytes, { format: "wav" });
    await using file = await Demuxer.open(path);
    const lines: string[] = [];
    for await (const packet of file) lines.push(shown(packet));
    for (const seconds of [6, 1]) {
      await file.seek(seconds);
      for await (const packet of file) lines.push(shown(packet));
    }
    assertEquals(lines, readAll(memory));
  }));

test("a FileSource of the program's is read through its own read", () => {
  withFile((path, bytes) => {
    const source = new FileSource(path);
    let asked = 0;
    const read = source.read.bind(source);
    source.read = (into, position) => {
      asked++;
      return read(into, position);
    };
    using memory = DemuxerSync.open(bytes, { format: "wav" });
    using file = DemuxerSync.open(source);
    assertEquals(readAll(file), readAll(memory));
    assert(asked > bytes.length / LARGE_BUFFER_SIZE);
  });
});
