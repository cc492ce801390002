/**
 * The commands of whole jobs that write an output: remux, concat and transcode.
 *
 * @module
 */
import type { TranscodeResult, TranscodeSyncOptions } from "../../codec/transcode/options.ts";
import type { DemuxerSyncOptions } from "../../format/demux/options.ts";
import type { RemuxResult, RemuxSyncOptions } from "../../format/remux/options.ts";
import type { RemuxHooks } from "../../format/remux/remux.ts";
import type { StreamSelection } from "../../format/stream_selection.ts";
import type { Hooks, Plain, RemoteInput, RemoteOutput } from "./remote.ts";

/** A part of a join: a path, or a key that the main thread opens an input for when it is asked. */
export type RemotePart =
  & { readonly name: string | undefined }
  & ({ readonly path: string } | { readonly key: string });

/** An output and the options of a job. */
export interface CopyRequest<Options> {
  readonly output: RemoteOutput;
  readonly options: Omit<Plain<Options>, "streams" | "onDamage"> & {
    /** A function stays on the main thread: its answers are asked for. */
    readonly streams?: Exclude<StreamSelection, (...of: never) => boolean> | "ask";
  };
  readonly inputOptions: Plain<DemuxerSyncOptions>;
  readonly hooks: Hooks & {
    /** The demuxer's own, where it has some. */
    readonly input: Hooks;
    readonly progress: boolean;
    readonly start: boolean;
    readonly damage: boolean;
  };
}

/** Each command's request and answer. */
export interface CopyCommands {
  remux: {
    request: CopyRequest<RemuxSyncOptions> & {
      readonly input: RemoteInput;
      readonly live?: RemuxHooks["live"];
    };
    answer: RemuxResult;
  };
  concat: {
    request: CopyRequest<RemuxSyncOptions> & { readonly parts: readonly RemotePart[] };
    answer: RemuxResult;
  };
  transcode: {
    request: CopyRequest<TranscodeSyncOptions> & { readonly input: RemoteInput };
    answer: TranscodeResult;
  };
}
