/**
 * Counting the callbacks that are open, in a process where others may have been forgotten.
 *
 * @module
 */
import { liveCallbacks } from "../../ffi/mod.ts";
import { LOG_CALLBACKS } from "../../lib/log/capture.ts";

/**
 * How many are open now, the log's own counted whether it is there yet or not. What a finalizer has
 * not come to stays open while nothing is awaited, so that a later count of the same turn of the
 * event loop must be equal.
 */
export function openCallbacks(): number {
  return Math.max(liveCallbacks(), LOG_CALLBACKS);
}
