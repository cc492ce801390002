/**
 * The guard: an AVIOContext that cannot be leaked, freed twice or used too late.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../../plain_options.ts";
import { copyBytes, lendBytes, makeBytes, partOf } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { AVERROR, AVError, AVERROR_EOF, DisposedError } from "../../error.ts";
import { withLogSuppressed } from "../../log/capture.ts";
import { DEFAULT_BUFFER_SIZE } from "./context_options.ts";
import { IOCore } from "./context_core.ts";
import type { Marker } from "./marker.ts";
import type { CallbackAdapter, IOCallbacks } from "./callback_adapter.ts";
import { release } from "./release.ts";
import { AVSEEK_SIZE, SEEK_SET } from "./whence.ts";

// Lengths are ints in C.
const MAX_CHUNK_BYTES = 2 ** 30;

/** Options of {@link IOContext}. */
export interface IOContextOptions {
  /** Bytes of libavformat's buffer: 1 KiB and more. Default 64 KiB. */
  bufferSize?: number | undefined;
  /** Bytes in all, where `seek` does not answer `AVSEEK_SIZE` itself. */
  size?: number | undefined;
  /** Told of every piece of output as libavformat marks it (`write_data_type`). */
  onMarker?: ((marker: Marker) => void) | undefined;
  /** Called once, after libavformat has let go of the callbacks. */
  onClose?: (() => void) | undefined;
}

const optionNames: OptionNames<IOContextOptions> = {
  bufferSize: true,
  size: true,
  onMarker: true,
  onClose: true,
};

const registry = new FinalizationRegistry<IOCore>((core) => {
  if (!core.closed) release(core.releaseSteps());
});

let coreOf: (io: IOContext) => IOCore;
let lend: (io: IOContext) => IOCore;

/**
 * libav's own three callbacks behind an AVIOContext (`avio_alloc_context`). Released by `close`
 * or `using`, in order: flush, `pb->buffer`, the context, the callbacks. Given to a demuxer or a
 * muxer it is theirs: they release it.
 *
 * @example
 * ```ts
 * import { DemuxerSync, IOContext } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * let at = 0;
 * using io = new IOContext({
 *   read(buffer) {
 *     const part = bytes.subarray(at, at + buffer.length);
 *     buffer.set(part);
 *     at += part.length;
 *     return part.length; // 0 is the end
 *   },
 * });
 * using input = DemuxerSync.open(io);
 * ```
 */
export class IOContext {
  readonly #core: IOCore;
  #lent = false;

