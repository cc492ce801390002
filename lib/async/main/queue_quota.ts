/**
 * How much may wait in a queue of packets: so many, and so many bytes.
 *
 * @module
 */
import type { QueueLimits } from "../shared/protocol.ts";

/** Kept by the side that puts packets in; packets are numbered from 0. */
export class QueueQuota {
  readonly #limits: QueueLimits;
  readonly #sizes: Float64Array;
  #counted = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
    this.#sizes = new Float64Array(limits.packets);
  }

  /** A packet of `size` bytes goes in as number `count`. */
  add(count: number, size: number): void {
    this.#sizes[count % this.#sizes.length] = size;
    this.#bytes += size;
  }

  /** True where another may go in as number `into`, `out` having been taken out. */
  hasRoom(into: number, out: number): boolean {
    for (; this.#counted < out; this.#counted++) {
      this.#bytes -= this.#sizes[this.#counted % this.#sizes.length];
    }
    const waiting = into - out;
    return waiting < this.#limits.packets && (waiting === 0 || this.#bytes < this.#limits.bytes);
  }

  /** Everything has been taken out, and the counting begins anew. */
  reset(): void {
    this.#counted = 0;
    this.#bytes = 0;
  }
}
