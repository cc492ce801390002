/**
 * Pictures decoded, turned, scaled, evened out and encoded again.
 *
 * @module
 */
import type { PacketSlot } from "../../format/packet.ts";
import type { StreamDescription } from "../../format/parameters.ts";
import type { VideoStream } from "../../format/types.ts";
import type { Rational } from "../../rational.ts";
import { DecoderSync } from "../decoder.ts";
import { EncoderSync } from "../encoder.ts";
import type { Frame } from "../frame.ts";
import { orientationOfStream } from "../orientation.ts";
import { chooseEncoder, choosePixelFormat, encodedColor, videoBitRate } from "./encoder_choice.ts";
import { EvenFrames } from "./frame_rate.ts";
import { fitOf, PictureFitter } from "./picture_fit.ts";
import type { TranscodeSyncOptions, VideoTarget } from "./options.ts";
import { type EncodedTrack, receiveIntact, type Shown, type WritePacket } from "./track.ts";

const MAX_RATE = 1000;
const DEFAULT_RATE: Rational = { num: 25, den: 1 };
const MAX_PENDING_DURATIONS = 1024;

/** A frame rate as a fraction: 29.97 and its like are of 1001. */
export function rateOf(value: number | Rational): Rational {
  if (typeof value !== "number") return value;
  if (Number.isInteger(value)) return { num: value, den: 1 };
  const ntsc = Math.round(value * 1001 / 1000);
  if (Math.abs(ntsc * 1000 / 1001 - value) < 0.005) return { num: ntsc * 1000, den: 1001 };
  return { num: Math.round(value * 1000), den: 1000 };
}

/** The rate whose ticks have every picture of a stream. */
function sourceRate({ frameRate, averageFrameRate }: VideoStream): Rational {
  const usable = (rate: Rational | null) =>
    rate !== null && rate.num / rate.den <= MAX_RATE ? rate : undefined;
  return usable(frameRate) ?? usable(averageFrameRate) ?? DEFAULT_RATE;
}

/** One video that is encoded again. */
export class VideoTrack implements EncodedTrack {
  readonly stream: VideoStream;
  duplicated = 0;
  dropped = 0;
  readonly #shown: Shown;
  readonly #write: WritePacket;
  readonly #decoder: DecoderSync;
  readonly #encoder: EncoderSync;
  readonly #fitter: PictureFitter;
  readonly #timeBase: Rational;
  readonly #even: EvenFrames | undefined;
  readonly #onDamage: (error: unknown, packet: PacketSlot | null) => void;
  /** The picture before the last one: how long it is shown is known by that one. */
  #held: Frame | undefined;
  #previous: Frame | undefined;
  #last = -Infinity;
  /** How long each picture in the encoder is shown, by its time in ticks. */
  readonly #durations = new Map<number, number>();

