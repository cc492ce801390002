/**
 * A sink into a function of the program's.
 *
 * @module
 */
import { nameOf } from "../../check.ts";
import { plainOptions } from "../../plain_options.ts";
import type { SinkSync } from "../contract.ts";

/** Hands every chunk to a function. Append only unless told otherwise. */
export class CallbackSink implements SinkSync {
  readonly #write: (chunk: Uint8Array, position: number) => void;
  /** True where the function can write anywhere. */
  readonly seekable: boolean;
  /** True where the function keeps no chunk. */
  readonly borrows: boolean;

  /** `fn` takes the whole chunk, its own to keep unless it `borrows`, or throws. */
  constructor(
    fn: (chunk: Uint8Array, position: number) => void,
    options: { seekable?: boolean; borrows?: boolean } = {},
  ) {
    if (typeof fn !== "function") {
      throw new TypeError(`CallbackSink: expected a function, not ${nameOf(fn)}`);
    }
    const { seekable = false, borrows = false } = plainOptions("CallbackSink", options, {
      seekable: true,
      borrows: true,
    });
    this.#write = fn;
    this.seekable = seekable;
    this.borrows = borrows;
  }

  /** Calls the function. */
  write(chunk: Uint8Array, position: number): void {
    this.#write(chunk, position);
  }
}
