/**
 * `AudioDecoder`.
 *
 * @module
 */
import { Decoder } from "../async/decoder.ts";
import type { Frame } from "../codec/frame.ts";
import { sampleFormat } from "../codec/pixel_format.ts";
import { Resampler } from "../codec/resampler.ts";
import { AudioClock } from "./audio_clock.ts";
import { type AudioData, audioDataOf } from "./audio_data.ts";
import { webSampleFormatOf } from "./audio_samples.ts";
import type { ChunkData } from "./chunk_init.ts";
import type { AudioDecoderConfig, AudioDecoderSupport, EncodedChunkLike } from "./codec_types.ts";
import { codecError, type CodecWork, ControlQueue, MAX_SOUNDS_IN_FLIGHT } from "./control_queue.ts";
import {
  audioDecoderStream,
  hasUsableDescription,
  readAudioDecoderConfig,
} from "./decoder_configs.ts";
import { toAudioChunk } from "./encoded_audio_chunk.ts";
import { EventHandler } from "./event_handler.ts";
import type { CodecState } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { invokeCallback } from "./task_queue.ts";
import { callback, type Converter, dictionary, requireArguments } from "./webidl.ts";

/** The callbacks of an {@link AudioDecoder}. */
export interface AudioDecoderInit {
  /** Called with each run of samples, which the program closes. */
  output: (data: AudioData) => void;
  /** Called once where decoding fails; the decoder is closed. */
  error: (error: DOMException) => void;
}

const audioDecoderInit: Converter<AudioDecoderInit> = dictionary({
  output: { type: callback, required: true },
  error: { type: callback, required: true },
});

const MICROSECONDS = { num: 1, den: 1_000_000 };

/**
 * Decodes audio in a worker.
 *
 * @example
 * ```ts
 * import { AudioDecoder } from "@avio/avio/webcodecs";
 *
 * const { supported } = await AudioDecoder.isConfigSupported({
 *   codec: "opus",
 *   sampleRate: 48000,
 *   numberOfChannels: 2,
 * });
 * console.log(supported);
 * ```
 */
export class AudioDecoder extends EventTarget {
  readonly #queue: ControlQueue<AudioDecoderConfig, ChunkData>;
  readonly #dequeue: EventHandler<AudioDecoder> = new EventHandler();
  #needsKey = true;

  /** Throws a TypeError unless both callbacks are given. */
  constructor(init: AudioDecoderInit) {
    requireArguments(arguments.length, 1, "AudioDecoder");
    const { output, error } = audioDecoderInit(init, "AudioDecoderInit");
    super();
    this.#queue = new ControlQueue(this, {
      open: (config, fail) => openAudioDecoder(config, output, fail),
      discard: () => {},
      error,
      maxInFlight: MAX_SOUNDS_IN_FLIGHT,
    });
  }

  /** The state. */
  get state(): CodecState {
    return this.#queue.state;
  }

  /** Chunks that wait for the decoder. */
  get decodeQueueSize(): number {
    return this.#queue.queueSize;
  }

  /** Called when `decodeQueueSize` has become less. */
  get ondequeue(): ((event: Event) => unknown) | null {
    return this.#dequeue.value;
  }
  set ondequeue(value: ((event: Event) => unknown) | null) {
    this.#dequeue.set(this, "dequeue", value);
  }

  /** Uses `config` for the chunks that follow, of which the first is a key chunk. */
  configure(config: AudioDecoderConfig): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "configure");
    const checked = readAudioDecoderConfig(config);
    queue.configure(checked);
    this.#needsKey = true;
  }

  /** Queues a chunk. Throws a DataError for a delta chunk where a key chunk must come. */
  decode(chunk: EncodedChunkLike): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "decode");
    const data = toAudioChunk(chunk, "chunk");
    queue.assertConfigured();
    if (this.#needsKey && data.type !== "key") {
      throw new DOMException("a key chunk must come first", "DataError");
    }
    this.#needsKey = false;
    queue.submit(data);
  }

  /** Resolves once all samples of the chunks so far have come out. */
  // deno-lint-ignore require-await -- every failure is a rejection
  async flush(): Promise<undefined> {
    this.#queue.assertConfigured();
    this.#needsKey = true;
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

  /** Whether the libraries here can decode by `config`. */
  // deno-lint-ignore require-await -- every failure is a rejection
  static async isConfigSupported(config: AudioDecoderConfig): Promise<AudioDecoderSupport> {
    requireArguments(arguments.length, 1, "isConfigSupported");
    const checked = readAudioDecoderConfig(config);
    return { supported: audioDecoderStream(checked) !== undefined, config: checked };
  }
}
defineInterface(AudioDecoder);

function openAudioDecoder(
  config: AudioDecoderConfig,
  output: (data: AudioData) => void,
  fail: (error: unknown) => void,
): CodecWork<ChunkData> {
  const stream = audioDecoderStream(config);
  if (stream === undefined || !hasUsableDescription(config)) {
    throw new DOMException(
      stream === undefined
        ? `there is no decoder for ${JSON.stringify(config.codec)}`
        : `${config.codec} needs its description`,
      "NotSupportedError",
    );
  }
  const clock = new AudioClock();
  const isOpus = stream.codec === "opus";
  let resampler: Resampler | undefined;
  const deliver = (frame: Frame) => {
    const { pts, samples, sampleRate } = frame;
    const timestamp = clock.next(pts, samples, sampleRate);
    invokeCallback(output, audioDataOf(frame, { timestamp }));
  };
  const decoder = Decoder.open({ stream, timeBase: MICROSECONDS }, {
    output(frame) {
      // Browsers give the samples of Opus interleaved.
      const target = isOpus ? "flt" : nearestSampleFormat(frame.sampleFormat);
      if (target === frame.sampleFormat) return deliver(frame);
      resampler ??= new Resampler({ to: { sampleFormat: target } });
      const { pts } = frame;
      for (const converted of resampler.convert(frame)) {
        converted.pts = pts;
        deliver(converted);
      }
      frame.close();
    },
    error: fail,
  });
  let closed = false;
  decoder.ready.catch((error) => {
    if (!closed) fail(codecError(error, "NotSupportedError"));
  });
  return {
    submit({ data, timestamp, duration, type }) {
      // libavcodec takes a packet without bytes for the end.
      if (data.length === 0) throw new DOMException("the chunk is empty", "EncodingError");
      clock.chunk(timestamp);
      return decoder.decode({ data, pts: timestamp, duration, isKeyframe: type === "key" });
    },
    async flush() {
      await decoder.flush();
      clock.reset();
    },
    close() {
      closed = true;
      decoder.close();
      resampler?.close();
    },
  };
}

/** The format of the standard that holds the same samples. */
function nearestSampleFormat(name: string): string {
  if (webSampleFormatOf(name) !== null) return name;
  return sampleFormat(name).isPlanar ? "fltp" : "flt";
}
