/**
 * Where a stream snapshot came from, so that a muxer copies every parameter and not only those
 * that the snapshot shows.
 *
 * @module
 */
import { NULL, type Pointer } from "../../ffi/mod.ts";

/** Finds the AVCodecParameters while their owner is open. */
type Finder = () => Pointer;

const origins = new WeakMap<object, Finder>();

/** Remembers whose snapshot it is. `find` answers NULL once the owner is closed. */
export function setOrigin(stream: object, find: Finder): void {
  origins.set(stream, find);
}

/** The AVCodecParameters behind a snapshot; NULL for a plain description or a closed owner. */
export function originOf(stream: object): Pointer {
  return origins.get(stream)?.() ?? NULL;
}
