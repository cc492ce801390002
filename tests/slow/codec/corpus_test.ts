// Every frame of every file, beside `ffmpeg -f framemd5` and `ffprobe -show_frames`. With
// AVIO_CORPUS over all its valid files, without it over the fixtures.
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Frame } from "../../../lib/codec/frame.ts";
import { FrameReader } from "../../../lib/codec/frame_reader.ts";
import { sampleFormat } from "../../../lib/codec/pixel_format.ts";
import type { Pointer } from "../../../ffi/mod.ts";
import { decoderNames } from "../../../lib/codec/codecs.ts";
import { DecoderSync } from "../../../lib/codec/decoder.ts";
import { AVError } from "../../../lib/error.ts";
import { livePacket } from "../../../lib/format/packet.ts";
import { DemuxerSync } from "../../../lib/format/demux/demuxer.ts";
import type { Stream } from "../../../lib/format/types.ts";
import { before5 } from "../../support/corpus/info.ts";
import { bytesOf, framemd5, md5, passthrough, unscaled } from "../../support/codec.ts";
import { corpus, generated } from "../../support/media.ts";
import { remembered } from "../../support/remembered.ts";

/** Files whose frames differ, with the cause. */
const exceptions: Readonly<Record<string, string>> = {};

const files = corpus().length > 0 ? corpus() : generated();

/** The samples of all channels in turn, as PCM has them. */
function interleaved(frame: Frame): Uint8Array {
  const bytes = bytesOf(frame);
  const { bytes: width, isPlanar } = sampleFormat(frame.sampleFormat);
  const { channels, samples } = frame;
  if (!isPlanar || channels === 1) return bytes;
  const all = new Uint8Array(bytes.length);
  for (let i = 0, at = 0; i < samples; i++) {
    for (let c = 0; c < channels; c++, at += width) {
      const from = (c * samples + i) * width;
      for (let b = 0; b < width; b++) all[at + b] = bytes[from + b];
    }
  }
  return all;
}

const pcmCodecs: Readonly<Record<string, string>> = {
  u8: "pcm_u8",
  s16: "pcm_s16le",
  s32: "pcm_s32le",
  flt: "pcm_f32le",
  dbl: "pcm_f64le",
  s64: "pcm_s64le",
};

interface Fields {
  readonly [name: string]: string | number | null;
}

/** The fields of a frame by ffprobe's names; null where that prints nothing. */
function fieldsOf(frame: Frame): Fields {
  const common = {
    best_effort_timestamp: frame.pts,
    key_frame: frame.isKeyframe ? 1 : 0,
    duration: frame.duration,
  };
  if (frame.type === "audio") {
    return {
      ...common,
      sample_fmt: frame.sampleFormat,
      nb_samples: frame.samples,
      channels: frame.channels,
    };
  }
  const { color, sampleAspectRatio: ratio } = frame;
  return {
    ...common,
    width: frame.width,
    height: frame.height,
    pix_fmt: frame.pixelFormat,
    sample_aspect_ratio: ratio ? `${ratio.num}:${ratio.den}` : null,
    pict_type: frame.pictureType,
    interlaced_frame: frame.interlaced ? 1 : 0,
    top_field_first: frame.topFieldFirst ? 1 : 0,
    color_range: color.range,
    color_space: color.space,
    color_primaries: color.primaries,
    color_transfer: color.transfer,
    chroma_location: frame.chromaLocation,
  };
}

function probed(path: string, stream: Stream): Fields[] {
  const chosen = ["-v", "quiet", "-threads", "1", "-select_streams", `${stream.index}`];
  const words = [...chosen, "-show_frames", "-of", "json", path];
  const frames = remembered(words, () => {
    const done = spawnSync("ffprobe", words, { encoding: "utf8", maxBuffer: 2 ** 30 });
    return JSON.parse(done.stdout || "{}").frames ?? [];
  });
  return frames.map((one: Record<string, unknown>) => {
    const duration = one.duration ?? one.pkt_duration ?? null;
    return { ...one, duration: duration === 0 ? null : duration };
  });
}

