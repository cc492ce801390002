/**
 * The work of a `VideoEncoder`: frames converted to what the encoder takes, packets made chunks.
 *
 * @module
 */
import { Encoder } from "../async/encoder.ts";
import { Frame } from "../codec/frame.ts";
import type { EncodedPacket } from "../codec/encoder.ts";
import { Scaler } from "../codec/scaler.ts";
import type { StreamDescription } from "../format/parameters.ts";
import type {
  EncodedVideoChunkMetadata,
  VideoDecoderConfig,
  VideoEncoderConfig,
} from "./codec_types.ts";
import { codecError, type CodecWork } from "./control_queue.ts";
import { EncodedVideoChunk } from "./encoded_video_chunk.ts";
import { copyPlanes } from "./frame_copy.ts";
import type { FrameState } from "./frame_state.ts";
import type { AnyVideoColorSpaceInit, VideoColorSpaceInit } from "./frame_types.ts";
import { avcDescription, hevcDescription, toLengthPrefixed } from "./nal_units.ts";
import { combinedLayout, pixelFormats } from "./pixel_layout.ts";
import { invokeCallback } from "./task_queue.ts";
import { colorInfoOf, REC709 } from "./video_color_space.ts";
import {
  encoderOptionsOf,
  isAnnexB,
  layerOf,
  planVideoEncoder,
  type VideoEncoderPlan,
} from "./video_encoder_plan.ts";

/** A frame that is to be encoded; its native frame is the work's. */
export interface VideoInput {
  /** The frame. */
  readonly state: FrameState;
  /** Makes a key frame. */
  readonly keyFrame: boolean;
  /** The quantizer, where the program gives one for each frame. */
  readonly quantizer: number | undefined;
}

type Output = (chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) => void;

interface Timing {
  readonly timestamp: number;
  readonly duration: number | null;
  readonly layer: number;
}

/** Encodes by one configuration. */
export class VideoEncoderWork implements CodecWork<VideoInput> {
  readonly #config: VideoEncoderConfig;
  readonly #output: Output;
  readonly #fail: (error: unknown) => void;
  #plan: VideoEncoderPlan;
  #encoder: Encoder;
  #colorSpace: Required<AnyVideoColorSpaceInit> = REC709;
  #scaler: Scaler | undefined;
  #quantizer: number | undefined;
  #count = 0;
  #closed = false;
  /** Resolves once the encoder has the frames so far. */
  #handed: Promise<void> = Promise.resolve();
  /** Frames since the last key frame. */
  #sinceKey = 0;
  #started = false;
  readonly #timings = new Map<number, Timing>();
  #orientation = { rotation: 0, flip: false };
  #told: string | undefined;
  #setup: Uint8Array | null = null;

  /** Opens the encoder. Throws a NotSupportedError where there is none. */
  constructor(config: VideoEncoderConfig, output: Output, fail: (error: unknown) => void) {
    const plan = planVideoEncoder(config);
    if (plan === undefined) {
      throw new DOMException(
        `there is no encoder for ${JSON.stringify(config.codec)} of ` +
          `${config.width}x${config.height} with these settings`,
        "NotSupportedError",
      );
    }
    this.#config = config;
    this.#plan = plan;
    this.#output = output;
    this.#fail = fail;
    this.#encoder = this.#open();
  }

  #open(): Encoder {
    const options = encoderOptionsOf(this.#plan, this.#config, colorInfoOf(this.#colorSpace));
    const encoder = Encoder.open(options, {
      output: (packet, description) => this.#deliver(packet, description),
      error: this.#fail,
    });
    encoder.ready.catch((error) => {
      const isInUse = encoder === this.#encoder && !this.#closed;
      if (isInUse) this.#fail(codecError(error, "NotSupportedError"));
    });
    return encoder;
  }

  /** Takes a frame, which it closes. */
  async submit(input: VideoInput): Promise<void> {
    const handed = this.#handed.then(() => this.#hand(input));
    this.#handed = handed.then(() => {}, () => {});
    await (await handed).consumed;
  }

