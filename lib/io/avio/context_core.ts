/**
 * The native half of the guard: one AVIOContext, its callbacks and what they leave behind.
 *
 * @module
 */
import { inCallback } from "./callback_depth.ts";
import {
  copyIn,
  copyOut,
  createCallback,
  makeBytes,
  type Native,
  native,
  type NativeCallback,
  NULL,
  type Pointer,
  PointerSlot,
  readInt64,
  type Struct,
} from "../../../ffi/mod.ts";
import { AVERROR, AVError, AVERROR_EOF, AVERROR_EXIT, DisposedError } from "../../error.ts";
import { trackOpenContexts } from "../../log/turn_lock.ts";
import { withLogPaused } from "../../log/capture.ts";
import { type CallbackAdapter } from "./callback_adapter.ts";
import {
  assertKept,
  cannotResume,
  checkedPosition,
  checkedRead,
  checkedWrite,
} from "./check_callback_answers.ts";
import { MemoryBuffer } from "./memory_buffer.ts";
import { type Marker, markerTypes } from "./marker.ts";
import type { Release } from "./release.ts";
import { Scratch } from "./scratch.ts";
import { checkIOOptions, DEFAULT_BUFFER_SIZE, type IOCoreOptions } from "./context_options.ts";
import { AVSEEK_SIZE } from "./whence.ts";

/**
 * One AVIOContext over a {@link CallbackAdapter}. Releases nothing by itself: `release.ts` has the
 * order.
 */
export class IOCore {
  readonly native: Native = native();
  readonly pointer: Pointer;
  readonly writing: boolean;
  readonly adapter: CallbackAdapter;
  /** Set when the device had nothing yet; the reader clears it. */
  wouldBlock = false;
  #struct: Struct | undefined;
  #callbacks: NativeCallback[] = [];
  #failure: { readonly error: unknown } | undefined;
  #delivered = false;
  #depth = 0;
  readonly #scratch = new Scratch();
  #size: number;
  #moved = 0;
  /** Of those, the ones of other files; and how far into its own it has read or written. */
  #nested = 0;
  #reached = 0;
  /** Where the next marker's bytes begin. */
  #markerOffset = 0;
  #memory: MemoryBuffer | undefined;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #timeout: number | undefined;
  /** While true, a source that has nothing yet is an error: libavformat could not resume. */
  wouldBlockIsFatal = false;

  constructor(adapter: CallbackAdapter, options: IOCoreOptions = {}) {
    const { bufferSize = DEFAULT_BUFFER_SIZE, maxBytes = Infinity, onMarker } = options;
    checkIOOptions(options);
    this.adapter = adapter;
    this.writing = adapter.write !== undefined;
    this.#size = bufferSize;
    this.#maxBytes = maxBytes;
    this.#signal = options.signal;
    this.#timeout = options.timeout;
    const { avutil, avformat } = this.native;
    const buffer = avutil.av_malloc(bufferSize);
    if (buffer === NULL) throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_malloc" });
    const read = adapter.read &&
      this.#open("read_packet", (_, to, size) => this.#read(to as Pointer, size));
    const write = adapter.write &&
      this.#open("write_packet", (_, from, size) => this.#write(from as Pointer, size));
    const seek = adapter.seek &&
      this.#open("seek", (_, offset, whence) => this.#seek(offset, whence));
    this.pointer = avformat.avio_alloc_context(
      buffer,
      bufferSize,
      this.writing ? 1 : 0,
      NULL,
      read?.pointer ?? NULL,
      write?.pointer ?? NULL,
      seek?.pointer ?? NULL,
    );
    if (this.pointer === NULL) {
      avutil.av_free(buffer);
      this.#closeCallbacks();
      throw new AVError({ code: AVERROR("ENOMEM"), operation: "avio_alloc_context" });
    }
    this.#struct = this.native.struct("AVIOContext", this.pointer);
    trackOpenContexts(1);
    if (!adapter.seekable) this.#struct.set("seekable", 0);
    if (onMarker && this.writing) this.#mark(onMarker);
  }

