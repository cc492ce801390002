/**
 * Packets that the program made: from its own bytes, or kept from a demuxer.
 *
 * @module
 */
import { copyIn, makeBytes, type Native, type OwnBytes } from "../../../ffi/mod.ts";
import { assertTicks, nameOf, takeList, takeTimeBase } from "../../check.ts";
import { AVError } from "../../error.ts";
import type { Rational } from "../../rational.ts";
import { addPacketSideData, type SideBytes, sideDataNumber, takePayload } from "../side_data.ts";
import { isWebChunk, packetOfChunk, type WebChunk } from "../web_codecs.ts";
import { isDisposable, livePacket, Packet, type PacketSlot } from "../packet.ts";

/** A packet that the program made itself; times in ticks of the stream's `timeBase`. */
export interface PacketData {
  /** The payload; copied. */
  data: Uint8Array;
  /** Presentation time in ticks; default unknown. */
  pts?: number | null | undefined;
  /** Decoding time in ticks; default `pts`. */
  dts?: number | null | undefined;
  /** Ticks; default unknown. */
  duration?: number | null | undefined;
  /** Default true. */
  isKeyframe?: boolean | undefined;
  /** Known to be damaged; default false. */
  isCorrupt?: boolean | undefined;
  /** To be decoded and not shown; default false. */
  isDiscard?: boolean | undefined;
  /** Side data of the packet; copied. */
  sideData?: readonly { readonly type: string; readonly data: Uint8Array }[] | undefined;
  /** The time base of the times; default: the stream's. */
  timeBase?: Rational | undefined;
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
 * A packet as it was when it was read, once: getters of the program's run only while it is read.
 * Its bytes are still the program's, so it is to be written before anything else of it runs.
 */
export interface PacketSnapshot {
  /** The demuxer's own packet, whose loan is running; the other fields are not used then. */
  readonly live: PacketSlot | undefined;
  /** Of the times; undefined where the packet does not say. */
  readonly timeBase: Rational | undefined;
  readonly data: OwnBytes;
  readonly pts: bigint;
  readonly dts: bigint;
  readonly duration: bigint;
  readonly flags: number;
  readonly sideData: readonly SideBytes[];
}

const noBytes = makeBytes(0);

/** Reads a packet; throws what its getters throw, a TypeError or a RangeError for a wrong field. */
export function snapshotPacket(
  native: Native,
  written: Packet | PacketData | WebChunk,
): PacketSnapshot {
  if (typeof written !== "object" || written === null) {
    throw new TypeError(`write: expected a packet, not ${nameOf(written)}`);
  }
  const packet: Packet | PacketData = isWebChunk(written) ? packetOfChunk(written) : written;
  const given = packet.timeBase;
  const timeBase = given === undefined || given === null
    ? undefined
    : takeTimeBase("write: timeBase", given);
  // Looked at when nothing of the program's runs any more.
  const live = packet instanceof Packet ? livePacket(packet) : undefined;
  if (live !== undefined) {
    const rest = { data: noBytes, pts: NOPTS, dts: NOPTS, duration: 0n, flags: 0, sideData: [] };
    return { live, timeBase, ...rest };
  }
  const { data, pts, dts, duration, isKeyframe, isCorrupt, isDiscard } = packet;
  const sideData = takeList("write: sideData", packet.sideData ?? []).map((entry) => {
    if (typeof entry !== "object" || entry === null) {
      throw new TypeError(`write: sideData: expected objects, not ${nameOf(entry)}`);
    }
    return { type: entry.type, data: entry.data };
  });
  const presented = ticksOf("pts", pts);
  return {
    live,
    timeBase,
    data: takePayload("write: data", data),
    pts: presented ?? NOPTS,
    // Where the program says that it is unknown, it stays so.
    dts: (dts === undefined ? presented : ticksOf("dts", dts)) ?? NOPTS,
    duration: ticksOf("duration", duration) ?? 0n,
    flags: (isKeyframe ?? true ? FLAG_KEY : 0) | (isCorrupt ? FLAG_CORRUPT : 0) |
      (isDiscard ? FLAG_DISCARD : 0) |
      (packet instanceof Packet && isDisposable(packet) ? FLAG_DISPOSABLE : 0),
    sideData: sideData.map((entry) => ({
      number: sideDataNumber(native, entry.type),
      data: takePayload("write: sideData", entry.data),
    })),
  };
}

/**
 * Fills an empty packet: a reference to the demuxer's own, or a copy of what the program gave
 * (`av_packet_ref`; `av_new_packet`, `av_packet_new_side_data`).
 */
export function fillPacket(slot: PacketSlot, packet: PacketSnapshot): void {
  const { native, struct, pointer } = slot;
  const { avcodec } = native;
  if (packet.live !== undefined) {
    const code = avcodec.av_packet_ref(pointer, packet.live.pointer);
    if (code < 0) throw new AVError({ code, operation: "av_packet_ref" });
    return;
  }
  const { data } = packet;
  const code = avcodec.av_new_packet(pointer, data.length);
  if (code < 0) throw new AVError({ code, operation: "av_new_packet" });
  copyIn(struct.at("data"), data);
  struct.set("pts", packet.pts);
  struct.set("dts", packet.dts);
  struct.set("duration", packet.duration);
  struct.set("flags", packet.flags);
  addPacketSideData(slot, packet.sideData);
}
