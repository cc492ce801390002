/**
 * How deep callbacks of libavformat are nested on this thread.
 *
 * A callback that opens a demuxer whose callback opens another runs out of stack inside C, where no
 * runtime can throw: Deno hangs, Node answers for the callback. Long before that it is a
 * RangeError.
 *
 * @module
 */

const MAX_NESTED_CALLBACKS = 12;

let nested = 0;

/** Runs a callback; a RangeError where too many are under way. */
export function inCallback<R>(run: () => R): R {
  if (nested >= MAX_NESTED_CALLBACKS) {
    throw new RangeError(
      `callbacks are nested ${MAX_NESTED_CALLBACKS} deep: each opens or reads something whose ` +
        "callback does the same",
    );
  }
  nested++;
  try {
    return run();
  } finally {
    nested--;
  }
}
