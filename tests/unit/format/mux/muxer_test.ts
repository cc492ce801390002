import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  MemorySink,
  MuxerSync,
  type MuxerSyncOptions,
  remuxSync,
} from "../../../../mod.ts";
import { packetOf, PacketSlot } from "../../../../lib/format/packet.ts";
import { fillPacket, snapshotPacket } from "../../../../lib/format/mux/packet_data.ts";
import { ffmpegVersion } from "../../../support/copy.ts";
import { cacheFolder, generated } from "../../../support/media.ts";
import { native } from "../../../../ffi/mod.ts";

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return readFileSync(found.path);
}

const mp4 = fixture("progressive.mp4");

/** Packets of each stream. */
function counts(bytes: Uint8Array): number[] {
  using input = DemuxerSync.open(bytes);
  const found = input.streams.map(() => 0);
  for (const packet of input) found[packet.streamIndex]++;
  return found;
}

/** The output of `ffmpeg -c copy` for the same bytes. */
function copyOf(
  bytes: Uint8Array,
  args: readonly string[],
  before: readonly string[] = [],
): Uint8Array {
  mkdirSync(cacheFolder, { recursive: true });
  const from = join(cacheFolder, `muxer_test.${process.pid}.in`);
  const to = join(cacheFolder, `muxer_test.${process.pid}.out`);
  try {
    writeFileSync(from, bytes);
    const words = ["-v", "error", "-nostdin", "-y", ...before, "-i", from, "-map", "0"];
    words.push("-c", "copy");
    const done = spawnSync("ffmpeg", [...words, ...args, to], { encoding: "utf8" });
    assertEquals(done.status, 0, done.stderr);
    return readFileSync(to);
  } finally {
    rmSync(from, { force: true });
    rmSync(to, { force: true });
  }
}

function remuxed(bytes: Uint8Array, options: Parameters<typeof remuxSync>[2]): Uint8Array {
  const sink = new MemorySink();
  remuxSync(bytes, sink, options);
  return sink.take();
}

const fragmented = "frag_keyframe+empty_moov+default_base_moof";
const targets: [string, string, MuxerSyncOptions["options"], string[]][] = [
  ["matroska", "matroska", {}, ["-f", "matroska"]],
  ["mp4", "mp4", {}, ["-f", "mp4"]],
  ["fragmented mp4", "mp4", { movflags: fragmented }, ["-f", "mp4", "-movflags", fragmented]],
  ["mpegts", "mpegts", {}, ["-f", "mpegts"]],
  ["nut", "nut", {}, ["-f", "nut"]],
];
for (const [name, format, options, args] of targets) {
  test(`remuxSync to ${name} writes as many packets as ffmpeg -c copy`, () => {
    const sink = new MemorySink();
    const result = remuxSync(mp4, sink, { format, options });
    assertEquals(counts(sink.bytes), counts(copyOf(mp4, args)));
    assertEquals(result.streams, [{ input: 0, output: 0 }, { input: 1, output: 1 }]);
    assertEquals(result.size, sink.bytes.length);
    assertEquals(result.packets, counts(mp4).reduce((sum, n) => sum + n));
    assert(result.bytesWritten >= sink.bytes.length);
    assert(result.bytesRead > 0);
  });
}

test("A remux through matroska keeps every payload and every time", () => {
  const through = remuxed(fixture("matroska.mkv"), { format: "matroska" });
  using a = DemuxerSync.open(fixture("matroska.mkv"));
  using b = DemuxerSync.open(through);
  for (const packet of a) {
    const other = b.read()!;
    assertEquals(other.streamIndex, packet.streamIndex);
    assertEquals(other.pts, packet.pts);
    assertEquals(other.data, packet.data);
    assertEquals(other.isKeyframe, packet.isKeyframe);
  }
  assertEquals(b.read(), null);
});

test("faststart puts the moov before the mdat on a sink that reads back", () => {
  const written = remuxed(mp4, {
    format: "mp4",
    options: { movflags: "faststart" },
  });
  const text = new TextDecoder("latin1").decode(written);
  assert(text.indexOf("moov") < text.indexOf("mdat"));
  assertEquals(counts(written), counts(mp4));
});

test("faststart on a sink without read-back is an error that says so", () => {
  const sink = { write() {} };
  const error = assertThrows(
    () => remuxSync(mp4, sink, { format: "mp4", options: { movflags: "+faststart" } }),
    TypeError,
  );
  assert(error.message.includes("read"));
});

