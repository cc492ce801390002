/**
 * Addresses of native memory. Imports nothing.
 *
 * @module
 */

declare const address: unique symbol;

/**
 * A native address. Opaque: made and read only below `ffi/`, compared and passed on above.
 * A number on every runtime, so that it costs nothing to keep and can cross to a worker;
 * user-space addresses fit 2^53 on every supported platform.
 */
export type Pointer = number & { readonly [address]: never };

/** The null pointer. */
export const NULL: Pointer = 0 as Pointer;
