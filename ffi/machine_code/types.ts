/**
 * The log's machine code for one processor.
 *
 * @module
 */
import type { OwnBytes } from "../bytes.ts";
import type { Pointer } from "../types.ts";

/** The slots that the code looks through. */
export interface SlotTable {
  readonly address: Pointer;
  readonly count: number;
  /** Lines of a higher level are dropped before any slot is looked at. */
  readonly maxLevel: number;
}

/** Three functions in one piece of code, which begins with the first. */
export interface MachineCode {
  /** `void log(void *context, int level, const char *format, va_list list)`: libav's callback. */
  readonly code: (table: SlotTable) => OwnBytes<ArrayBuffer>;
  /** Offset of `void release(void *slot)`: frees the slot of the thread that ends. */
  readonly release: number;
  /** Offset of `int thread(void *out)`: writes this thread's address to `out`. */
  readonly thread: number;
}
