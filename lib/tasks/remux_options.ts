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
  /**
   * Options for the demuxer. Where it has no `signal`, `onLog`, `open`, `timeout` or
   * `highWaterMark` of its own, it has those beside it; either signal ends the task.
   */
  input?: DemuxerOptions | undefined;
  /** Answers for any other resource, of the muxer's and of the demuxer's. */
  open?: OpenHook | undefined;
  /** Milliseconds that one wait for bytes or for the sink, or for either's closing, may take. */
  timeout?: number | undefined;
  /** Bytes that may be read ahead, and bytes that may wait for the sink; default 2 MiB each. */
  highWaterMark?: number | undefined;
}

/** Their names. */
export const remuxOptionNames: OptionNames<RemuxOptions> = {
  ...remuxSyncOptionNames,
  input: demuxerOptionNames,
  timeout: true,
  highWaterMark: true,
};
