/**
 * When a packet is shown, as the search for the beginning of a cut sees it.
 *
 * @module
 */
import { ticks, toSeconds } from "../../rational.ts";
import type { PacketSlot } from "../packet.ts";
import type { Stream } from "../types.ts";
import { MAX_REORDER_SECONDS, type SlotQueue } from "./cut_end.ts";
import type { Shift } from "./time_scale.ts";

/** A packet as the search sees it: when it is shown, in seconds. */
export interface Sight {
  readonly time: number;
  /** When it is decoded, at the latest. */
  readonly decoded: number;
  /** When its duration is over. */
  readonly end: number;
}

/** True for a picture that belongs to sound. */
export function isCover({ disposition }: Stream): boolean {
  return disposition.includes("attached_pic");
}

/** True for video that is no cover. */
export function isMoving(stream: Stream): boolean {
  return stream.type === "video" && !isCover(stream);
}

/** True for streams with packets all along. */
export function isContinuous(stream: Stream): boolean {
  return isMoving(stream) || stream.type === "audio";
}

/** The times of a packet in seconds; undefined where it has none. */
export function sightOf(slot: PacketSlot, stream: Stream): Sight | undefined {
  const { pts, dts } = slot;
  const { timeBase } = stream;
  const time = toSeconds(pts ?? dts, timeBase);
  if (time === null) return undefined;
  const told = toSeconds(slot.struct.number("duration"), timeBase) ?? 0;
  const rate = stream.type === "video" ? stream.averageFrameRate : null;
  const duration = told > 0 ? told : rate ? rate.den / rate.num : 0;
  const decoded = toSeconds(dts, timeBase) ??
    (stream.type === "video" ? time - MAX_REORDER_SECONDS : time);
  return { time, decoded, end: time + duration };
}

/** True for a packet whose duration is unknown. */
export function isUntold({ time, end }: Sight): boolean {
  return end === time;
}

/** The ends of packets of unknown duration: each lasts until the next one of its stream. */
export function endsBySuccessors(
  queue: SlotQueue,
  streams: ReadonlyMap<number, Stream>,
): ReadonlyMap<PacketSlot, number> {
  const next = new Map<number, number>();
  const ends = new Map<PacketSlot, number>();
  queue.backwards((slot) => {
    const sight = sightOf(slot, streams.get(slot.streamIndex)!);
    if (sight === undefined) return;
    if (isUntold(sight)) ends.set(slot, next.get(slot.streamIndex) ?? Infinity);
    next.set(slot.streamIndex, sight.time);
  });
  return ends;
}

/** True for a packet that is shown before a time, as far as its stream's ticks tell. */
export function comesBefore({ pts, dts }: PacketSlot, { timeBase }: Stream, first: Shift): boolean {
  const ticks = pts ?? dts;
  return ticks !== null && ticks < first.ticks(timeBase);
}

/**
 * Gives the packets of a queue that precede a packet of their stream, and have no times, those that
 * follow from their durations: after a seek a demuxer may know the first one later.
 */
export function reckonBack(queue: SlotQueue, { struct, streamIndex }: PacketSlot): void {
  let at = ticks(struct.number("dts")) ?? struct.number("pts");
  let isKnown = true;
  queue.backwards((other) => {
    if (other.streamIndex !== streamIndex || other.pts !== null || other.dts !== null) return;
    const duration = other.struct.number("duration");
    isKnown &&= duration > 0;
    if (!isKnown) return;
    at -= duration;
    other.struct.set("pts", at);
    other.struct.set("dts", at);
  });
}

/** Moves a packet to the beginning of a cut. */
export function moveTo(slot: PacketSlot, first: Shift, { timeBase }: Stream): void {
  const ticks = first.ticks(timeBase);
  slot.struct.set("pts", ticks);
  slot.struct.set("dts", ticks);
}
