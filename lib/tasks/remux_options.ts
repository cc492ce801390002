/**
 * The options of a remux in a worker, which concat and transcode share.
 *
 * @module
 */
import { demuxerOptionNames, type DemuxerOptions } from "../async/demuxer.ts";
import { remuxSyncOptionNames, type RemuxSyncOptions } from "../format/remux/options.ts";
import type { OpenHook } from "../io/contract.ts";
import type { OptionNames } from "../plain_options.ts";

/**
 * Options of {@link remux}: those of {@link RemuxSyncOptions} and of {@link MuxerSyncOptions}, and
 * these.
 */
export interface RemuxOptions extends Omit<RemuxSyncOptions, "open" | "input"> {
  /** Options for the demuxer; `onLog` and `open` are those of the task. */
  input?: Omit<DemuxerOptions, "open" | "onLog" | "signal" | "highWaterMark">;
  /** Answers for any other resource, of the demuxer's and of the muxer's. */
  open?: OpenHook;
  /** Milliseconds that one wait for bytes or for the sink, or for either's closing, may take. */
  timeout?: number;
  /** Bytes that may be read ahead, and bytes that may wait for the sink; default 2 MiB each. */
  highWaterMark?: number;
}

/** Their names. */
export const remuxOptionNames: OptionNames<RemuxOptions> = {
  ...remuxSyncOptionNames,
  input: demuxerOptionNames,
  timeout: true,
  highWaterMark: true,
};
