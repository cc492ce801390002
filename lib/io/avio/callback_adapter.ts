/**
 * The adapter behind an AVIOContext: libav's three callbacks over a source, a sink, or a program's
 * own functions. `check_callback_answers.ts` checks each answer before C sees it.
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
import { AVERROR, AVERROR_EOF } from "../../error.ts";
import { AGAIN, type SinkSync, type SourceSync } from "../contract.ts";
import { reserveIn } from "../sinks/memory_sink.ts";
import { memoryOf } from "../sources/memory_source.ts";
import { checkedRead, checkedSize, readSource, wrongAnswer } from "./check_callback_answers.ts";
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

/** The callbacks over a source. `wouldBlock` is told when the source has nothing yet. */
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
      const got = checkedRead(direct(target, length, state.position), length, "read");
      if (got > 0) state.position += got;
      return got;
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
      if (isThenable(answer)) throw wrongAnswer("sink.write", answer, "nothing");
      return written(length);
    },
    seek: state.seekable ? (offset, whence) => seekTo(state, offset, whence) : undefined,
    close: () => sink.close?.(),
  };
}