test("An unknown demuxer option is an error that names it", () => {
  const error = assertThrows(
    () => DemuxerSync.open(mp4, { options: { no_such_option: 1 } }),
    AVError,
  );
  assert(error.message.includes('"no_such_option"'), error.message);
});

test("An unknown muxer option is an error that names it", () => {
  const error = assertThrows(
    () => remuxed(mp4, { format: "mp4", options: { no_such_option: 1 } }),
    AVError,
  );
  assert(error.message.includes('"no_such_option"'), error.message);
});

test("An unknown format is an error that names it, reading and writing", () => {
  const reading = assertThrows(() => DemuxerSync.open(mp4, { format: "nope" }));
  assert(reading instanceof Error && reading.message.includes('"nope"'));
  const writing = assertThrows(() => MuxerSync.create(new MemorySink(), { format: "nope" }));
  assert(writing instanceof Error && writing.message.includes('"nope"'));
});

test("A sink without a name needs the format option, and the error says so", () => {
  const error = assertThrows(() => MuxerSync.create(new MemorySink()), AVError);
  assert(error.message.includes("format option"), error.message);
});

test("A cut by start and end gives no negative decoding time and a first picture near 0", () => {
  for (const format of ["matroska", "mp4", "nut"]) {
    const cut = remuxed(mp4, { format, start: 0.4, end: 0.9 });
    using input = DemuxerSync.open(cut);
    let packets = 0;
    let last = 0;
    for (const packet of input) {
      packets++;
      assert((packet.ptsTime ?? 0) >= 0, `${format}: pts ${packet.ptsTime}`);
      if (format !== "mp4") assert((packet.dtsTime ?? 0) >= 0, `${format}: dts ${packet.dtsTime}`);
      last = Math.max(last, packet.ptsTime ?? 0);
    }
    assert(packets > 0 && packets < counts(mp4).reduce((sum, n) => sum + n), `${packets} packets`);
    assert(last < 0.7, `${format}: ends at ${last}`);
  }
});

test("An end at or before the start is a RangeError", () => {
  assertThrows(() => remuxed(mp4, { format: "mp4", start: 1, end: 1 }), RangeError);
});

test("The streams option writes only these", () => {
  const sink = new MemorySink();
  const result = remuxSync(mp4, sink, { format: "matroska", streams: [1] });
  assertEquals(result.streams, [{ input: 1, output: 0 }]);
  assertEquals(counts(sink.bytes), [counts(mp4)[1]]);
});

test("Metadata given to a remux is found in the output beside the input's", () => {
  using input = DemuxerSync.open(remuxed(mp4, { format: "matroska", metadata: { GENRE: "tést" } }));
  assertEquals(input.metadata.GENRE, "tést");
  assertEquals(input.metadata.title ?? input.metadata.TITLE, "A fixture: äöü");
});

test("A PCM stream from a plain description written to wav reads back", () => {
  const sink = new MemorySink();
  const samples = Uint8Array.from({ length: 3200 }, (_, i) => i & 255);
  {
    using output = MuxerSync.create(sink, { format: "wav" });
    const stream = output.addStream({
      type: "audio",
      codec: "pcm_s16le",
      sampleRate: 16000,
      channels: 2,
      timeBase: { num: 1, den: 16000 },
    });
    for (let i = 0; i < 4; i++) {
      output.write({ data: samples.subarray(i * 800, (i + 1) * 800), pts: i * 200 }, stream);
    }
    output.finish();
  }
  using input = DemuxerSync.open(sink.bytes);
  const [stream] = input.streams;
  assert(stream.type === "audio");
  assertEquals(stream.codec.name, "pcm_s16le");
  assertEquals(stream.sampleRate, 16000);
  assertEquals(stream.channels, 2);
  const back: number[] = [];
  for (const packet of input) back.push(...packet.data);
  assertEquals(Uint8Array.from(back), samples);
});

