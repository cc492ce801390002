import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { MemorySink, MuxerSync, probeSync, remuxSync } from "../../../../mod.ts";
import { generated } from "../../../support/media.ts";

const bytes = new Uint8Array(
  readFileSync(generated().find(({ name }) => name === "matroska.mkv")!.path),
);
const chapters = [
  { id: 1, start: 0, end: 0.25, metadata: { title: "First" } },
  { id: 2, start: 0.25, end: 0.75, metadata: { title: "Second" } },
];

for (const format of ["matroska", "nut"]) {
  test(`chapters and metadata given to remuxSync are read back from ${format}`, () => {
    const sink = new MemorySink();
    remuxSync(bytes, sink, { format, chapters, metadata: { title: "Whole" } });
    const info = probeSync(sink.take());
    assertEquals(info.format.metadata.title, "Whole");
    assertEquals(
      info.chapters.map(({ start, end, metadata }) => [start, end, metadata.title]),
      [[0, 0.25, "First"], [0.25, 0.75, "Second"]],
    );
  });
}

test("a cut keeps the chapters it meets, shortened to it", () => {
  const whole = new MemorySink();
  remuxSync(bytes, whole, { format: "matroska", chapters });
  const cut = new MemorySink();
  remuxSync(whole.take(), cut, { format: "matroska", end: 0.5 });
  assertEquals(
    probeSync(cut.take()).chapters.map(({ start, end, metadata }) => [start, end, metadata.title]),
    [[0, 0.25, "First"], [0.25, 0.5, "Second"]],
  );
});

test("a video stream described by hand keeps its colours, aspect and rate", () => {
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format: "matroska" });
  const stream = output.addStream({
    type: "video",
    codec: "vp9",
    width: 320,
    height: 180,
    pixelFormat: "yuv420p",
    sampleAspectRatio: { num: 4, den: 3 },
    averageFrameRate: { num: 25, den: 1 },
    color: { range: "tv", primaries: "bt709", transfer: "bt709", space: "bt709" },
    disposition: ["default"],
  });
  output.write({ data: new Uint8Array(16).fill(0x82), pts: 0, isKeyframe: true }, stream);
  output.finish();
  const [video] = probeSync(sink.take(), { findStreamInfo: false }).streams;
  assertEquals(video.type, "video");
  if (video.type !== "video") return;
  assertEquals([video.width, video.height, video.codec.name], [320, 180, "vp9"]);
  assertEquals(video.sampleAspectRatio, { num: 4, den: 3 });
  assertEquals(video.color, { range: "tv", primaries: "bt709", transfer: "bt709", space: "bt709" });
  assertEquals(video.disposition, ["default"]);
});

test("a description with an unknown name is refused by that name", () => {
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const add = (extra: object) => () =>
    output.addStream({ type: "video", codec: "vp9", width: 2, height: 2, ...extra } as never);
  assertThrows(add({ codec: "no such" }), TypeError, '"no such"');
  assertThrows(add({ pixelFormat: "yuv9" }), TypeError, '"yuv9"');
  assertThrows(add({ color: { space: "mauve" } }), TypeError, '"mauve"');
  assertThrows(add({ disposition: ["loud"] }), RangeError, '"loud"');
});
