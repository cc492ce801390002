/**
 * `AudioEncoder`.
 *
 * @module
 */
import { Encoder } from "../async/encoder.ts";
import { type AudioData, toAudioData } from "./audio_data.ts";
import { planAudioEncoder } from "./audio_encoder_plan.ts";
import { AudioEncoderWork } from "./audio_encoder_work.ts";
import type {
  AudioDataLike,
  AudioEncoderConfig,
  AudioEncoderSupport,
  EncodedAudioChunkMetadata,
} from "./codec_types.ts";
import { ControlQueue, MAX_SOUNDS_IN_FLIGHT } from "./control_queue.ts";
import type { EncodedAudioChunk } from "./encoded_audio_chunk.ts";
import { readAudioEncoderConfig } from "./encoder_configs.ts";
import { EventHandler } from "./event_handler.ts";
import type { CodecState } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { callback, type Converter, dictionary, requireArguments } from "./webidl.ts";

/** The callbacks of an {@link AudioEncoder}. */
export interface AudioEncoderInit {
  /** Called with each chunk; the first one brings the configuration of a decoder. */
  output: (chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata) => void;
  /** Called once where encoding fails; the encoder is closed. */
  error: (error: DOMException) => void;
}

const audioEncoderInit: Converter<AudioEncoderInit> = dictionary({
  output: { type: callback, required: true },
  error: { type: callback, required: true },
});

/**
 * Encodes audio in a worker.
 *
 * @example
 * ```ts
 * import { AudioData, AudioEncoder } from "@avio/avio/webcodecs";
 *
 * let bytes = 0;
 * const encoder = new AudioEncoder({
 *   output: (chunk) => bytes += chunk.byteLength,
 *   error: (error) => console.error(error.message),
 * });
 * encoder.configure({ codec: "flac", sampleRate: 44100, numberOfChannels: 1 });
 * const audio = new AudioData({
 *   format: "f32",
 *   sampleRate: 44100,
 *   numberOfChannels: 1,
 *   numberOfFrames: 44100,
 *   timestamp: 0,
 *   data: Float32Array.from({ length: 44100 }, (_, i) => Math.sin(i / 20)),
 * });
 * encoder.encode(audio);
 * audio.close();
 * await encoder.flush();
 * encoder.close();
 * console.log(bytes > 0);
 * ```
 */
export class AudioEncoder extends EventTarget {
  readonly #queue: ControlQueue<AudioEncoderConfig, AudioData>;
  readonly #dequeue: EventHandler<AudioEncoder> = new EventHandler();

  /** Throws a TypeError unless both callbacks are given. */
  constructor(init: AudioEncoderInit) {
    requireArguments(arguments.length, 1, "AudioEncoder");
    const { output, error } = audioEncoderInit(init, "AudioEncoderInit");
    super();
    this.#queue = new ControlQueue(this, {
      open: (config, fail) => new AudioEncoderWork(config, output, fail),
      discard: (data) => data.close(),
      error,
      maxInFlight: MAX_SOUNDS_IN_FLIGHT,
    });
  }

  /** The state. */
  get state(): CodecState {
    return this.#queue.state;
  }

  /** Runs of samples that wait for the encoder. */
  get encodeQueueSize(): number {
    return this.#queue.queueSize;
  }

  /** Called when `encodeQueueSize` has become less. */
  get ondequeue(): ((event: Event) => unknown) | null {
    return this.#dequeue.value;
  }
  set ondequeue(value: ((event: Event) => unknown) | null) {
    this.#dequeue.set(this, "dequeue", value);
  }

  /** Uses `config` for the samples that follow. */
  configure(config: AudioEncoderConfig): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "configure");
    queue.configure(readAudioEncoderConfig(config));
  }

  /** Queues samples by reference: the program may close its own at once. */
  encode(data: AudioDataLike): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "encode");
    const given = toAudioData(data, "data");
    if (given.format === null) throw new TypeError("data: it is closed");
    queue.assertConfigured();
    queue.submit(given.clone());
  }

  /** Resolves once every chunk of the samples so far has come out. */
  // deno-lint-ignore require-await -- every failure is a rejection
  async flush(): Promise<undefined> {
    this.#queue.assertConfigured();
    return this.#queue.flush();
  }

  /** Forgets everything; `configure` begins anew. */
  reset(): void {
    this.#queue.reset();
  }

  /** Ends it for good. */
  close(): void {
    this.#queue.close();
  }

  /** Whether the libraries here can encode by `config`: an encoder is opened to see. */
  static async isConfigSupported(config: AudioEncoderConfig): Promise<AudioEncoderSupport> {
    requireArguments(arguments.length, 1, "isConfigSupported");
    const checked = readAudioEncoderConfig(config);
    return { supported: await opens(checked), config: checked };
  }
}
defineInterface(AudioEncoder);

async function opens(config: AudioEncoderConfig): Promise<boolean> {
  const plan = planAudioEncoder(config);
  if (plan === undefined) return false;
  const encoder = Encoder.open(plan.options, { output: () => {} });
  try {
    await encoder.ready;
    return true;
  } catch {
    // The encoder says no: that is the answer.
    return false;
  } finally {
    encoder.close();
  }
}
