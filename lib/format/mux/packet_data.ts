/**
 * Packets that the program made: from its own bytes, or kept from a demuxer.
 *
 * @module
 */
import type { Native } from "../../../ffi/mod.ts";
import { assertBytes, assertTicks, assertTimeBase } from "../../check.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { Rational } from "../../rational.ts";
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
  /** What goes beside the payload; copied. */
  sideData?: readonly { readonly type: string; readonly data: Uint8Array }[];
  /** The time base of the times; default: the stream's. */
  timeBase?: Rational;
}

const FLAG_KEY = 1;
const FLAG_CORRUPT = 2;
const FLAG_DISCARD = 4;
const FLAG_DISPOSABLE = 16;
const NOPTS = -(2n ** 63n);
// Beyond every version's last one; libav has no way to ask how many there are.
const MAX_SIDE_DATA = 128;

let numbers: Map<string, number> | undefined;

/** The number of a side data's name: the other way round than `av_packet_side_data_name`. */
export function sideDataNumber(native: Native, name: string): number {
  if (numbers === undefined) {
    numbers = new Map();
    for (let i = 0; i < MAX_SIDE_DATA; i++) {
      const at = native.avcodec.av_packet_side_data_name(i);
      if (at !== 0) numbers.set(native.ffi.string(at), i);
    }
  }
  const found = numbers.get(name) ?? /^side data (\d+)$/.exec(name)?.[1];
  if (found === undefined) throw new TypeError(`unknown side data ${JSON.stringify(name)}`);
  return Number(found);
}

function ticksOf(what: string, value: number | null | undefined): bigint | undefined {
  if (value === null || value === undefined) return undefined;
  assertTicks(`write: ${what}`, value);
  return BigInt(value);
}

// An int, which the padding behind it must not pass either.
const MAX_PAYLOAD_BYTES = 2 ** 31 - 1 - 64;

function assertPayload(what: string, { length }: Uint8Array): void {
  if (length <= MAX_PAYLOAD_BYTES) return;
  throw new RangeError(
    `write: ${what} has ${length} bytes, a packet ${MAX_PAYLOAD_BYTES} at most`,
  );
}

/** Fills a packet with a copy of what the program gave (`av_new_packet`, `av_packet_new_side_data`). */
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
  // What is known to be unknown stays so.
  struct.set("dts", ticksOf("dts", packet.dts === undefined ? packet.pts : packet.dts) ?? NOPTS);
  struct.set("duration", ticksOf("duration", packet.duration) ?? 0n);
  struct.set(
    "flags",
    (packet.isKeyframe ?? true ? FLAG_KEY : 0) | (packet.isCorrupt ? FLAG_CORRUPT : 0) |
      (packet.isDiscard ? FLAG_DISCARD : 0) |
      (packet instanceof Packet && isDisposable(packet) ? FLAG_DISPOSABLE : 0),
  );
  for (const { type, data } of packet.sideData ?? []) {
    assertBytes("write: sideData", data);
    assertPayload("sideData", data);
    const number = sideDataNumber(native, type);
    const at = avcodec.av_packet_new_side_data(pointer, number, data.length);
    if (at === 0) {
      throw new AVError({ code: AVERROR("ENOMEM"), operation: "av_packet_new_side_data" });
    }
    if (data.length > 0) libc.copy_in(at, data, data.length);
  }
}
