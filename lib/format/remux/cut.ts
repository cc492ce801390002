/**
 * A part of the media: from a keyframe to an end, both found by reading packets.
 *
 * libavformat's seek is taken for a hint. It lands between keyframes where a format has no index of
 * them (mpegts, mpeg), a fragment early at the first seek of an mp4 with `sidx`, and it refuses a
 * source that only goes forward. From wherever it lands, packets are read and kept up to the time
 * asked for: the last keyframe among them begins the cut.
 *
 * @module
 */
import { AVError } from "../../error.ts";
import { isPastEverything } from "../demux/after_seek.ts";
import { canSeek, type DemuxerSync } from "../demux/demuxer.ts";
import { PacketSlot } from "../packet.ts";
import type { Chapter, Stream } from "../types.ts";
import { beyondTheEnd, nothingRead, tooFarApart } from "./cut_errors.ts";
import { movedChapters } from "./moved_chapters.ts";
import { CutEnd, SlotQueue } from "./cut_end.ts";
import {
  comesBefore,
  endsBySuccessors,
  isContinuous,
  isCover,
  isMoving,
  isUntold,
  moveTo,
  reckonBack,
  sightOf,
} from "./sight.ts";
import { Shift } from "./time_scale.ts";

/** Packets of an input one after the other, on one clock. */
export interface PacketReader {
  /** The next packet, into a slot that is empty; false at the end. */
  read(slot: PacketSlot): boolean;
  /** Moves to a time in seconds. */
  seek(seconds: number): void;
  /** Moves to the beginning, which is at or after a time in seconds. */
  rewind(seconds: number): void;
}

/** Options of {@link Cut}. */
export interface CutOptions {
  readonly demuxer: DemuxerSync;
  /** Reads the demuxer, and seeks in it. */
  readonly clock: PacketReader;
  /** When the media begins, in seconds on its own clock. */
  readonly origin: number;
  /** The streams that are copied. */
  readonly wanted: readonly Stream[];
  /** Seconds from the beginning of the media. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

const MAX_PENDING_BYTES = 32 * 1024 * 1024;
// A source that cannot go back has no other way to a keyframe than to keep what follows it.
const MAX_GROUP_BYTES = 512 * 1024 * 1024;
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
  // Some demuxers go to where the media begins, and no further.
  yield origin;
  yield origin - MAX_DELAY_SECONDS;
}

/** Reads the packets of a cut. Made before the muxer, whose chapters depend on where it begins. */
export class Cut {
  /** Seconds on the input's clock: when the first picture is shown, or the first sound heard. */
  readonly begin: number;
  readonly #first: Shift;
  readonly #demuxer: DemuxerSync;
  readonly #clock: PacketReader;
  readonly #wanted: ReadonlyMap<number, Stream>;
  readonly #start: number | undefined;
  readonly #until: number | undefined;
  readonly #origin: number;
  readonly #slot = new PacketSlot();
  /** Packets read on the way to the beginning. */
  readonly #queue = new SlotQueue();
  readonly #end: CutEnd | undefined;
  /** Videos without a keyframe yet. */
  readonly #waiting: Set<number>;
  /** Videos whose keyframe may be followed by pictures shown before it, and its time. */
  readonly #leading = new Map<number, number>();
  /** Streams without a packet yet that is in time. */
  readonly #early: Set<number>;
  #failure: { readonly error: unknown } | undefined;
  #past: unknown;
  #ended = false;
  #seen = 0;
  #given = 0;

