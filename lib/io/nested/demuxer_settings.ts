/**
 * The settings under which a demuxer asks the hook for everything, and nothing else is reached.
 *
 * @module
 */
import { assertMaxMemory, assertMaxPixels } from "../../check.ts";
import type { OptionValue } from "../../dictionary.ts";
import { checkDemuxerOptions, demuxerSandbox, permissiveOptions } from "./sandbox.ts";

/** The options of a demuxer that decide about other files. */
export interface DemuxerSettingsOptions {
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly format?: string;
  readonly formats?: readonly string[];
  readonly maxStreams?: number;
  readonly maxProbePackets?: number;
  readonly maxPixels?: number;
  readonly maxMemory?: number;
  readonly decoders?: readonly string[];
}

/** Settings for `avformat_open_input`. */
export interface DemuxerSettings {
  readonly entries: Record<string, OptionValue>;
  /** Those that only some demuxers know: left over, they are no mistake of the program's. */
  readonly optional: ReadonlySet<string>;
}

/**
 * The URL of an input that has none. HLS needs one, and newer versions look for this extension; no
 * other format is told by it, and the names in a playlist stay as they are.
 */
export const UNNAMED = "input.m3u8";

// The tools set it for every input: without it mpegts believes its first PMT alone. With it mpegts
// is looked at for analyzeDuration, seconds that a live input would wait for: a source that may be
// one begins as soon as its streams are known.
const toolOptions: Readonly<Record<string, OptionValue>> = { scan_all_pmts: 1 };

/**
 * The settings for an input of this name; `mayBeLive` is true for one that only goes forward and
 * tells no size. Throws a TypeError for what cannot be.
 */
export function demuxerSettings(
  name: string,
  given: DemuxerSettingsOptions,
  mayBeLive: boolean,
): DemuxerSettings {
  const { options = {}, format, formats, maxStreams, maxProbePackets, decoders } = given;
  assertMaxPixels(given.maxPixels);
  assertMaxMemory(given.maxMemory);
  checkDemuxerOptions(options);
  const entries = {
    ...(mayBeLive ? {} : toolOptions),
    ...demuxerSandbox({ name, format, formats, decoders }),
    ...options,
  };
  if (maxStreams !== undefined) entries.max_streams = checkedCount("maxStreams", maxStreams);
  if (maxProbePackets !== undefined) {
    entries.max_probe_packets = checkedCount("maxProbePackets", maxProbePackets);
  }
  const optional = Object.keys({ ...toolOptions, ...permissiveOptions })
    .filter((option) => !(option in options));
  return { entries, optional: new Set(optional) };
}

function checkedCount(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new RangeError(`${name} must be a whole number, not ${value}`);
}

/** Why an input was not opened, where a demuxer is kept out; libavformat prints the whole list. */
export function whyFormatRefused(log: readonly string[]): string | undefined {
  if (!log.some((line) => line.includes("Format not on whitelist"))) return undefined;
  return "the bytes are of a format whose demuxer opens files or sockets by itself, without asking";
}

/** The entry of a concat script that was not opened: libavformat opens those without asking. */
export function refusedEntry(log: readonly string[]): string | undefined {
  const unsafe = log.some((line) => /not on whitelist|Unsafe file name/.test(line));
  if (!unsafe) return undefined;
  for (const line of log) {
    const entry = /^(?:Impossible to open|Unsafe file name) '(.*)'$/.exec(line.trim());
    if (entry) return entry[1];
  }
  return undefined;
}
