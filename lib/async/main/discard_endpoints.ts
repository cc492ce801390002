/**
 * Closing an input or output that was never opened.
 *
 * @module
 */
import { waitBriefly } from "../../promises.ts";
import { IOContext } from "../../io/avio/io_context.ts";
import type { Sink } from "../../io/contract.ts";
import type { Input, Output } from "./endpoints.ts";

/** Closes an input that was not read. */
export async function discardInput(input: Input | undefined): Promise<void> {
  if (typeof input !== "object" || input === null || input instanceof URL) return;
  if (input instanceof IOContext) return input.close();
  if (input instanceof Response || input instanceof Request) {
    if (!input.bodyUsed) await input.body?.cancel();
  } else if ("getReader" in input) {
    if (!input.locked) await input.cancel();
  } else if ("close" in input && typeof input.close === "function") await input.close();
}

/** Aborts an output that was not written: its content is not complete. */
export async function discardOutput(output: Output | undefined, reason: unknown): Promise<void> {
  if (typeof output !== "object" || output === null || output instanceof URL) return;
  if (output instanceof IOContext) return output.close();
  if ("getWriter" in output) {
    if (!output.locked) await output.abort(reason);
    return;
  }
  await (output as Sink).abort?.(reason);
  await output.close?.();
}

/** The error, after the input and output have been closed; waits for that only briefly. */
export async function discardedAfter(
  error: unknown,
  input: Input | undefined,
  output?: Output,
): Promise<unknown> {
  return await allDiscardedAfter(error, [input], output);
}

/** {@link discardedAfter} for any number of inputs. */
export async function allDiscardedAfter(
  error: unknown,
  inputs: readonly (Input | undefined)[],
  output?: Output,
): Promise<unknown> {
  const closing = [...inputs.map(discardInput), discardOutput(output, error)];
  await waitBriefly(Promise.allSettled(closing));
  return error;
}
