/**
 * Where a copy begins that does not begin with the media: at a keyframe, also in a format whose
 * demuxer knows none (mpegts, mpeg) and lands between two of them.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import { toSeconds } from "../../rational.ts";
import { type DemuxerSync, readPacketInto } from "../demux/demuxer.ts";
import { PacketSlot } from "../packet.ts";
import type { Stream } from "../types.ts";

/** A packet of a video, as far as the search is concerned. */
interface KeyframeCandidate {
  readonly stream: number;
  readonly isKeyframe: boolean;
  /** False where it is not told when it is shown: not every muxer can begin with that. */
  readonly isTimed: boolean;
  /** When it is shown, in seconds, and when decoded. */
  readonly time: number;
  readonly at: number;
}

/** A keyframe, and where to seek to come upon it. */
interface Found {
  readonly key: KeyframeCandidate;
  readonly target: number;
}

const MAX_PENDING_BYTES = 32 * 1024 * 1024;
const FIRST_STEP_SECONDS = 0.5;
// Seeking goes by decoding times, which are before those that the media begins with.
const MAX_DELAY_SECONDS = 10;
// Times are sought in microseconds.
const TOLERANCE_SECONDS = 1e-6;

/** True where the demuxer itself gave up: broken media, and no failure of a callback. */
export function isDemuxError(error: unknown): boolean {
  return error instanceof AVError && error.operation === "av_read_frame" &&
    error.codeName !== "EAGAIN";
}

/** Further and further back, and at last before anything that is shown at the beginning. */
function* targetsBefore(from: number, origin: number): Generator<number> {
  for (let step = FIRST_STEP_SECONDS; from - step > origin; step *= 2) yield from - step;
  yield origin - MAX_DELAY_SECONDS;
}

