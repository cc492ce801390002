/**
 * Every file read by this module and by the ffprobe tool, and the two compared field by field:
 * the corpus that `AVIO_CORPUS` names, or the generated fixtures without one.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert } from "@std/assert";
import {
  AVError,
  DemuxerSync,
  type MediaInfo,
  type Packet,
  probeSync,
  type Rational,
  type SourceSync,
  type StreamInfo,
} from "../../../mod.ts";
import {
  ffprobeInfo,
  ffprobePackets,
  ffprobeVersion,
  type ProbedInfo,
  type ProbedPacket,
  type ProbedPackets,
  type Section,
} from "../../support/ffprobe.ts";
import {
  corpus,
  generated,
  malformed,
  type MediaFile,
  missingFixtures,
} from "../../support/media.ts";

// The types of the public functions, so that the tests follow them.
type Input = Parameters<typeof DemuxerSync.open>[0];
type Options = NonNullable<Parameters<typeof DemuxerSync.open>[1]>;

/** Known differences: `mode/file`, and the proven cause. */
const known: Readonly<Record<string, string>> = {
  "trickle/taglib+taglib__2sec-silence.shn":
    "a raw demuxer without a parser: a packet is what one callback brought (avio_read_partial)",
};

const fromCorpus = corpus().length > 0;
const files = fromCorpus ? corpus() : generated();

// --- packets ----------------------------------------------------------------------------------

interface Outcome {
  readonly packets: readonly ProbedPacket[];
  /** The exception, and its operation. */
  readonly error?: unknown;
  readonly opened: boolean;
}

function flagsOf(packet: Packet): string {
  return (packet.isKeyframe ? "K" : "_") + (packet.isDiscard ? "D" : "_") +
    (packet.isCorrupt ? "C" : "_");
}

/** Everything a demuxer delivers until the end, or until it throws. */
function readAll(input: Input, options: Options): Outcome {
  const packets: ProbedPacket[] = [];
  let opened = false;
  try {
    using demuxer = DemuxerSync.open(input, options);
    opened = true;
    for (const packet of demuxer) {
      const { streamIndex, pts, dts, duration, size, position, data } = packet;
      const sha256 = createHash("sha256").update(data).digest("hex");
      const flags = flagsOf(packet);
      packets.push({ streamIndex, pts, dts, duration, size, position, flags, sha256 });
    }
    return { packets, opened };
  } catch (error) {
    return { packets, error, opened };
  }
}

const packetFields = [
  "streamIndex",
  "pts",
  "dts",
  "duration",
  "size",
  "position",
  "sha256",
] as const;

function comparePackets(actual: readonly ProbedPacket[], expected: readonly ProbedPacket[]) {
  const both = Math.min(actual.length, expected.length);
  for (let i = 0; i < both; i++) {
    for (const field of packetFields) {
      if (actual[i][field] !== expected[i][field]) {
        return `packet ${i}: ${field} ${actual[i][field]}, ffprobe ${expected[i][field]}`;
      }
    }
    // Older versions of ffprobe do not print the third flag.
    const { flags } = expected[i];
    if (actual[i].flags.slice(0, flags.length) !== flags) {
      return `packet ${i}: flags ${actual[i].flags}, ffprobe ${flags}`;
    }
  }
  if (actual.length === expected.length) return undefined;
  return `${actual.length} packets, ffprobe ${expected.length}`;
}

/** The first difference. An error after the opening only ends the packets, as in ffprobe. */
function compareOutcome(actual: Outcome, expected: ProbedPackets): string | undefined {
  const { error } = actual;
  if (error !== undefined) {
    if (!(error instanceof AVError)) return `threw ${error instanceof Error ? error.stack : error}`;
    if (!Array.isArray(error.log)) return "an AVError without a log";
    if (!actual.opened && expected.error === null) return `refused: ${error.message}`;
  }
  if (expected.decoderRefused) return undefined;
  if (actual.opened && expected.error !== null && expected.packets.length === 0) {
    return `opened, ffprobe refused: ${expected.error}`;
  }
  const difference = comparePackets(actual.packets, expected.packets);
  return difference && error instanceof AVError ? `${difference}; ${error.message}` : difference;
}

// --- sources ----------------------------------------------------------------------------------

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bytes that can be read once only, and whose size is not told. */
function oneWay(bytes: Uint8Array): SourceSync {
  let next = 0;
  return {
    seekable: false,
    read(into, position) {
      assert(position === next, `read at ${position}, after ${next} bytes of a one-way source`);
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      next += part.length;
      return part.length;
    },
  };
}

/** Bytes that come one to seven at a time. */
function trickle(bytes: Uint8Array): SourceSync {
  const next = random(bytes.length);
  return {
    size: bytes.length,
    read(into, position) {
      const count = Math.min(1 + Math.floor(next() * 7), into.length);
      const part = bytes.subarray(position, position + count);
      into.set(part);
      return part.length;
    },
  };
}

// --- metadata ---------------------------------------------------------------------------------

const before5 = /version [0-4]\./.test(ffprobeVersion());

