/**
 * The wake-up policy of the two threads: every rule by which the main thread wakes the worker, and
 * the worker the main thread.
 *
 * Main thread to worker. The worker sleeps in `Atomics.wait` on WAKE_SEQ. It sets WORKER_WAITS
 * before it looks at its condition, so a change after that look always finds the flag. A change
 * adds to WAKE_SEQ and notifies ({@link wakeWorker}). A sleep ends after {@link MAX_WAIT_MS} at the
 * latest, in case a notification is lost.
 *
 * Worker to main thread. The main thread awaits a promise and sets MAIN_WAITS before it looks. The
 * worker clears that flag and posts a message ({@link takeMainWaits}): one message for each wait.
 *
 * Both directions gather: a wake-up for every packet or small chunk costs more than the data. The
 * thresholds are the functions below.
 *
 * @module
 */
import { Control, type ControlBlock } from "./control_block.ts";

/** Milliseconds after which a sleeping worker looks again. */
export const MAX_WAIT_MS = 1000;
// A reader is woken for several packets together, and after this time for one.
const GATHER_PACKETS_MS = 0.2;
// Output gathers for this long: a message costs more than a small write.
const GATHER_OUTPUT_MS = 1;
// A count of packets that is not reached.
const NEVER = 2 ** 31 - 1;

/** Wakes the worker, if it waits. A worker about to wait looks again after it has set its flag. */
export function wakeWorker(control: ControlBlock): void {
  if (control.load(Control.WORKER_WAITS) === 0) return;
  Atomics.add(control.words, Control.WAKE_SEQ, 1);
  Atomics.notify(control.words, Control.WAKE_SEQ);
}

/**
 * True where the worker does nothing until it is woken: the last look at its condition found
 * nothing, and nothing has changed since.
 */
export function isWorkerBlocked(control: ControlBlock): boolean {
  return control.load(Control.WORKER_WAITS) === 1 &&
    control.load(Control.BLOCKED_AT) === control.load(Control.WAKE_SEQ);
}

/** Worker: announces a wait, before the first look at its condition. */
export function beginWait(control: ControlBlock): void {
  control.store(Control.BLOCKED_AT, control.load(Control.WAKE_SEQ) - 1);
  control.store(Control.WORKER_WAITS, 1);
}

/** Worker: the condition of `sequence` is not met, and there is nothing else to do. */
export function markBlocked(control: ControlBlock, sequence: number): void {
  control.store(Control.BLOCKED_AT, sequence);
}

/** Worker: sleeps until WAKE_SEQ is no longer `sequence`, `milliseconds` at most. */
export function sleep(control: ControlBlock, sequence: number, milliseconds: number): void {
  Atomics.wait(control.words, Control.WAKE_SEQ, sequence, Math.min(milliseconds, MAX_WAIT_MS));
}

/** Worker: the wait is over. */
export function endWait(control: ControlBlock): void {
  control.store(Control.WORKER_WAITS, 0);
}

/** Worker: true where the main thread waits for a message; it counts as sent from here on. */
export function takeMainWaits(control: ControlBlock): boolean {
  return Atomics.exchange(control.words, Control.MAIN_WAITS, 0) === 1;
}

/** Worker with a full packet queue: asks to be woken when half of it has been taken out. */
export function askForHalfQueue(control: ControlBlock, into: number): void {
  const out = control.load(Control.PACKETS_OUT);
  control.store(Control.WAKE_AT, into - (into - out >> 1));
}

/** Worker: packets that are taken out wake it no more, whatever else it waits for. */
export function askForNoPackets(control: ControlBlock): void {
  control.store(Control.WAKE_AT, NEVER);
}

/** Main thread: true where the worker waits for the packet number `out` to be taken out. */
export function wantsPacketsTaken(control: ControlBlock, out: number): boolean {
  return control.load(Control.WORKER_WAITS) === 1 && out >= control.load(Control.WAKE_AT);
}

/** Worker that reads ahead: true where the gathered packets are worth a message. */
export function isReaderWakeDue(gathered: number, slots: number, elapsed: number): boolean {
  return gathered >= slots >> 1 || elapsed > GATHER_PACKETS_MS;
}

/** Worker that muxes: true where half of the packet queue is free again. */
export function isWriterWakeDue(waiting: number, slots: number): boolean {
  return waiting <= slots >> 1;
}

/** Worker that reads from a ring: true where half of it is free for the source again. */
export function isSourceWakeDue(ring: { readonly free: number; readonly capacity: number }) {
  return ring.free >= ring.capacity >> 1;
}

/** Worker that writes to a ring: true where the gathered output is worth a message. */
export function isSinkWakeDue(
  ring: { readonly filled: number; readonly capacity: number },
  elapsed: number,
): boolean {
  return elapsed >= GATHER_OUTPUT_MS || ring.filled >= ring.capacity >> 2;
}

/** Main thread that fills a ring: false where more may come first in this turn of the loop. */
export function isWorkerWakeDue(filled: number, window: number): boolean {
  return filled >= window >> 2;
}
