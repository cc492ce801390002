/** Packets that the program made itself: what a format needs of them is checked, made or found. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  MemorySink,
  Muxer,
  MuxerSync,
  type PacketData,
  type Stream,
  type StreamDescription,
} from "../../../../mod.ts";
import { madeBy, scratch } from "../../../support/made.ts";

const picture = ["-f", "lavfi", "-i", "testsrc2=duration=1:size=160x96:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=duration=1:sample_rate=48000"];
const timeBase = { num: 1, den: 90_000 };

/** The streams of a file, with their extradata. */
function streamsOf(bytes: Uint8Array, findStreamInfo = true): readonly Stream[] {
  using input = DemuxerSync.open(bytes, { findStreamInfo });
  return input.streams;
}

/** The packets of a file's only stream, with times of their own. */
function packetsOf(bytes: Uint8Array): PacketData[] {
  using input = DemuxerSync.open(bytes);
  return Array.from(input, ({ data, pts, dts, duration, isKeyframe, timeBase }) => ({
    data,
    pts,
    dts,
    duration,
    isKeyframe,
    timeBase,
  }));
}

function written(
  format: string,
  description: StreamDescription,
  packets: readonly PacketData[],
): Uint8Array<ArrayBuffer> {
  const sink = new MemorySink();
  using output = MuxerSync.create(sink, { format });
  const stream = output.addStream(description);
  for (const packet of packets) output.write(packet, stream);
  output.finish();
  return sink.take();
}

/** The number of pictures or samples that the ffmpeg tool decodes without a complaint. */
function decoded(bytes: Uint8Array, name: string, words: readonly string[]): number {
  using folder = scratch();
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  const text = new TextDecoder().decode(
    madeBy(["-xerror", "-i", path, ...words, "-f", "framemd5"], "decoded.txt"),
  );
  return text.split("\n").filter((line) => line && !line.startsWith("#")).length;
}

const codings: Record<string, { words: string[]; containers: string[] }> = {
  h264: { words: ["-c:v", "libx264", "-bf", "2"], containers: ["mp4", "matroska"] },
  hevc: {
    words: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"],
    containers: ["mp4", "matroska"],
  },
};

for (const [codec, { words, containers }] of Object.entries(codings)) {
  for (const format of containers) {
    test(`Parameter sets of ${codec} in ${format} come from the first Annex B keyframe`, () => {
      const packets = packetsOf(madeBy([...picture, ...words], "a.ts"));
      const bytes = written(
        format,
        { type: "video", codec, width: 160, height: 96, timeBase },
        packets,
      );
      const [stream] = streamsOf(bytes, false);
      // avcC and hvcC begin with their version.
      assertEquals(stream.extradata?.[0], 1);
      assert(/^(avc1|hvc1|hev1)\./.test(stream.codec.string ?? ""), String(stream.codec.string));
      assertEquals(decoded(bytes, `a.${format}`, []), 25);
    });
  }
}

test("The sequence header of AV1 comes from the first keyframe", () => {
  const source = madeBy(
    [...picture, "-c:v", "libaom-av1", "-cpu-used", "8", "-strict", "-2"],
    "a.ivf",
  );
  const packets = packetsOf(source);
  for (const format of ["mp4", "matroska"]) {
    const described = { type: "video", codec: "av1", width: 160, height: 96, timeBase } as const;
    const bytes = written(format, described, packets);
    const [stream] = streamsOf(bytes, false);
    assert(stream.extradata!.length > 4, format);
    assert(stream.codec.string?.startsWith("av01."), String(stream.codec.string));
    assertEquals(decoded(bytes, `a.${format}`, []), 25);
  }
});

test("A keyframe without parameter sets is an error that names the stream and the need", () => {
  const packets = packetsOf(madeBy([...picture, "-c:v", "libx264"], "a.mp4"));
  for (const format of ["mp4", "matroska", "flv"]) {
    const make = () =>
      written(format, { type: "video", codec: "h264", width: 160, height: 96 }, packets);
    const error = assertThrows(
      make,
      AVError,
      `stream 0 (h264) needs its parameter sets in ${format}`,
    );
    assert(error.message.includes("give extradata (the content of an avcC box"), error.message);
  }
});

test("An AudioSpecificConfig is made from channels and rate", () => {
  for (const [rate, channels] of [[48000, 1], [44100, 2], [12345, 2]]) {
    const words = [...sound, "-ar", String(rate), "-ac", String(channels), "-c:a", "aac"];
    let source: Uint8Array;
    try {
      source = madeBy(words, "a.mp4");
    } catch {
      // The tool's encoder knows few rates: those packets are made at another one.
      source = madeBy([...sound, "-ac", String(channels), "-c:a", "aac"], "a.mp4");
    }
    const packets = packetsOf(source);
    for (const format of ["mp4", "matroska"]) {
      const described = {
        type: "audio",
        codec: "aac",
        sampleRate: rate,
        channels,
        timeBase,
      } as const;
      const bytes = written(format, described, packets);
      const [stream] = streamsOf(bytes, false);
      assert(stream.type === "audio");
      assertEquals([stream.sampleRate, stream.channels], [rate, channels], format);
      assertEquals(stream.codec.string, "mp4a.40.2");
      if (rate !== 12345) assert(decoded(bytes, `a.${format}`, []) > 40);
    }
  }
});

