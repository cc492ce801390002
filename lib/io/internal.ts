/**
 * Keys of the methods that only sources and sinks of the module's own have.
 *
 * @module
 */

/**
 * The key of a method `(position, max, signal)` that answers with the bytes at `position`, not
 * copied and at most `max` of them where the source can tell; null at the end.
 */
export const READ_CHUNK: unique symbol = Symbol("pull");

/** A source that has it. */
export interface ChunkSource {
  [READ_CHUNK](
    position: number,
    max: number,
    signal: AbortSignal,
  ): Uint8Array | null | Promise<Uint8Array | null>;
}

/** The key of a method that tells when a sink has lost its receiver, though nothing is written. */
export const ON_CLOSED: unique symbol = Symbol("gone");

/** A sink that has it. */
export interface ClosableSink {
  [ON_CLOSED](tell: (error: unknown) => void): void;
}

/** The key that says that a sink waits for a consumer, which no timeout is for. */
export const NO_TIMEOUT: unique symbol = Symbol("patient");

/** True for a sink that has it. */
export function hasNoTimeout(sink: object): boolean {
  return NO_TIMEOUT in sink;
}
