/**
 * Frames that are forgotten instead of closed: freed by the collector, with one warning.
 *
 * @module
 */
import { native, type Pointer, PointerSlot } from "../../ffi/mod.ts";

/** An AVFrame, apart from the handle that owns it. */
export interface FrameMemory {
  readonly pointer: Pointer;
}

interface Process {
  emitWarning(message: string, options: { type: string; code: string }): void;
}

let count = 0;

/** How many frames the collector has freed in this thread: for tests. */
export function forgotten(): number {
  return count;
}

/** Frees what is forgotten: late, and without knowing how much memory it takes. */
export const frames: FinalizationRegistry<FrameMemory> = new FinalizationRegistry(({ pointer }) => {
  native().avutil.av_frame_free(new PointerSlot(pointer).bytes);
  if (count++ > 0) return;
  (globalThis as unknown as { process: Process }).process.emitWarning(
    "a frame was collected as garbage without being closed: call close(), or declare it with " +
      "`using`. A collector does not see how much memory a frame takes",
    { type: "AvioWarning", code: "AVIO_FRAME_FORGOTTEN" },
  );
});
