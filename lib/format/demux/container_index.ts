/**
 * The container's own index.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../../plain_options.ts";
import { NULL, readInt64 } from "../../../ffi/mod.ts";
import type { FormatCore } from "../format_context.ts";
import type { Stream } from "../types.ts";

/** One entry of a container's index. */
export interface IndexEntry {
  /**
   * Ticks of the stream's time base. For mp4, mov and avi it is the decoding time; for Matroska and
   * the others that index keyframes alone, it is the presentation time.
   */
  readonly timestamp: number;
  /** The same in seconds. */
  readonly time: number;
  /** Byte position in the input. */
  readonly position: number;
  /** Bytes of the payload. */
  readonly size: number;
  /** True where decoding can begin. */
  readonly keyframe: boolean;
}

/** Options of `index`. */
export interface IndexOptions {
  /** True for the entries of keyframes alone; default false. */
  readonly keyframes?: boolean | undefined;
}

/** Their names. */
export const indexOptionNames: OptionNames<IndexOptions> = { keyframes: true };

const KEYFRAME = 1;

/** The entries of an index as they lie in memory: one view serves them all. */
interface RawIndex {
  readonly view: DataView;
  readonly count: number;
  /** Bytes of an entry, and where its fields are. */
  readonly size: number;
  readonly time: number;
  readonly position: number;
  readonly packed: number;
}

function rawIndex(core: FormatCore, stream: number): RawIndex | undefined {
  const { native } = core;
  const { avformat_index_get_entries_count: entries, avformat_index_get_entry: entry } =
    native.avformat;
  if (entries === null || entry === null) return undefined;
  const at = core.stream(stream).pointer;
  const count = entries(at);
  const first = count > 0 ? entry(at, 0) : NULL;
  if (first === NULL) return undefined;
  const { size, fields: { timestamp, pos, flags } } = native.layout("AVIndexEntry");
  const view = new DataView(native.ffi.view(first, size * count));
  const [time, position, packed] = [timestamp.offset, pos.offset, flags.offset];
  return { view, count, size, time, position, packed };
}

/** Reads the index of a stream (`avformat_index_get_entry`, from libavformat 58.76). */
export function readIndex(
  core: FormatCore,
  { index, timeBase }: Pick<Stream, "index" | "timeBase">,
  options: IndexOptions = {},
): IndexEntry[] {
  const { keyframes = false } = plainOptions("index", options, indexOptionNames);
  const raw = rawIndex(core, index);
  if (raw === undefined) return [];
  const { view, count, size } = raw;
  const entries: IndexEntry[] = [];
  for (let base = 0; base < size * count; base += size) {
    const bits = view.getInt32(base + raw.packed, true);
    const keyframe = (bits & KEYFRAME) !== 0;
    if (keyframes && !keyframe) continue;
    const timestamp = readInt64(view, base + raw.time);
    entries.push({
      timestamp,
      time: timestamp * timeBase.num / timeBase.den,
      position: readInt64(view, base + raw.position),
      size: bits >> 2,
      keyframe,
    });
  }
  return entries;
}

/** The byte after the last payload that the index of a stream names; 0 without an index. */
export function indexEnd(core: FormatCore, stream: number): number {
  const raw = rawIndex(core, stream);
  if (raw === undefined) return 0;
  const { view, count, size } = raw;
  let end = 0;
  for (let base = 0; base < size * count; base += size) {
    const position = readInt64(view, base + raw.position);
    end = Math.max(end, position + (view.getInt32(base + raw.packed, true) >> 2));
  }
  return end;
}

/** The first byte of a payload that the index of a stream names; undefined without an index. */
export function indexStart(core: FormatCore, stream: number): number | undefined {
  const raw = rawIndex(core, stream);
  return raw && readInt64(raw.view, raw.position);
}
