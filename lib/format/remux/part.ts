/**
 * One part of a join: where it begins on its own clock, and which of its packets go on from the
 * part before.
 *
 * @module
 */
import { toSeconds } from "../../rational.ts";
import type { PacketSlot } from "../packet.ts";
import { readSideData } from "../side_data.ts";
import type { Stream } from "../types.ts";
import { SlotQueue } from "./cut_end.ts";
import type { PacketReader } from "./cut.ts";

const FLAG_DISCARD = 4;
const SKIP_SAMPLES = "Skip Samples";
const MAX_WINDOW_BYTES = 32 * 1024 * 1024;
// Sound that goes on longer than the pictures by less is padding of its last frames.
const MAX_PADDING_SECONDS = 0.1;

/** When the last packet of each output stream is over, in seconds, by the stream's index. */
export type StreamEnds = Map<number, number>;

/** A stream of a part. */
interface PartStream {
  readonly stream: Stream;
  readonly output: number;
  /** True for pictures before which there was no keyframe. */
  isHeadless: boolean;
  /** When the keyframe is shown, until a picture follows that is shown after it. */
  key: number | undefined;
  /** True for sound of a later part that has not begun: what overlaps is left out. */
  isBeginning: boolean;
}

/** A part, read up to where its beginning is known. */
export class Part {
  readonly #reader: PacketReader;
  readonly #streams: ReadonlyMap<number, PartStream>;
  readonly #window = new SlotQueue();
  /** When each stream begins that has packets so far, on the part's own clock. */
  readonly #firsts = new Map<number, number>();
  readonly #main: number | undefined;
  #ended = false;
  #seen = 0;

