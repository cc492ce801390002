/**
 * Sound decoded, converted and encoded again.
 *
 * @module
 */
import type { PacketSlot } from "../../format/packet.ts";
import type { StreamDescription } from "../../format/parameters.ts";
import type { AudioStream } from "../../format/types.ts";
import { DecoderSync } from "../decoder.ts";
import { EncoderSync } from "../encoder.ts";
import { Frame } from "../frame.ts";
import { sampleFormat } from "../pixel_format.ts";
import { Resampler } from "../resampler.ts";
import {
  audioBitRate,
  chooseChannels,
  chooseEncoder,
  chooseSampleFormat,
  chooseSampleRate,
} from "./encoder_choice.ts";
import type { AudioTarget, TranscodeSyncOptions } from "./options.ts";
import { type EncodedTrack, receiveIntact, type Shown, type WritePacket } from "./track.ts";

/** A hole or an overlap of more than this is filled or cut, so that the sound stays in step. */
const MAX_DRIFT_SECONDS = 0.04;
/** Silence is made in pieces. */
const MAX_SILENCE_SAMPLES = 48_000;

interface Shape {
  readonly sampleRate: number;
  readonly sampleFormat: string;
  readonly channels: number;
  readonly channelLayout: string | null;
}

/** One sound that is encoded again. */
export class AudioTrack implements EncodedTrack {
  readonly stream: AudioStream;
  readonly duplicated = 0;
  readonly dropped = 0;
  readonly #shown: Shown;
  readonly #write: WritePacket;
  readonly #decoder: DecoderSync;
  readonly #encoder: EncoderSync;
  readonly #resampler: Resampler;
  readonly #shape: Shape;
  readonly #onDamage: (error: unknown, packet: PacketSlot | null) => void;
  /** Samples of the output, from its beginning on. */
  #next: number | undefined;

  constructor(
    stream: AudioStream,
    target: AudioTarget,
    options: Pick<TranscodeSyncOptions, "decoders"> & {
      readonly shown: Shown;
      readonly write: WritePacket;
      readonly globalHeader: boolean;
      readonly onDamage: (error: unknown, packet: PacketSlot | null) => void;
    },
  ) {
    const { decoders, globalHeader } = options;
    this.stream = stream;
    this.#shown = options.shown;
    this.#write = options.write;
    this.#onDamage = options.onDamage;
    const entry = chooseEncoder(target.codec ?? stream.codec.name);
    const { channels = stream.channels } = target;
    const channelLayout = channels === stream.channels ? stream.channelLayout : null;
    this.#shape = {
      sampleRate: chooseSampleRate(entry, target.sampleRate ?? stream.sampleRate),
      sampleFormat: chooseSampleFormat(entry, stream.sampleFormat ?? "s16"),
      ...chooseChannels(entry, { channels, channelLayout }),
    };
    this.#resampler = new Resampler({ to: this.#shape });
    this.#decoder = DecoderSync.open({ stream, decoders });
    try {
      this.#encoder = EncoderSync.open({
        encoder: entry.name,
        globalHeader,
        stream: {
          type: "audio",
          ...this.#shape,
          bitRate: target.bitRate ?? audioBitRate(entry, this.#shape),
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
    const { metadata, disposition } = this.stream;
    return Object.assign(this.#encoder.description, { metadata, disposition });
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
    for (let given; (given = receiveIntact(this.#decoder, damaged));) {
      using frame = given;
      this.#convert(frame);
    }
  }

  #convert(frame: Frame): void {
    const { timeBase } = this.stream;
    for (const converted of this.#resampler.convert(frame)) {
      using own = converted;
      // Where the sound is by the clock, less than what the filter keeps back.
      const at = frame.pts === null
        ? undefined
        : frame.pts * timeBase.num / timeBase.den + frame.samples / frame.sampleRate -
          (own.samples + this.#resampler.delay) / this.#shape.sampleRate;
      this.#place(own, at);
    }
  }

  /** Samples that begin at a time of the input's, in seconds. */
  #place(frame: Frame, at: number | undefined): void {
    const { zero, start, end } = this.#shown;
    const { sampleRate } = this.#shape;
    const sampleAt = (seconds: number) => Math.round((seconds - zero) * sampleRate);
    let overlap = 0;
    if (at !== undefined) {
      const wanted = sampleAt(at);
      this.#next ??= wanted;
      const drift = wanted - this.#next;
      if (Math.abs(drift) > MAX_DRIFT_SECONDS * sampleRate) {
        if (drift > 0) this.#fill(drift);
        else overlap = Math.min(-drift, frame.samples);
      }
    }
    // Samples that overlap with those before are left out.
    const next = (this.#next ?? 0) - overlap;
    const first = start === -Infinity ? 0 : Math.max(0, sampleAt(start) - next);
    const last = end === Infinity ? frame.samples : sampleAt(end) - next;
    this.#next = next;
    this.#encode(frame, Math.max(first, overlap), Math.min(frame.samples, last));
  }

  /** Silence where the input has none, so that what follows is in its place. */
  #fill(samples: number): void {
    const { sampleRate } = this.#shape;
    const { zero, end } = this.#shown;
    const until = end === Infinity ? Infinity : Math.round((end - zero) * sampleRate);
    for (let left = samples; left > 0;) {
      const count = Math.min(left, MAX_SILENCE_SAMPLES);
      using frame = silence(this.#shape, count);
      const next = this.#next as number;
      this.#encode(frame, 0, Math.min(count, until - next));
      left -= count;
    }
  }

  /** Encodes samples of a frame, and counts all of them. */
  #encode(frame: Frame, from: number, to: number): void {
    const at = this.#next ?? 0;
    if (to > from && from < frame.samples) {
      using part = from === 0 && to >= frame.samples
        ? frame.clone()
        : cutSamples(frame, this.#shape, from, to);
      part.pts = at + from;
      part.timeBase = { num: 1, den: this.#shape.sampleRate };
      this.#encoder.send(part);
      this.#take();
    }
    this.#next = at + frame.samples;
  }

  #take(): void {
    const timeBase = { num: 1, den: this.#shape.sampleRate };
    for (let slot; (slot = this.#encoder.receiveSlot());) this.#write(slot, timeBase);
  }

  finish(): void {
    this.#decode(null);
    using rest = this.#resampler.flush() ?? undefined;
    if (rest) this.#place(rest, undefined);
    this.#encoder.send(null);
    this.#take();
  }

  [Symbol.dispose](): void {
    this.#decoder.close();
    this.#resampler.close();
    this.#encoder.close();
  }
}

/** A frame of the samples between two of another one's. */
function cutSamples(frame: Frame, shape: Shape, from: number, to: number): Frame {
  const { bytes, isPlanar } = sampleFormat(shape.sampleFormat);
  const width = bytes * (isPlanar ? 1 : shape.channels);
  const planes = frame.planes.map((_, plane) => {
    const part = new Uint8Array((to - from) * width);
    frame.copyPlane(plane, part, { x: from * width, bytes: part.length });
    return part;
  });
  return Frame.audio({ ...shape, samples: to - from, planes });
}

function silence(shape: Shape, samples: number): Frame {
  const { bytes, isPlanar, packedName } = sampleFormat(shape.sampleFormat);
  const count = isPlanar ? shape.channels : 1;
  const length = samples * bytes * (isPlanar ? 1 : shape.channels);
  const value = packedName === "u8" ? 128 : 0;
  const planes = Array.from({ length: count }, () => new Uint8Array(length).fill(value));
  return Frame.audio({ ...shape, samples, planes });
}
