/**
 * Gives muxers what no encoder makes: every muxer, codec, pattern of times and number of packets.
 * A case that ends the process is known by its number, which is in a file before the case begins.
 *
 *   RUNTIME tests/support/muxer_sweep_program.ts PROGRESS-FILE FIRST-CASE
 *
 * The last line on standard output is a JSON object: how many cases ended how.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  DemuxerSync,
  directory,
  listFormats,
  MemorySink,
  MuxerSync,
  type StreamDescription,
} from "../../mod.ts";
import { Progress } from "./resumed.ts";
import { fixturePath } from "./sets.ts";

/** Payloads and what describes them. */
interface Material {
  readonly name: string;
  /** False: only a few patterns of times. */
  readonly whole: boolean;
  readonly stream: StreamDescription;
  readonly payloads: readonly Uint8Array[];
}

const PACKETS = 9;
const TICK = { num: 1, den: 1000 };

/** Streams of real files, detached from them. */
function real(file: string): Material[] {
  using input = DemuxerSync.open(new Uint8Array(readFileSync(fixturePath(file))));
  const payloads = input.streams.map((): Uint8Array[] => []);
  for (const packet of input) {
    if (payloads[packet.streamIndex].length < PACKETS) {
      payloads[packet.streamIndex].push(packet.data);
    }
  }
  return input.streams.map((stream, i) => ({
    name: `${stream.codec.name} of ${file}`,
    whole: true,
    stream: { ...stream, codec: stream.codec.name, timeBase: TICK } as StreamDescription,
    payloads: payloads[i],
  }));
}

const noise = Array.from(
  { length: PACKETS },
  (_, i) => Uint8Array.from({ length: 96 + i }, (_, at) => (at * 37 + i * 11) & 255),
);
const annexB = Uint8Array.of(0, 0, 0, 1, 0x65, 0x88, 0x84, 0, 0x33, 0xff, 0, 0, 0, 1, 0x41, 0x9a);

const codecs: Readonly<Record<"video" | "audio" | "subtitle" | "data" | "attachment", string>> = {
  video: "h264 hevc vp8 vp9 av1 mpeg2video mjpeg png gif rawvideo ffv1 dvvideo prores theora vc1 " +
    "wmv2 dirac cavs webp bmp apng jpeg2000 vvc mpeg4 h263 dnxhd r210 v210 cinepak",
  audio: "aac mp3 opus vorbis flac ac3 eac3 dts truehd alac pcm_s16le pcm_s16be pcm_u8 " +
    "pcm_mulaw pcm_f32le pcm_bluray adpcm_ima_wav adpcm_ms adpcm_g726 adpcm_yamaha amr_nb amr_wb " +
    "gsm g722 speex wmav2 sbc aptx codec2 tta wavpack ilbc g723_1 mlp ac4 mp2 adpcm_swf",
  subtitle: "subrip ass mov_text webvtt dvd_subtitle hdmv_pgs_subtitle dvb_subtitle ttml eia_608 " +
    "microdvd jacosub dvb_teletext",
  data: "bin_data timed_id3 klv smpte_2038 none",
  attachment: "ttf otf none",
};

// A muxer treats times by the kind of stream; every codec meets a few of them.
const whole = new Set([
  ...["hevc", "rawvideo", "mjpeg", "pcm_s16le", "opus", "ac3", "subrip", "webvtt"],
  ...["dvd_subtitle", "bin_data", "timed_id3"],
]);
const few = new Set([
  "usual, 1 packets",
  "usual, 9 packets",
  "unknown, 9 packets",
  "swinging, 9 packets",
]);

function described(): Material[] {
  return Object.entries(codecs).flatMap(([type, names]) =>
    names.split(" ").map((codec) => ({
      name: `${type} ${codec}`,
      whole: whole.has(codec),
      stream: {
        type,
        codec,
        timeBase: TICK,
        ...(type === "video" && { width: 32, height: 32, frameRate: { num: 25, den: 1 } }),
        ...(type === "audio" &&
          { sampleRate: 48000, channels: 2, bitsPerCodedSample: 16, blockAlign: 4 }),
      } as StreamDescription,
      payloads: /^(h264|hevc)$/.test(codec) ? noise.map(() => annexB) : noise,
    }))
  );
}

type Times = (i: number) => { pts: number | null; dts?: number | null; duration?: number };

const low = -(2 ** 62);
const swing = [0, 2 ** 40, 3, -(2 ** 40), 2 ** 33, 1, 2 ** 31, -(2 ** 33), 7];
const edges = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33, 2 ** 34, 2 ** 35, 2 ** 36];
const patterns: Readonly<Record<string, Times>> = {
  usual: (i) => ({ pts: i * 40, duration: 40 }),
  unknown: () => ({ pts: null, dts: null }),
  "dts unknown": (i) => ({ pts: i * 40, dts: null }),
  "pts unknown": (i) => ({ pts: null, dts: i * 40 }),
  "some unknown": (i) => i % 2 ? { pts: null, dts: null } : { pts: i * 40 },
  negative: (i) => ({ pts: i * 40 - 100_000 }),
  lowest: (i) => ({ pts: low + i * 1024 }),
  "near the least": (i) => ({ pts: -(2 ** 63) + (i + 1) * 4096 }),
  highest: (i) => ({ pts: 2 ** 62 + i * 1024 }),
  swinging: (i) => ({ pts: swing[i] }),
  equal: () => ({ pts: 0 }),
  backward: (i) => ({ pts: (PACKETS - i) * 2 ** 33 }),
  "gaps over int32": (i) => ({ pts: edges[i] }),
  "pts far before dts": (i) => ({ pts: -(2 ** 33), dts: i * 40 }),
  "pts far after dts": (i) => ({ pts: 2 ** 33, dts: i * 40 }),
  "endless duration": (i) => ({ pts: i * 40, duration: 2 ** 62 }),
  "negative duration": (i) => ({ pts: i * 40, duration: -(2 ** 40) }),
};

