/**
 * Packets between the worker and the main thread: slots whose addresses never change.
 *
 * @module
 */
import type { Pointer } from "../../../ffi/mod.ts";
import { PacketSlot } from "../../format/packet.ts";
import { QueueQuota } from "../main/queue_quota.ts";
import type { QueueLimits } from "../shared/protocol.ts";

/** A ring of packet slots; each side counts the packets put in and taken out. */
export class PacketQueue {
  readonly slots: PacketSlot[];
  readonly #budget: QueueQuota;
  #freed = 0;

  constructor(limits: QueueLimits) {
    this.slots = Array.from({ length: limits.packets }, () => new PacketSlot());
    this.#budget = new QueueQuota(limits);
  }

  get pointers(): Pointer[] {
    return this.slots.map((slot) => slot.pointer);
  }

  slot(count: number): PacketSlot {
    return this.slots[count % this.slots.length];
  }

  /** Frees what was taken out, which are `out` by now; true where number `into` may go in. */
  hasRoom(into: number, out: number): boolean {
    while (this.#freed < out) this.slot(this.#freed++).clear();
    return this.#budget.hasRoom(into, out);
  }

  /** Number `into` is in its slot. */
  add(into: number): void {
    this.#budget.add(into, this.slot(into).size);
  }

  reset(): void {
    for (const slot of this.slots) slot.clear();
    this.#freed = 0;
    this.#budget.reset();
  }

  free(): void {
    for (const slot of this.slots) slot.free();
  }
}
