/** Streams whose demuxer is closed, or that were cloned: the same file comes of them. */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  Demuxer,
  DemuxerSync,
  MemorySink,
  Muxer,
  MuxerSync,
  type Packet,
  type Stream,
} from "../../../../mod.ts";
import { madeBy } from "../../../support/made.ts";
import { generated } from "../../../support/media.ts";

const bitexact = { fflags: "+bitexact" };

interface Read {
  readonly streams: readonly Stream[];
  readonly packets: readonly Packet[];
}

function read(bytes: Uint8Array): Read {
  using input = DemuxerSync.open(bytes);
  return { streams: input.streams, packets: Array.from(input, (packet) => packet.clone()) };
}

function muxed(format: string, { streams, packets }: Read): Uint8Array {
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format, options: bitexact });
  const targets = streams.map((stream) => output.addStream(stream));
  for (const packet of packets) output.write(packet, targets[packet.streamIndex]);
  output.finish();
  return sink.take();
}

/** The same while the demuxer is open. */
function live(format: string, bytes: Uint8Array): Uint8Array {
  using input = DemuxerSync.open(bytes);
  const packets = Array.from(input, (packet) => packet.clone());
  return muxed(format, { streams: input.streams, packets });
}

async function muxedAsync(format: string, { streams, packets }: Read): Promise<Uint8Array> {
  const sink = new MemorySink();
  await using output = await Muxer.create(sink, { format, options: bitexact });
  const targets = streams.map((stream) => output.addStream(stream));
  for (const packet of packets) await output.write(packet, targets[packet.streamIndex]);
  await output.finish();
  return sink.take();
}

async function readAsync(bytes: Uint8Array): Promise<Read> {
  const packets: Packet[] = [];
  await using input = await Demuxer.open(bytes);
  for await (const packet of input) packets.push(packet.clone());
  return { streams: input.streams, packets };
}

const tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=44100"];
const picture = ["-f", "lavfi", "-i", "testsrc=duration=1:size=160x128:rate=25"];
const made: [name: string, format: string, words: readonly string[]][] = [
  ["adpcm.wav", "wav", [...tone, "-c:a", "adpcm_ms"]],
  ["ima.wav", "matroska", [...tone, "-c:a", "adpcm_ima_wav"]],
  ["wma.asf", "asf", [...tone, "-c:a", "wmav2"]],
  ["wma.avi", "avi", [...tone, "-c:a", "wmav2"]],
  ["b-frames.mkv", "mp4", [...picture, "-c:v", "mpeg4", "-bf", "2"]],
  ["interlaced.mkv", "mov", [...picture, "-c:v", "mpeg2video", "-flags", "+ildct+ilme"]],
  ["raw.avi", "avi", [...picture, "-c:v", "rawvideo", "-pix_fmt", "pal8", "-t", "0.2"]],
];
const known = generated().map(({ name, path }) => {
  const format = /mkv|webm/.test(name) ? "matroska" : /mp4/.test(name) ? "mp4" : "nut";
  return [name, format, new Uint8Array(readFileSync(path))] as const;
});

for (
  const [name, format, bytes] of [
    ...made.map(([name, format, words]) => [name, format, madeBy(words, name)] as const),
    ...known,
  ]
) {
  test(`${name} to ${format}: a closed snapshot is as good as a live one, and so is a copy of it`, async () => {
    const expected = live(format, bytes);
    assert(expected.length > 1000);
    const closed = read(bytes);
    assertEquals(muxed(format, closed), expected, "closed");
    const streams = closed.streams.map((stream) => structuredClone(stream));
    assertEquals(muxed(format, { ...closed, streams }), expected, "cloned");
    assertEquals(await muxedAsync(format, await readAsync(bytes)), expected, "async");
  });
}

test("a snapshot of an attachment that has no codec makes an attachment", () => {
  const data = new TextEncoder().encode("what is attached");
  const stream = {
    type: "attachment",
    codec: { name: "none" },
    extradata: data,
    metadata: { filename: "a.xyz", mimetype: "application/x-unknown" },
  } as const;
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format: "matroska" });
  output.addStream(stream);
  const video = output.addStream({ type: "video", codec: "mpeg4", width: 16, height: 16 });
  output.write({ data: new Uint8Array(10), pts: 0 }, video);
  output.finish();
  using input = DemuxerSync.open(sink.take(), { findStreamInfo: false });
  const [attachment] = input.streams.filter(({ type }) => type === "attachment");
  assertEquals(attachment.extradata, data);
});
