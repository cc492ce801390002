/** Errors of the asynchronous functions show the line of the program that called them. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { AVError, Demuxer, fragments, MemorySink, Muxer, probe, remux } from "../../../mod.ts";
import { fixture } from "../../support/async_sources.ts";
import { fails } from "../../support/thrown.ts";

const broken = new Uint8Array(5000).fill(7);
const mp4 = fixture("progressive.mp4");

// Each has a name of its own, which its stack must show.
const callers: Record<string, () => Promise<unknown>> = {
  async callerOfProbe() {
    await probe(new Blob([broken]));
  },
  async callerOfOpen() {
    await Demuxer.open(new Blob([broken]).stream());
  },
  async callerOfRemux() {
    await remux(new Blob([broken]), new MemorySink(), { format: "mp4" });
  },
  async callerOfRemuxHeader() {
    await remux(mp4, new MemorySink(), { format: "webm" });
  },
  async callerOfFinish() {
    await using output = await Muxer.create(new MemorySink(), { format: "webm" });
    output.addStream({ type: "video", codec: "mpeg4", width: 64, height: 64 });
    await output.finish();
  },
  async callerOfSeek() {
    await using input = await Demuxer.open(new Blob([fixture("wav.wav")]).stream());
    await input.seek(0, { stream: 99 });
  },
};

for (const [name, run] of Object.entries(callers)) {
  test(`the stack shows ${name}`, async () => {
    const error = await fails(run);
    assert(error instanceof Error, String(error));
    assert(error.stack?.includes(name), error.stack);
    assert(error.stack?.startsWith(`${error.name}: ${error.message.split("\n")[0]}`), error.stack);
  });
}

test("the stack of a failed read shows its caller", async () => {
  // Its index comes last, and a stream does not go back to the media.
  async function callerOfRead() {
    const stream = new Blob([mp4]).stream();
    await using input = await Demuxer.open(stream, { findStreamInfo: false, bufferSize: 1024 });
    while (await input.read() !== null);
  }
  const error = await fails(callerOfRead);
  assert(error instanceof AVError && error.operation === "av_read_frame", String(error));
  assert(/moov/.test(error.message), error.message);
  assert(error.stack?.includes("callerOfRead"), error.stack);
});

test("the object that a source throws keeps its own stack", async () => {
  const own = new Error("own");
  const { stack } = own;
  const source = {
    read: () => {
      throw own;
    },
  };
  assertEquals(await fails(() => probe(source)), own);
  assertEquals(own.stack, stack);
  const iterating = async () => {
    for await (const _ of fragments(source, { format: "mp4" }));
  };
  assertEquals(await fails(iterating), own);
  assertEquals(own.stack, stack);
});
