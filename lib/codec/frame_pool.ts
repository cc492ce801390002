/**
 * Empty AVFrames, kept with the views over them.
 *
 * Making both anew costs several microseconds, as much as decoding a run of samples.
 *
 * @module
 */
import { native, PointerSlot, type Struct } from "../../ffi/mod.ts";
import { outOfMemory } from "./errors.ts";

const MAX_EMPTY = 4;
const empty: Struct[] = [];

/** An empty AVFrame; the caller owns it (`av_frame_alloc`). */
export function takeEmptyFrame(): Struct {
  const kept = empty.pop();
  if (kept !== undefined) return kept;
  const lib = native();
  const pointer = lib.avutil.av_frame_alloc();
  if (pointer === 0) throw outOfMemory("av_frame_alloc");
  return lib.struct("AVFrame", pointer);
}

/** Empties an AVFrame and keeps it, or frees it (`av_frame_unref`, `av_frame_free`). */
export function giveBackFrame(struct: Struct): void {
  const { avutil } = native();
  if (empty.length < MAX_EMPTY) {
    avutil.av_frame_unref(struct.pointer);
    empty.push(struct);
  } else avutil.av_frame_free(new PointerSlot(struct.pointer).bytes);
}
