/**
 * The work of an `AudioEncoder`: samples converted to what the encoder takes, packets made chunks
 * with the times of the samples.
 *
 * @module
 */
import { Encoder } from "../async/encoder.ts";
import type { EncodedPacket } from "../codec/encoder.ts";
import type { Frame } from "../codec/frame.ts";
import { Resampler } from "../codec/resampler.ts";
import type { StreamDescription } from "../format/parameters.ts";
import { type AudioData, frameOfAudio } from "./audio_data.ts";
import { audioDescription, withAdtsHeader } from "./audio_descriptions.ts";
import { type AudioEncoderPlan, planAudioEncoder } from "./audio_encoder_plan.ts";
import type {
  AudioDecoderConfig,
  AudioEncoderConfig,
  EncodedAudioChunkMetadata,
} from "./codec_types.ts";
import { codecError, type CodecWork } from "./control_queue.ts";
import { EncodedAudioChunk } from "./encoded_audio_chunk.ts";
import { invokeCallback } from "./task_queue.ts";

type Output = (chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata) => void;

/** Microseconds by which samples may come early or late before their time is believed. */
const TOLERANCE = 1000;
/** A packet of Opus for silence has no more bytes. */
const MAX_SILENCE_SIZE = 3;

/** A sample and its time: times count on from there. */
interface Anchor {
  readonly sample: number;
  readonly timestamp: number;
}

/** Encodes by one configuration. */
export class AudioEncoderWork implements CodecWork<AudioData> {
  readonly #config: AudioEncoderConfig;
  readonly #plan: AudioEncoderPlan;
  readonly #output: Output;
  readonly #encoder: Encoder;
  readonly #resampler: Resampler;
  #closed = false;
  /** Samples that the encoder has been given since it began. */
  #samples = 0;
  #anchors: Anchor[] = [];
  /** The time of the first packet, in samples: encoders begin before the first sample. */
  #first: number | undefined;
  #setup: Uint8Array | null = null;
  #told = false;

  /** Opens the encoder. Throws a NotSupportedError where there is none. */
  constructor(config: AudioEncoderConfig, output: Output, fail: (error: unknown) => void) {
    const plan = planAudioEncoder(config);
    if (plan === undefined) {
      throw new DOMException(
        `there is no encoder for ${JSON.stringify(config.codec)} with these settings`,
        "NotSupportedError",
      );
    }
    this.#config = config;
    this.#plan = plan;
    this.#output = output;
    this.#resampler = new Resampler({
      to: {
        sampleRate: plan.sampleRate,
        sampleFormat: plan.sampleFormat,
        channels: config.numberOfChannels,
      },
    });
    this.#encoder = Encoder.open(plan.options, {
      output: (packet, description) => this.#deliver(packet, description),
      error: fail,
    });
    this.#encoder.ready.catch((error) => {
      if (!this.#closed) fail(codecError(error, "NotSupportedError"));
    });
  }

  /** Takes samples, which it closes. */
  async submit(data: AudioData): Promise<void> {
    const { sampleRate, numberOfChannels } = this.#config;
    try {
      if (data.sampleRate !== sampleRate || data.numberOfChannels !== numberOfChannels) {
        throw new DOMException(
          `the encoder takes ${numberOfChannels} channel(s) at ${sampleRate} Hz, not ` +
            `${data.numberOfChannels} at ${data.sampleRate} Hz`,
          "EncodingError",
        );
      }
      this.#note(data.timestamp);
      using frame = frameOfAudio(data);
      await Promise.all(this.#resampler.convert(frame).map((part) => this.#give(part)));
    } finally {
      data.close();
    }
  }

  /** Notes the time of the next sample, where it is another than that of the count. */
  #note(timestamp: number): void {
    const last = this.#anchors.at(-1);
    if (last !== undefined) {
      const expected = last.timestamp + this.#microseconds(this.#samples - last.sample);
      if (Math.abs(timestamp - expected) <= TOLERANCE) return;
    }
    this.#anchors.push({ sample: this.#samples, timestamp });
  }

  #microseconds(samples: number): number {
    return samples * 1_000_000 / this.#plan.sampleRate;
  }

  #give(part: Frame): Promise<void> {
    part.pts = this.#samples;
    part.timeBase = { num: 1, den: this.#plan.sampleRate };
    this.#samples += part.samples;
    const consumed = this.#encoder.encode(part);
    part.close();
    return consumed;
  }

  #deliver(packet: EncodedPacket, description: StreamDescription | undefined): void {
    if (description !== undefined) this.#setup = description.extradata ?? null;
    const { codec, opus } = this.#config;
    if (codec === "opus" && opus?.usedtx && packet.data.length <= MAX_SILENCE_SIZE) return;
    // FLAC ends with its checksum beside a packet without samples.
    if (packet.data.length === 0) return;
    const pts = packet.pts ?? 0;
    this.#first ??= pts;
    const isAdts = this.#plan.codec === "aac" && this.#config.aac?.format === "adts";
    const chunk = new EncodedAudioChunk({
      type: "key",
      timestamp: this.#timeOf(pts - this.#first),
      duration: Math.round(this.#microseconds(packet.duration ?? 0)),
      data: isAdts && this.#setup ? withAdtsHeader(packet.data, this.#setup) : packet.data,
    });
    const metadata: EncodedAudioChunkMetadata = {};
    if (!this.#told) {
      this.#told = true;
      metadata.decoderConfig = this.#decoderConfig(isAdts);
    }
    invokeCallback(this.#output, chunk, metadata);
  }

  #timeOf(sample: number): number {
    while (this.#anchors.length > 1 && this.#anchors[1].sample <= sample) this.#anchors.shift();
    const [anchor] = this.#anchors;
    return Math.round(anchor.timestamp + this.#microseconds(sample - anchor.sample));
  }

  #decoderConfig(isAdts: boolean): AudioDecoderConfig {
    const { codec, sampleRate, numberOfChannels } = this.#config;
    const description = isAdts ? undefined : audioDescription(this.#plan.codec, this.#setup);
    return {
      codec,
      sampleRate,
      numberOfChannels,
      ...(description && { description: description.buffer }),
    };
  }

  /** Delivers every chunk of the samples so far. */
  async flush(): Promise<void> {
    const rest = this.#resampler.flush();
    if (rest !== null) await this.#give(rest);
    await this.#encoder.flush();
    this.#resampler.reset();
    this.#samples = 0;
    this.#anchors = [];
    this.#first = undefined;
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    this.#encoder.close();
    this.#resampler.close();
  }
}
