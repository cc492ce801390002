/**
 * Chance that repeats itself, and streams cut by it.
 *
 * @module
 */

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Milliseconds later. */
export function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Lengths from 1 to `most`, as many small ones as large ones. */
export function cutter(seed: number, most = 65536): () => number {
  const next = random(seed);
  const octaves = Math.log2(most);
  return () => Math.max(1, Math.min(most, Math.round(2 ** (next() * octaves))));
}

/** Bytes as a stream, cut at random lengths from 1 byte to 64 KiB, each piece randomly late. */
export function cutStream(bytes: Uint8Array, seed: number): ReadableStream<Uint8Array> {
  const length = cutter(seed);
  const next = random(seed + 1);
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at === bytes.length) return controller.close();
      const late = next();
      if (late < 0.02) await later(0);
      else if (late < 0.3) await Promise.resolve();
      const part = bytes.slice(at, at + length());
      at += part.length;
      controller.enqueue(part);
    },
  });
}