/** Names by which formats of many files, and those that look at the name, take their output. */
function nameOf(format: string, extensions: readonly string[]): string {
  if (format === "hls") return "out.m3u8";
  if (/segment/.test(format)) return "out%03d.mkv";
  if (/^image2/.test(format)) return "out%03d.jpg";
  if (format === "tee") return "[f=matroska]out.mkv|[f=mpegts]out.ts";
  return `out.${extensions[0] ?? "bin"}`;
}

const fragmented = "frag_keyframe+empty_moov+default_base_moof";
const variants: Readonly<Record<string, readonly Record<string, string>[]>> = {
  mp4: [{ movflags: fragmented }, { movflags: "faststart" }, { movflags: "delay_moov" }],
  mov: [{ movflags: fragmented }],
  ismv: [{ movflags: fragmented }],
  dash: [{ dash_segment_type: "webm" }, { streaming: "1", ldash: "1" }],
  hls: [{ hls_segment_type: "fmp4" }],
  matroska: [{ live: "1" }, { reserve_index_space: "1024" }],
  asf: [{ packet_size: "128" }],
  mpegts: [{ mpegts_m2ts_mode: "1" }],
};

/**
 * A muxer with streams: its header alone, then every pattern of times by every number of packets.
 */
interface Group {
  readonly label: string;
  readonly whole: boolean;
  readonly attempt: (packets: number, times: Times) => void;
}

function* groups(): Generator<Group> {
  const files = ["progressive.mp4", "mpegts.ts", "webm.webm", "flv.flv", "flac.flac", "nut.nut"];
  const reals = files.flatMap(real);
  const materials = [...reals, ...described()];
  const pair = reals.slice(0, 2);
  const only = process.env.AVIO_SWEEP_MUXERS?.split(",");
  for (const { name: format, extensions } of listFormats().muxers) {
    if (only && !only.includes(format)) continue;
    const name = nameOf(format, extensions);
    for (const options of [{}, ...variants[format] ?? []]) {
      for (const streams of [[], ...materials.map((material) => [material]), pair]) {
        const names = streams.map(({ name }) => name).join(" + ") || "no stream";
        yield {
          label: `${format} ${JSON.stringify(options)} ${names}`,
          whole: streams.every((material) => material.whole),
          attempt: (packets, times) => write({ format, name, options, streams, packets, times }),
        };
      }
    }
  }
}

const usual = patterns.usual;
const shapes = Object.entries(patterns).flatMap(([pattern, times]) =>
  [1, PACKETS].map((packets) => ({ label: `${pattern}, ${packets} packets`, packets, times }))
);
/** Cases of a group: the header alone comes first. */
export const GROUP_CASES: number = 1 + shapes.length;

function write(
  { format, name, options, streams, packets, times }: {
    readonly format: string;
    readonly name: string;
    readonly options: Record<string, string>;
    readonly streams: readonly Material[];
    readonly packets: number;
    readonly times: Times;
  },
): void {
  using output = MuxerSync.create(new MemorySink({ maxBytes: 4 * 1024 * 1024 }), {
    format,
    name,
    options,
    open: directory(new Map()),
  });
  const targets = streams.map(({ stream }) => output.addStream(stream));
  output.writeHeader();
  for (let i = 0; i < packets; i++) {
    streams.forEach(({ payloads }, at) => {
      const data = payloads[i % payloads.length];
      output.write({ data, isKeyframe: i % 3 === 0, ...times(i) }, targets[at]);
    });
  }
  output.finish();
}

function main(progress: string, first: number): void {
  const told = new Progress(progress);
  const ends: Record<string, number> = {};
  let number = 0;
  let run = 0;
  /** Runs the case of that number; false where it is refused. */
  const tryCase = (label: string, attempt: () => void): boolean => {
    told.begin(number, label);
    run++;
    let end = "written";
    try {
      attempt();
    } catch (error) {
      end = error instanceof Error ? error.name : typeof error;
      if (!/^(AVError|TypeError|RangeError)$/.test(end)) {
        console.log(JSON.stringify({ label, unexpected: String(error) }));
      }
    }
    ends[end] = (ends[end] ?? 0) + 1;
    return end === "written";
  };
  for (const { label, whole, attempt } of groups()) {
    const base = number;
    number += GROUP_CASES;
    if (number <= first) continue;
    number = base;
    // A header that is refused is refused for every packet.
    const header = base < first || tryCase(`${label}, no packets`, () => attempt(0, usual));
    if (header) {
      shapes.forEach((shape, i) => {
        number = base + 1 + i;
        if (number < first || !(whole || few.has(shape.label))) return;
        tryCase(`${label}, ${shape.label}`, () => attempt(shape.packets, shape.times));
      });
    }
    number = base + GROUP_CASES;
  }
  console.log(JSON.stringify({ run, ends }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv[2], Number(process.argv[3]));
}