/** libavcodec's own choice: where there is alpha this module prefers another decoder. */
function toolsDecoder({ codec }: Stream): string[] {
  return decoderNames(codec.name).slice(0, 1);
}

/** The fields of a decoder's own frames: a reader fills in times that are missing. */
function decodedFields(path: string, { index }: Stream): Fields[] {
  using demuxer = DemuxerSync.open(path);
  const stream = demuxer.streams[index];
  const shape = stream.type === "video" ? stream.sampleAspectRatio : null;
  using decoder = DecoderSync.open({ stream, threads: 1, decoders: toolsDecoder(stream) });
  const found: Fields[] = [];
  const take = (packet: Pointer | null) => {
    try {
      for (const frame of decoder.decode(packet)) {
        // The container's word on the shape of pixels comes first, as in the tools.
        if (shape) frame.sampleAspectRatio = shape;
        found.push(fieldsOf(frame));
        frame.close();
      }
    } catch (error) {
      // Undecodable streams are left out, as in the tools.
      if (!(error instanceof AVError)) throw error;
    }
  };
  try {
    for (const packet of demuxer) {
      if (packet.streamIndex === index) take(livePacket(packet)!.pointer);
    }
  } catch (error) {
    if (!(error instanceof AVError)) throw error;
  }
  take(null);
  return found;
}

function* streamsOf(path: string): Generator<Stream> {
  using demuxer = DemuxerSync.open(path);
  yield* demuxer.streams.filter(({ type, codec }) =>
    (type === "video" || type === "audio") && decoderNames(codec.name).length > 0
  );
}

let frames = 0;
for (const { name, path } of files) {
  const cause = exceptions[name];
  test(`${name}: every frame and its fields are the tools'`, {
    skip: cause,
  }, () => {
    for (const stream of streamsOf(path)) {
      using demuxer = DemuxerSync.open(path);
      const reader = new FrameReader(demuxer, {
        stream: stream.index,
        threads: 1,
        decoders: toolsDecoder(stream),
        onDamage() {},
      });
      using _ = reader;
      const hashes: string[] = [];
      let format = "s16";
      try {
        for (let frame; (frame = reader.next());) {
          using own = frame;
          if (own.type === "audio") format = sampleFormat(own.sampleFormat).packedName;
          hashes.push(md5(own.type === "audio" ? interleaved(own) : bytesOf(own)));
        }
      } catch (error) {
        // The tools take the demuxer's error for the end: every frame before it was given.
        if (!(error instanceof AVError)) throw error;
      }
      frames += hashes.length;
      const words = ["-threads", "1", "-noautorotate", "-i", path, "-map", `0:${stream.index}`];
      const kind = stream.type === "audio"
        ? ["-c:a", pcmCodecs[format]]
        : [...passthrough, ...unscaled];
      const where = `stream ${stream.index}, ${stream.codec.name}`;
      const asked = [...words, ...kind];
      const expected = remembered(asked, () => framemd5(asked, { tolerant: true }));
      assertEquals(hashes, expected, where);
      const fields = decodedFields(path, stream);
      const wanted = probed(path, stream);
      assertEquals(fields.length, wanted.length, where);
      fields.forEach((own, i) => {
        for (const [name, value] of Object.entries(own)) {
          const field = name === "best_effort_timestamp" && stream.type === "audio" && before5
            ? "pkt_pts"
            : name;
          const there = wanted[i][field] ?? null;
          const expected = there === "N/A" || there === "unknown" || there === "unspecified"
            ? null
            : there;
          assertEquals(value, expected, `${where}, frame ${i}: ${field}`);
        }
      });
    }
  });
}

test("there were frames to compare", () => {
  assert(frames > 100, `${frames}`);
});
