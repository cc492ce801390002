/**
 * `VideoEncoder`.
 *
 * @module
 */
import { Encoder } from "../async/encoder.ts";
import type {
  EncodedVideoChunkMetadata,
  VideoEncoderConfig,
  VideoEncoderEncodeOptions,
  VideoEncoderSupport,
  VideoFrameLike,
} from "./codec_types.ts";
import { ControlQueue, MAX_PICTURES_IN_FLIGHT } from "./control_queue.ts";
import type { EncodedVideoChunk } from "./encoded_video_chunk.ts";
import { readVideoEncoderConfig } from "./encoder_configs.ts";
import { EventHandler } from "./event_handler.ts";
import type { CodecState } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { colorInfoOf, REC709 } from "./video_color_space.ts";
import { encoderOptionsOf, planVideoEncoder } from "./video_encoder_plan.ts";
import { VideoEncoderWork, type VideoInput } from "./video_encoder_work.ts";
import { toVideoFrame, videoFrameState } from "./video_frame.ts";
import {
  boolean,
  callback,
  type Converter,
  dictionary,
  nullable,
  requireArguments,
  unsignedLong,
} from "./webidl.ts";

/** The callbacks of a {@link VideoEncoder}. */
export interface VideoEncoderInit {
  /** Called with each chunk; the first one brings the configuration of a decoder. */
  output: (chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) => void;
  /** Called once where encoding fails; the encoder is closed. */
  error: (error: DOMException) => void;
}

const videoEncoderInit: Converter<VideoEncoderInit> = dictionary({
  output: { type: callback, required: true },
  error: { type: callback, required: true },
});

const quantizer = dictionary<{ quantizer?: number | null }>({
  quantizer: { type: nullable(unsignedLong) },
});

const encodeOptions: Converter<VideoEncoderEncodeOptions & { keyFrame: boolean }> = dictionary({
  keyFrame: { type: boolean, initial: () => false },
  avc: { type: quantizer },
  hevc: { type: quantizer },
  vp9: { type: quantizer },
  av1: { type: quantizer },
});

/** The member of the options by the first letters of a codec string, and its greatest value. */
const quantizers: readonly [RegExp, "avc" | "hevc" | "vp9" | "av1", number][] = [
  [/^avc/, "avc", 51],
  [/^h[ev][cv]1/, "hevc", 51],
  [/^vp09/, "vp9", 63],
  [/^av01/, "av1", 63],
];

/**
 * Encodes video in a worker.
 *
 * @example
 * ```ts
 * import { VideoEncoder, VideoFrame } from "@avio/avio/webcodecs";
 *
 * const chunks: number[] = [];
 * const encoder = new VideoEncoder({
 *   output: (chunk) => chunks.push(chunk.byteLength),
 *   error: (error) => console.error(error.message),
 * });
 * encoder.configure({ codec: "vp8", width: 64, height: 64, bitrate: 200_000, framerate: 25 });
 * for (let i = 0; i < 5; i++) {
 *   const frame = new VideoFrame(new Uint8Array(64 * 64 * 4), {
 *     format: "RGBX",
 *     codedWidth: 64,
 *     codedHeight: 64,
 *     timestamp: i * 40_000,
 *   });
 *   encoder.encode(frame, { keyFrame: i === 0 });
 *   frame.close();
 * }
 * await encoder.flush();
 * encoder.close();
 * console.log(chunks.length);
 * ```
 */
export class VideoEncoder extends EventTarget {
  readonly #queue: ControlQueue<VideoEncoderConfig, VideoInput>;
  readonly #dequeue: EventHandler<VideoEncoder> = new EventHandler();
  #orientation: { rotation: number; flip: boolean } | undefined;
  #config: VideoEncoderConfig | undefined;

  /** Throws a TypeError unless both callbacks are given. */
  constructor(init: VideoEncoderInit) {
    requireArguments(arguments.length, 1, "VideoEncoder");
    const { output, error } = videoEncoderInit(init, "VideoEncoderInit");
    super();
    this.#queue = new ControlQueue(this, {
      open: (config, fail) => new VideoEncoderWork(config, output, fail),
      discard: ({ state }) => state.frame.close(),
      error,
      maxInFlight: MAX_PICTURES_IN_FLIGHT,
    });
  }

  /** The state. */
  get state(): CodecState {
    return this.#queue.state;
  }

  /** Frames that wait for the encoder. */
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

  /** Uses `config` for the frames that follow. */
  configure(config: VideoEncoderConfig): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "configure");
    const checked = readVideoEncoderConfig(config);
    queue.configure(checked);
    this.#config = checked;
    this.#orientation = undefined;
  }

  /** Queues a frame by reference: the program may close its own at once. */
  encode(frame: VideoFrameLike, options: VideoEncoderEncodeOptions = {}): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "encode");
    const given = toVideoFrame(frame, "frame");
    const checked = encodeOptions(options, "VideoEncoderEncodeOptions");
    const state = videoFrameState(given);
    if (state === undefined) throw new TypeError("frame: it is closed");
    queue.assertConfigured();
    const { rotation, flip } = state;
    const active = this.#orientation ??= { rotation, flip };
    if (active.rotation !== rotation || active.flip !== flip) {
      throw new DOMException(
        `frame: it is turned by ${rotation} degrees${flip ? " and mirrored" : ""}, ` +
          `others by ${active.rotation}${active.flip ? " and mirrored" : ""}`,
        "DataError",
      );
    }
    queue.submit({
      state: { ...state, frame: state.frame.clone() },
      keyFrame: checked.keyFrame,
      quantizer: quantizerOf(this.#config?.codec ?? "", checked),
    });
  }

  /** Resolves once every chunk of the frames so far has come out. */
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
  static async isConfigSupported(config: VideoEncoderConfig): Promise<VideoEncoderSupport> {
    requireArguments(arguments.length, 1, "isConfigSupported");
    const checked = readVideoEncoderConfig(config);
    return { supported: await opens(checked), config: checked };
  }
}
defineInterface(VideoEncoder);

async function opens(config: VideoEncoderConfig): Promise<boolean> {
  const plan = planVideoEncoder(config);
  if (plan === undefined) return false;
  const options = encoderOptionsOf(plan, config, colorInfoOf(REC709));
  const encoder = Encoder.open(options, { output: () => {} });
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

function quantizerOf(codec: string, options: VideoEncoderEncodeOptions): number | undefined {
  const found = quantizers.find(([pattern]) => pattern.test(codec));
  if (found === undefined) return undefined;
  const [, name, most] = found;
  const value = options[name]?.quantizer;
  return value === undefined || value === null ? undefined : Math.min(most, value);
}