  /** Gives a frame to the encoder. */
  async #hand({ state, keyFrame, quantizer }: VideoInput): Promise<{ consumed: Promise<void> }> {
    try {
      if (this.#closed) throw new DOMException("the encoder is closed", "AbortError");
      const { rotation, flip, timestamp, duration } = state;
      if (!this.#started) this.#orientation = { rotation, flip };
      await this.#adapt(state, quantizer);
      using frame = this.#converted(state);
      const index = this.#count++;
      const keyframe = keyFrame || this.#sinceKey === 0;
      if (keyFrame) this.#sinceKey = 0;
      const layer = layerOf(this.#plan.layers, this.#sinceKey++);
      this.#timings.set(index, { timestamp, duration, layer });
      frame.pts = index;
      frame.duration = 1;
      const { num, den } = this.#plan.frameRate;
      frame.timeBase = { num: den, den: num };
      return { consumed: this.#encoder.encode(frame, { keyframe }) };
    } finally {
      state.frame.close();
    }
  }

  /** Opens another encoder where the colours or the quantizer are others than before. */
  async #adapt(state: FrameState, quantizer: number | undefined): Promise<void> {
    const colorSpace = encodedColorSpace(state);
    const colors = JSON.stringify(colorSpace) !== JSON.stringify(this.#colorSpace);
    // The colours of the first frame are those of the stream.
    const recolor = colors && !this.#started;
    this.#started = true;
    const requantize = this.#config.bitrateMode === "quantizer" && quantizer !== undefined &&
      quantizer !== this.#quantizer;
    if (!recolor && !requantize) return;
    if (recolor) this.#colorSpace = colorSpace;
    if (requantize) {
      this.#quantizer = quantizer;
      this.#plan = planVideoEncoder(this.#config, quantizer) ?? this.#plan;
    }
    const before = this.#encoder;
    if (this.#count > 0) await before.flush();
    before.close();
    this.#sinceKey = 0;
    this.#encoder = this.#open();
  }

  /** The visible part in the encoder's size, pixel format and colours. */
  #converted(state: FrameState): Frame {
    using visible = visibleFrame(state);
    const { width, height } = this.#config;
    const { space, range } = colorInfoOf(this.#colorSpace);
    this.#scaler ??= new Scaler({
      to: { width, height, pixelFormat: this.#plan.pixelFormat, color: colorOf(space, range) },
      flags: ["area", "accurate_rnd"],
    });
    const frame = this.#scaler.convert(visible);
    frame.setColor(colorInfoOf(this.#colorSpace));
    return frame;
  }

  #deliver(packet: EncodedPacket, description: StreamDescription | undefined): void {
    if (description !== undefined) this.#setup = description.extradata ?? null;
    const index = packet.pts ?? 0;
    const timing = this.#timings.get(index);
    if (timing === undefined) return;
    this.#timings.delete(index);
    const { codec } = this.#plan;
    const isPrefixed = (codec.codec === "h264" || codec.codec === "hevc") &&
      !isAnnexB(this.#config, codec);
    const chunk = new EncodedVideoChunk({
      type: packet.isKeyframe ? "key" : "delta",
      timestamp: timing.timestamp,
      duration: timing.duration ?? undefined,
      data: isPrefixed ? toLengthPrefixed(packet.data) : packet.data,
    });
    const metadata: EncodedVideoChunkMetadata = {};
    if (packet.isKeyframe) this.#tellConfig(metadata);
    if (this.#config.scalabilityMode !== undefined) {
      metadata.svc = { temporalLayerId: timing.layer };
    }
    invokeCallback(this.#output, chunk, metadata);
  }

  /** Adds the configuration of a decoder, where it is another than the last one. */
  #tellConfig(metadata: EncodedVideoChunkMetadata): void {
    const { codec, width, height, displayWidth, displayHeight } = this.#config;
    const bytes = this.#description();
    const config: VideoDecoderConfig = {
      codec,
      codedWidth: width,
      codedHeight: height,
      ...(displayWidth !== undefined && {
        displayAspectWidth: displayWidth,
        displayAspectHeight: displayHeight,
      }),
      colorSpace: { ...this.#colorSpace } as VideoColorSpaceInit,
      ...this.#orientation,
    };
    const key = JSON.stringify([config, bytes && [...bytes]]);
    if (key === this.#told) return;
    this.#told = key;
    metadata.decoderConfig = bytes === undefined
      ? config
      : { ...config, description: bytes.buffer };
  }

  #description(): Uint8Array<ArrayBuffer> | undefined {
    const { codec } = this.#plan;
    if (this.#setup === null || isAnnexB(this.#config, codec)) return undefined;
    if (codec.codec === "h264") return avcDescription(this.#setup);
    if (codec.codec === "hevc") return hevcDescription(this.#setup);
    return undefined;
  }

  /** Delivers every chunk of the frames so far. */
  async flush(): Promise<void> {
    await this.#handed;
    await this.#encoder.flush();
    this.#sinceKey = 0;
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    this.#encoder.close();
    this.#scaler?.close();
    this.#timings.clear();
  }
}

const colorOf = (space: string | null, range: string | null) => ({
  ...(space !== null && { space }),
  ...(range !== null && { range }),
});

/** RGB is encoded as BT.709; other frames keep what they say, or are taken for BT.709. */
function encodedColorSpace({ format, colorSpace }: FrameState): Required<AnyVideoColorSpaceInit> {
  if (format === null || pixelFormats[format].isRgb || colorSpace.matrix === "rgb") return REC709;
  return {
    primaries: colorSpace.primaries ?? "bt709",
    transfer: colorSpace.transfer ?? "bt709",
    matrix: colorSpace.matrix ?? "bt709",
    fullRange: colorSpace.fullRange ?? false,
  };
}

/** A frame of the visible part alone. */
function visibleFrame(state: FrameState): Frame {
  const { frame, visible, codedWidth, codedHeight, format } = state;
  const isWhole = visible.width === codedWidth && visible.height === codedHeight;
  if (isWhole || format === null) return frame.clone();
  const layout = combinedLayout(visible, format);
  const pixels = new Uint8Array(layout.size);
  copyPlanes(frame, layout, pixels);
  return Frame.video({
    pixelFormat: pixelFormats[format].libav,
    width: visible.width,
    height: visible.height,
    color: frame.color,
    planes: layout.planes.map(({ offset, stride, rows }) => ({
      data: pixels.subarray(offset, offset + stride * rows),
      stride,
    })),
  });
}