test("An Opus stream from a plain description written to matroska reads back", () => {
  const sink = new MemorySink();
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode("OpusHead"));
  head.set([1, 1], 8); // version, one channel
  new DataView(head.buffer).setUint32(12, 48000, true);
  const payload = (i: number) => Uint8Array.of(0xf8, 0xff, 0xfe, i);
  {
    using output = MuxerSync.create(sink, { format: "matroska" });
    const stream = output.addStream({
      type: "audio",
      codec: "opus",
      sampleRate: 48000,
      channels: 1,
      extradata: head,
      metadata: { language: "deu" },
      timeBase: { num: 1, den: 1000 },
    });
    for (let i = 0; i < 5; i++) {
      output.write({ data: payload(i), pts: i * 20, duration: 20 }, stream);
    }
    output.finish();
  }
  using input = DemuxerSync.open(sink.bytes);
  const [stream] = input.streams;
  assert(stream.type === "audio");
  assertEquals(stream.codec.name, "opus");
  assertEquals(stream.codec.string, "opus");
  assertEquals(stream.extradata, head);
  assertEquals(stream.metadata.language, "deu");
  let i = 0;
  for (const packet of input) {
    assertEquals(packet.data, payload(i));
    assertEquals(packet.ptsTime, i * 20 / 1000);
    i++;
  }
  assertEquals(i, 5);
});

test("An unknown codec in a description is an error that names it", () => {
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  assertThrows(() => output.addStream({ type: "audio", codec: "nope" }), TypeError, '"nope"');
});

test("Writing after finish, finishing twice and another muxer's stream are TypeErrors", () => {
  const make = () => {
    const output = MuxerSync.create(new MemorySink(), { format: "wav" });
    const stream = output.addStream({
      type: "audio",
      codec: "pcm_s16le",
      sampleRate: 8000,
      channels: 1,
    });
    return { output, stream };
  };
  const one = make();
  const two = make();
  const packet = { data: new Uint8Array(16), pts: 0 };
  assertThrows(() => one.output.write(packet, two.stream), TypeError, "not one of this muxer's");
  one.output.write(packet, one.stream);
  assertThrows(() => one.output.addStream({ type: "audio", codec: "opus" }), TypeError, "header");
  one.output.finish();
  assertThrows(() => one.output.finish(), TypeError, "finished");
  assertThrows(() => one.output.write(packet, one.stream), TypeError, "finished");
  one.output.close();
  two.output.close();
});

test("onMarker tells the header, the fragments' sync points and the trailer in order", () => {
  const markers: { type: string; position: number; size: number }[] = [];
  const sink = new MemorySink();
  remuxSync(mp4, sink, {
    format: "mp4",
    options: { movflags: fragmented },
    onMarker: (marker) => markers.push(marker),
  });
  assertEquals(markers[0].type, "header");
  assert(markers.some(({ type }) => type === "sync"));
  assertEquals(markers.reduce((sum, { size }) => sum + size, 0), sink.bytes.length);
});

/** The least and the greatest decoding time, in seconds. */
function times(bytes: Uint8Array): [least: number, greatest: number] {
  using input = DemuxerSync.open(bytes);
  const all = Array.from(input, ({ dtsTime, ptsTime }) => dtsTime ?? ptsTime ?? 0);
  return [Math.min(...all), Math.max(...all)];
}

test("Times before zero are moved up to zero unless avoid_negative_ts is disabled", () => {
  const written = (options?: MuxerSyncOptions["options"]) => {
    const sink = new MemorySink();
    using output = MuxerSync.create(sink, { format: "matroska", options });
    const stream = output.addStream({
      type: "audio",
      codec: "pcm_s16le",
      sampleRate: 8000,
      channels: 1,
      timeBase: { num: 1, den: 1000 },
    });
    for (let i = -2; i < 3; i++) {
      output.write({ data: new Uint8Array(320), pts: i * 20 + 5, duration: 20 }, stream);
    }
    output.finish();
    return times(sink.take());
  };
  assertEquals(written(), [0, 0.08]);
  assertEquals(written({ avoid_negative_ts: "make_zero" }), [0, 0.08]);
  assertEquals(written({ avoid_negative_ts: "disabled" }), [-0.035, 0.045]);
});

test("A cut of reordered pictures has no time before zero unless avoid_negative_ts is disabled", () => {
  const cut = (options?: MuxerSyncOptions["options"]) =>
    remuxed(fixture("matroska.mkv"), { format: "mpegts", start: 0.5, streams: [0], options });
  const [least, greatest] = times(cut());
  assertEquals(least, 0);
  assert(greatest > 0.3 && greatest < 0.7, `ends at ${greatest}`);
  // Matroska holds no decoding times: the first ones lie before the first picture's presentation.
  const bFrames = mp4.length > 0 && (() => {
    using input = DemuxerSync.open(mp4);
    return Array.from(input).some(({ pts, dts }) => pts !== dts);
  })();
  const [left] = times(cut({ avoid_negative_ts: "disabled" }));
  assert(bFrames ? left < 0 : left === 0, `${left}`);
});

