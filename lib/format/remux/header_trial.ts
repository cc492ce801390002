/**
 * Whether a muxer takes a set of streams: its header is written to a sink that keeps nothing.
 * `avformat_query_codec` alone does not tell, since many muxers have no table of codecs.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import type { OpenHookSync, SinkSync } from "../../io/contract.ts";
import { isOptionRefusal } from "../../options.ts";
import { MuxerSync } from "../mux/muxer.ts";
import type { MuxerSyncOptions } from "../mux/options.ts";
import type { StreamSettings } from "../mux/output_stream.ts";
import type { Stream } from "../types.ts";

/** The options of a muxer that decide on its header. */
export interface HeaderOptions
  extends Pick<MuxerSyncOptions, "format" | "name" | "options" | "open"> {
  /** How each stream is written. */
  readonly settings?: (stream: Stream) => StreamSettings;
}

/** A sink that can do everything, so that only the streams decide. */
const nullSink = (): SinkSync => ({ write() {}, read: () => null });

/** AudioSpecificConfig of AAC-LC stereo: ADTS tells its own only with the first packet. */
const ANY_AAC_SETUP = new Uint8Array([0x12, 0x10]);

/**
 * The error of the header (`avformat_write_header`) with these streams; undefined where the muxer
 * takes them. Files that the muxer would write are not asked for; those that it reads are.
 */
export function headerError(
  { format, name, options, open, settings }: HeaderOptions,
  streams: readonly Stream[],
): AVError | undefined {
  const hook: OpenHookSync = (url, request) => request.write ? nullSink() : open?.(url, request);
  using muxer = MuxerSync.create(nullSink(), { format, name, options, open: hook });
  try {
    for (const stream of streams) muxer.addStream(withSetup(stream), settings?.(stream));
    muxer.writeHeader();
    return undefined;
  } catch (error) {
    // A wrong name of a filter or an option, a wrong value and a lack of memory say nothing about
    // the streams.
    const isVerdict = error instanceof AVError && error.codeName !== "ENOMEM" &&
      !/^av_bsf_/.test(error.operation) && !isOptionRefusal(error) &&
      !error.log.some((line) => /^Error setting option /.test(line));
    if (isVerdict) return error;
    throw error;
  }
}

function withSetup(stream: Stream): Stream {
  return stream.codec.name === "aac" && stream.extradata === null
    ? { ...stream, extradata: ANY_AAC_SETUP }
    : stream;
}