/** Since 5.0, where it is not 0. */
const printsExtradataSize = !before5;

type Difference = [field: string, actual: unknown, expected: unknown];

/** As ffprobe prints it, null where it prints none. */
function fraction(value: Rational | null, separator = "/"): string | null {
  return value && `${value.num}${separator}${value.den}`;
}

/** ffprobe's `0/0` is a rate that is not known. */
const rate = (value: string): string | null => /^0[/:]|[/:]0$/.test(value) ? null : value;

const number = (value: unknown): number | null => value === undefined ? null : Number(value);

/** ffprobe prints microseconds: what is nearer than that is the same time. */
function time(actual: number | null, printed: string | undefined): [unknown, unknown] {
  const expected = number(printed);
  const same = actual !== null && expected !== null && Math.abs(actual - expected) <= 1e-6;
  return [same ? expected : actual, expected];
}

/** Sorted; each broken byte sequence as one replacement character, however many bytes it had. */
function tags(values: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(values ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify(entries).replace(/\uFFFD+/g, "\uFFFD");
}

/** ffprobe prints the number of a profile that has no name. */
function profile(printed: string | undefined): string | null {
  return printed === undefined || /^-?\d+$/.test(printed) ? null : printed;
}

function rotation(stream: Section): number | undefined {
  const matrices = (stream.side_data_list ?? []) as Section[];
  return matrices.find((entry) => entry.side_data_type === "Display Matrix")?.rotation;
}

function streamDifferences(actual: StreamInfo, expected: Section): Difference[] {
  const { codec } = actual;
  const set = Object.keys(expected.disposition).filter((name) => expected.disposition[name] === 1);
  // Older versions of ffprobe do not print every bit there is: 4.x lacks captions and descriptions.
  const own = actual.disposition.filter((name) => name in expected.disposition).sort();
  // A codec without a description has no name in ffprobe.
  const name = expected.codec_name ?? codec.name;
  const found: Difference[] = [
    ["index", actual.index, expected.index],
    ["codec_type", actual.type, expected.codec_type ?? "data"],
    ["codec_name", codec.name, name],
    ["codec_long_name", codec.longName, expected.codec_long_name ?? "unknown"],
    ["profile", codec.profile, profile(expected.profile)],
    ["codec_tag_string", codec.tag, expected.codec_tag_string],
    ["time_base", fraction(actual.timeBase), expected.time_base],
    ["start_time", ...time(actual.startTime, expected.start_time)],
    ["duration", ...time(actual.duration, expected.duration)],
    ["bit_rate", actual.bitRate, number(expected.bit_rate)],
    ["nb_frames", actual.frames, number(expected.nb_frames)],
    ["disposition", own.join(), set.sort().join()],
    ["tags", tags(actual.metadata), tags(expected.tags)],
  ];
  if (printsExtradataSize) {
    found.push(["extradata_size", actual.extradataSize, expected.extradata_size ?? 0]);
  }
  if (expected.id !== undefined) found.push(["id", actual.id, Number(expected.id)]);
  if (actual.type === "video") {
    const { color } = actual;
    const level = expected.level === -99 ? null : expected.level;
    const aspect = expected.sample_aspect_ratio;
    found.push(
      ["width", actual.width, expected.width],
      ["height", actual.height, expected.height],
      ["pix_fmt", actual.pixelFormat, expected.pix_fmt ?? null],
      ["level", codec.level, level],
      [
        "sample_aspect_ratio",
        fraction(actual.sampleAspectRatio, ":"),
        aspect === undefined ? null : rate(aspect),
      ],
      ["r_frame_rate", fraction(actual.frameRate), rate(expected.r_frame_rate)],
      ["avg_frame_rate", fraction(actual.averageFrameRate), rate(expected.avg_frame_rate)],
      ["field_order", actual.fieldOrder, expected.field_order ?? null],
      ["color_range", color.range, expected.color_range ?? null],
      ["color_primaries", color.primaries, expected.color_primaries ?? null],
      ["color_transfer", color.transfer, expected.color_transfer ?? null],
      ["color_space", color.space, expected.color_space ?? null],
      // ffprobe cuts the fraction of a degree off.
      ["rotation", Math.trunc(actual.rotation), rotation(expected) ?? 0],
    );
  } else if (actual.type === "audio") {
    found.push(
      ["sample_fmt", actual.sampleFormat, expected.sample_fmt ?? null],
      ["sample_rate", actual.sampleRate, Number(expected.sample_rate)],
      ["channels", actual.channels, expected.channels],
      ["channel_layout", actual.channelLayout, expected.channel_layout ?? null],
    );
    // Newer versions of ffprobe print it.
    if (expected.initial_padding !== undefined) {
      found.push(["initial_padding", actual.initialPadding, expected.initial_padding]);
    }
  }
  return found.map(([field, ...values]) => [`stream ${expected.index} ${field}`, ...values]);
}

function infoDifferences(actual: MediaInfo, expected: ProbedInfo): Difference[] {
  const { format, streams, chapters, programs } = actual;
  const counts: Difference[] = [
    ["streams", streams.length, expected.streams.length],
    ["chapters", chapters.length, expected.chapters.length],
    ["programs", programs.length, expected.programs.length],
  ];
  if (counts.some(([, own, probed]) => own !== probed)) return counts;
  return [
    ["format_name", format.name, expected.format.format_name],
    ["format_long_name", format.longName, expected.format.format_long_name],
    ["format start_time", ...time(format.startTime, expected.format.start_time)],
    ["format duration", ...time(format.duration, expected.format.duration)],
    ["format size", format.size, number(expected.format.size)],
    ["format bit_rate", format.bitRate, number(expected.format.bit_rate)],
    ["probe_score", format.probeScore, expected.format.probe_score],
    ["format tags", tags(format.metadata), tags(expected.format.tags)],
    ...streams.flatMap((stream, i) => streamDifferences(stream, expected.streams[i])),
    ...chapters.flatMap((chapter, i): Difference[] => [
      [`chapter ${i} id`, chapter.id, expected.chapters[i].id],
      [`chapter ${i} start`, ...time(chapter.start, expected.chapters[i].start_time)],
      [`chapter ${i} end`, ...time(chapter.end, expected.chapters[i].end_time)],
      [`chapter ${i} tags`, tags(chapter.metadata), tags(expected.chapters[i].tags)],
    ]),
    ...programs.flatMap((program, i): Difference[] => {
      const indexes = (expected.programs[i].streams as Section[]).map((stream) => stream.index);
      return [
        [`program ${i} id`, program.id, expected.programs[i].program_id],
        [`program ${i} streams`, program.streams.join(), indexes.join()],
        [`program ${i} tags`, tags(program.metadata), tags(expected.programs[i].tags)],
      ];
    }),
  ];
}

function compareInfo({ path, name }: MediaFile, bytes: Uint8Array): string | undefined {
  const expected = ffprobeInfo(path);
  let actual: MediaInfo;
  try {
    actual = probeSync(bytes, { name });
  } catch (error) {
    if (error instanceof AVError && expected.error !== null) return undefined;
    return `threw ${error instanceof Error ? error.stack : error}`;
  }
  if (expected.error !== null) return `probed, ffprobe refused: ${expected.error}`;
  return infoDifferences(actual, expected).filter(([, own, probed]) => own !== probed)
    .map(([field, own, probed]) => `${field} ${own}, ffprobe ${probed}`).join("; ") || undefined;
}

// --- tests ------------------------------------------------------------------------------------

/** One test over all files: what differs is collected, a line for each file. */
function compare(
  mode: string,
  title: string,
  among: readonly MediaFile[],
  difference: (file: MediaFile, bytes: Uint8Array) => string | undefined,
): void {
  const reason = among.length === 0 ? "AVIO_CORPUS names no such files" : false;
  test(`${title} (${among.length} files)`, { skip: reason }, () => {
    const differences: string[] = [];
    for (const file of among) {
      const found = difference(file, readFileSync(file.path));
      const excused = `${mode}/${file.name}` in known;
      if (found !== undefined && !excused) differences.push(`${file.name}: ${found}`);
      if (found === undefined && excused) differences.push(`${file.name}: known to differ, equal`);
    }
    const equal = `${among.length - differences.length} of ${among.length} as expected`;
    console.log(`${mode}: ${equal}`);
    assert(differences.length === 0, `${equal}\n${differences.join("\n")}`);
  });
}

for (const { name, reason } of fromCorpus ? [] : missingFixtures()) {
  test(`fixture ${name}`, { skip: reason }, () => {});
}

compare("packets", "packets of bytes equal ffprobe's", files, ({ path, name }, bytes) => {
  return compareOutcome(readAll(bytes, { name }), ffprobePackets(path));
});

compare("info", "probeSync equals ffprobe", files, compareInfo);

compare(
  "one-way",
  "packets of a one-way source equal ffprobe's of a pipe",
  files,
  (file, bytes) => {
    // Before 5.0 a pipe was read through 32 KiB: libavformat can go back no further than that.
    const bufferSize = before5 ? 32768 : undefined;
    return compareOutcome(
      readAll(oneWay(bytes), { bufferSize }),
      ffprobePackets(file.path, { pipe: true }),
    );
  },
);

compare(
  "trickle",
  "packets of a source that brings 1 to 7 bytes at a time equal ffprobe's",
  files,
  ({ path, name }, bytes) =>
    compareOutcome(readAll(trickle(bytes), { name }), ffprobePackets(path)),
);

compare(
  "buffer",
  "packets through a buffer of 1024 bytes equal ffprobe's",
  files,
  (file, bytes) => {
    const outcome = readAll(bytes, { name: file.name, bufferSize: 1024 });
    return compareOutcome(outcome, ffprobePackets(file.path));
  },
);

compare("malformed", "broken files end as they do in ffprobe", malformed(), (file, bytes) => {
  return compareOutcome(readAll(bytes, { name: file.name }), ffprobePackets(file.path));
});
