/**
 * An mp4 whose index comes last, from a source that only goes forward.
 *
 * @module
 */
import type { FormatCore } from "../format_context.ts";
import { constantName } from "../struct_values.ts";
import { indexStart } from "./container_index.ts";

/** The reason why packets cannot be read, and a way out. */
interface NoWayBack {
  readonly why: string;
  /** False where this libavformat does not tell: before FFmpeg 4.4 it has no index to ask. */
  readonly certain: boolean;
}

/**
 * Whether the demuxer has passed the media on its way to the index, and libavformat's buffer does
 * not reach back; undefined where packets can be read. To be called after `avformat_open_input`,
 * before anything else is read.
 */
export function noWayBack(core: FormatCore): NoWayBack | undefined {
  const { io, native, struct } = core;
  const { struct: pb } = io;
  if (pb.number("seekable") !== 0) return undefined;
  const format = native.struct("AVInputFormat", struct.at("iformat"));
  if (!constantName(native, format.at("name"))?.startsWith("mov,")) return undefined;
  const why =
    "the index (moov) comes after the media, and this source only goes forward: give a Blob, " +
    "a file path or a URL, which can go back, or the option spool: true, which keeps the bytes " +
    "in memory (up to maxBytes); writing the mp4 with movflags=faststart puts the index first";
  if (native.avformat.avformat_index_get_entry === null) return { why, certain: false };
  const buffered = io.position - (pb.at("buf_ptr") - pb.at("buffer"));
  const streams = Array.from({ length: struct.number("nb_streams") }, (_, i) => i);
  const starts = streams.map((i) => indexStart(core, i)).filter((start) => start !== undefined);
  return starts.every((start) => start >= buffered) ? undefined : { why, certain: true };
}