  static {
    coreOf = (io) => io.#core;
    lend = (io) => {
      io.#alive("open");
      if (io.#lent) throw new TypeError("this IOContext is already in use by a demuxer or a muxer");
      io.#lent = true;
      // The new owner releases it: this object may be collected while it is in use.
      registry.unregister(io);
      return io.#core;
    };
  }

  /** Throws a TypeError where neither `read` nor `write` is given, a RangeError for a bad size. */
  constructor(callbacks: IOCallbacks, options: IOContextOptions = {}) {
    // Methods of a class are callbacks as well: they are no members that a loop over names sees.
    const { read, write, seek } = Object(callbacks) as IOCallbacks;
    if (typeof read !== "function" && typeof write !== "function") {
      throw new TypeError("IOContext needs a read or a write callback");
    }
    const plain = plainOptions("IOContext", options, optionNames);
    const { size, onClose } = plain;
    const adapter: CallbackAdapter = {
      read: read && ((buffer) => read.call(callbacks, lendBytes(buffer))),
      write: write && ((buffer) => write.call(callbacks, lendBytes(buffer))),
      seek: seek
        ? (offset, whence) => {
          const answer = seek.call(callbacks, offset, whence);
          return whence === AVSEEK_SIZE && size !== undefined && !(answer >= 0) ? size : answer;
        }
        : size === undefined
        ? undefined
        : (_, whence) => whence === AVSEEK_SIZE ? size : AVERROR("ESPIPE"),
      seekable: seek !== undefined,
      close: onClose,
    };
    this.#core = new IOCore(adapter, plain);
    registry.register(this, this.#core, this);
  }

  /** Bytes from the start, libavformat's buffer counted. */
  get position(): number {
    return this.#alive("position").position;
  }

  /** True once a read has met the end (`pb->eof_reached`). */
  get eof(): boolean {
    return this.#alive("eof").struct.number("eof_reached") !== 0;
  }

  /** The last error, a negative AVERROR, or 0 (`pb->error`). */
  get error(): number {
    return this.#alive("error").struct.number("error");
  }

  /** True where positions can be sought. */
  get seekable(): boolean {
    return this.#alive("seekable").struct.number("seekable") !== 0;
  }

  /** Bytes of libavformat's buffer as it is now. */
  get bufferSize(): number {
    return this.#alive("bufferSize").bufferSize;
  }

  /** Fills `into`; returns the bytes, 0 at the end (`avio_read`). Throws {@link AVError}. */
  read(into: Uint8Array): number {
    const asked = takeBytes("IOContext.read", into).length;
    if (asked === 0) return 0;
    const core = this.#alive("read");
    // libavformat would ask for ever.
    if (core.writing) {
      throw new TypeError("IOContext.read: this one writes, as its write callback says");
    }
    core.clearWouldBlock();
    // Its own: the caller's may be transferred, or moved, by a callback on the way.
    const own = makeBytes(Math.min(asked, MAX_CHUNK_BYTES));
    const got = this.#call(
      "avio_read",
      (core) => core.native.avformat.avio_read(core.pointer, own, own.length),
    );
    if (got === AVERROR_EOF) return 0;
    const length = this.#checked("avio_read", got);
    const target = takeBytes("IOContext.read", into);
    if (length > target.length) {
      throw new TypeError("IOContext.read: the buffer was transferred while it was filled");
    }
    target.set(partOf(own, 0, length));
    return length;
  }

  /** Writes everything (`avio_write`); it may stay in the buffer until {@link IOContext.flush}. */
  write(bytes: Uint8Array): void {
    const given = copyBytes(takeBytes("IOContext.write", bytes));
    if (!this.#alive("write").writing) {
      throw new TypeError("IOContext.write: this one reads, it has no write callback");
    }
    for (let done = 0; done < given.length || done === 0; done += MAX_CHUNK_BYTES) {
      const own = partOf(given, done, done + MAX_CHUNK_BYTES);
      this.#call(
        "avio_write",
        (core) => core.native.avformat.avio_write(core.pointer, own, own.length),
      );
      const { error } = this;
      if (error < 0) throw new AVError({ code: error, operation: "avio_write" });
    }
  }

  /** Moves to a byte; returns it (`avio_seek`). A RangeError for what is no whole number. */
  seek(position: number): number {
    if (!Number.isSafeInteger(position)) {
      throw new RangeError(`IOContext.seek: not a position: ${position}`);
    }
    return this.#checked(
      "avio_seek",
      this.#call(
        "avio_seek",
        (core) => core.native.avformat.avio_seek(core.pointer, position, SEEK_SET),
      ),
    );
  }

  /** Bytes in all, or null where unknown (`avio_size`). */
  size(): number | null {
    const size = this.#call("avio_size", (core) => core.native.avformat.avio_size(core.pointer));
    return size < 0 ? null : size;
  }

  /** Hands what is buffered to the write callback (`avio_flush`). */
  flush(): void {
    this.#call("avio_flush", (core) => core.native.avformat.avio_flush(core.pointer));
    const { error } = this;
    if (error < 0) throw new AVError({ code: error, operation: "avio_flush" });
  }

  /** Releases everything. Twice is harmless; from inside a callback it throws and does nothing. */
  close(): void {
    if (this.#core.closed) return;
    this.#core.assertIdle("IOContext.close");
    if (this.#lent) {
      throw new TypeError("this IOContext belongs to a demuxer or a muxer: close that");
    }
    registry.unregister(this);
    release(this.#core.releaseSteps());
  }

  /** {@link IOContext.close}, for `using`; one lent to a demuxer or muxer is left to them. */
  [Symbol.dispose](): void {
    if (!this.#lent) this.close();
  }

  #alive(what: string): IOCore {
    if (this.#core.closed) throw new DisposedError(`IOContext.${what}: the context is closed`);
    return this.#core;
  }

  #call<R>(operation: string, run: (core: IOCore) => R): R {
    const core = this.#alive(operation);
    core.assertIdle(operation);
    if (core.poisoned) core.throwIfFailed(operation);
    const result = withLogSuppressed(() => run(core));
    core.throwIfFailed(operation);
    return result;
  }

  #checked(operation: string, result: number): number {
    if (result < 0) throw new AVError({ code: result, operation });
    return result;
  }
}

/** The native half, handed over to a demuxer or muxer, which then releases it. */
export function takeCore(io: IOContext): IOCore {
  return lend(io);
}

/** The native half, to look at without taking it over. */
export function peekCore(io: IOContext): IOCore {
  return coreOf(io);
}

export { DEFAULT_BUFFER_SIZE };
export type { Marker };
