/**
 * Sources and sinks of the module's own that copy to and from native memory themselves.
 *
 * They are known by identity: an object of a program's cannot pass for one, whatever it answers.
 *
 * @module
 */
import type { Pointer } from "../../../ffi/mod.ts";

/** Fills at most `length` bytes of `target` from `position`; returns how many, 0 at the end. */
export type DirectRead = (target: Pointer, length: number, position: number) => number;
/** Takes the `length` bytes of `source` for `position`. */
export type DirectWrite = (source: Pointer, length: number, position: number) => void;

const readers = new WeakMap<object, DirectRead>();
const writers = new WeakMap<object, DirectWrite>();

/** Has a source read straight into native memory. */
export function readsDirectly(source: object, read: DirectRead): void {
  readers.set(source, read);
}

/** Has a sink write straight from native memory. */
export function writesDirectly(sink: object, write: DirectWrite): void {
  writers.set(sink, write);
}

/** How a source reads into native memory; undefined for one that does not. */
export function directReadOf(source: object): DirectRead | undefined {
  return readers.get(source);
}

/** How a sink writes from native memory; undefined for one that does not. */
export function directWriteOf(sink: object): DirectWrite | undefined {
  return writers.get(sink);
}
