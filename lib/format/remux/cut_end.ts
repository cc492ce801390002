/**
 * The end of a cut: by decoding order, so that every picture of it has the pictures it refers to.
 *
 * @module
 */
import { toSeconds } from "../../rational.ts";
import { PacketSlot } from "../packet.ts";
import type { Stream } from "../types.ts";

const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** Seconds that a picture is decoded before it is shown, where no decoding time is known. */
export const MAX_REORDER_SECONDS = 2;
// A line of text may be stored after the pictures that it is shown with.
const SPARSE_SLACK_SECONDS = 1;

/** Packets in slots of their own, in the order they came. */
export class SlotQueue {
  #slots: PacketSlot[] = [];
  #bytes = 0;

  /** Bytes of payload in it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Packets in it. */
  get length(): number {
    return this.#slots.length;
  }

  /** Takes a packet out of a slot (`av_packet_move_ref`). */
  push(slot: PacketSlot): void {
    const own = new PacketSlot();
    this.#bytes += slot.size;
    own.native.avcodec.av_packet_move_ref(own.pointer, slot.pointer);
    this.#slots.push(own);
  }

  /** Puts the first packet into a slot that is empty; false where there is none. */
  shift(into: PacketSlot): boolean {
    const own = this.#slots.shift();
    if (own === undefined) return false;
    this.#bytes -= own.size;
    own.native.avcodec.av_packet_move_ref(into.pointer, own.pointer);
    own.free();
    return true;
  }

  /** Moves every packet of another queue to the end of this one. */
  append(other: SlotQueue): void {
    this.#slots.push(...other.#slots.splice(0));
    this.#bytes += other.#bytes;
    other.#bytes = 0;
  }

  /** Frees the packets that do not pass. */
  keep(passes: (slot: PacketSlot) => boolean): void {
    this.#slots = this.#slots.filter((slot) => {
      const kept = passes(slot);
      if (!kept) {
        this.#bytes -= slot.size;
        slot.free();
      }
      return kept;
    });
  }

  /** Calls back with every packet, the last one first. */
  backwards(see: (slot: PacketSlot) => void): void {
    for (let i = this.#slots.length - 1; i >= 0; i--) see(this.#slots[i]);
  }

  /** Frees every packet. */
  clear(): void {
    this.keep(() => false);
  }
}

/**
 * Decides which packets come before the end. A picture that is shown at or after the end is held
 * back: it belongs to the cut where a later packet of its stream is shown before the end.
 */
export class CutEnd {
  /** Packets that belong to the cut after all, to be taken before any other. */
  readonly ready: SlotQueue = new SlotQueue();
  readonly #until: number;
  readonly #streams: ReadonlyMap<number, Stream>;
  readonly #held = new Map<number, SlotQueue>();
  /** Streams with packets all along that are not past the end yet. */
  readonly #dense: Set<number>;
  readonly #hasSparse: boolean;
  #farthest = -Infinity;

  /** `until`: seconds on the input's clock. */
  constructor(until: number, streams: ReadonlyMap<number, Stream>) {
    this.#until = until;
    this.#streams = streams;
    const all = [...streams.values()].filter(({ disposition }) =>
      !disposition.includes("attached_pic")
    );
    const dense = all.filter(({ type }) => type === "video" || type === "audio");
    const counted = dense.length > 0 ? dense : all;
    this.#hasSparse = counted.length < all.length;
    this.#dense = new Set(
      counted.filter((stream) => !isShorter(stream, until)).map(({ index }) => index),
    );
  }

  /** True where no packet to come can belong to the cut. */
  get reached(): boolean {
    if (this.#dense.size > 0) return false;
    return this.#farthest >= this.#until + (this.#hasSparse ? SPARSE_SLACK_SECONDS : 0);
  }

  /** True for a packet that belongs to the cut now; another one is taken out of the slot. */
  takes(slot: PacketSlot): boolean {
    const { streamIndex, pts, dts } = slot;
    const stream = this.#streams.get(streamIndex)!;
    const time = toSeconds(pts ?? dts, stream.timeBase);
    if (time === null) return true;
    const held = this.#held.get(streamIndex);
    if (time < this.#until) {
      if (held === undefined || held.length === 0) return true;
      held.push(slot);
      this.ready.append(held);
      return false;
    }
    const decoded = toSeconds(dts, stream.timeBase) ??
      (stream.type === "video" ? time - MAX_REORDER_SECONDS : time);
    this.#farthest = Math.max(this.#farthest, decoded);
    if (decoded >= this.#until) {
      held?.clear();
      slot.clear();
      this.#dense.delete(streamIndex);
      return false;
    }
    const queue = held ?? new SlotQueue();
    this.#held.set(streamIndex, queue);
    queue.push(slot);
    // More pictures than asked for are no harm; memory without a limit is.
    if (queue.bytes > MAX_HELD_BYTES) this.ready.append(queue);
    return false;
  }

  /** Frees what is held. */
  free(): void {
    this.ready.clear();
    for (const queue of this.#held.values()) queue.clear();
  }
}

/** True for a stream that is known to end before a time. */
function isShorter({ startTime, duration }: Stream, until: number): boolean {
  return startTime !== null && duration !== null && startTime + duration < until;
}
