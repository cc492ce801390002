/**
 * The container's own index.
 *
 * @module
 */
import { NULL, readInt64 } from "../../../ffi/mod.ts";
import type { FormatCore } from "../format_context.ts";

/** One entry of a container's index. */
export interface IndexEntry {
  /** Ticks of the stream's time base. */
  readonly timestamp: number;
  /** Byte position in the input. */
  readonly position: number;
  /** Bytes of the payload. */
  readonly size: number;
  /** True where decoding can begin. */
  readonly keyframe: boolean;
}

const KEYFRAME = 1;

/** Reads the index of a stream (`avformat_index_get_entry`, from libavformat 58.76). */
export function readIndex(core: FormatCore, stream: number): IndexEntry[] {
  const { native } = core;
  const { avformat_index_get_entries_count: count, avformat_index_get_entry: entry } =
    native.avformat;
  if (count === null || entry === null) return [];
  const at = core.stream(stream).pointer;
  const total = count(at);
  if (total <= 0) return [];
  const first = entry(at, 0);
  if (first === NULL) return [];
  // The entries are one array; one view serves them all.
  const { size, fields } = native.layout("AVIndexEntry");
  const view = new DataView(native.ffi.view(first, size * total));
  const [time, pos, packed] = [fields.timestamp.offset, fields.pos.offset, fields.flags.offset];
  const entries: IndexEntry[] = [];
  for (let base = 0; base < size * total; base += size) {
    const bits = view.getInt32(base + packed, true);
    entries.push({
      timestamp: readInt64(view, base + time),
      position: readInt64(view, base + pos),
      size: bits >> 2,
      keyframe: (bits & KEYFRAME) !== 0,
    });
  }
  return entries;
}
