/**
 * The adapter behind an AVIOContext: libav's three callbacks over a source, a sink, or a program's
 * own functions, each answer checked before C sees it.
 *
 * @module
 */
import { directReadOf, directWriteOf } from "./direct.ts";
import {
  copyIn,
  copyOut,
  lendBytes,
  type OwnBytes,
  partOf,
  type Pointer,
} from "../../../ffi/mod.ts";
import { isThenable } from "../../check.ts";
import { AVERROR, AVError, AVERROR_EOF } from "../../error.ts";
import { AGAIN, type SinkSync, type SourceSync } from "../contract.ts";
import { reserveIn } from "../sinks/memory_sink.ts";
import { memoryOf } from "../sources/memory_source.ts";
import { type SeekState, seekTo } from "./whence.ts";

/** libav's own three callbacks, for code ported from C. */
export interface IOCallbacks {
  /** Fills `buffer`; returns the bytes, 0 at the end, or a negative AVERROR. */
  read?(buffer: Uint8Array): number;
  /** Takes `buffer`; returns the bytes taken, which must be all, or a negative AVERROR. */
  write?(buffer: Uint8Array): number;
  /** Moves, or for `AVSEEK_SIZE` answers the size; a negative AVERROR where it cannot. */
  seek?(offset: number, whence: number): number;
}

/** An {@link IOCallbacks} with what only the inside needs. A program gets lent bytes only. */
export interface CallbackAdapter {
  /** As {@link IOCallbacks.read}; the bytes are the module's own. */
  read?(buffer: OwnBytes): number;
  /** As {@link IOCallbacks.write}; the bytes are the module's own. */
  write?(buffer: OwnBytes): number;
  /** As {@link IOCallbacks.seek}. */
  seek?(offset: number, whence: number): number;
  /** `read` straight into native memory. */
  readDirect?(target: Pointer, length: number): number;
  /** `write` straight from native memory. */
  writeDirect?(source: Pointer, length: number): number;
  /** True where `write` keeps nothing of what it is given. */
  readonly borrows?: boolean;
  /** False where `seek` only answers sizes. */
  readonly seekable: boolean;
  /** All there is to read, where it is in memory already. */
  readonly memory?: OwnBytes;
  close?(): void;
}

function wrong(what: string, value: unknown, expected: string): TypeError {
  const shown = typeof value === "bigint"
    ? `${value}n`
    : typeof value === "string"
    ? JSON.stringify(value)
    : isThenable(value)
    ? "a promise (an asynchronous source needs the asynchronous functions)"
    : String(value);
  return new TypeError(`${what} returned ${shown}; expected ${expected}`);
}

/** The bytes a read callback reports, checked: never more than was asked for. */
export function checkedRead(value: unknown, length: number, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < -(2 ** 31)) {
    throw wrong(what, value, `an integer of at most ${length}`);
  }
  if (value > length) throw wrong(what, value, `at most the ${length} bytes asked for`);
  return value === 0 ? AVERROR_EOF : value;
}

/** The result of a write callback, checked: everything or an error. */
export function checkedWrite(value: unknown, length: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < -(2 ** 31)) {
    throw wrong("write", value, `${length}, the bytes given`);
  }
  if (value >= 0 && value !== length) {
    throw wrong("write", value, `${length}, the bytes given: a short write loses data`);
  }
  return value;
}

/** A position or a size, checked. */
export function checkedPosition(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw wrong("seek", value, "a position in bytes or a negative AVERROR");
  }
  return value;
}

/** A size, checked: bytes, or undefined where it is not known. */
export function checkedSize(size: unknown, what: string): number | undefined {
  if (size === undefined || size === null) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw wrong(`${what}.size`, size, "a number of bytes");
  }
  return size;
}

/** The answer of a source's `read`, checked: bytes, null at the end, or {@link AGAIN}. */
export function sourceAnswer(got: unknown, length: number): number | null | typeof AGAIN {
  if (got === AGAIN) return AGAIN;
  if (got === null) return null;
  if (typeof got === "number" && got < 0) {
    throw wrong("source.read", got, "a number of bytes, 0 or null at the end, or AGAIN");
  }
  const checked = checkedRead(got, length, "source.read");
  return checked === AVERROR_EOF ? null : checked;
}

/**
 * Fills `into` from a source of the program's, which gets a lent array over it. The answer of its
 * `read` is checked, and `into` is whole afterwards.
 */
export function readSource(
  source: SourceSync,
  into: OwnBytes,
  position: number,
): number | null | typeof AGAIN {
  const { length } = into;
  const got = sourceAnswer(source.read(lendBytes(into), position), length);
  assertKept(into, length);
  return got;
}

/** A TypeError where the program transferred the buffer that it was lent. */
export function assertKept(bytes: OwnBytes, length: number): void {
  if (bytes.length === length) return;
  throw new TypeError("read: the buffer it was given has been transferred");
}

/** The error for a source that has nothing yet where libavformat cannot come back to it. */
export function cannotResume(what: string): AVError {
  return new AVError({
    code: AVERROR("EAGAIN"),
    operation: "read_packet",
    detail: `the source has nothing yet, and ${what} cannot be resumed without losing data: ` +
      "give it more bytes first, or use the asynchronous Demuxer, which waits",
  });
}

/** A source as a device. `wouldBlock` is told when the source has nothing yet. */
export function sourceAdapter(source: SourceSync, wouldBlock: () => void): CallbackAdapter {
  const state: SeekState = {
    position: 0,
    get size() {
      return checkedSize(source.size, "source");
    },
    seekable: source.seekable !== false,
  };
  const memory = memoryOf(source);
  const direct = memory === undefined
    ? directReadOf(source)
    : (target: Pointer, length: number, position: number) => {
      const part = partOf(memory, position, position + length);
      copyIn(target, part);
      return part.length;
    };
  return {
    seekable: state.seekable,
    memory,
    readDirect: direct && ((target, length) => {
      const got = direct(target, length, state.position);
      state.position += got;
      return got === 0 ? AVERROR_EOF : got;
    }),
    read(buffer) {
      const got = readSource(source, buffer, state.position);
      if (got === null) return AVERROR_EOF;
      if (got === AGAIN) {
        wouldBlock();
        return AVERROR("EAGAIN");
      }
      state.position += got;
      return got;
    },
    seek: state.seekable || state.size !== undefined
      ? (offset, whence) => seekTo(state, offset, whence)
      : undefined,
    close: () => source.close?.(),
  };
}

/** A sink as a device. */
export function sinkAdapter(sink: SinkSync): CallbackAdapter {
  let end = 0;
  const state: SeekState = {
    position: 0,
    get size() {
      return end;
    },
    seekable: sink.seekable !== false,
  };
  const room = reserveIn(sink);
  const direct = room === undefined
    ? directWriteOf(sink)
    : (source: Pointer, length: number, position: number) => {
      copyOut(room(length, position), source, length);
    };
  const written = (length: number): number => {
    state.position += length;
    end = Math.max(end, state.position);
    return length;
  };
  return {
    seekable: state.seekable,
    writeDirect: direct && ((source, length) => {
      direct(source, length, state.position);
      return written(length);
    }),
    borrows: sink.borrows === true,
    write(buffer) {
      // The chunk is the sink's: afterwards it may be anywhere.
      const { length } = buffer;
      const answer: unknown = sink.write(lendBytes(buffer), state.position);
      if (isThenable(answer)) throw wrong("sink.write", answer, "nothing");
      return written(length);
    },
    seek: state.seekable ? (offset, whence) => seekTo(state, offset, whence) : undefined,
    close: () => sink.close?.(),
  };
}
