/**
 * Everything that is compared for one file: probe, packets, remuxes, fragments, seeks and cuts.
 *
 * @module
 */
import {
  AVError,
  Demuxer,
  DemuxerSync,
  fragments,
  MemorySink,
  type Packet,
  remuxSync,
} from "../../../mod.ts";
import { type Copied, ffmpegCopy, lines } from "../copy.ts";
import { ffprobeInfo, ffprobePackets, type ProbedPacket } from "../ffprobe.ts";
import type { MediaFile } from "../media.ts";
import { compareInfo } from "./info.ts";
import { judge, remuxed } from "./judge.ts";
import { compareOutcome, type Outcome, readAll, recordOf } from "./packets.ts";
import { oneWay, trickle } from "./sources.ts";

/** How a check of a file came out. */
export interface Verdict {
  readonly as: "equal" | "refused by both" | "different";
  readonly reason?: string;
}

/** One kind of comparison. */
export interface Check {
  readonly name: string;
  run(file: MediaFile, bytes: Uint8Array): Verdict | Promise<Verdict>;
}

const equal: Verdict = { as: "equal" };
const refused: Verdict = { as: "refused by both" };
const different = (reason: string): Verdict => ({ as: "different", reason });
const told = (error: unknown) => error instanceof Error ? error.message : String(error);

function packetVerdict(outcome: Outcome, path: string, pipe = false): Verdict {
  const expected = ffprobePackets(path, { pipe });
  // A file whose index comes last has no packets for the tool, and is refused here.
  if (pipe && !outcome.opened && expected.packets.length === 0) return refused;
  const reason = compareOutcome(outcome, expected);
  if (reason !== undefined) return different(reason);
  return outcome.opened ? equal : refused;
}

/** The packets of an asynchronous demuxer over a stream. */
async function readStream(bytes: Uint8Array): Promise<Outcome> {
  const packets: ProbedPacket[] = [];
  let opened = false;
  try {
    const body = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    await using demuxer = await Demuxer.open(body);
    opened = true;
    for await (const packet of demuxer) packets.push(recordOf(packet));
    return { packets, opened };
  } catch (error) {
    return { packets, error, opened };
  }
}

const readings: Check[] = [
  {
    name: "packets: bytes",
    run: ({ name, path }, bytes) => packetVerdict(readAll(bytes, { name }), path),
  },
  {
    name: "packets: one way",
    run: ({ path }, bytes) => packetVerdict(readAll(oneWay(bytes), {}), path, true),
  },
  {
    name: "packets: a few bytes at a time",
    run: ({ name, path }, bytes) => packetVerdict(readAll(trickle(bytes), { name }), path),
  },
  {
    name: "packets: a buffer of 1 KiB",
    run: ({ name, path }, bytes) => packetVerdict(readAll(bytes, { name, bufferSize: 1024 }), path),
  },
  {
    name: "packets: a stream, asynchronous",
    run: async ({ path }, bytes) => packetVerdict(await readStream(bytes), path, true),
  },
];

const movflags = "frag_keyframe+empty_moov+default_base_moof";
// As fragments writes: AC-3 in mp4 needs its first packet before the header.
const delayed = "frag_keyframe+empty_moov+delay_moov+default_base_moof";
const targets: [string, string, Record<string, string>][] = [
  ["mp4", "mp4", {}],
  ["fragmented mp4", "mp4", { movflags }],
  ["mov", "mov", {}],
  ["matroska", "matroska", {}],
  ["webm", "webm", {}],
  ["mpegts", "mpegts", {}],
  ["avi", "avi", {}],
  ["flv", "flv", {}],
  ["ogg", "ogg", {}],
  ["nut", "nut", {}],
];

const isPacket = (line: string) => /^\d+ /.test(line);

/** An error by its function and code: what it says of byte positions differs by the file's tags. */
function withoutPosition(line: string): string {
  return isPacket(line) ? line : line.replace(/(\([A-Z_]+\)).*/s, "$1");
}

function withoutPositions(copied: Copied): Copied {
  return { ...copied, lines: copied.lines && copied.lines.map(withoutPosition) };
}

function remuxVerdict(
  { name, path }: MediaFile,
  bytes: Uint8Array,
  format: string,
  options: Record<string, string>,
): Verdict {
  const own = remuxed(bytes, name, { format, options });
  const { streams } = own;
  const ask = (extra: readonly string[] = []) =>
    ffmpegCopy(path, format, options, { extra, streams });
  const theirs = withoutPositions(ask());
  // An output of nothing is an error here, and none for the tool.
  const hasNone = theirs.lines === null || !theirs.lines.some(isPacket) ||
    // Data tracks alone are copied where a program names them.
    own.streams.length === 0;
  if (own.lines === null && hasNone) {
    return own.error instanceof AVError || own.error instanceof RangeError
      ? refused
      : different(told(own.error));
  }
  const ours = { ...own, lines: own.lines && own.lines.map(withoutPosition) };
  const verdict = judge(ours, theirs, false, () => ask(["-bsf:a", "aac_adtstoasc"]));
  return "wrong" in verdict ? different(verdict.wrong) : equal;
}

