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
