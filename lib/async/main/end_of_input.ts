/**
 * Ending an input early, so that what was read of it becomes a whole output: for the command line's
 * Ctrl-C.
 *
 * @module
 */

/** The key of a remux's option. */
export const END_OF_INPUT: unique symbol = Symbol("avio.ending");

/** When it fires, every source is at its end. */
export interface EndOfInput {
  readonly [END_OF_INPUT]?: AbortSignal | undefined;
}
