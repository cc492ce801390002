/**
 * A stream of a transcoding that is decoded and encoded again.
 *
 * @module
 */
import type { PacketSlot } from "../../format/packet.ts";
import type { StreamDescription } from "../../format/parameters.ts";
import type { Stream } from "../../format/types.ts";
import type { Rational } from "../../rational.ts";
import type { DecoderSync } from "../decoder.ts";
import type { Frame } from "../frame.ts";

/** The part of the input's clock that the output shows, in seconds. */
export interface Shown {
  /** The time that becomes 0 in the output. */
  readonly zero: number;
  /** Nothing that is over by then is in the output. */
  readonly start: number;
  /** Nothing that begins then or later is in the output. */
  readonly end: number;
}

/** Takes a packet of the output, times in ticks of its time base. */
export type WritePacket = (slot: PacketSlot, timeBase: Rational) => void;

/** A stream that is decoded and encoded again. */
export interface EncodedTrack extends Disposable {
  readonly stream: Stream;
  /** The stream of the output. */
  readonly description: StreamDescription;
  /** The encoder's own name. */
  readonly encoder: string;
  /** Pictures shown once more, and left out. */
  readonly duplicated: number;
  readonly dropped: number;
  /** Decodes a packet of the input, times on the input's clock. */
  send(packet: PacketSlot): void;
  /** Takes everything out at the end. */
  finish(): void;
}

const MAX_FAILURES = 64;

/**
 * The next frame that could be decoded; undefined where another packet is needed, and at the end.
 */
export function receiveIntact(
  decoder: DecoderSync,
  damaged: (error: unknown) => void,
): Frame | undefined {
  for (let i = 0; i < MAX_FAILURES; i++) {
    try {
      return decoder.receive() ?? undefined;
    } catch (error) {
      damaged(error);
    }
  }
  return undefined;
}
