/**
 * `VideoDecoder`.
 *
 * @module
 */
import { threadCount } from "../codec/codec_context.ts";
import { Decoder } from "../async/decoder.ts";
import type { Frame } from "../codec/frame.ts";
import type { ChunkData } from "./chunk_init.ts";
import type { EncodedChunkLike, VideoDecoderConfig, VideoDecoderSupport } from "./codec_types.ts";
import {
  codecError,
  type CodecWork,
  ControlQueue,
  MAX_PICTURES_IN_FLIGHT,
} from "./control_queue.ts";
import { readVideoDecoderConfig, videoDecoderStream } from "./decoder_configs.ts";
import { toVideoChunk } from "./encoded_video_chunk.ts";
import { EventHandler } from "./event_handler.ts";
import { displaySize, parseRotation } from "./frame_geometry.ts";
import type { CodecState } from "./frame_types.ts";
import { defineInterface } from "./interface_shape.ts";
import { hasStartCode } from "./nal_units.ts";
import { toNearestFormat } from "./nearest_format.ts";
import { invokeCallback } from "./task_queue.ts";
import { colorInfoOf, colorSpaceOf, REC709 } from "./video_color_space.ts";
import { type VideoFrame, videoFrameOf } from "./video_frame.ts";
import { callback, type Converter, dictionary, requireArguments } from "./webidl.ts";

/** The callbacks of a {@link VideoDecoder}. */
export interface VideoDecoderInit {
  /** Called with each frame, which the program closes. */
  output: (frame: VideoFrame) => void;
  /** Called once where decoding fails; the decoder is closed. */
  error: (error: DOMException) => void;
}

const videoDecoderInit: Converter<VideoDecoderInit> = dictionary({
  output: { type: callback, required: true },
  error: { type: callback, required: true },
});

/**
 * Each thread holds a frame back: programs that wait for frames before they go on must get them.
 */
const MAX_THREADS = 4;
const MICROSECONDS = { num: 1, den: 1_000_000 };

/**
 * Decodes video in a worker.
 *
 * @example
 * ```ts
 * import { Demuxer } from "@avio/avio";
 * import { decoderConfig, toChunk, VideoDecoder } from "@avio/avio/webcodecs";
 *
 * await using input = await Demuxer.open("movie.mp4");
 * const stream = input.streams.find(({ type }) => type === "video")!;
 * const decoder = new VideoDecoder({
 *   output(frame) {
 *     console.log(frame.timestamp, frame.displayWidth, frame.displayHeight);
 *     frame.close();
 *   },
 *   error: (error) => console.error(error.message),
 * });
 * decoder.configure(decoderConfig(stream));
 * for await (const packet of input) {
 *   if (packet.streamIndex === stream.index) decoder.decode(toChunk(packet, stream));
 * }
 * await decoder.flush();
 * decoder.close();
 * ```
 */
export class VideoDecoder extends EventTarget {
  readonly #queue: ControlQueue<VideoDecoderConfig, ChunkData>;
  readonly #dequeue: EventHandler<VideoDecoder> = new EventHandler();
  #needsKey = true;

  /** Throws a TypeError unless both callbacks are given. */
  constructor(init: VideoDecoderInit) {
    requireArguments(arguments.length, 1, "VideoDecoder");
    const { output, error } = videoDecoderInit(init, "VideoDecoderInit");
    super();
    this.#queue = new ControlQueue(this, {
      open: (config, fail) => openVideoDecoder(config, output, fail),
      discard: () => {},
      error,
      maxInFlight: MAX_PICTURES_IN_FLIGHT,
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
  configure(config: VideoDecoderConfig): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "configure");
    const checked = readVideoDecoderConfig(config);
    queue.configure(checked);
    this.#needsKey = true;
  }

  /** Queues a chunk. Throws a DataError for a delta chunk where a key chunk must come. */
  decode(chunk: EncodedChunkLike): void {
    const queue = this.#queue;
    requireArguments(arguments.length, 1, "decode");
    const data = toVideoChunk(chunk, "chunk");
    queue.assertConfigured();
    if (this.#needsKey && data.type !== "key") {
      throw new DOMException("a key chunk must come first", "DataError");
    }
    this.#needsKey = false;
    queue.submit(data);
  }

  /** Resolves once every frame of the chunks so far has come out. */
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
  static async isConfigSupported(config: VideoDecoderConfig): Promise<VideoDecoderSupport> {
    requireArguments(arguments.length, 1, "isConfigSupported");
    const checked = readVideoDecoderConfig(config);
    return { supported: videoDecoderStream(checked) !== undefined, config: checked };
  }
}
defineInterface(VideoDecoder);

