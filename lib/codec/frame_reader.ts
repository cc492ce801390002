/**
 * The frames of one stream of an input, from one time to another.
 *
 * @module
 */
import { AVERROR, AVError, DisposedError } from "../error.ts";
import { isInPlace } from "../format/demux/after_seek.ts";
import { canSeek, type DemuxerSync, readPacketInto, wantOnly } from "../format/demux/demuxer.ts";
import { rewind } from "../format/demux/rewind.ts";
import { PacketSlot } from "../format/packet.ts";
import { pickStream, type StreamChoice } from "../format/pick_stream.ts";
import type { AudioStream, Stream, VideoStream } from "../format/types.ts";
import { DecoderSync, type DecoderSyncOptions } from "./decoder.ts";
import type { Frame } from "./frame.ts";

/** A packet that could not be decoded. */
export interface Damage {
  /** The stream's index. */
  readonly stream: number;
  /** Seconds from the beginning of the media; null where unknown. */
  readonly time: number | null;
  /** The message of the decoder. */
  readonly error: AVError;
}

/** Which frames, and how they are decoded. */
export interface FrameReaderOptions
  extends Pick<DecoderSyncOptions, "decoders" | "threads" | "maxPixels"> {
  /** The stream; default the first video. */
  readonly stream?: StreamChoice;
  /** Seconds from the beginning of the media: the first frame is the one shown then. */
  readonly start?: number;
  /**
   * Seconds from the beginning of the media: the frames that are shown from then on are left out.
   */
  readonly end?: number;
  /** Told of each packet that could not be decoded; it is left out. */
  readonly onDamage?: (damage: Damage) => void;
  /** Called before each packet: throws where the frames are not wanted any more. */
  readonly throwIfAborted?: () => void;
}

const NO_MEMORY = AVERROR("ENOMEM");
/** Demuxers whose times after a seek are estimates: the frames are counted from the beginning. */
const ESTIMATING = new Set(["mp3"]);
/** Codecs that need some of the sound before to give the same samples. */
const AUDIO_PREROLL_SECONDS = 0.5;
const MAX_FAILURES_AT_END = 64;
/**
 * Seconds at which the media begins. libavformat tells microseconds: a stream that begins then has
 * the exact time, from which its own first frame is not a part of a microsecond away.
 */
function originOf({ format, streams }: DemuxerSync, own: Stream): number {
  const begins = format.startTime ?? 0;
  const exact = [own, ...streams].map(({ startTime }) => startTime ?? Infinity)
    .find((time) => Math.abs(time - begins) <= 1e-6);
  return exact ?? begins;
}

/** How far before the time wanted it is looked for a picture that decoding can begin at. */
const BACKWARDS_SECONDS = [0, 2, 10, 60];

/** Reads and decodes one stream. Its frames are the caller's to close. */
export class FrameReader implements Disposable {
  readonly stream: VideoStream | AudioStream;
  readonly #demuxer: DemuxerSync;
  readonly #decoder: DecoderSync;
  readonly #options: FrameReaderOptions;
  readonly #slot = new PacketSlot();
  /** Seconds of a tick, and the ticks at which the media begins. */
  readonly #tick: number;
  readonly #origin: number;
  /** True where the slot has a packet that was looked at only. */
  #peeked = false;
  /** Frames before this time in ticks are of a part that was decoded for what follows. */
  #from = -Infinity;
  #readBefore = false;
  #packetsEnded = false;
  /** The frame before the last one decoded: when it ends is known by that one. */
  #held: Frame | undefined;
  #start: number;
  readonly #end: number;
  #expected: number | null = null;
  #given = 0;
  #damage: Damage | undefined;
  #ended = false;
  #closed = false;
  #failuresAtEnd = 0;
  #last: Frame | undefined;
  /** Thrown once every frame before it has been given. */
  #failure: { readonly error: unknown } | undefined;