const remuxes = targets.map(([name, format, options]): Check => ({
  name: `remux: ${name}`,
  run: (file, bytes) => remuxVerdict(file, bytes, format, options),
}));

const HASH_CHARACTERS = 16;
const payload = (line: string) => line.split(" ").at(-1)!;

async function fragmentsVerdict(file: MediaFile, bytes: Uint8Array): Promise<Verdict> {
  const parts: Uint8Array[] = [];
  let error: unknown;
  try {
    const options = { format: "mp4", input: { name: file.name } };
    for await (const { data } of fragments(bytes, options)) parts.push(data);
  } catch (thrown) {
    error = thrown;
  }
  const whole = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const own = remuxed(bytes, file.name, { format: "mp4", options: { movflags: delayed } });
  if (own.lines === null) {
    return error !== undefined ? refused : different(`cut in pieces; remuxed: ${told(own.error)}`);
  }
  if (error !== undefined && own.error === undefined) return different(told(error));
  // How the streams interleave depends on where fragments begin; so do durations at their ends.
  const payloads = (all: readonly string[]) =>
    all.map((one) => [one.split(" ")[0], payload(one)]).sort(([a], [b]) => Number(a) - Number(b));
  return String(payloads(lines(whole))) === String(payloads(own.lines))
    ? equal
    : different("the fragments have other packets than the fragmented file");
}

interface Timed {
  readonly stream: number;
  readonly key: boolean;
  readonly shown: number | null;
  readonly hash: string;
}

function timed(packets: Iterable<Packet>): Timed[] {
  return Array.from(packets, (packet) => ({
    stream: packet.streamIndex,
    key: packet.isKeyframe,
    shown: packet.ptsTime ?? packet.dtsTime,
    hash: recordOf(packet).sha256,
  }));
}

/** Samples without frames, whose packets begin wherever reading begins. */
function rawStreams({ streams }: DemuxerSync): ReadonlySet<number> {
  const raw = streams.filter(({ codec }) => /^(pcm_|adpcm_|dsd_)/.test(codec.name));
  return new Set(raw.map(({ index }) => index));
}

function lastShown(packets: readonly Timed[], start: number): number {
  return packets.reduce((late, { shown }) => Math.max(late, shown ?? late), start);
}

const FRACTIONS = [0.25, 0.5, 0.75];

function seekVerdict({ name }: MediaFile, bytes: Uint8Array): Verdict {
  let whole: Timed[];
  let isRaw: ReadonlySet<number>;
  let start: number;
  try {
    using input = DemuxerSync.open(bytes, { name });
    start = input.format.startTime ?? 0;
    whole = timed(input);
    isRaw = rawStreams(input);
  } catch {
    return refused;
  }
  const duration = lastShown(whole, start) - start;
  if (!(duration > 0) || whole.length < 4) return equal;
  for (const fraction of FRACTIONS) {
    const target = start + duration * fraction;
    using input = DemuxerSync.open(bytes, { name });
    try {
      input.seek(target);
    } catch {
      // A format that cannot seek says so.
      continue;
    }
    let after: Timed[];
    try {
      after = timed(input);
    } catch (error) {
      return different(`after a seek to ${target.toFixed(3)}: ${told(error)}`);
    }
    const reason = afterSeek(whole, after, target, isRaw);
    if (reason !== undefined) return different(`seek to ${target.toFixed(3)}: ${reason}`);
  }
  return equal;
}

/** Packets after a seek are those of the whole file from some point on, in each stream. */
function afterSeek(
  whole: readonly Timed[],
  after: readonly Timed[],
  target: number,
  isRaw: ReadonlySet<number>,
): string | undefined {
  if (after.length === 0) return "no packets";
  for (const stream of new Set(whole.map((packet) => packet.stream))) {
    const all = whole.filter((packet) => packet.stream === stream);
    const got = after.filter((packet) => packet.stream === stream);
    const rest = all.slice(all.length - got.length);
    // A parser that begins in the middle joins the first packet differently.
    const at = isRaw.has(stream)
      ? -1
      : got.findIndex((packet, i) => i > 0 && packet.hash !== rest[i]?.hash);
    if (at >= 0) return `stream ${stream}: packet ${at} of ${got.length} is another`;
    const last = all.at(-1)?.shown ?? -Infinity;
    if (got.length === 0 && last >= target) return `stream ${stream}: nothing`;
  }
  return undefined;
}

