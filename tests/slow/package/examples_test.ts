import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { root } from "../../support/docs.ts";
import { makeMedia, mediaFolder } from "../../support/docs_fixtures.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const run = promisify(execFile);
const movie = join(mediaFolder, "movie.mp4");
const folder = mkdtempSync(join(tmpdir(), "avio_examples_"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function example(name: string, ...args: string[]): Promise<string> {
  makeMedia();
  // Deno gets what the example's own comment names.
  const flags = ["--allow-ffi", "--allow-read", ...(name === "remux" ? ["--allow-write"] : [])];
  const words = "Deno" in globalThis
    ? ["run", "--no-check", "--no-prompt", "--quiet", ...flags]
    : runtimeWords;
  const file = join(root, "examples", `${name}.ts`);
  return (await run(executable, [...words, file, ...args], { timeout: 60_000 })).stdout;
}

async function ffprobe(...args: string[]) {
  const { stdout } = await run("ffprobe", ["-v", "error", "-of", "json", ...args], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}

interface Probed {
  readonly stream_index: number;
  readonly size: string;
  readonly flags: string;
}

test("avio_read_callback names the container and its streams as ffprobe does", async () => {
  const printed = await example("avio_read_callback", movie);
  const { format, streams } = await ffprobe("-show_format", "-show_streams", movie);
  assertStringIncludes(printed, `Input #0, ${format.format_name}, from '${movie}':`);
  assertStringIncludes(printed, `Duration: ${Number(format.duration).toFixed(2)} s`);
  for (const { index, codec_type, codec_name } of streams) {
    assertStringIncludes(printed, `Stream #0:${index}: ${codec_type}: ${codec_name} `);
  }
});

test("show_metadata prints the tags that ffprobe prints", async () => {
  const { format } = await ffprobe("-show_format", movie);
  const tags = Object.entries(format.tags).map(([key, value]) => `${key}=${value}\n`).join("");
  assertEquals(await example("show_metadata", movie), tags);
});

test("demux counts the packets, bytes and keyframes that ffprobe counts", async () => {
  const printed = await example("demux", movie);
  const { packets, streams } = await ffprobe("-show_packets", "-show_streams", movie);
  const lines = streams.map((
    { index, codec_type, codec_name }: { index: number; codec_type: string; codec_name: string },
  ) => {
    const own = (packets as Probed[]).filter(({ stream_index }) => stream_index === index);
    const bytes = own.reduce((sum, { size }) => sum + Number(size), 0);
    const keys = own.filter(({ flags }) => flags.startsWith("K")).length;
    return `${index} ${codec_type} ${codec_name}: ${own.length} packets, ${bytes} bytes, ${keys} keys`;
  });
  assertEquals(printed.trim().split("\n"), lines);
});

test("remux carries every packet into the other container", async () => {
  const target = join(folder, "out.mkv");
  const printed = await example("remux", movie, target);
  const hashes = async (file: string) => {
    const args = ["-show_packets", "-show_data_hash", "sha256", "-show_entries"];
    const { packets } = await ffprobe(...args, "packet=stream_index,data_hash", file);
    return (packets as { stream_index: number; data_hash: string }[])
      .map(({ stream_index, data_hash }) => `${stream_index} ${data_hash}`).sort();
  };
  const expected = await hashes(movie);
  assertEquals(await hashes(target), expected);
  assertStringIncludes(printed, `${expected.length} packets of 2 streams`);
});