  /** The struct; throws after the release. */
  get struct(): Struct {
    if (this.#struct === undefined) throw new DisposedError("this IOContext is closed");
    return this.#struct;
  }

  get bufferSize(): number {
    return this.struct.number("buffer_size");
  }

  /** The size the buffer was made with. */
  get requestedSize(): number {
    return this.#size;
  }

  get closed(): boolean {
    return this.#struct === undefined;
  }

  /** Bytes that went through the callbacks; without callbacks, how far libavformat has come. */
  get transferred(): number {
    if (this.#memory !== undefined) this.#moved = Math.max(this.#moved, this.position);
    return this.#moved;
  }

  /** Bytes of the output from its start to its end, and of the nested files. */
  get outputSize(): number {
    return this.#reached + this.#nested;
  }

  /** Bytes that went through a nested file count as well. */
  countTransferred(bytes: number): void {
    this.#moved += bytes;
    this.#nested += bytes;
  }

  /**
   * Reads from now on without callbacks, where the input is in memory and nothing is read yet, and
   * goes back to the start. False where that is not possible; all goes on as it was then.
   */
  attachMemory(): boolean {
    const { memory } = this.adapter;
    if (memory === undefined || this.#failure !== undefined) return false;
    this.#memory = MemoryBuffer.take(this.native, this.struct, memory);
    this.#moved = 0;
    return this.#memory !== undefined;
  }

  /** Notices an abort as a callback would. A signal's own getters may do anything. */
  checkSignal(): void {
    if (this.#memory !== undefined && this.#signal?.aborted) this.poison(this.#signal.reason);
  }

  /** Right before a native call: detaches an input in memory that the program has transferred. */
  checkMemoryInput(): void {
    if (this.#memory?.intact ?? true) return;
    this.#detachMemory();
    this.poison(new TypeError("the input's buffer was transferred while it was read"));
  }

  #detachMemory(): void {
    const attached = this.#memory;
    this.#moved = this.transferred;
    this.#memory = undefined;
    attached?.release(this.#size);
  }

  /** True while JavaScript runs inside a callback of this context. */
  get busy(): boolean {
    return this.#depth > 0;
  }

  /** True when a callback failed: libavformat gets nothing more from it. */
  get poisoned(): boolean {
    return this.#failure !== undefined;
  }

  /** Stops every later callback with this error; the first one stays. */
  poison(error: unknown): void {
    this.#failure ??= { error };
  }

  /**
   * Throws the very object that a callback threw, once; afterwards says that the context is
   * poisoned. To be asked after every native call, whatever that call returned.
   */
  throwIfFailed(operation: string): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    if (!this.#delivered) {
      this.#delivered = true;
      throw failure.error;
    }
    throw new AVError({
      code: AVERROR_EXIT,
      operation,
      detail: "an earlier callback failed, and this context cannot be used after it",
      cause: failure.error,
    });
  }

  /** Refuses what would run while libavformat is inside a callback of this context. */
  assertIdle(what: string): void {
    if (this.#depth > 0) {
      throw new Error(`${what} cannot be called from inside a callback of the same context`);
    }
  }

  /** Runs the program's own code, from within which this context cannot be closed. */
  runUserCode<R>(run: () => R): R {
    this.#depth++;
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }

  /** The steps of the release that belong to the AVIOContext. */
  releaseSteps(): Release {
    const struct = this.#struct;
    if (struct === undefined) return {};
    const { avformat, avutil } = this.native;
    return {
      flush: this.writing
        ? () => {
          avformat.avio_flush(this.pointer);
          if (this.#failure && !this.#delivered) {
            this.#delivered = true;
            throw this.#failure.error;
          }
        }
        : undefined,
      buffer: () => {
        const attached = this.#memory;
        this.#moved = this.transferred;
        this.#memory = undefined;
        try {
          attached?.end();
        } finally {
          // Cleared first: a release that a stack overflow cut short may run again.
          const buffer = struct.at("buffer");
          struct.set("buffer", 0);
          avutil.av_free(buffer);
        }
      },
      context: () => {
        this.#struct = undefined;
        trackOpenContexts(-1);
        avformat.avio_context_free(new PointerSlot(this.pointer).bytes);
      },
      callbacks: () => this.#closeCallbacks(),
      adapter: () => this.adapter.close?.(),
    };
  }

  #closeCallbacks(): void {
    for (const callback of this.#callbacks) callback.close();
    this.#callbacks = [];
    this.#scratch.release();
  }

  #open(
    kind: Parameters<typeof createCallback>[0],
    fn: (...args: number[]) => number,
  ): NativeCallback {
    const callback = createCallback(kind, (...args) => {
      if (this.#failure !== undefined) return AVERROR_EXIT;
      this.#depth++;
      try {
        this.#signal?.throwIfAborted();
        const started = this.#timeout === undefined ? 0 : performance.now();
        const result = withLogPaused(() => inCallback(() => fn(...args)));
        if (this.#timeout !== undefined && performance.now() - started > this.#timeout) {
          throw new AVError({
            code: AVERROR("ETIMEDOUT"),
            operation: kind,
            detail: `the callback took longer than ${this.#timeout} ms`,
          });
        }
        return result;
      } catch (error) {
        this.poison(error);
        return AVERROR_EXIT;
      } finally {
        this.#depth--;
      }
    }, AVERROR("EIO"));
    this.#callbacks.push(callback);
    return callback;
  }

  #read(target: Pointer, size: number): number {
    if (size <= 0) return AVERROR("EINVAL");
    if (this.#memory !== undefined) return AVERROR_EOF; // all there is was in the buffer
    const got = this.adapter.readDirect?.(target, size) ?? this.#copied(target, size);
    if (got > 0) {
      this.#moved += got;
      if (this.#maxBytes !== Infinity) this.#count(got);
    } else if (got === AVERROR("EAGAIN")) {
      this.onWouldBlock();
      // avformat_find_stream_info would ask for ever.
      if (this.#failure !== undefined) return AVERROR_EXIT;
    } else if (got !== AVERROR_EOF) {
      this.poison(new AVError({ code: got, operation: "read_packet" }));
    }
    return got;
  }

  #count(got: number): void {
    this.#reached = Math.max(this.#reached, this.struct.number("pos") + got);
    this.assertWithin();
  }

  /** Throws where the input, nested files counted, is longer than `maxBytes`. */
  assertWithin(): void {
    if (this.#reached + this.#nested <= this.#maxBytes) return;
    throw new RangeError(`the input is longer than maxBytes (${this.#maxBytes})`);
  }

  #copied(target: Pointer, size: number): number {
    const into = this.#scratch.take(size);
    const got = checkedRead(this.adapter.read!(into), size, "read");
    assertKept(into, size);
    if (got > 0) copyIn(target, into, got);
    return got;
  }

  /** After a device that had nothing yet: asks it again. */
  clearWouldBlock(): void {
    if (!this.wouldBlock) return;
    this.wouldBlock = false;
    this.struct.set("eof_reached", 0);
    this.struct.set("error", 0);
  }

  /** The device has nothing yet. */
  onWouldBlock(): void {
    this.wouldBlock = true;
    if (this.wouldBlockIsFatal) this.poison(cannotResume("opening an input"));
  }

  // A fresh chunk each time, unless the receiver says that it keeps none.
  #handed(source: Pointer, size: number): number {
    const chunk = this.adapter.borrows ? this.#scratch.take(size) : makeBytes(size);
    copyOut(chunk, source);
    return checkedWrite(this.adapter.write!(chunk), size);
  }

  #write(source: Pointer, size: number): number {
    if (size <= 0) return 0;
    const taken = this.adapter.writeDirect?.(source, size) ?? this.#handed(source, size);
    if (taken <= 0) this.poison(new AVError({ code: taken, operation: "write_packet" }));
    else this.#reached = Math.max(this.#reached, this.struct.number("pos") + taken);
    this.#moved += Math.max(0, taken);
    return taken;
  }

  #seek(offset: number, whence: number): number {
    const answer = checkedPosition(this.adapter.seek!(offset, whence));
    if (whence === AVSEEK_SIZE || answer < 0) return answer;
    // Beyond the end, where no buffer reaches: from here on with callbacks.
    if (this.#memory !== undefined) this.#detachMemory();
    this.#markerOffset = answer;
    return answer;
  }

  #mark(onMarker: (marker: Marker) => void): void {
    const callback = this.#open("write_data_type", (_, from, size, type, time) => {
      const written = this.#write(from as Pointer, size);
      if (written > 0) {
        onMarker({
          type: markerTypes[type] ?? "unknown",
          time: time === -(2 ** 63) ? null : time / 1e6,
          size,
          position: this.#markerOffset,
        });
        this.#markerOffset += size;
      }
      return written;
    });
    this.struct.set("write_data_type", callback.pointer);
  }

  /** Where libavformat stands, in bytes (`avio_tell`): the buffer counted. */
  get position(): number {
    const at = (field: string) => this.struct.at(field);
    const ahead = at("buf_ptr") - (this.writing ? at("buffer") : at("buf_end"));
    return readInt64(this.struct.view, this.struct.offset("pos")) + ahead;
  }
}
