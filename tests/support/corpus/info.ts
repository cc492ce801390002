/**
 * The description of a file, compared with ffprobe's.
 *
 * @module
 */
import {
  AVError,
  type MediaInfo,
  probeSync,
  type Rational,
  type StreamInfo,
} from "../../../mod.ts";
import { ffprobeInfo, type ProbedInfo, type Section } from "../ffprobe.ts";
import { ffprobeVersion } from "../remembered.ts";
import type { MediaFile } from "../media.ts";

export const before5 = /version [0-4]\./.test(ffprobeVersion());

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

export function infoDifferences(actual: MediaInfo, expected: ProbedInfo): Difference[] {
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

export function compareInfo({ path, name }: MediaFile, bytes: Uint8Array): string | undefined {
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