function cutVerdict({ name, path }: MediaFile, bytes: Uint8Array): Verdict {
  let whole: Timed[];
  let begin: number;
  let isRaw: ReadonlySet<number>;
  try {
    using input = DemuxerSync.open(bytes, { name });
    begin = input.format.startTime ?? 0;
    whole = timed(input);
    isRaw = rawStreams(input);
  } catch {
    return refused;
  }
  const last = lastShown(whole, begin);
  if (last - begin < 0.5) return equal;
  const [from, until] = [(last - begin) * 0.4, (last - begin) * 0.7];
  const sink = new MemorySink();
  let error: unknown;
  let kept: readonly number[] = [];
  try {
    const options = { format: "matroska", start: from, end: until, input: { name } };
    kept = remuxSync(bytes, sink, options).streams.map(({ input }) => input);
  } catch (thrown) {
    error = thrown;
  }
  const streams = kept.length > 0 ? kept : undefined;
  const seconds = (value: number) => value.toFixed(6);
  const before = ["-ss", seconds(from), "-to", seconds(until)];
  const theirs = ffmpegCopy(path, "matroska", {}, { streams, before }).lines;
  const hasPackets = theirs !== null && theirs.some(isPacket);
  if (error !== undefined) {
    if (!hasPackets) return refused;
    return different(`${told(error)}; ffmpeg: ${theirs.length} packets`);
  }
  const own = lines(sink.take());
  if (own.length === 0) return different("a cut without packets, and no error");
  // Where its seek lands, and what its bitstream filters join, is libavformat's.
  if (hasPackets && String(own) === String(theirs)) return equal;
  const streamsOf = kept.map((input, output) => ({ input, output }))
    .filter(({ input }) => !isRaw.has(input));
  return cutDifference(own, whole, streamsOf, [begin + from, begin + until]) ?? equal;
}

/** Each stream of a cut has the file's packets, in their order, and all that are shown in it. */
function cutDifference(
  own: readonly string[],
  whole: readonly Timed[],
  kept: readonly { readonly input: number; readonly output: number }[],
  [from, until]: readonly [number, number],
): Verdict | undefined {
  for (const { input, output } of kept) {
    const mine = own.filter((line) => Number(line.split(" ")[0]) === output).map(payload);
    const all = whole.filter(({ stream }) => stream === input);
    let at = 0;
    const found = new Set<number>();
    const known = new Set(all.map(({ hash }) => hash.slice(0, HASH_CHARACTERS)));
    const isRewritten = mine.some((hash) => !known.has(hash));
    if (isRewritten) {
      // Matroska holds some codecs without their headers, and joins frames: packets are counted.
      const shown = all.filter((one) =>
        one.shown !== null && one.shown >= from && one.shown < until
      );
      if (mine.length * 2 >= shown.length) continue;
      return different(`stream ${input}: ${mine.length} packets, ${shown.length} are shown in it`);
    }
    for (const hash of mine) {
      while (at < all.length && !all[at].hash.startsWith(hash)) at++;
      if (at >= all.length) {
        return different(`stream ${input}: a packet that the file does not have there`);
      }
      found.add(at++);
    }
    const lacking = all.findIndex(({ shown }, i) =>
      shown !== null && shown >= from && shown < until && !hashAt(all, found, i)
    );
    if (lacking < 0) continue;
    return different(`stream ${input}: the packet shown at ${all[lacking].shown} is not in it`);
  }
  return undefined;
}

/** Whether a packet is in the cut: itself, or another one of the same bytes. */
function hashAt(all: readonly Timed[], found: ReadonlySet<number>, index: number): boolean {
  if (found.has(index)) return true;
  return [...found].some((other) => all[other].hash === all[index].hash);
}

/** Every check, in the order of the table. */
export const checks: readonly Check[] = [
  {
    name: "probe",
    run: (file, bytes) => {
      const reason = compareInfo(file, bytes);
      // ffprobe gives up where no decoder opens; describing a file needs none.
      const needsDecoder = ffprobeInfo(file.path).error !== null &&
        ffprobePackets(file.path).decoderRefused;
      if (needsDecoder) return equal;
      if (reason !== undefined) return different(reason);
      return ffprobeInfo(file.path).error === null ? equal : refused;
    },
  },
  ...readings,
  ...remuxes,
  { name: "fragments", run: fragmentsVerdict },
  { name: "seeks", run: seekVerdict },
  { name: "cuts", run: cutVerdict },
];
