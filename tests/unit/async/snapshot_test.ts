/** A stream is made of what a snapshot holds, whether or not it is still the demuxer's. */
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DemuxerSync, MemorySink, Muxer, MuxerSync, type Stream } from "../../../mod.ts";
import { fixture } from "../../support/async_sources.ts";

/** A quarter turn as `av_display_matrix_rotation_get` reads it: 16.16, the last column 2.30. */
function quarterTurn(): Uint8Array {
  const matrix = new DataView(new ArrayBuffer(36));
  const values = [0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30];
  values.forEach((value, i) => matrix.setInt32(i * 4, value, true));
  return new Uint8Array(matrix.buffer);
}

const mp4 = fixture("progressive.mp4");

/** The first stream of a file, turned, and a packet of it, after the demuxer is closed. */
function taken() {
  using input = DemuxerSync.open(mp4);
  const stream = input.streams.find(({ type }) => type === "video") as Stream;
  const packet = input.read()!;
  return {
    stream: { ...stream, sideData: [{ type: "Display Matrix", data: quarterTurn() }] } as Stream,
    packet: { data: packet.data.slice(), pts: 0, duration: packet.duration },
  };
}

function told(bytes: Uint8Array) {
  using input = DemuxerSync.open(bytes);
  const [stream] = input.streams;
  if (stream.type !== "video") throw new TypeError(stream.type);
  const { codec: { name, level, tag }, rotation, width, height, extradata } = stream;
  return { name, level, tag, rotation, width, height, extradata };
}

function expected({ codec: { name, level, tag }, extradata, ...stream }: Stream) {
  if (stream.type !== "video") throw new TypeError(stream.type);
  const { width, height } = stream;
  return { name, level, tag, rotation: -90, width, height, extradata };
}

for (
  const [how, change] of [
    ["whose demuxer is closed", (stream) => stream],
    ["that was spread", (stream) => ({ ...stream })],
    ["that was cloned", (stream) => structuredClone(stream)],
  ] as [string, (stream: Stream) => Stream][]
) {
  test(`a snapshot ${how} keeps its fourcc, its level and its side data`, async () => {
    const { stream, packet } = taken();
    const sink = new MemorySink();
    {
      using output = MuxerSync.create(sink, { format: "mov" });
      output.write(packet, output.addStream(change(stream)));
      output.finish();
    }
    assertEquals(told(sink.take()), expected(stream));

    const other = new MemorySink();
    await using output = await Muxer.create(other, { format: "mov" });
    await output.write(packet, output.addStream(change(stream)));
    await output.finish();
    assertEquals(told(other.take()), expected(stream));
  });
}

test("a fourcc that the format does not know is the muxer's own to choose", () => {
  const { stream, packet } = taken();
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format: "mov" });
  const codec = { name: "h264", tag: "[27][0][0][0]" };
  output.write(packet, output.addStream({ ...stream, codec } as Stream));
  output.finish();
  assertEquals(told(sink.take()).tag, "avc1");
});

test("side data and a fourcc that cannot be are TypeErrors that name them", () => {
  const { stream } = taken();
  using output = MuxerSync.create(new MemorySink(), { format: "mov" });
  const sideData = [{ type: "Nope", data: new Uint8Array(1) }];
  assertThrows(() => output.addStream({ ...stream, sideData }), TypeError, '"Nope"');
  const codec = { name: "h264", tag: "avc" };
  assertThrows(() => output.addStream({ ...stream, codec } as Stream), TypeError, '"avc"');
  assert(stream.codec.tag === "avc1");
});