const kept = ["matroska.mkv", "webm.webm", "mpegts.ts", "progressive.mp4", "nut.nut"];
for (const name of kept.filter((name) => generated().some((file) => file.name === name))) {
  test(`Clones of the packets of ${name} are written as the packets themselves`, () => {
    const copied = (clone: boolean) => {
      const sink = new MemorySink();
      using input = DemuxerSync.open(fixture(name));
      using output = MuxerSync.create(sink, {
        format: "matroska",
        options: { fflags: "+bitexact" },
      });
      const streams = input.streams.map((stream) => output.addStream(stream));
      for (const packet of input) {
        output.write(clone ? packet.clone() : packet, streams[packet.streamIndex]);
      }
      output.finish();
      return sink.take();
    };
    assertEquals(copied(true), copied(false));
  });
}

test("Side data and the flags of a packet of the program's own reach libavformat", () => {
  const extra = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 7, 8, 9); // an id, then the bytes
  const sink = new MemorySink();
  {
    using output = MuxerSync.create(sink, { format: "matroska" });
    const stream = output.addStream({ type: "video", codec: "vp8", width: 16, height: 16 });
    const data = Uint8Array.of(1, 2, 3);
    const sideData = [{ type: "Matroska BlockAdditional", data: extra }];
    output.write({ data, pts: 0, sideData, isDiscard: true }, stream);
    output.write({ data, pts: 40 }, stream);
    output.finish();
  }
  using input = DemuxerSync.open(sink.take(), { findStreamInfo: false });
  const [first, second] = Array.from(input, (packet) => packet.clone());
  assertEquals(first.sideData.map(({ type, data }) => [type, [...data]]), [
    ["Matroska BlockAdditional", [...extra]],
  ]);
  assertEquals(second.sideData, []);
});

test("A packet keeps key, corrupt and discard flags and each side data through libav's packet", () => {
  const slot = new PacketSlot();
  try {
    for (let bits = 0; bits < 8; bits++) {
      const flags = {
        isKeyframe: (bits & 1) !== 0,
        isCorrupt: (bits & 2) !== 0,
        isDiscard: (bits & 4) !== 0,
      };
      const sideData = [
        { type: "Skip Samples", data: Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 0, 0) },
        { type: "Producer Reference Time", data: new Uint8Array(0) },
      ];
      slot.clear();
      fillPacket(slot, snapshotPacket(native(), { data: Uint8Array.of(9), ...flags, sideData }));
      const packet = packetOf(slot, { num: 1, den: 1 }).clone();
      const { isKeyframe, isCorrupt, isDiscard } = packet;
      assertEquals({ isKeyframe, isCorrupt, isDiscard }, flags);
      assertEquals(packet.sideData, sideData);
      slot.clear();
      fillPacket(slot, snapshotPacket(native(), packet));
      assertEquals(packetOf(slot, { num: 1, den: 1 }).sideData, sideData);
    }
  } finally {
    slot.free();
  }
});

test("Unknown side data is a TypeError that names it", () => {
  using output = MuxerSync.create(new MemorySink(), { format: "matroska" });
  const stream = output.addStream({ type: "video", codec: "vp8", width: 16, height: 16 });
  const sideData = [{ type: "Nope", data: new Uint8Array(1) }];
  assertThrows(
    () => output.write({ data: new Uint8Array(1), pts: 0, sideData }, stream),
    TypeError,
    '"Nope"',
  );
});

test("A remux keeps a rotation and the container's own tag", () => {
  const tags = (bytes: Uint8Array) => {
    using input = DemuxerSync.open(bytes);
    return input.streams.map(({ codec }) => codec.tag);
  };
  // An option of the output until 6.0, of the input since.
  const old = /version n?[0-5]\./.test(ffmpegVersion());
  const turned = old
    ? copyOf(mp4, ["-f", "mp4", "-metadata:s:v:0", "rotate=90"])
    : copyOf(mp4, ["-f", "mp4"], ["-display_rotation:v:0", "90"]);
  const rotation = (bytes: Uint8Array) => {
    using input = DemuxerSync.open(bytes);
    const [video] = input.streams;
    return video.type === "video" ? video.rotation : undefined;
  };
  assert(rotation(turned) !== 0, "the fixture is not turned");
  const through = remuxed(turned, { format: "mov" });
  assertEquals(rotation(through), rotation(turned));
  assertEquals(tags(through)[1], tags(turned)[1]);
});
