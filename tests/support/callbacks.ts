/**
 * Counting the callbacks that are open, in a process where others may have been forgotten.
 *
 * @module
 */
import { liveCallbacks } from "../../ffi/mod.ts";
import { LOG_CALLBACKS } from "../../lib/log/capture.ts";

/**
 * The number of open callbacks; the log's own counts from the start. An object that a finalizer has
 * not reached stays open while nothing is awaited, so that a later count of the same turn of the
 * event loop must be equal.
 */
export function openCallbacks(): number {
  return Math.max(liveCallbacks(), LOG_CALLBACKS);
}
