/**
 * Packets that wait for the header.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import type { Rational } from "../../rational.ts";
import type { Target } from "./output_stream.ts";
import { PacketSlot } from "../packet.ts";

/** A packet that waits, its times still in `timeBase`. */
export interface Held {
  readonly slot: PacketSlot;
  readonly target: Target;
  readonly timeBase: Rational;
  readonly repair: boolean;
}

const MOST_BYTES = 32 * 1024 * 1024;

/** A bounded queue; it owns what waits in it. */
export class HeldPackets {
  #waiting: Held[] = [];
  #bytes = 0;

  /** True where no more should wait. */
  get full(): boolean {
    return this.#bytes >= MOST_BYTES;
  }

  /** Keeps a packet by reference (`av_packet_ref`). */
  push(held: Held): void {
    const slot = new PacketSlot();
    const code = slot.native.avcodec.av_packet_ref(slot.pointer, held.slot.pointer);
    this.#waiting.push({ ...held, slot });
    if (code < 0) throw new AVError({ code, operation: "av_packet_ref" });
    this.#bytes += slot.size;
  }

  /** Hands over what waits, in order; each is freed after its turn. */
  drain(each: (held: Held) => void): void {
    for (let held = this.#waiting.shift(); held; held = this.#waiting.shift()) {
      try {
        each(held);
      } finally {
        held.slot.free();
      }
    }
    this.#bytes = 0;
  }

  /** Frees what still waits. */
  free(): void {
    for (const { slot } of this.#waiting.splice(0)) slot.free();
  }
}
