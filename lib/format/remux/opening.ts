/**
 * The beginning of a remux: its input, the streams to copy, the start of its clock and its tags.
 *
 * @module
 */
import type { SinkSync } from "../../io/contract.ts";
import { releasedAfter } from "../../io/avio/release.ts";
import { discardOutput, type InputSync, type OutputSync } from "../../io/input.ts";
import { canSeek, DemuxerSync, disableDiscard, wantedOf, wantOnly } from "../demux/demuxer.ts";
import { demuxerTraits } from "../demux/demuxer_traits.ts";
import { type FragmentOptions, liveOptions } from "../mux/fragment_options.ts";
import type { Stream } from "../types.ts";
import { chooseStreams, type ChosenStreams } from "./choose_streams.ts";
import type { RemuxSyncOptions } from "./options.ts";
import { settingsByStream } from "./stream_settings.ts";

/** An open input, the streams to copy, and how each of them is written. */
export interface OpenedCopy extends ChosenStreams {
  readonly demuxer: DemuxerSync;
  readonly settings: ReturnType<typeof settingsByStream>;
}

/** Opens the input and chooses its streams; on failure both ends are released. */
export function openAndChoose(
  input: InputSync | undefined,
  output: OutputSync | undefined,
  options: RemuxSyncOptions,
  live: FragmentOptions["live"],
): OpenedCopy {
  let demuxer: DemuxerSync | undefined;
  try {
    const { signal, onLog, open, spool } = options;
    demuxer = DemuxerSync.open(input, { signal, onLog, open, spool, ...options.input });
    const name = options.name ??
      (typeof output === "string" ? output : (output as SinkSync | undefined)?.name);
    const settings = settingsByStream(options, demuxer.streams);
    const chosen = chooseStreams(demuxer.streams, {
      format: options.format,
      name,
      options: { ...(live && liveOptions(live, demuxer.streams)), ...options.options },
      open,
      settings,
      streams: options.streams,
      unsupported: options.unsupported,
      readable: wantedOf(demuxer),
      live: live !== undefined,
      chaptersUnknown: demuxer.format.name.startsWith("mov,") && !canSeek(demuxer),
    });
    wantOnly(demuxer, chosen.streams.map(({ index }) => index));
    disableDiscard(demuxer, chosen.streams);
    return { demuxer, settings, ...chosen };
  } catch (error) {
    throw releasedAfter(error, () => {
      demuxer?.close();
      discardOutput(output);
    });
  }
}

/** When the media begins: for formats whose clocks jump, the part of it that is copied. */
export function startOf(demuxer: DemuxerSync, wanted: readonly Stream[]): number {
  const { format: { startTime }, streams } = demuxer;
  const starts = (of: readonly Stream[]) =>
    of.map(({ startTime }) => startTime).filter((time) => time !== null);
  if (startTime === null) {
    const known = starts(streams);
    return known.length > 0 ? Math.min(...known) : 0;
  }
  const copied = demuxerTraits(demuxer).mayJump ? starts(wanted) : [];
  return copied.length > 0 ? Math.max(startTime, Math.min(...copied)) : startTime;
}

/** Tags that describe the input's container and not its media. */
const containerTags = /^(major_brand|minor_version|compatible_brands)$/i;

/** The input's tags, and the program's over them; null removes one. */
export function mergedMetadata(
  own: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  const removed = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const kept = Object.entries(own).filter(([name]) =>
    !containerTags.test(name) && !removed.has(name.toLowerCase())
  );
  const added = Object.entries(given).filter((entry): entry is [string, string] =>
    entry[1] !== null
  );
  return Object.fromEntries([...kept, ...added]);
}
