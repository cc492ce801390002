/**
 * Memory runs out: each call of ours that allocates fails in turn, and then each allocation of
 * FFmpeg's libraries, in a child process with an allocator of its own.
 */
import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { native, NULL } from "../../../ffi/mod.ts";
import { AVError, DemuxerSync, MemorySink, MuxerSync, probeSync, remuxSync } from "../../../mod.ts";
import { openCallbacks } from "../../support/callbacks.ts";
import { cacheFolder, generated } from "../../support/media.ts";
import { executable, runtimeWords } from "../../support/runtime.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

type Allocator = (...args: unknown[]) => unknown;

/** The functions of ours that answer NULL when memory runs out, and where they are. */
const allocators: readonly (readonly [library: "avutil" | "avcodec" | "avformat", name: string])[] =
  [
    ["avutil", "av_malloc"],
    ["avutil", "av_mallocz"],
    ["avcodec", "av_packet_alloc"],
    ["avformat", "avio_alloc_context"],
    ["avformat", "avformat_alloc_context"],
    ["avformat", "avformat_new_stream"],
  ];

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return new Uint8Array(readFileSync(found.path));
}

const mp4 = fixture("progressive.mp4");

// Version 1, 2 channels, a pre-skip of 312 samples, 48 kHz.
const opusHead = Uint8Array.from([
  ...new TextEncoder().encode("OpusHead"),
  ...[1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0],
]);

const scenarios: Record<string, () => unknown> = {
  probe: () => probeSync(mp4),
  demux() {
    using input = DemuxerSync.open(mp4);
    return [...input].length;
  },
  remux: () => remuxSync(mp4, new MemorySink(), { format: "matroska" }),
  "mux from a description"() {
    using output = MuxerSync.create(new MemorySink(), {
      format: "matroska",
      chapters: [{ id: 1, start: 0, end: 1, metadata: { title: "one" } }],
    });
    const audio = output.addStream({
      type: "audio",
      codec: "opus",
      sampleRate: 48000,
      channels: 2,
      extradata: opusHead,
    });
    output.write({ data: new Uint8Array(9), pts: 0 }, audio);
    output.finish();
  },
};

for (const [library, name] of allocators) {
  test(`${name} may answer NULL at any of its calls: ENOMEM, and nothing left open`, () => {
    const functions = native()[library] as unknown as Record<string, Allocator>;
    const real = functions[name];
    // A function that is bound at its first use is no writable property.
    const replace = (value: Allocator) =>
      Object.defineProperty(functions, name, { value, configurable: true });
    let failed = 0;
    for (const [what, scenario] of Object.entries(scenarios)) {
      scenario();
      const open = openCallbacks();
      for (let nth = 0;; nth++) {
        let calls = 0;
        replace((...args) => calls++ === nth ? NULL : real(...args));
        let error: unknown;
        try {
          scenario();
        } catch (thrown) {
          error = thrown;
        } finally {
          replace(real);
        }
        assertEquals(openCallbacks(), open, `${what}, call ${nth}`);
        if (calls <= nth) {
          assertEquals(error, undefined);
          break;
        }
        assert(error instanceof AVError, `${what}, call ${nth}: ${error}`);
        assertEquals(error.codeName, "ENOMEM");
        failed++;
      }
    }
    assert(failed > 0);
    console.log(`${name}: ${failed} calls failed`);
  });
}

// Matroska and mpegts alone: the h264 decoder, the ogg demuxer and the flac parser of FFmpeg 5.1
// write through pointers that they did not check, and crash a C program in the same way.
test("any allocation of libav's may fail: an AVError, no crash, nothing left open", (t) => {
  if (process.env.AVIO_LIBRARY_PATH) return t.skip("the system's own FFmpeg is tested");
  const shim = join(cacheFolder, `failing_alloc.${process.pid}.so`);
  mkdirSync(cacheFolder, { recursive: true });
  const built = spawnSync("cc", [
    ...["-shared", "-fPIC", "-O1", "-o", shim],
    ...[here("../../support/native/failing_alloc.c"), "-ldl"],
  ], { encoding: "utf8" });
  if (built.error || built.status !== 0) {
    return t.skip(`no C compiler: ${built.stderr ?? built.error}`);
  }
  const files = generated().filter(({ name }) => /^(matroska|mpegts)/.test(name));
  const run = spawnSync(executable, [
    ...runtimeWords,
    here("../../support/out_of_memory.ts"),
    ...[shim, ...files.map(({ path }) => path)],
  ], { encoding: "utf8", env: { ...process.env, LD_PRELOAD: shim } });
  rmSync(shim);
  assertMatch(run.stdout, /\d+ allocations failed/, run.stdout + run.stderr);
  assertEquals(run.status, 0, run.stderr);
  console.log(run.stdout.trim());
});
