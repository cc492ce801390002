/**
 * Reading without callbacks: bytes that are in memory already become libavformat's buffer.
 *
 * Libavformat then finds everything in its buffer, and asks only for sizes and for the end. Three
 * things make it safe. It never frees or replaces that buffer: `pb->buffer` is exchanged in
 * `set_buf_size`, `ffio_realloc_buf`, `ffio_ensure_seekback` and `ffio_rewind_with_probe_data`
 * (aviobuf.c), of which the first two want a buffer that is too small, which one of 2^31-1 bytes
 * never is, the third an input without seeking, and the last a probe of libavformat's own, which
 * has been done by then. It never writes to it: that is `fill_buffer` alone, through a callback
 * that answers the end. And JavaScript cannot take the bytes away meanwhile: they are referenced
 * here, buffers that can shrink are not held, and one that was transferred is noticed before the
 * next native call, since no JavaScript runs within one.
 *
 * @module
 */
import {
  advance,
  isFixed,
  type Native,
  NULL,
  type OwnBytes,
  type Pointer,
  type Struct,
} from "../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../error.ts";

const INT_MAX = 2 ** 31 - 1;
// fill_buffer looks this far past the end of what it has, and must not come to the size's end.
const MAX_BYTES = INT_MAX - 65536;
// The majors whose aviobuf.c was read: FFmpeg 4.3 to 9.
const FIRST_MAJOR = 58;
const LAST_MAJOR = 63;

/** Bytes that stand in for the buffer of an AVIOContext. */
export class MemoryBuffer {
  readonly #native: Native;
  readonly #struct: Struct;
  readonly #bytes: OwnBytes;
  readonly #size: number;
  readonly #address: Pointer;

  private constructor(native: Native, struct: Struct, bytes: OwnBytes) {
    this.#native = native;
    this.#struct = struct;
    this.#bytes = bytes;
    this.#size = bytes.length;
    this.#address = native.ffi.address(bytes);
  }

  /** Makes the bytes the buffer, from their start; undefined where that is not known to be safe. */
  static take(native: Native, struct: Struct, bytes: OwnBytes): MemoryBuffer | undefined {
    const [major] = native.versions.avformat;
    if (
      major < FIRST_MAJOR || major > LAST_MAJOR || bytes.length === 0 || bytes.length > MAX_BYTES ||
      !isFixed(bytes)
    ) return undefined;
    const attached = new MemoryBuffer(native, struct, bytes);
    if (attached.#address === NULL) return undefined;
    native.avutil.av_free(struct.at("buffer"));
    attached.#put(attached.#address, INT_MAX, bytes.length);
    struct.set("eof_reached", 0);
    return attached;
  }

  /** False once the bytes were transferred: they may be gone at any time. */
  get intact(): boolean {
    return this.#bytes.length === this.#size;
  }

  /** Gives the AVIOContext a buffer of its own again, empty. To be followed by a seek. */
  release(size: number): void {
    this.#check();
    const buffer = this.#native.avutil.av_malloc(size);
    if (buffer === NULL) throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_malloc" });
    this.#put(buffer, size, 0);
  }

  /** Takes the bytes away before the AVIOContext is freed. */
  end(): void {
    this.#check();
    this.#put(NULL, 0, 0);
  }

  #put(buffer: Pointer, size: number, filled: number): void {
    const struct = this.#struct;
    struct.set("buffer", buffer);
    struct.set("buffer_size", size);
    struct.set("buf_ptr", buffer);
    struct.set("buf_end", advance(buffer, filled));
    struct.set("pos", filled);
  }

  #check(): void {
    if (this.#struct.at("buffer") !== this.#address) {
      throw new Error("libavformat replaced a buffer that it was not to touch: please report this");
    }
  }
}
