/** Lists without an end are one error, before anything is opened or copied. */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertRejects, assertThrows } from "@std/assert";
import {
  type Chapter,
  DemuxerSync,
  MemorySink,
  MuxerSync,
  remuxSync,
  type StreamDescription,
  thumbnails,
} from "../../../mod.ts";
import { AudioData, install, VideoFrame } from "../../../webcodecs.ts";
import { fixturePath } from "../../support/sets.ts";

/** Stops by itself long after any bound, so that a fault is a wrong error and no hang. */
function* endless<T>(value: T): Generator<T, void, undefined> {
  for (let i = 0; i < 2 ** 22; i++) yield value;
}

const tooMany = "there are more than 1048576 values";

test("thumbnails refuses times without an end", async () => {
  const movie = readFileSync(fixturePath("progressive.mp4"));
  const pictures = thumbnails(movie, endless(0));
  await assertRejects(() => pictures.next(), RangeError, `thumbnails: times: ${tooMany}`);
});

test("a muxer refuses chapters and lists of a stream without an end", () => {
  using muxer = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const chapters = endless<Chapter>({
    id: 0,
    start: 0,
    end: 1,
    metadata: {},
  }) as unknown as Chapter[];
  assertThrows(
    () => {
      using _ = MuxerSync.create(new MemorySink(), { format: "matroska", chapters });
    },
    RangeError,
    `chapters: ${tooMany}`,
  );
  const stream = {
    type: "audio",
    codec: { name: "pcm_s16le" },
    timeBase: { num: 1, den: 48_000 },
    disposition: endless("default"),
  } as unknown as StreamDescription;
  assertThrows(() => muxer.addStream(stream), RangeError, tooMany);
  const audio = { ...stream, disposition: [], channels: 1, sampleRate: 48_000 };
  const output = muxer.addStream(audio as unknown as StreamDescription);
  const sideData = endless({ type: "Skip Samples", data: new Uint8Array(10) });
  const packet = { data: new Uint8Array(2), pts: 0, streamIndex: 0, sideData };
  assertThrows(
    () => muxer.write(packet as never, output),
    RangeError,
    `write: sideData: ${tooMany}`,
  );
});

test("a selection of streams without an end is refused", () => {
  const movie = readFileSync(fixturePath("progressive.mp4"));
  const streams = () => endless(0) as unknown as number[];
  assertThrows(
    () => remuxSync(movie, new MemorySink(), { format: "nut", streams: streams() }),
    Error,
    "streams",
  );
  assertThrows(
    () => {
      using _ = DemuxerSync.open(movie, { streams: streams() });
    },
    Error,
    "streams",
  );
});

test("WebCodecs refuses sequences without an end", () => {
  const data = new Uint8Array(16);
  const transfer = endless(new ArrayBuffer(1)) as unknown as ArrayBuffer[];
  assertThrows(
    () =>
      new AudioData({
        format: "u8",
        sampleRate: 8000,
        numberOfFrames: 16,
        numberOfChannels: 1,
        timestamp: 0,
        data,
        transfer,
      }),
    RangeError,
    tooMany,
  );
  const layout = endless({ offset: 0, stride: 2 }) as unknown as {
    offset: number;
    stride: number;
  }[];
  assertThrows(
    () =>
      new VideoFrame(data, {
        format: "RGBA",
        codedWidth: 2,
        codedHeight: 2,
        timestamp: 0,
        layout,
      }),
    RangeError,
    tooMany,
  );
});

test("install refuses a target that is no object", () => {
  for (const target of [null, 1, "globalThis", Symbol("x"), true]) {
    assertThrows(() => install(target as never), TypeError, "install: expected an object");
  }
});