  constructor(
    stream: VideoStream,
    target: VideoTarget,
    options: Pick<TranscodeSyncOptions, "decoders" | "maxPixels" | "threads"> & {
      readonly shown: Shown;
      readonly write: WritePacket;
      readonly globalHeader: boolean;
      readonly onDamage: (error: unknown, packet: PacketSlot | null) => void;
    },
  ) {
    const { decoders, maxPixels, threads, globalHeader } = options;
    this.stream = stream;
    this.#shown = options.shown;
    this.#write = options.write;
    this.#onDamage = options.onDamage;
    const entry = chooseEncoder(target.codec ?? stream.codec.name);
    const rate = target.frameRate === undefined ? sourceRate(stream) : rateOf(target.frameRate);
    this.#timeBase = { num: rate.den, den: rate.num };
    if (target.frameRate !== undefined) this.#even = new EvenFrames(rate.num / rate.den);
    const { num, den } = stream.sampleAspectRatio ?? { num: 1, den: 1 };
    const wide = stream.width * num / den;
    const { rotation } = orientationOfStream(stream);
    const turned = rotation === 90 || rotation === 270;
    const shown = turned
      ? { width: stream.height, height: wide }
      : { width: wide, height: stream.height };
    const { size } = fitOf(shown, target);
    const format = target.pixelFormat ??
      choosePixelFormat(entry, stream.pixelFormat ?? "yuv420p");
    const color = encodedColor(stream.color, stream.pixelFormat ?? format, format, size);
    // The colours of the frames stay where nothing has to change; RGB has no choice.
    const recolored = color === stream.color || color.space === "gbr" ? undefined : color;
    this.#decoder = DecoderSync.open({ stream, decoders, maxPixels, threads });
    try {
      this.#fitter = new PictureFitter(stream, target, {
        ...size,
        pixelFormat: format,
        color: recolored,
      });
      this.#encoder = EncoderSync.open({
        encoder: entry.name,
        threads,
        globalHeader,
        timeBase: this.#timeBase,
        frameRate: rate,
        stream: {
          type: "video",
          ...size,
          pixelFormat: format,
          sampleAspectRatio: { num: 1, den: 1 },
          color,
          chromaLocation: stream.chromaLocation,
          bitRate: target.bitRate ?? videoBitRate(entry, size, rate.num / rate.den),
        },
        options: target.options,
      });
    } catch (error) {
      this.#decoder.close();
      throw error;
    }
  }

  get encoder(): string {
    return this.#encoder.name;
  }

  get description(): StreamDescription {
    const { description } = this.#encoder;
    // Before 5.0 a tag says again how pictures are to be turned, which they are by now.
    const { rotate: _, ...metadata } = this.stream.metadata;
    const { disposition } = this.stream;
    const { num, den } = this.#timeBase;
    Object.assign(description, {
      metadata,
      disposition,
      averageFrameRate: { num: den, den: num },
    });
    return description;
  }

  send(packet: PacketSlot): void {
    this.#decode(packet);
  }

  #decode(packet: PacketSlot | null): void {
    try {
      this.#decoder.send(packet?.pointer ?? null);
    } catch (error) {
      this.#onDamage(error, packet);
    }
    const damaged = (error: unknown) => this.#onDamage(error, packet);
    for (let frame; (frame = receiveIntact(this.#decoder, damaged));) this.#shownNext(frame);
  }

  #seconds(ticks: number): number {
    return ticks * this.stream.timeBase.num / this.stream.timeBase.den;
  }

  #shownNext(frame: Frame): void {
    const held = this.#held;
    frame.pts ??= held ? (held.pts as number) + (held.duration ?? 1) : 0;
    const { sampleAspectRatio } = this.stream;
    if (sampleAspectRatio) frame.sampleAspectRatio = sampleAspectRatio;
    this.#held = frame;
    if (held) this.#show(held, this.#seconds(frame.pts));
  }

  /** A picture that is shown until a time. */
  #show(given: Frame, until: number): void {
    using frame = given;
    const { zero, start, end } = this.#shown;
    const at = this.#seconds(frame.pts as number);
    if (until <= start || at >= end) return;
    const from = Math.max(at, start);
    const to = Math.min(until, end);
    using fitted = this.#fitter.fit(frame);
    this.#place(fitted, from - zero, Math.max(0, to - from));
  }

  #place(frame: Frame, time: number, duration: number): void {
    const even = this.#even;
    if (even === undefined) {
      const { num, den } = this.#timeBase;
      const pts = Math.round(time * den / num);
      // Two pictures within one tick: the second one is left out, as in the tool.
      if (pts <= this.#last) {
        this.dropped++;
        return;
      }
      this.#encode(frame, pts, Math.max(1, Math.round((time + duration) * den / num) - pts));
      return;
    }
    const { before, itself } = even.place(time, duration);
    if (before + itself === 0) this.dropped++;
    else this.duplicated += before + itself - 1;
    for (let i = 0; i < before; i++) this.#encode(this.#previous ?? frame, even.take(), 1);
    for (let i = 0; i < itself; i++) this.#encode(frame, even.take(), 1);
    if (before + itself === 0) return;
    this.#previous?.close();
    this.#previous = frame.clone();
  }

  #encode(frame: Frame, pts: number, duration: number): void {
    this.#last = pts;
    using own = frame.clone();
    own.pts = pts;
    own.duration = duration;
    own.timeBase = this.#timeBase;
    this.#durations.set(pts, duration);
    this.#encoder.send(own);
    this.#take();
  }

  #take(): void {
    for (let slot; (slot = this.#encoder.receiveSlot());) {
      const duration = this.#durations.get(slot.pts ?? NaN);
      if (duration !== undefined) slot.struct.set("duration", duration);
      this.#durations.delete(slot.pts ?? NaN);
      if (this.#durations.size > MAX_PENDING_DURATIONS) this.#durations.clear();
      this.#write(slot, this.#timeBase);
    }
  }

  finish(): void {
    this.#decode(null);
    const held = this.#held;
    this.#held = undefined;
    if (held) {
      const { num, den } = this.#timeBase;
      const at = this.#seconds(held.pts as number);
      this.#show(held, at + (held.duration ? this.#seconds(held.duration) : num / den));
    }
    this.#encoder.send(null);
    this.#take();
  }

  [Symbol.dispose](): void {
    this.#held?.close();
    this.#previous?.close();
    this.#held = this.#previous = undefined;
    this.#decoder.close();
    this.#fitter.close();
    this.#encoder.close();
  }
}
