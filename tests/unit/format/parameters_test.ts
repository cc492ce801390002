import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { DemuxerSync, MemorySink, MuxerSync, type StreamDescription } from "../../../mod.ts";

/** The stream that a description becomes, once written to a format and read back. */
function through(format: string, description: StreamDescription) {
  const sink = new MemorySink();
  {
    using output = MuxerSync.create(sink, { format });
    const stream = output.addStream(description);
    output.write({ data: new Uint8Array(960), pts: 0, duration: 20 }, stream);
    output.finish();
  }
  using input = DemuxerSync.open(sink.take(), { findStreamInfo: false });
  return input.streams[0];
}

function pcm(more: Partial<StreamDescription>): StreamDescription {
  return { type: "audio", codec: "pcm_s16be", sampleRate: 8000, ...more };
}

function added(description: StreamDescription): void {
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  output.addStream(description);
}

const layouts: [given: Partial<StreamDescription>, layout: string, channels: number][] = [
  [{ channels: 1 }, "mono", 1],
  [{ channels: 2 }, "stereo", 2],
  [{ channels: 2, channelLayout: "stereo" }, "stereo", 2],
  [{ channels: 6, channelLayout: "5.1" }, "5.1", 6],
  [{ channels: 6, channelLayout: "5.1(side)" }, "5.1(side)", 6],
  [{ channels: 3, channelLayout: "2.1" }, "2.1", 3],
];
for (const [given, layout, channels] of layouts) {
  test(`describing ${JSON.stringify(given)} gives the channel layout ${layout}`, () => {
    // wav holds a mask, but only beyond stereo; caf has names for the common ones.
    const stream = channels > 2
      ? through("wav", pcm({ ...given, codec: "pcm_s16le" }))
      : through("caf", pcm(given));
    assertEquals(stream.type === "audio" && [stream.channelLayout, stream.channels], [
      layout,
      channels,
    ]);
  });
}

test("A channel layout without a count tells the count", () => {
  const stream = through("wav", pcm({ channelLayout: "5.1", codec: "pcm_s16le" }));
  assertEquals(stream.type === "audio" && [stream.channelLayout, stream.channels], ["5.1", 6]);
});

test("Colours, pixel shape and size of a description are written and read back", () => {
  const stream = through("matroska", {
    type: "video",
    codec: "vp8",
    width: 64,
    height: 48,
    pixelFormat: "yuv420p",
    sampleAspectRatio: { num: 4, den: 3 },
    color: { range: "tv", primaries: "bt709", transfer: "bt709", space: "bt709" },
  });
  if (stream.type !== "video") throw new TypeError(stream.type);
  assertEquals([stream.width, stream.height], [64, 48]);
  assertEquals(stream.sampleAspectRatio, { num: 4, den: 3 });
  assertEquals(stream.color, {
    range: "tv",
    primaries: "bt709",
    transfer: "bt709",
    space: "bt709",
  });
});

const unknown: [what: string, description: StreamDescription][] = [
  ["codec", pcm({ codec: "nope" })],
  ["channel layout", pcm({ channelLayout: "nope", channels: 2 })],
  ["sample format", pcm({ sampleFormat: "nope" })],
  ["pixel format", { type: "video", codec: "vp8", pixelFormat: "nope" }],
  ["colour range", { type: "video", codec: "vp8", color: { range: "nope" } }],
  ["colour primaries", { type: "video", codec: "vp8", color: { primaries: "nope" } }],
  ["colour transfer", { type: "video", codec: "vp8", color: { transfer: "nope" } }],
  ["colour space", { type: "video", codec: "vp8", color: { space: "nope" } }],
  ["stream type", { type: "nope" as "video", codec: "vp8" }],
];
for (const [what, description] of unknown) {
  test(`an unknown ${what} in a description is a TypeError that names it`, () => {
    const error = assertThrows(() => added(description), TypeError);
    assertEquals((error as Error).message, `unknown ${what} "nope"`);
  });
}

test("an unknown disposition in a description is a RangeError that names it", () => {
  assertThrows(() => added(pcm({ channels: 1, disposition: ["nope"] })), RangeError, '"nope"');
});