  /** The demuxer stays the caller's. */
  constructor(demuxer: DemuxerSync, options: FrameReaderOptions = {}) {
    const { streams } = demuxer;
    this.#demuxer = demuxer;
    this.#options = options;
    this.stream = pickStream(streams, options.stream ?? "video");
    const { num, den } = this.stream.timeBase;
    this.#tick = num / den;
    this.#origin = originOf(demuxer, this.stream) / this.#tick;
    this.#start = this.#ticksAt(options.start ?? -Infinity);
    this.#end = this.#ticksAt(options.end ?? Infinity);
    const { decoders, threads, maxPixels } = options;
    this.#decoder = DecoderSync.open({ stream: this.stream, decoders, threads, maxPixels });
    wantOnly(demuxer, [this.stream.index]);
    if (options.start !== undefined && options.start > 0) this.#seek(this.#start);
  }

  #ticksAt(seconds: number): number {
    return seconds / this.#tick + this.#origin;
  }

  /** The name of the decoder in use. */
  get decoder(): string {
    return this.#decoder.name;
  }

  /** Seconds from the beginning of the media. */
  secondsOf(ticks: number): number {
    return (ticks - this.#origin) * this.#tick;
  }

  /**
   * Goes on with the frame that is shown at a time, in seconds; where that need not be exact, with
   * the picture at or before it that decoding can begin at.
   */
  seek(seconds: number, exact = true): void {
    this.#given = 0;
    this.#start = this.#ticksAt(seconds);
    // The frames decoded ahead may suffice.
    const { pts = null } = this.#held ?? {};
    const near = pts !== null && pts <= this.#start && this.#start - pts < 1 / this.#tick;
    if (near && exact) return;
    this.#seek(this.#start);
    if (!exact) this.#start = this.#from;
  }

  #seek(target: number): void {
    this.#forget();
    const isAudio = this.stream.type === "audio";
    const wanted = isAudio ? target - AUDIO_PREROLL_SECONDS / this.#tick : target;
    const forwards = ESTIMATING.has(this.#demuxer.format.name) || !canSeek(this.#demuxer);
    if (forwards) return this.#rewind();
    for (const seconds of BACKWARDS_SECONDS) {
      const ticks = wanted - seconds / this.#tick;
      if (ticks <= this.#origin) break;
      try {
        this.#demuxer.seek(ticks * this.#tick, { stream: this.stream.index });
      } catch (error) {
        if (!(error instanceof AVError)) throw error;
        this.#readBefore ||= !isInPlace(error);
        break;
      }
      this.#readBefore = true;
      this.#decoder.flush();
      this.#packetsEnded = false;
      if (this.#reachesBefore(target, isAudio)) return;
    }
    this.#rewind();
  }

  /** Begins at the media's beginning. */
  #rewind(): void {
    this.#from = -Infinity;
    this.#peeked = false;
    this.#slot.clear();
    // A source that only goes forward may be there still.
    if (!this.#readBefore) return;
    rewind(this.#demuxer, Math.min(0, this.#origin * this.#tick), { stream: this.stream.index });
    this.#decoder.flush();
    this.#packetsEnded = false;
  }

  /** Looks for a packet to begin at; true where it is shown at or before the time wanted. */
  #reachesBefore(target: number, isAudio: boolean): boolean {
    for (;;) {
      if (!this.#read()) return false;
      const time = this.#slot.pts ?? this.#slot.dts;
      if (isAudio || this.#slot.isKeyframe) {
        this.#peeked = true;
        if (time === null || time > target) {
          this.#peeked = false;
          return false;
        }
        // Pictures shown before it lack what they are made from.
        this.#from = isAudio ? -Infinity : time;
        return true;
      }
      if (time !== null && time > target) return false;
    }
  }

  /** Reads the next packet of the stream; false at the end. */
  #read(): boolean {
    for (;;) {
      this.#options.throwIfAborted?.();
      this.#slot.clear();
      this.#readBefore = true;
      if (!readPacketInto(this.#demuxer, this.#slot.pointer)) return false;
      if (this.#slot.streamIndex === this.stream.index) return true;
    }
  }

  /**
   * The next frame, or null at the end. Throws what the demuxer threw, after every frame before it;
   * and the first damage where there is nothing else.
   */
  next(): Frame | null {
    if (this.#closed) throw new DisposedError("this frame reader is closed");
    while (!this.#ended) {
      const frame = this.#decodedNext();
      const held = this.#held;
      this.#held = frame ?? undefined;
      if (frame === null) {
        this.#ended = true;
        if (held === undefined) break;
        return this.#isShown(held, Infinity) ? this.#give(held) : this.#atEnd();
      }
      if (held === undefined) continue;
      const until = frame.pts as number;
      if (held.duration === null && until > (held.pts as number)) {
        held.duration = until - (held.pts as number);
      }
      if ((held.pts as number) >= this.#end) {
        held.close();
        this.#ended = true;
        break;
      }
      if (this.#isShown(held, until)) return this.#give(held);
      held.close();
    }
    return this.#atEnd();
  }

  /** True where a frame that is followed by another one at `until` is among those wanted. */
  #isShown(frame: Frame, until: number): boolean {
    const pts = frame.pts as number;
    if (pts >= this.#end) {
      frame.close();
      return false;
    }
    if (pts >= this.#start || this.#start === -Infinity) return true;
    const ends = until !== Infinity ? until : pts + (frame.duration ?? 1);
    if (ends > this.#start) return true;
    if (until === Infinity) this.#last = frame;
    return false;
  }

  /**
   * The last frame of the media, where it is shown before what was wanted; the caller's to close.
   */
  takeLast(): Frame | undefined {
    const last = this.#last;
    this.#last = undefined;
    return last;
  }

  #give(frame: Frame): Frame {
    this.#given++;
    this.#last?.close();
    this.#last = undefined;
    return frame;
  }

  #atEnd(): null {
    this.#ended = true;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
    if (this.#given === 0 && this.#damage && this.#last === undefined) throw this.#damage.error;
    return null;
  }

  /** The next frame that was decoded, its time known; null at the end. */
  #decodedNext(): Frame | null {
    for (;;) {
      const frame = this.#decode();
      if (frame === null) return null;
      const shape = this.stream.type === "video" ? this.stream.sampleAspectRatio : null;
      // As in the tools, what the container says of the pixels' shape comes first.
      if (shape) frame.sampleAspectRatio = shape;
      const pts = frame.pts ?? this.#expected ?? Math.round(this.#origin);
      if (frame.pts === null) frame.pts = pts;
      this.#expected = pts + (frame.duration ?? 1);
      if (pts >= this.#from) return frame;
      frame.close();
    }
  }

  #decode(): Frame | null {
    for (;;) {
      let frame: Frame | null | undefined = undefined;
      try {
        frame = this.#decoder.receive();
      } catch (error) {
        this.#damaged(error);
        // One that says the same of its end again and again has come to it.
        if (this.#packetsEnded && ++this.#failuresAtEnd > MAX_FAILURES_AT_END) return null;
      }
      if (frame !== undefined) return frame;
      if (!this.#packetsEnded) this.#send();
    }
  }

  #send(): void {
    let there: boolean;
    try {
      there = this.#peeked || this.#read();
    } catch (error) {
      if (!(error instanceof AVError)) throw error;
      // Every frame before it is given first.
      this.#failure = { error };
      there = false;
    }
    this.#peeked = false;
    this.#packetsEnded = !there;
    try {
      this.#decoder.send(there ? this.#slot.pointer : null);
    } catch (error) {
      this.#damaged(error);
    }
  }

  /** Damage is told and left out; what is no damage of the media is thrown. */
  #damaged(error: unknown): void {
    if (!(error instanceof AVError) || error.code === NO_MEMORY) throw error;
    const time = this.#slot.pts ?? this.#slot.dts;
    const damage = {
      stream: this.stream.index,
      time: time === null ? null : this.secondsOf(time),
      error,
    };
    this.#damage ??= damage;
    this.#options.onDamage?.(damage);
  }

  #forget(): void {
    this.#peeked = false;
    this.#ended = false;
    this.#expected = null;
    this.#from = -Infinity;
    this.#failure = undefined;
    this.#held?.close();
    this.#held = undefined;
    this.#last?.close();
    this.#last = undefined;
  }

  /** Releases all but the frames that were given. Twice is harmless. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    this.#decoder.close();
    this.#slot.free();
  }

  /** {@link FrameReader.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