  /** Goes to the beginning. Throws a RangeError where the media has nothing from there on. */
  constructor({ demuxer, clock, origin, wanted, start, end }: CutOptions) {
    this.#demuxer = demuxer;
    this.#clock = clock;
    this.#wanted = new Map(wanted.map((stream) => [stream.index, stream]));
    this.#start = start;
    this.#origin = origin;
    this.#until = end === undefined ? undefined : this.#origin + end;
    if (this.#until !== undefined) this.#end = new CutEnd(this.#until, this.#wanted);
    // Where the media begins nothing is left out, and not every demuxer can go back there.
    const inside = start !== undefined && start > 0;
    const videos = inside ? wanted.filter(isMoving) : [];
    this.#waiting = new Set(videos.map(({ index }) => index));
    this.#early = new Set(inside ? this.#wanted.keys() : []);
    try {
      this.begin = inside ? this.#locate(this.#origin + start) : this.#origin;
      this.#first = new Shift(this.begin);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * The next packet, into a slot that is empty; false at the end. Throws a RangeError where the
   * input has packets and the cut has none.
   */
  next(slot: PacketSlot): boolean {
    if (this.#take(slot)) {
      this.#given++;
      return true;
    }
    if (this.#given === 0 && this.#seen > 0) {
      const start = this.#start ?? 0;
      const end = this.#until === undefined ? "the end" : `${this.#until - this.#origin} s`;
      throw new RangeError(
        `no packet lies between start (${start} s) and ${end}: choose a longer part`,
      );
    }
    return false;
  }

  /** The chapters that are left of the cut, moved back by `shift` seconds. */
  chapters(chapters: readonly Chapter[], shift: number): Chapter[] {
    const from = this.#start === undefined ? undefined : this.begin;
    return movedChapters(chapters, { from, until: this.#until, shift });
  }

  /** Frees what is held. */
  [Symbol.dispose](): void {
    this.#queue.clear();
    this.#end?.free();
    this.#slot.free();
  }

  /** Moves to the keyframe at or before a time; to the first one where none is. */
  #locate(from: number): number {
    const [main] = this.#waiting;
    const seekable = canSeek(this.#demuxer);
    const targets = seekable ? [from, ...targetsBefore(from, this.#origin)] : [];
    // Subtitles alone begin wherever the seek leads: those before the time are left out.
    const isSparse = !Array.from(this.#wanted.values()).some(isContinuous);
    let begin: number | undefined;
    for (const target of targets) {
      if (!this.#seek(target)) continue;
      const last = target === targets.at(-1);
      begin = this.#readOn(from, { main, orFirst: last, seekable });
      if (begin !== undefined || last && this.#seen > 0) return begin ?? from;
      if (isSparse && this.#queue.length > 0) return from;
    }
    // The demuxer goes back no further, or never: the rest of the way is read.
    if (seekable && !this.#seek(this.#origin, true)) this.#seek(from);
    begin = this.#readOn(from, { main, orFirst: true, seekable });
    if (seekable && this.#seen === 0) throw this.#past ?? nothingRead(this.#demuxer.format.name);
    return begin ?? from;
  }

  /** False where the demuxer does not go there. */
  #seek(target: number, isBeginning = false): boolean {
    this.#queue.clear();
    this.#failure = undefined;
    this.#ended = false;
    try {
      if (isBeginning) this.#clock.rewind(target);
      else this.#clock.seek(target);
      return true;
    } catch (error) {
      if (error instanceof AVError && error.operation === "avformat_seek_file") return false;
      throw error;
    }
  }

  /**
   * Reads up to a time and keeps what follows the last keyframe of the main video; returns when
   * that is shown. Without one, `orFirst` takes the first keyframe after the time; else undefined.
   */
  #readOn(
    from: number,
    { main, orFirst, seekable }: { main?: number; orFirst: boolean; seekable: boolean },
  ): number | undefined {
    const slot = this.#slot;
    const late = from + TOLERANCE_SECONDS;
    let key: { readonly time: number; readonly isTimed: boolean } | undefined;
    let isTimed = false;
    let isBefore = false;
    let mainSeen = false;
    let farthest = -Infinity;
    let first: number | undefined;
    const timed = new Set<number>();
    const leaveOutEarlier = () => {
      const ends = endsBySuccessors(this.#queue, this.#wanted);
      this.#queue.keep((other) => {
        const stream = this.#wanted.get(other.streamIndex)!;
        const sight = sightOf(other, stream);
        if (sight === undefined || !isContinuous(stream)) return true;
        isBefore ||= sight.time <= late;
        if ((ends.get(other) ?? sight.end) <= late) return false;
        first = Math.min(first ?? Infinity, sight.time);
        return true;
      });
    };
    for (; this.#read(); slot.clear()) {
      const stream = this.#wanted.get(slot.streamIndex);
      if (stream === undefined) continue;
      const sight = sightOf(slot, stream);
      if (sight !== undefined && stream.type === "audio" && !timed.has(stream.index)) {
        timed.add(stream.index);
        reckonBack(this.#queue, slot);
      }
      if (sight === undefined || !isContinuous(stream)) {
        this.#queue.push(slot);
        continue;
      }
      farthest = Math.max(farthest, sight.end);
      isBefore ||= sight.time <= late;
      if (stream.index === main) {
        mainSeen = true;
        // Muxers begin with a packet that says when it is shown, where the format tells that.
        isTimed ||= slot.pts !== null;
        const { isKeyframe } = slot;
        const canBegin = isKeyframe && (slot.pts !== null || !isTimed);
        if (canBegin && (sight.time <= late || orFirst && key === undefined)) {
          key = { time: sight.time, isTimed };
          const first = new Shift(sight.time);
          this.#queue.keep((other) => this.#isAfter(other, main, first));
        }
        if (key !== undefined) this.#queue.push(slot);
        const isPast = sight.decoded > late || isKeyframe && sight.time > late;
        if (isPast && (key !== undefined || !orFirst)) break;
      } else if (main !== undefined) this.#queue.push(slot);
      else if (sight.end > late || sight.time >= from) {
        this.#queue.push(slot);
        leaveOutEarlier();
        break;
      } else if (isUntold(sight)) {
        // It may sound at the time asked for; its predecessor does not.
        this.#queue.keep((other) =>
          other.streamIndex !== stream.index || sightOf(other, stream) === undefined
        );
        this.#queue.push(slot);
      }
      const { bytes } = this.#queue;
      if (bytes <= MAX_PENDING_BYTES) continue;
      if (key === undefined) {
        if (!mainSeen) break;
        this.#queue.clear();
      } else if (seekable) break;
      else if (bytes > MAX_GROUP_BYTES) throw tooFarApart(from - this.#origin, MAX_GROUP_BYTES);
    }
    slot.clear();
    if (this.#ended && farthest <= late && farthest !== -Infinity) {
      throw beyondTheEnd(from - this.#origin, farthest - this.#origin);
    }
    if (mainSeen) return orFirst || key?.isTimed === isTimed ? key?.time : undefined;
    // The video has no packets here: the sound decides.
    if (main !== undefined && this.#queue.length > 0) {
      this.#waiting.delete(main);
      leaveOutEarlier();
    }
    return isBefore || orFirst ? first : undefined;
  }

  /** True for a packet of another stream that is shown at a keyframe or after it. */
  #isAfter(slot: PacketSlot, main: number, first: Shift): boolean {
    const { streamIndex } = slot;
    if (streamIndex === main) return false;
    const stream = this.#wanted.get(streamIndex)!;
    const sight = sightOf(slot, stream);
    return isCover(stream) || sight === undefined || !comesBefore(slot, stream, first);
  }

  /** Reads a packet into the slot; false at the end, or where the demuxer gives up. */
  #read(): boolean {
    try {
      if (this.#clock.read(this.#slot)) {
        if (this.#wanted.has(this.#slot.streamIndex)) this.#seen++;
        return true;
      }
    } catch (error) {
      // An earlier seek may lead to the place.
      if (isPastEverything(error)) this.#past = error;
      else if (!isDemuxError(error)) throw error;
      // Told when the packets before it are written.
      else this.#failure = { error };
    }
    this.#ended = true;
    return false;
  }

  #take(slot: PacketSlot): boolean {
    const end = this.#end;
    for (;; slot.clear()) {
      if (end?.ready.shift(slot)) return true;
      if (end?.reached) return false;
      if (!this.#queue.shift(slot)) {
        if (!this.#ended && this.#read()) {
          slot.native.avcodec.av_packet_move_ref(slot.pointer, this.#slot.pointer);
        } else if (this.#failure) throw this.#failure.error;
        else return false;
      }
      if (!this.#belongs(slot)) continue;
      if (end === undefined || end.takes(slot)) return true;
    }
  }

  /** False for a packet that comes before the cut, and for what cannot be decoded in it. */
  #belongs(slot: PacketSlot): boolean {
    const { streamIndex, isKeyframe } = slot;
    const stream = this.#wanted.get(streamIndex);
    if (stream === undefined) return false;
    if (isCover(stream)) {
      moveTo(slot, this.#first, stream);
      return true;
    }
    const sight = sightOf(slot, stream);
    // Sound after a seek may begin without times: it lies before the first one that has its own.
    const isLost = stream.type === "audio" && stream.startTime !== null;
    if (sight === undefined) {
      return !this.#waiting.has(streamIndex) && !(isLost && this.#early.has(streamIndex));
    }
    if (this.#early.has(streamIndex)) {
      if (comesBefore(slot, stream, this.#first)) return false;
      if (!this.#waiting.has(streamIndex) || isKeyframe) this.#early.delete(streamIndex);
    }
    if (this.#waiting.has(streamIndex)) {
      if (!isKeyframe) return false;
      this.#waiting.delete(streamIndex);
      if (slot.pts !== null) this.#leading.set(streamIndex, sight.time);
      return true;
    }
    // They refer to pictures before the keyframe (an open GOP), and come before any other.
    const key = this.#leading.get(streamIndex);
    if (key === undefined) return true;
    if (sight.time < key) return false;
    this.#leading.delete(streamIndex);
    return true;
  }
}
