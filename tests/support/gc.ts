/**
 * Forced garbage collection, on both runtimes.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The runtime's collector, or undefined where it cannot be forced. */
export function collector(): (() => void) | undefined {
  const { Bun: bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (bun) return () => bun.gc(true);
  try {
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    return typeof gc === "function" ? () => void gc() : undefined;
  } catch {
    return undefined;
  }
}
