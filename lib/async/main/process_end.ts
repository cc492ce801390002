/**
 * The end of the process while workers are inside libav. Node stops a thread by an exception, and
 * one that leaves a callback ends the process with SIGABRT instead of its own code: the calls end
 * first.
 *
 * @module
 */
import { onProcessEnd } from "../../../ffi/mod.ts";
import { Control, type ControlBlock } from "../shared/control_block.ts";
import { wakeWorker } from "../shared/wake_up.ts";

/** A call that only computes is not waited for longer. */
const MAX_WAIT_MS = 1000;

let registered = false;

/** Once for the process; `controls` answers with the control blocks of the sessions at work. */
export function leaveCallsAtProcessEnd(controls: () => readonly ControlBlock[]): void {
  if (registered) return;
  registered = true;
  onProcessEnd(() => leaveCalls(controls()));
}

function leaveCalls(controls: readonly ControlBlock[]): void {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (const control of controls) {
    control.store(Control.PROCESS_ENDS, 1);
    control.store(Control.ABORT, 1);
    wakeWorker(control);
  }
  // A worker sets INSIDE before it looks at PROCESS_ENDS: one of the two threads sees the other.
  for (const { words } of controls) {
    Atomics.wait(words, Control.INSIDE, 1, Math.max(0, deadline - performance.now()));
  }
}
