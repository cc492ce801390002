/**
 * Packets that the program made: from its own bytes, or kept from a demuxer.
 *
 * @module
 */
import { assertBytes, assertTicks, assertTimeBase } from "../../check.ts";
import { AVError } from "../../error.ts";
import type { Rational } from "../../rational.ts";
import { addPacketSideData, assertPayload } from "../side_data.ts";
import { isDisposable, Packet, type PacketSlot } from "../packet.ts";

/** A packet that the program made itself; times in ticks of the stream's `timeBase`. */
export interface PacketData {
  /** The payload; copied. */
  data: Uint8Array;
  /** Presentation time in ticks; default unknown. */
  pts?: number | null;
  /** Decoding time in ticks; default `pts`. */
  dts?: number | null;
  /** Ticks; default unknown. */
  duration?: number | null;
  /** Default true. */
  isKeyframe?: boolean;
  /** Known to be damaged; default false. */
  isCorrupt?: boolean;
  /** To be decoded and not shown; default false. */
  isDiscard?: boolean;
  /** Side data of the packet; copied. */
  sideData?: readonly { readonly type: string; readonly data: Uint8Array }[];
  /** The time base of the times; default: the stream's. */
  timeBase?: Rational;
}

const FLAG_KEY = 1;
const FLAG_CORRUPT = 2;
const FLAG_DISCARD = 4;
const FLAG_DISPOSABLE = 16;
const NOPTS = -(2n ** 63n);

function ticksOf(what: string, value: number | null | undefined): bigint | undefined {
  if (value === null || value === undefined) return undefined;
  assertTicks(`write: ${what}`, value);
  return BigInt(value);
}

/**
 * Fills a packet with a copy of what the program gave (`av_new_packet`, `av_packet_new_side_data`).
 */
export function fillPacket(slot: PacketSlot, packet: Packet | PacketData): void {
  const { data } = packet;
  assertBytes("write: data", data);
  assertPayload("data", data);
  if (packet.timeBase) assertTimeBase("write: timeBase", packet.timeBase);
  const { native, struct, pointer } = slot;
  const { avcodec, libc } = native;
  const code = avcodec.av_new_packet(pointer, data.length);
  if (code < 0) throw new AVError({ code, operation: "av_new_packet" });
  if (data.length > 0) libc.copy_in(struct.at("data"), data, data.length);
  struct.set("pts", ticksOf("pts", packet.pts) ?? NOPTS);
  // null stays unknown; only undefined defaults to pts.
  struct.set("dts", ticksOf("dts", packet.dts === undefined ? packet.pts : packet.dts) ?? NOPTS);
  struct.set("duration", ticksOf("duration", packet.duration) ?? 0n);
  struct.set(
    "flags",
    (packet.isKeyframe ?? true ? FLAG_KEY : 0) | (packet.isCorrupt ? FLAG_CORRUPT : 0) |
      (packet.isDiscard ? FLAG_DISCARD : 0) |
      (packet instanceof Packet && isDisposable(packet) ? FLAG_DISPOSABLE : 0),
  );
  addPacketSideData(slot, packet.sideData ?? []);
}