test("ADTS packets of the program's own lose their headers in mp4 and matroska", () => {
  const packets = packetsOf(madeBy([...sound, "-c:a", "aac"], "a.aac"));
  for (const format of ["mp4", "matroska"]) {
    const described = {
      type: "audio",
      codec: "aac",
      sampleRate: 48000,
      channels: 1,
      timeBase,
    } as const;
    const bytes = written(format, described, packets);
    using input = DemuxerSync.open(bytes);
    assertEquals(input.read()!.data.length, packets[0].data.length - 7, format);
    assert(decoded(bytes, `a.${format}`, []) > 40);
  }
});

test("An OpusHead is made from channels and rate", () => {
  for (const channels of [1, 2, 6, 8]) {
    const words = [...sound, "-ac", String(channels), "-c:a", "libopus"];
    const source = madeBy([...words, "-mapping_family", channels > 2 ? "1" : "0"], "a.mkv");
    const [original] = streamsOf(source);
    const packets = packetsOf(source);
    for (const format of ["mp4", "matroska"]) {
      const described = {
        type: "audio",
        codec: "opus",
        sampleRate: 48000,
        channels,
        initialPadding: 312,
        timeBase,
      } as const;
      const [stream] = streamsOf(written(format, described, packets));
      assert(stream.type === "audio" && original.extradata !== null);
      assertEquals(stream.channels, channels);
      assertEquals(stream.extradata, original.extradata, `${channels} channels in ${format}`);
    }
  }
});

const lacking: [StreamDescription, RegExp][] = [
  [{ type: "audio", codec: "vorbis", sampleRate: 48000, channels: 2 }, /three headers/],
  [{ type: "audio", codec: "flac", sampleRate: 48000, channels: 2 }, /STREAMINFO/],
  [{ type: "audio", codec: "aac" }, /AudioSpecificConfig.*sampleRate and channels/],
  [{ type: "audio", codec: "aac", sampleRate: 48000, channels: 7 }, /AudioSpecificConfig/],
  [{ type: "audio", codec: "opus" }, /OpusHead.*1 to 8 channels/],
  [
    { type: "audio", codec: "opus", channels: 2, extradata: new Uint8Array(19) },
    /other extradata: an OpusHead/,
  ],
  [
    { type: "video", codec: "h264", width: 16, height: 16, extradata: new Uint8Array([9, 9, 9]) },
    /other extradata: the content of an avcC box, or parameter sets in Annex B form/,
  ],
  [
    { type: "video", codec: "hevc", width: 16, height: 16, extradata: new Uint8Array([9, 9, 9]) },
    /hvcC/,
  ],
  [{ type: "audio", codec: "flac", channels: 2, extradata: new Uint8Array(10) }, /STREAMINFO/],
];

test("A stream that lacks its setup bytes is refused when it is added, in both halves", async () => {
  const first = { type: "audio", codec: "pcm_s16le", sampleRate: 8000, channels: 1 } as const;
  for (const format of ["mp4", "matroska"]) {
    for (const [description, need] of lacking) {
      const what = `stream 1 (${description.codec}) needs`;
      using output = MuxerSync.create(new MemorySink(), { format });
      output.addStream(first);
      const error = assertThrows(() => output.addStream(description), TypeError, what);
      assert(need.test(error.message) && error.message.endsWith(` in ${format}`), error.message);
      // The refused stream is not there: another one takes its index.
      assertEquals(output.addStream(first).index, 1);
      await using other = await Muxer.create(new MemorySink(), { format });
      other.addStream(first);
      assertThrows(() => other.addStream(description), TypeError, what);
      assertEquals(other.addStream(first).index, 1);
    }
  }
});

test("A description with the setup bytes of another file is taken as it is", () => {
  const source = madeBy([...sound, "-c:a", "flac"], "a.mkv");
  const [stream] = streamsOf(source);
  assert(stream.type === "audio");
  const { type, codec, sampleRate, channels, extradata } = stream;
  const described = { type, codec, sampleRate, channels, extradata, timeBase };
  const bytes = written("matroska", described, packetsOf(source));
  assert(decoded(bytes, "a.mkv", []) > 5);
});

test("The asynchronous muxer finds parameter sets and makes setup bytes as well", async () => {
  const pictures = packetsOf(madeBy([...picture, "-c:v", "libx264"], "a.ts"));
  const sounds = packetsOf(madeBy([...sound, "-c:a", "aac"], "a.mp4"));
  const sink = new MemorySink();
  await using output = await Muxer.create(sink, { format: "mp4" });
  const video = output.addStream({
    type: "video",
    codec: "h264",
    width: 160,
    height: 96,
    timeBase,
  });
  const audio = output.addStream({ type: "audio", codec: "aac", sampleRate: 48000, channels: 1 });
  for (const packet of sounds) await output.write(packet, audio);
  for (const packet of pictures) await output.write(packet, video);
  await output.finish();
  const bytes = sink.take();
  const strings = streamsOf(bytes).map(({ codec }) => codec.string);
  assert(strings[0]?.startsWith("avc1.") && strings[1] === "mp4a.40.2", String(strings));
  assertEquals(decoded(bytes, "a.mp4", ["-map", "0:v"]), 25);
  await assertRejects(
    async () => {
      await using broken = await Muxer.create(new MemorySink(), { format: "mp4" });
      const stream = broken.addStream({ type: "video", codec: "h264", width: 160, height: 96 });
      await broken.write({ data: new Uint8Array([0, 0, 0, 1, 0x65]), pts: 0 }, stream);
      await broken.finish();
    },
    AVError,
    "needs its parameter sets",
  );
});
