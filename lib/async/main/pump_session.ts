/**
 * The part of a session that its pumps and files use.
 *
 * @module
 */
import type { RemoteDamage } from "../shared/decode_protocol.ts";
import type { Progress, RemuxStart } from "../../format/remux/options.ts";
import type { Stream } from "../../format/types.ts";
import type { Marker } from "../../io/avio/marker.ts";
import type { OpenHook } from "../../io/contract.ts";
import type { LogListener } from "../../log/capture.ts";
import type { ControlBlock } from "../shared/control_block.ts";
import type { Abortable, PinnableRef } from "./pinnable_ref.ts";
import type { SessionResources } from "./session_finalizer.ts";

/** Listeners, the open hook and the limits of a session. */
export interface SessionOptions {
  /** `demuxer`, `muxer`, `remux`: for errors. */
  readonly kind: string;
  readonly signal?: AbortSignal;
  readonly onLog?: LogListener | undefined;
  /** The listener of the demuxers of a task, where it is another. */
  readonly onInputLog?: LogListener | undefined;
  readonly onMarker?: (marker: Marker) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly onDamage?: (damage: RemoteDamage) => void;
  readonly onStart?: (start: RemuxStart) => void;
  /** Answers which streams to copy. */
  readonly selectStream?: (stream: Stream) => boolean;
  readonly open?: OpenHook | undefined;
  /** The hook of the demuxers of a task, where it is another. */
  readonly inputOpen?: OpenHook | undefined;
  /** How long a source or sink may take to close, in milliseconds. */
  readonly timeout?: number;
}

/** A session as its pumps see it. */
export interface PumpSession {
  readonly control: ControlBlock;
  readonly options: SessionOptions;
  /** Fires when the session ends. */
  readonly signal: AbortSignal;
  /** A reference that does not keep the session alive. */
  readonly ref: PinnableRef<Abortable>;
  readonly resources: Readonly<Pick<SessionResources, "over" | "files">>;
  /** True when the event loop has not gone on for a while. */
  readonly shouldYield: boolean;
  /** Waits until `ready` gives something. Rejects when the session ends. */
  until<T>(ready: () => T | undefined): Promise<T>;
  /** Calls `listener` after every change, until the returned function is called. */
  onWake(listener: () => void): () => void;
  /** Lets every waiter look again. */
  wake(): void;
  /** Wakes the worker. */
  notifyWorker(): void;
  /** Wakes the worker at the end of this turn of the event loop. */
  notifyWorkerSoon(): void;
  /** Ends the session with an error of a source, a sink or a hook. */
  fail(error: unknown): void;
  /** Throws the error that ended the session. */
  throwIfFailed(operation: string): void;
}
