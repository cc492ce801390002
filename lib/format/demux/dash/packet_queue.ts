/**
 * Packets that were read ahead, each in an AVPacket of its own.
 *
 * @module
 */
import type { Pointer } from "../../../../ffi/mod.ts";
import { PacketSlot } from "../../packet.ts";

interface Entry {
  readonly slot: PacketSlot;
  /** Seconds; null where unknown. */
  readonly at: number | null;
}

/** First in, first out. */
export class PacketQueue {
  #entries: Entry[] = [];

  get length(): number {
    return this.#entries.length;
  }

  /** Adds a packet that `fill` moves into an empty one. */
  push(at: number | null, fill: (packet: Pointer) => void): void {
    const slot = new PacketSlot();
    this.#entries.push({ slot, at });
    fill(slot.pointer);
  }

  /** Gives the first packet away (`av_packet_move_ref`); false where there is none. */
  shift(packet: Pointer, reading: { at: number }): boolean {
    const entry = this.#entries.shift();
    if (entry === undefined) return false;
    const { slot, at } = entry;
    reading.at = at ?? reading.at;
    slot.native.avcodec.av_packet_move_ref(packet, slot.pointer);
    slot.free();
    return true;
  }

  /** Frees all packets but the last. */
  keepLast(): void {
    for (const { slot } of this.#entries.splice(0, this.#entries.length - 1)) slot.free();
  }

  /** Frees all packets. */
  clear(): void {
    for (const { slot } of this.#entries.splice(0)) slot.free();
  }
}