function openVideoDecoder(
  config: VideoDecoderConfig,
  output: (frame: VideoFrame) => void,
  fail: (error: unknown) => void,
): CodecWork<ChunkData> {
  const stream = videoDecoderStream(config);
  if (stream === undefined) {
    throw new DOMException(
      `there is no decoder for ${JSON.stringify(config.codec)}`,
      "NotSupportedError",
    );
  }
  const decoder = Decoder.open({
    stream,
    timeBase: MICROSECONDS,
    lowDelay: config.optimizeForLatency === true,
    threads: config.optimizeForLatency ? 1 : Math.min(MAX_THREADS, threadCount(undefined)),
  }, {
    output: (frame) => invokeCallback(output, decodedFrame(frame, config)),
    error: fail,
  });
  let closed = false;
  decoder.ready.catch((error) => {
    if (!closed) fail(codecError(error, "NotSupportedError"));
  });
  const hasStartCodes = (stream.codec === "h264" || stream.codec === "hevc") &&
    stream.extradata === null;
  return {
    submit({ data, timestamp, duration, type }) {
      // libavcodec takes a packet without bytes for the end.
      if (data.length === 0) throw new DOMException("the chunk is empty", "EncodingError");
      // libavcodec passes over bytes before the first start code, and finds nothing.
      if (hasStartCodes && !hasStartCode(data)) {
        throw new DOMException("the chunk begins with no start code", "EncodingError");
      }
      return decoder.decode({ data, pts: timestamp, duration, isKeyframe: type === "key" });
    },
    flush: () => decoder.flush(),
    close() {
      closed = true;
      decoder.close();
    },
  };
}

function decodedFrame(native: Frame, config: VideoDecoderConfig): VideoFrame {
  const frame = toNearestFormat(native);
  const rotation = parseRotation(config.rotation ?? 0);
  const colorSpace = { ...embeddedColorSpace(frame, config.codec), ...given(config.colorSpace) };
  frame.setColor(colorInfoOf(colorSpace));
  return videoFrameOf(frame, {
    timestamp: frame.pts ?? 0,
    duration: frame.duration,
    rotation,
    flip: config.flip ?? false,
    display: displayOf(frame, config, rotation),
    colorSpace,
  });
}

const given = (space: VideoDecoderConfig["colorSpace"]) =>
  Object.fromEntries(Object.entries(space ?? {}).filter(([, part]) => part !== null));

/** The colour space in the stream. VP9 names a whole standard, of which libav gives the matrix. */
function embeddedColorSpace(frame: Frame, codec: string) {
  const space = colorSpaceOf(frame.color);
  if (!codec.startsWith("vp09") || space.matrix !== "bt709" || space.primaries !== null) {
    return space;
  }
  return { ...REC709, fullRange: space.fullRange };
}

/** The size as shown where the configuration says a shape: the picture is only made larger. */
function displayOf(frame: Frame, config: VideoDecoderConfig, rotation: number) {
  const { displayAspectWidth: across, displayAspectHeight: down } = config;
  if (across === undefined || down === undefined) return undefined;
  const { width, height } = frame;
  return across * height > down * width
    ? displaySize(Math.round(height * across / down), height, rotation)
    : displaySize(width, Math.round(width * down / across), rotation);
}
