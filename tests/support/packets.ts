/**
 * Everything that packets tell, as one line each: so that two readers can be compared.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  Demuxer,
  type DemuxerOptions,
  DemuxerSync,
  type DemuxerSyncOptions,
  type Input,
  type InputSync,
  type Packet,
} from "../../mod.ts";

/** The packets of a reader, and its exception. */
export interface Outcome {
  readonly packets: string[];
  readonly streams: string[];
  readonly opened: boolean;
  /** The error's own text. */
  readonly error?: string;
}

/** A packet as a line. */
export function packetLine(packet: Packet): string {
  const { streamIndex, pts, dts, duration, size, position, sideData, timeBase, data } = packet;
  const flags = (packet.isKeyframe ? "K" : "_") + (packet.isDiscard ? "D" : "_") +
    (packet.isCorrupt ? "C" : "_");
  const hash = createHash("sha1").update(data);
  for (const side of sideData) hash.update(side.type).update(side.data);
  return [streamIndex, pts, dts, duration, size, position, flags, timeBase.num, timeBase.den]
    .join(" ") + ` ${hash.digest("hex")}`;
}

/** A stream as a line. */
export function streamLine(
  stream: { index: number; type: string; codec: { name: string } },
): string {
  return `${stream.index} ${stream.type} ${stream.codec.name}`;
}

/** All that the blocking reader gives. */
export function readSync(input: InputSync, options: DemuxerSyncOptions = {}): Outcome {
  const packets: string[] = [];
  let opened = false;
  let streams: string[] = [];
  try {
    using demuxer = DemuxerSync.open(input, options);
    opened = true;
    for (const packet of demuxer) packets.push(packetLine(packet));
    streams = demuxer.streams.map(streamLine);
    return { packets, streams, opened };
  } catch (error) {
    return { packets, streams, opened, error: String(error) };
  }
}

/** All that the asynchronous reader gives. */
export async function readAsync(
  input: Input,
  options: DemuxerOptions = {},
): Promise<Outcome> {
  const packets: string[] = [];
  let opened = false;
  let streams: string[] = [];
  try {
    await using demuxer = await Demuxer.open(input, options);
    opened = true;
    for await (const packet of demuxer) packets.push(packetLine(packet));
    streams = demuxer.streams.map(streamLine);
    return { packets, streams, opened };
  } catch (error) {
    return { packets, streams, opened, error: String(error) };
  }
}

/** The first difference of two outcomes, or undefined. */
export function difference(actual: Outcome, expected: Outcome): string | undefined {
  if (actual.opened !== expected.opened || actual.error !== expected.error) {
    return `${actual.error ?? "no error"}; expected ${expected.error ?? "no error"}` +
      ` (${actual.packets.length} of ${expected.packets.length} packets)`;
  }
  const both = Math.min(actual.packets.length, expected.packets.length);
  for (let i = 0; i < both; i++) {
    if (actual.packets[i] !== expected.packets[i]) {
      return `packet ${i}: ${actual.packets[i]}; expected ${expected.packets[i]}`;
    }
  }
  if (actual.packets.length !== expected.packets.length) {
    return `${actual.packets.length} packets; expected ${expected.packets.length}`;
  }
  const [own, other] = [actual.streams.join(", "), expected.streams.join(", ")];
  return own === other ? undefined : `streams ${own}; expected ${other}`;
}
