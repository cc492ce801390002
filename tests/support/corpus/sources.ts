/**
 * Sources that make reading hard.
 *
 * @module
 */
import assert from "node:assert";
import type { SourceSync } from "../../../mod.ts";

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bytes that can be read once only, and whose size is not told. */
export function oneWay(bytes: Uint8Array): SourceSync {
  let next = 0;
  return {
    seekable: false,
    read(into, position) {
      assert(position === next, `read at ${position}, after ${next} bytes of a one-way source`);
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      next += part.length;
      return part.length;
    },
  };
}

/** Bytes that come one to seven at a time. */
export function trickle(bytes: Uint8Array): SourceSync {
  const next = random(bytes.length);
  return {
    size: bytes.length,
    read(into, position) {
      const count = Math.min(1 + Math.floor(next() * 7), into.length);
      const part = bytes.subarray(position, position + count);
      into.set(part);
      return part.length;
    },
  };
}