  /** `streams`: those of the part, by the index of their output stream. */
  constructor(reader: PacketReader, streams: ReadonlyMap<number, Stream>) {
    this.#reader = reader;
    this.#streams = new Map(
      Array.from(streams, ([output, stream]) => [stream.index, {
        stream,
        output,
        isHeadless: isMoving(stream),
        key: undefined,
        isBeginning: false,
      }]),
    );
    const all = [...streams.values()];
    const main = all.find(isMoving) ?? all.find(({ type }) => type === "audio");
    this.#main = main?.index;
  }

  /** Packets read so far of its streams. */
  get seen(): number {
    return this.#seen;
  }

  /** The index of the output stream of a packet. */
  outputOf({ streamIndex }: PacketSlot): number {
    return this.#streams.get(streamIndex)!.output;
  }

  /** The stream of a packet. */
  streamOf({ streamIndex }: PacketSlot): Stream {
    return this.#streams.get(streamIndex)!.stream;
  }

  /** Reads up to the first keyframe, through `slot`, which is empty before and afterwards. */
  look(slot: PacketSlot): void {
    for (let found = false; !found && this.#window.bytes < MAX_WINDOW_BYTES;) {
      if (!this.#reader.read(slot)) {
        this.#ended = true;
        return;
      }
      const { streamIndex: index } = slot;
      const stream = this.#streams.get(index)?.stream;
      if (stream === undefined) {
        slot.clear();
        continue;
      }
      this.#seen++;
      const time = timeOf(slot, stream);
      const begins = isMoving(stream) ? slot.isKeyframe : !isPriming(slot, stream);
      if (time !== undefined && begins && isDense(stream) && !this.#firsts.has(index)) {
        this.#firsts.set(index, time);
        found = index === this.#main;
      }
      this.#window.push(slot);
    }
  }

  /**
   * Seconds to add to the part's times, so that it goes on where the streams end: pictures without
   * a gap, and sound with them.
   */
  shift(ends: StreamEnds): number {
    const earliest = Math.min(...this.#firsts.values());
    if (earliest === Infinity) return Math.max(0, ...ends.values());
    if (ends.size === 0) return -earliest;
    for (const one of this.#streams.values()) one.isBeginning = one.stream.type === "audio";
    const longest = Math.max(...ends.values());
    const { output } = this.#streams.get(this.#main!)!;
    const first = this.#firsts.get(this.#main!);
    const end = ends.get(output);
    const meets = first !== undefined && end !== undefined &&
      longest - end <= MAX_PADDING_SECONDS && first - earliest <= MAX_PADDING_SECONDS;
    return meets ? end - first : longest - earliest;
  }

  /** The next packet that belongs to the join, into a slot that is empty; false at the end. */
  next(slot: PacketSlot, shift: number, ends: StreamEnds): boolean {
    for (;; slot.clear()) {
      if (!this.#window.shift(slot)) {
        if (this.#ended || !this.#reader.read(slot)) return false;
        if (this.#streams.has(slot.streamIndex)) this.#seen++;
      }
      const one = this.#streams.get(slot.streamIndex);
      if (one === undefined) continue;
      const time = timeOf(slot, one.stream);
      if (time === undefined) {
        // Pictures of a raw stream have no times at all; those of others begin at one that has.
        const begins = slot.isKeyframe && !this.#firsts.has(slot.streamIndex);
        if (one.isHeadless && !begins) continue;
        one.isHeadless = false;
        return true;
      }
      if (belongs(slot, one, time, (ends.get(one.output) ?? -Infinity) - shift)) return true;
    }
  }

  /** Frees what is held. */
  [Symbol.dispose](): void {
    this.#window.clear();
  }
}

/** False for what cannot be decoded here, and for sound where there is some already. */
function belongs(slot: PacketSlot, one: PartStream, time: number, end: number): boolean {
  if (one.isBeginning) {
    if (isPriming(slot, one.stream) || time < end - durationOf(slot, one.stream) / 2) return false;
    one.isBeginning = false;
  }
  if (one.isHeadless) {
    if (!slot.isKeyframe) return false;
    one.isHeadless = false;
    one.key = time;
    return true;
  }
  // Pictures shown before the first keyframe refer to others that are not there.
  if (one.key === undefined) return true;
  if (time < one.key) return false;
  one.key = undefined;
  return true;
}

function isMoving({ type, disposition }: Stream): boolean {
  return type === "video" && !disposition.includes("attached_pic");
}

/** True for streams with packets all along. */
export function isDense(stream: Stream): boolean {
  return stream.type === "audio" || isMoving(stream);
}

/** When a packet is shown or heard, in seconds. */
export function timeOf(slot: PacketSlot, { timeBase }: Stream): number | undefined {
  return toSeconds(slot.pts ?? slot.dts, timeBase) ?? undefined;
}

/** How long it lasts, in seconds, as the packet or its stream says; 0 where neither does. */
export function durationOf(slot: PacketSlot, stream: Stream): number {
  const told = toSeconds(slot.struct.number("duration"), stream.timeBase) ?? 0;
  if (told > 0) return told;
  if (stream.type === "audio") {
    return stream.sampleRate > 0 ? stream.frameSize / stream.sampleRate : 0;
  }
  const rate = stream.type === "video" ? stream.averageFrameRate : null;
  return rate ? rate.den / rate.num : 0;
}

/** True for sound of which nothing is heard: an encoder's priming. */
function isPriming(slot: PacketSlot, stream: Stream): boolean {
  if (stream.type !== "audio") return false;
  const { struct, native } = slot;
  if ((struct.number("flags") & FLAG_DISCARD) !== 0) return true;
  const count = struct.number("side_data_elems");
  if (count === 0) return false;
  const skip = readSideData(native, struct.at("side_data"), count)
    .find(({ type }) => type === SKIP_SAMPLES)?.data;
  if (skip === undefined || skip.length < 4) return false;
  const skipped = new DataView(skip.buffer, skip.byteOffset).getUint32(0, true);
  const samples = Math.round(durationOf(slot, stream) * stream.sampleRate);
  return samples > 0 && skipped >= samples;
}
