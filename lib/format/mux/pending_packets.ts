/**
 * Packets that wait for the header.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import type { Rational } from "../../rational.ts";
import type { MuxerStream } from "./output_stream.ts";
import { PacketSlot } from "../packet.ts";

/** A packet that waits, its times still in `timeBase`. */
export interface PendingPacket {
  readonly slot: PacketSlot;
  readonly target: MuxerStream;
  readonly timeBase: Rational;
  readonly repair: boolean;
}

const MAX_PENDING_BYTES = 32 * 1024 * 1024;

/** A bounded queue; it owns what waits in it. */
export class PendingPackets {
  #waiting: PendingPacket[] = [];
  #bytes = 0;

  /** True where no more should wait. */
  get full(): boolean {
    return this.#bytes >= MAX_PENDING_BYTES;
  }

  /** Keeps a packet by reference (`av_packet_ref`). */
  push(pending: PendingPacket): void {
    const slot = new PacketSlot();
    const code = slot.native.avcodec.av_packet_ref(slot.pointer, pending.slot.pointer);
    this.#waiting.push({ ...pending, slot });
    if (code < 0) throw new AVError({ code, operation: "av_packet_ref" });
    this.#bytes += slot.size;
  }

  /** Hands over what waits, in order; each is freed after its turn. */
  drain(each: (pending: PendingPacket) => void): void {
    for (let pending = this.#waiting.shift(); pending; pending = this.#waiting.shift()) {
      try {
        each(pending);
      } finally {
        pending.slot.free();
      }
    }
    this.#bytes = 0;
  }

  /** Frees what still waits. */
  free(): void {
    for (const { slot } of this.#waiting.splice(0)) slot.free();
  }
}
