/**
 * How much of C's heap is in use.
 *
 * @module
 */
import { makeBytes, native, platform } from "../../ffi/mod.ts";
import { collector } from "./gc.ts";

// Words of struct mallinfo2.
const HBLKHD = 4;
const UORDBLKS = 7;

/**
 * Bytes that C has allocated and not freed (`mallinfo2`), or undefined where it cannot be asked;
 * with `large` those too that have mappings of their own.
 */
export function heapMeter(large = false): (() => Promise<number>) | undefined {
  if (platform.os !== "linux" || platform.arch !== "x86_64") return undefined;
  try {
    // A large struct comes back through a hidden first argument.
    const { symbols } = native().ffi.open("libc.so.6", {
      mallinfo2: { parameters: ["buffer"], result: "pointer" },
    });
    const collect = collector();
    return async () => {
      // Array buffers of the runtime's own may lie on the same heap: garbage is no leak, and its
      // finalizers run between turns of the event loop.
      for (let i = 0; i < 4; i++) {
        collect?.();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const info = makeBytes(80);
      symbols.mallinfo2(info);
      const words = new BigUint64Array(info.buffer);
      return Number(words[UORDBLKS]) + (large ? Number(words[HBLKHD]) : 0);
    };
  } catch {
    return undefined; // musl, or a glibc before 2.33
  }
}

/**
 * The bytes by which C's heap has grown after `run`, in the best of a few tries: the runtime's own
 * memory comes and goes on the same heap, a leak grows in each of them.
 */
export async function leastGrowth(
  meter: () => Promise<number>,
  run: () => Promise<void>,
  tries = 5,
): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < tries && least > 0; i++) {
    const before = await meter();
    await run();
    least = Math.min(least, await meter() - before);
  }
  return least;
}
