/**
 * The packets of a file, compared with ffprobe's.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { AVError, DemuxerSync, type Packet } from "../../../mod.ts";
import type { ProbedPacket, ProbedPackets } from "../ffprobe.ts";

type Input = Parameters<typeof DemuxerSync.open>[0];
type Options = NonNullable<Parameters<typeof DemuxerSync.open>[1]>;

export interface Outcome {
  readonly packets: readonly ProbedPacket[];
  /** The exception, and its operation. */
  readonly error?: unknown;
  readonly opened: boolean;
}

export function flagsOf(packet: Packet): string {
  return (packet.isKeyframe ? "K" : "_") + (packet.isDiscard ? "D" : "_") +
    (packet.isCorrupt ? "C" : "_");
}

/** A packet as ffprobe prints one. */
export function recordOf(packet: Packet): ProbedPacket {
  const { streamIndex, pts, dts, duration, size, position, data } = packet;
  const sha256 = createHash("sha256").update(data).digest("hex");
  return { streamIndex, pts, dts, duration, size, position, flags: flagsOf(packet), sha256 };
}

/** Everything a demuxer delivers until the end, or until it throws. */
export function readAll(input: Input, options: Options): Outcome {
  const packets: ProbedPacket[] = [];
  let opened = false;
  try {
    using demuxer = DemuxerSync.open(input, options);
    opened = true;
    for (const packet of demuxer) packets.push(recordOf(packet));
    return { packets, opened };
  } catch (error) {
    return { packets, error, opened };
  }
}

const packetFields = [
  "streamIndex",
  "pts",
  "dts",
  "duration",
  "size",
  "position",
  "sha256",
] as const;

export function comparePackets(actual: readonly ProbedPacket[], expected: readonly ProbedPacket[]) {
  const both = Math.min(actual.length, expected.length);
  for (let i = 0; i < both; i++) {
    for (const field of packetFields) {
      if (actual[i][field] !== expected[i][field]) {
        return `packet ${i}: ${field} ${actual[i][field]}, ffprobe ${expected[i][field]}`;
      }
    }
    // Older versions of ffprobe do not print the third flag.
    const { flags } = expected[i];
    if (actual[i].flags.slice(0, flags.length) !== flags) {
      return `packet ${i}: flags ${actual[i].flags}, ffprobe ${flags}`;
    }
  }
  if (actual.length === expected.length) return undefined;
  return `${actual.length} packets, ffprobe ${expected.length}`;
}

/** The first difference. An error after the opening only ends the packets, as in ffprobe. */
export function compareOutcome(actual: Outcome, expected: ProbedPackets): string | undefined {
  const { error } = actual;
  if (error !== undefined) {
    if (!(error instanceof AVError)) return `threw ${error instanceof Error ? error.stack : error}`;
    if (!Array.isArray(error.log)) return "an AVError without a log";
    if (!actual.opened && expected.error === null) return `refused: ${error.message}`;
  }
  if (expected.decoderRefused) return undefined;
  if (actual.opened && expected.error !== null && expected.packets.length === 0) {
    return `opened, ffprobe refused: ${expected.error}`;
  }
  const difference = comparePackets(actual.packets, expected.packets);
  return difference && error instanceof AVError ? `${difference}; ${error.message}` : difference;
}
