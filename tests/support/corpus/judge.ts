/**
 * A remux of a file, judged by the tool's.
 *
 * @module
 */
import { AVError, MemorySink, probeSync, remuxSync } from "../../../mod.ts";
import { describeCode } from "../../../lib/error.ts";
import { type Copied, lines } from "../copy.ts";

/** Where a file goes: a muxer by name, or the one that is guessed from a file name. */
export type Format = string | { readonly like: string };

export interface Job {
  readonly format: Format;
  readonly options: Readonly<Record<string, string>>;
}

export interface Own {
  /** The output; null without one. */
  readonly lines: readonly string[] | null;
  readonly error: unknown;
  /** The streams that were copied; those of media where nothing could be written. */
  readonly streams: readonly number[];
}

export function remuxed(bytes: Uint8Array, name: string, { format, options }: Job): Own {
  const sink = new MemorySink();
  const output = typeof format === "string" ? { format } : { name: format.like };
  try {
    const result = remuxSync(bytes, sink, { ...output, options, input: { name } });
    const streams = result.streams.map(({ input }) => input);
    return { lines: lines(sink.take()), error: undefined, streams };
  } catch (error) {
    // The readable part of broken media is written whole.
    const broken = error instanceof AVError && error.operation === "av_read_frame";
    const streams = mediaOf(bytes, name);
    return { lines: broken ? lines(sink.take()) : null, error, streams };
  }
}

export function mediaOf(bytes: Uint8Array, name: string): number[] {
  try {
    const { streams } = probeSync(bytes, { name });
    return streams.filter(({ type }) => type !== "data").map(({ index }) => index);
  } catch {
    return [];
  }
}

/** How a file came out: an agreement or an exception that was proven, by its name. */
export type Verdict = { readonly as: string } | { readonly wrong: string };

export function compare(own: readonly string[], theirs: readonly string[], as: string): Verdict {
  const at = own.findIndex((line, i) => line !== theirs[i]);
  if (at < 0 && own.length === theirs.length) return { as };
  const where = at < 0 ? own.length : at;
  return {
    wrong: `${own.length} packets, ffmpeg ${theirs.length}; #${where}: ${own[where]}, ` +
      `ffmpeg ${theirs[where]}`,
  };
}

/** As {@link lines}, durations left out, and times that stand still in a stream moved on by one. */
function movedOn(all: readonly string[]): string[] {
  const last = new Map<string, number>();
  return all.map((line) => {
    const [stream, pts, dts, , ...rest] = line.split(" ");
    const at = Math.max(Number(dts), (last.get(stream) ?? -Infinity) + 1);
    last.set(stream, at);
    return [stream, Math.max(Number(pts), at), at, ...rest].join(" ");
  });
}

export function judge(own: Own, theirs: Copied, vp9Untouched: boolean, bsf: () => Copied): Verdict {
  const { error } = own;
  if (error !== undefined && !(error instanceof AVError)) return { wrong: `threw ${error}` };
  const says = error !== undefined && theirs.said.includes(describeCode(error.code));
  // Without `-map` the tool copies no data either, and then refuses.
  if (own.lines === null && /no stream is left/.test(error?.message ?? "")) {
    return theirs.lines === null
      ? { as: "refused without a stream of media" }
      : { wrong: `${error}; ffmpeg wrote ${theirs.lines.length} packets` };
  }
  // An output without a packet is an error here.
  const empty = !theirs.lines?.some((line) => /^\d/.test(line));
  if (/streams to copy have no packets/.test(error?.message ?? "") && empty) {
    return { as: "empty in ffmpeg, refused here" };
  }
  if (own.lines !== null && vp9Untouched) {
    const as = "moved on where ffmpeg 4 leaves the times of VP9 as they are";
    if (theirs.lines === null) {
      return /non monotonically increasing dts/.test(theirs.said)
        ? { as }
        : { wrong: `ffmpeg said ${theirs.said}` };
    }
    if (own.lines.join() !== theirs.lines.join()) {
      return compare(movedOn(own.lines), movedOn(theirs.lines), as);
    }
  }
  if (own.lines !== null && theirs.lines !== null) {
    if (error === undefined) return compare(own.lines, theirs.lines, "equal");
    // The tool prints the demuxer's error and takes it for the end; here it is thrown afterwards.
    if (!says) return { wrong: `${error.message}; ffmpeg said ${theirs.said}` };
    return compare(own.lines, theirs.lines, "equal up to the same demuxer's error");
  }
  if (own.lines === null && theirs.lines === null) {
    return says ? { as: "refused with the same code" } : {
      wrong: `${error}; ffmpeg said ${theirs.said}`,
    };
  }
  // The tool leaves ADTS in mp4 to the person, under empty_moov; here the filter is put in.
  if (own.lines !== null && /Malformed AAC.*'aac_adtstoasc'/s.test(theirs.said)) {
    const filtered = bsf().lines;
    return filtered === null
      ? { wrong: "ffmpeg refused with -bsf:a aac_adtstoasc too" }
      : compare(own.lines, filtered, "equal to ffmpeg with -bsf:a aac_adtstoasc");
  }
  return { wrong: `${error ?? "written"}; ffmpeg ${theirs.lines ? "wrote it" : theirs.said}` };
}
