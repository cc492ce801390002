/**
 * Seeking in libav's terms, turned into positions. The only file that knows whence.
 *
 * @module
 */
import { AVERROR } from "../../error.ts";

/** `whence`: from the start. */
export const SEEK_SET = 0;
/** `whence`: from here. */
export const SEEK_CUR = 1;
/** `whence`: from the end. */
export const SEEK_END = 2;
/** `whence`: no seek, but the size in bytes. */
export const AVSEEK_SIZE = 0x10000;
/** `whence`, added: seek even where it is slow. */
export const AVSEEK_FORCE = 0x20000;

/** Where a device stands, and what is known of its end. */
export interface SeekState {
  position: number;
  /** Bytes, or undefined where unknown. */
  readonly size: number | undefined;
  readonly seekable: boolean;
}

/**
 * Answers libav's seek callback from a {@link SeekState}: the new position, a size, or an AVERROR.
 */
export function seekTo(state: SeekState, offset: number, whence: number): number {
  const { size } = state;
  const from = whence & ~AVSEEK_FORCE;
  if (from === AVSEEK_SIZE) return size ?? AVERROR("ENOSYS");
  if (!state.seekable) return AVERROR("ESPIPE");
  let target: number;
  if (from === SEEK_SET) target = offset;
  else if (from === SEEK_CUR) target = state.position + offset;
  else if (from === SEEK_END && size !== undefined) target = size + offset;
  else return AVERROR(from === SEEK_END ? "ENOSYS" : "EINVAL");
  if (!Number.isSafeInteger(target) || target < 0) return AVERROR("EINVAL");
  return state.position = target;
}
