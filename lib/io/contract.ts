/**
 * Bytes in, bytes out: the contracts a source and a sink keep.
 *
 * @module
 */

/** The answer of `read` when no byte is there yet, and more may come. */
export const AGAIN: unique symbol = Symbol.for("avio.AGAIN");

/**
 * Something libavformat can read. It is told positions, never whence.
 *
 * @example
 * ```ts
 * import { probeSync, type SourceSync } from "@avio/avio";
 *
 * const bytes = new Uint8Array(0);
 * const source: SourceSync = {
 *   size: bytes.length,
 *   read(into, position) {
 *     const part = bytes.subarray(position, position + into.length);
 *     into.set(part);
 *     return part.length;
 *   },
 * };
 * ```
 */
export interface SourceSync {
  /**
   * Fills `into` (never empty, valid only during the call) from byte `position`. Returns the bytes
   * written, 1 to `into.length`; 0 or null at the end; or {@link AGAIN} when nothing is there yet.
   * A short read is normal.
   */
  read(into: Uint8Array, position: number): number | null | typeof AGAIN;
  /** Bytes in all; absent where unknown. */
  readonly size?: number | undefined;
  /** Default true; false means that `position` only ever advances by what was read. */
  readonly seekable?: boolean | undefined;
  /** The file name or URL behind the bytes: helps detection and messages. */
  readonly name?: string | undefined;
  /** Called exactly once, after libavformat has let go of it. */
  close?(): void;
}

/** Something libavformat can write. */
export interface SinkSync {
  /**
   * Takes the whole chunk, which is the receiver's to keep, or throws. `position` is its first
   * byte's.
   */
  write(chunk: Uint8Array, position: number): void;
  /**
   * True where `write` has done with the chunk when it returns: nothing is allocated for the next
   * one then, which comes in the same memory. Default false: every chunk is the receiver's to keep.
   */
  readonly borrows?: boolean | undefined;
  /** Default true; false means append only. */
  readonly seekable?: boolean | undefined;
  /** Reads back what was written; makes `faststart` possible. Returns 0 or null at the end. */
  read?(into: Uint8Array, position: number): number | null;
  /** The file name behind it: helps to guess the format. */
  readonly name?: string | undefined;
  /** Called exactly once, after libavformat has let go of it. */
  close?(): void;
}

/** {@link SourceSync} for the asynchronous functions: every member may answer with a promise. */
export interface Source {
  /**
   * Called once before anything else: what `size`, `seekable` and `name` tell may be learnt here.
   */
  open?(signal: AbortSignal): void | Promise<void>;
  /** As {@link SourceSync.read}; `signal` fires when the answer is no longer wanted. */
  read(
    into: Uint8Array,
    position: number,
    signal: AbortSignal,
  ): number | null | typeof AGAIN | Promise<number | null | typeof AGAIN>;
  /** Bytes in all; absent where unknown. */
  readonly size?: number | undefined;
  /** Default true; false means that `position` only ever advances by what was read. */
  readonly seekable?: boolean | undefined;
  /** The file name or URL behind the bytes: helps detection and messages. */
  readonly name?: string | undefined;
  /** Called exactly once, after libavformat has let go of it. */
  close?(): void | Promise<void>;
}

/** {@link SinkSync} for the asynchronous functions: every member may answer with a promise. */
export interface Sink {
  /**
   * As {@link SinkSync.write}. A promise that is not yet resolved holds the muxer back; what it
   * resolves to does not matter.
   */
  write(chunk: Uint8Array, position: number, signal: AbortSignal): unknown;
  /** As {@link SinkSync.borrows}; of a promise, when it resolves. */
  readonly borrows?: boolean | undefined;
  /** Default true; false means append only. */
  readonly seekable?: boolean | undefined;
  /** Reads back what was written; makes `faststart` possible. Returns 0 or null at the end. */
  read?(
    into: Uint8Array,
    position: number,
    signal: AbortSignal,
  ): number | null | Promise<number | null>;
  /** The file name behind it: helps to guess the format. */
  readonly name?: string | undefined;
  /** Called before `close` where the output was not finished: what was written is not complete. */
  abort?(reason: unknown): void | Promise<void>;
  /** Called exactly once, after libavformat has let go of it. */
  close?(): void | Promise<void>;
}

/** How libavformat wants a resource opened. */
export interface OpenRequest {
  /** True for writing. */
  write: boolean;
  /**
   * The protocol options libavformat passes on. A byte range (`offset`, `end_offset`) and a key
   * (`key`, `iv`; `encryption_key`, `encryption_iv`) are applied by this module: answer with the
   * whole resource, as it is stored. A muxer that deletes a file of its own asks to write it with
   * `method: "DELETE"`.
   */
  options: Record<string, string>;
  /**
   * Set it to true, and answer undefined, where the resource is not there: that is no refusal. The
   * code is then `AVERROR(ENOENT)`, and libavformat goes on as it does with a set of files that has
   * a hole. A playlist or a key that is not there is an error.
   */
  missing?: boolean | undefined;
}

/**
 * Answers an opening with a source or a sink; undefined refuses it (`AVERROR(EACCES)`). The
 * answer is closed exactly once, when libavformat is done with it.
 */
export type OpenHookSync = (
  url: string,
  request: OpenRequest,
) => SourceSync | SinkSync | undefined;

/**
 * Answers an opening with a source or a sink, or a promise of one; undefined refuses it
 * (`AVERROR(EACCES)`).
 */
export type OpenHook = (
  url: string,
  request: OpenRequest,
) => Source | Sink | undefined | Promise<Source | Sink | undefined>;