/** Reads the packets of a cut into a slot. */
export class Cut {
  /** When the keyframe is decoded that the cut begins with, in seconds; undefined without video. */
  begin: number | undefined;
  readonly #demuxer: DemuxerSync;
  readonly #slot: PacketSlot;
  readonly #wanted: ReadonlyMap<number, Stream>;
  /** The videos that have had no keyframe yet. */
  readonly #waiting: Set<number>;
  /** Packets that come before, of any stream, are left out. */
  #earliest = -Infinity;
  #held: PacketSlot[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** `slot`: what packets are read into. */
  constructor(demuxer: DemuxerSync, slot: PacketSlot, wanted: readonly Stream[]) {
    this.#demuxer = demuxer;
    this.#slot = slot;
    this.#wanted = new Map(wanted.map((stream) => [stream.index, stream]));
    this.#waiting = new Set(
      wanted.filter(({ type, disposition }) =>
        type === "video" && !disposition.includes("attached_pic")
      ).map(({ index }) => index),
    );
  }

  /** Moves to the keyframe at or before a time, in seconds; to the first one where none is. */
  seek(from: number): void {
    this.#demuxer.seek(from);
    if (this.#waiting.size === 0) return;
    const landing = this.#peek();
    this.begin = landing?.at;
    if (landing === undefined || this.#isGood(landing, from)) return;
    const found = this.#search(landing, from);
    this.#forget();
    this.#demuxer.seek(found?.target ?? from);
    if (found !== undefined) {
      this.begin = this.#earliest = found.key.at;
    } else {
      // Nothing is better than what libavformat went to: the first of all keyframes, or none.
      this.begin = this.#peek()?.at;
      if (!landing.isKeyframe) this.#waiting.delete(landing.stream);
    }
  }

  /** The next packet, into the slot, which is empty; false at the end. */
  next(): boolean {
    while (this.#take()) {
      if (this.#belongs()) return true;
      this.#slot.clear();
    }
    return false;
  }

  /** Frees what is held. */
  [Symbol.dispose](): void {
    this.#forget();
  }

  /** True for a keyframe that is in time, or before which there is none. */
  #isGood({ stream, isKeyframe, time }: KeyframeCandidate, from: number): boolean {
    const start = this.#wanted.get(stream)?.startTime ?? -Infinity;
    return isKeyframe && time <= Math.max(from, start) + TOLERANCE_SECONDS;
  }

  /**
   * The first packet of the first video, or of another one where that has none for long. It and what
   * comes before are held for {@link Cut.next}.
   */
  #peek(): KeyframeCandidate | undefined {
    const slot = this.#slot;
    const [main] = this.#waiting;
    let other: KeyframeCandidate | undefined;
    for (let bytes = 0; bytes < MAX_PENDING_BYTES && this.#readOn();) {
      const sight = this.#sight();
      bytes += slot.size;
      const held = new PacketSlot();
      slot.native.avcodec.av_packet_move_ref(held.pointer, slot.pointer);
      this.#held.push(held);
      if (sight?.stream === main) return sight;
      other ??= sight;
    }
    return other;
  }

  /** Reads on, and goes back step by step, to the beginning at last. */
  #search(landing: KeyframeCandidate, from: number): Found | undefined {
    const { stream, isKeyframe } = landing;
    const origin = this.#demuxer.format.startTime ?? 0;
    // A keyframe that comes too late does, where it is the first of all.
    let key = isKeyframe ? undefined : this.#scan(stream, from, false);
    if (key !== undefined) return { key, target: from };
    for (const target of targetsBefore(from, origin)) {
      if (!this.#stepTo(target)) {
        if (isKeyframe) return undefined;
        this.#demuxer.seek(from);
        key = this.#scan(stream, from, true);
        return key && { key, target: from };
      }
      key = this.#scan(stream, from, target < origin && !isKeyframe);
      if (key !== undefined) return { key, target };
    }
    return undefined;
  }

  /** False where the demuxer does not go there: some go no further back than to what they know. */
  #stepTo(target: number): boolean {
    this.#forget();
    try {
      this.#demuxer.seek(target);
      return true;
    } catch (error) {
      if (error instanceof AVError && error.operation === "avformat_seek_file") return false;
      throw error;
    }
  }

  /** The last keyframe of a video that is in time, from here on; `orFirst`: else the first one. */
  #scan(stream: number, from: number, orFirst: boolean): KeyframeCandidate | undefined {
    let key: KeyframeCandidate | undefined;
    for (; this.#readOn(); this.#slot.clear()) {
      const sight = this.#sight();
      if (sight?.stream !== stream) continue;
      const inTime = sight.time <= from + TOLERANCE_SECONDS;
      const canBegin = sight.isKeyframe && sight.isTimed;
      if (canBegin && (inTime || (orFirst && key === undefined))) key = sight;
      if (sight.at > from + TOLERANCE_SECONDS && (key !== undefined || !orFirst)) break;
    }
    this.#slot.clear();
    return key;
  }

  /** Reads a packet; false where there is no more, which {@link Cut.next} tells the reason of. */
  #readOn(): boolean {
    try {
      return readPacketInto(this.#demuxer, this.#slot.pointer);
    } catch (error) {
      if (!isDemuxError(error)) throw error;
      this.#failure = { error };
      return false;
    }
  }

  /** What the slot holds, where that is a packet of a wanted video with a time. */
  #sight(): KeyframeCandidate | undefined {
    const { streamIndex: stream, pts, dts, isKeyframe } = this.#slot;
    if (!this.#waiting.has(stream)) return undefined;
    const { timeBase } = this.#wanted.get(stream)!;
    const time = toSeconds(pts ?? dts, timeBase);
    const at = toSeconds(dts ?? pts, timeBase);
    if (time === null || at === null) return undefined;
    return { stream, isKeyframe, isTimed: pts !== null, time, at };
  }

  #take(): boolean {
    const held = this.#held.shift();
    if (held !== undefined) {
      this.#slot.native.avcodec.av_packet_move_ref(this.#slot.pointer, held.pointer);
      held.free();
      return true;
    }
    if (this.#failure) throw this.#failure.error;
    return readPacketInto(this.#demuxer, this.#slot.pointer);
  }

  /** False for what cannot be decoded, and for what comes before the cut. */
  #belongs(): boolean {
    const { streamIndex: stream, pts, dts, isKeyframe } = this.#slot;
    const known = this.#wanted.get(stream);
    if (known === undefined) return false;
    const at = toSeconds(dts ?? pts, known.timeBase);
    if (at !== null && at < this.#earliest) return false;
    if (!this.#waiting.has(stream)) return true;
    if (isKeyframe) this.#waiting.delete(stream);
    return isKeyframe;
  }

  #forget(): void {
    this.#failure = undefined;
    for (const slot of this.#held.splice(0)) slot.free();
  }
}
