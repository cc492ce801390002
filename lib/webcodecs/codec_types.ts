/**
 * The dictionaries of the codecs and chunks of WebCodecs, of the same shape as those of
 * TypeScript's `lib.dom`.
 *
 * @module
 */
import type {
  AllowSharedBufferSource,
  AlphaOption,
  BitrateMode,
  EncodedAudioChunkType,
  EncodedVideoChunkType,
  HardwareAcceleration,
  LatencyMode,
  VideoColorSpaceInit,
  VideoEncoderBitrateMode,
} from "./frame_types.ts";

/** Options of {@link EncodedVideoChunk}. */
export interface EncodedVideoChunkInit {
  /** The bytes. */
  data: AllowSharedBufferSource;
  /** Microseconds. */
  duration?: number;
  /** Microseconds. */
  timestamp: number;
  /** Buffers to detach. */
  transfer?: ArrayBuffer[];
  /** Whether it decodes alone. */
  type: EncodedVideoChunkType;
}

/** Options of {@link EncodedAudioChunk}. */
export interface EncodedAudioChunkInit {
  /** The bytes. */
  data: AllowSharedBufferSource;
  /** Microseconds. */
  duration?: number;
  /** Microseconds. */
  timestamp: number;
  /** Buffers to detach. */
  transfer?: ArrayBuffer[];
  /** Whether it decodes alone. */
  type: EncodedAudioChunkType;
}

/** The stream that a {@link VideoDecoder} is to decode. */
export interface VideoDecoderConfig {
  /** The codec string, such as `avc1.64001f`. */
  codec: string;
  /** Pixels. */
  codedHeight?: number;
  /** Pixels. */
  codedWidth?: number;
  /** Overrides the colour space of the stream. */
  colorSpace?: VideoColorSpaceInit;
  /** The setup bytes, as the codec's registration says. */
  description?: AllowSharedBufferSource;
  /** The shape as shown. */
  displayAspectHeight?: number;
  /** The shape as shown. */
  displayAspectWidth?: number;
  /** Mirrored from left to right, after the rotation. */
  flip?: boolean;
  /** A wish. */
  hardwareAcceleration?: HardwareAcceleration;
  /** Frames come out as early as can be. */
  optimizeForLatency?: boolean;
  /** Degrees clockwise, a multiple of 90. */
  rotation?: number;
}

/** The stream that an {@link AudioDecoder} is to decode. */
export interface AudioDecoderConfig {
  /** The codec string, such as `mp4a.40.2`. */
  codec: string;
  /** The setup bytes, as the codec's registration says. */
  description?: AllowSharedBufferSource;
  /** Channels. */
  numberOfChannels: number;
  /** Samples a second. */
  sampleRate: number;
}

/** Options of H.264. */
export interface AvcEncoderConfig {
  /** Length prefixes and a description, or start codes. */
  format?: "annexb" | "avc";
}

/** Options of H.265. */
export interface HevcEncoderConfig {
  /** Length prefixes and a description, or start codes. */
  format?: "annexb" | "hevc";
}

/** Options of AV1. */
export interface Av1EncoderConfig {
  /** Tools for screen content. */
  forceScreenContentTools?: boolean;
}

/** The stream that a {@link VideoEncoder} is to make. */
export interface VideoEncoderConfig {
  /** Transparency. */
  alpha?: AlphaOption;
  /** Options of AV1. */
  av1?: Av1EncoderConfig;
  /** Options of H.264. */
  avc?: AvcEncoderConfig;
  /** Bits a second. */
  bitrate?: number;
  /** The rate control. */
  bitrateMode?: VideoEncoderBitrateMode;
  /** The codec string, such as `avc1.64001f`. */
  codec: string;
  /** `"detail"`, `"motion"` or `"text"`. */
  contentHint?: string;
  /** Pixels, as shown. */
  displayHeight?: number;
  /** Pixels, as shown. */
  displayWidth?: number;
  /** Frames a second. */
  framerate?: number;
  /** A wish. */
  hardwareAcceleration?: HardwareAcceleration;
  /** Pixels. */
  height: number;
  /** Options of H.265. */
  hevc?: HevcEncoderConfig;
  /** Compression or speed. */
  latencyMode?: LatencyMode;
  /** Layers, such as `L1T2`. */
  scalabilityMode?: string;
  /** Pixels. */
  width: number;
}

/** Options of AAC. */
export interface AacEncoderConfig {
  /** Bare packets and a description, or ADTS headers. */
  format?: "aac" | "adts";
}

/** Options of FLAC. */
export interface FlacEncoderConfig {
  /** Samples a packet; 0: by the encoder. */
  blockSize?: number;
  /** 0 (fast) to 8 (small). */
  compressLevel?: number;
}

/** Options of Opus. */
export interface OpusEncoderConfig {
  /** The use. */
  application?: "audio" | "lowdelay" | "voip";
  /** 0 (fast) to 10 (good). */
  complexity?: number;
  /** Bare packets and a description, or those of Ogg. */
  format?: "ogg" | "opus";
  /** Microseconds a packet. */
  frameDuration?: number;
  /** The expected loss, in percent. */
  packetlossperc?: number;
  /** The signal. */
  signal?: "auto" | "music" | "voice";
  /** Silence makes few bytes. */
  usedtx?: boolean;
  /** Packets repeat what a lost one held. */
  useinbandfec?: boolean;
}

/** The stream that an {@link AudioEncoder} is to make. */
export interface AudioEncoderConfig {
  /** Options of AAC. */
  aac?: AacEncoderConfig;
  /** Bits a second. */
  bitrate?: number;
  /** The rate control. */
  bitrateMode?: BitrateMode;
  /** The codec string, such as `opus`. */
  codec: string;
  /** Options of FLAC. */
  flac?: FlacEncoderConfig;
  /** Channels. */
  numberOfChannels: number;
  /** Options of Opus. */
  opus?: OpusEncoderConfig;
  /** Samples a second. */
  sampleRate: number;
}

/** The answer of `VideoDecoder.isConfigSupported`. */
export interface VideoDecoderSupport {
  /** The known members of the asked one. */
  config?: VideoDecoderConfig;
  /** Whether the libraries here can do it. */
  supported?: boolean;
}

/** The answer of `AudioDecoder.isConfigSupported`. */
export interface AudioDecoderSupport {
  /** The known members of the asked one. */
  config?: AudioDecoderConfig;
  /** Whether the libraries here can do it. */
  supported?: boolean;
}

/** The answer of `VideoEncoder.isConfigSupported`. */
export interface VideoEncoderSupport {
  /** The known members of the asked one. */
  config?: VideoEncoderConfig;
  /** Whether the libraries here can do it. */
  supported?: boolean;
}

/** The answer of `AudioEncoder.isConfigSupported`. */
export interface AudioEncoderSupport {
  /** The known members of the asked one. */
  config?: AudioEncoderConfig;
  /** Whether the libraries here can do it. */
  supported?: boolean;
}

/** The quantizer of one frame, where `bitrateMode` is `"quantizer"`. */
export interface QuantizerOptions {
  /** 0 (best) to the codec's greatest: 51 for H.264 and H.265, 63 for VP9 and AV1. */
  quantizer?: number | null;
}

/** Options of `VideoEncoder.encode`. */
export interface VideoEncoderEncodeOptions {
  /** The quantizer of AV1. */
  av1?: QuantizerOptions;
  /** The quantizer of H.264. */
  avc?: QuantizerOptions;
  /** The quantizer of H.265. */
  hevc?: QuantizerOptions;
  /** Makes a key frame. */
  keyFrame?: boolean;
  /** The quantizer of VP9. */
  vp9?: QuantizerOptions;
}

/** The layer of a chunk. */
export interface SvcOutputMetadata {
  /** 0 for the base layer. */
  temporalLayerId?: number;
}

/** The second argument of a video encoder's `output`. */
export interface EncodedVideoChunkMetadata {
  /** The alpha, encoded by itself. */
  alphaSideData?: Uint8Array<ArrayBuffer>;
  /** With the first chunk, and where it changes. */
  decoderConfig?: VideoDecoderConfig;
  /** The layer of the chunk. */
  svc?: SvcOutputMetadata;
}

/** The second argument of an audio encoder's `output`. */
export interface EncodedAudioChunkMetadata {
  /** With the first chunk, and where it changes. */
  decoderConfig?: AudioDecoderConfig;
}

/** Options of {@link ImageDecoder}. */
export interface ImageDecoderInit {
  /** Ignored: colours stay as stored. */
  colorSpaceConversion?: "default" | "none";
  /** The image. */
  data: AllowSharedBufferSource | ReadableStream<Uint8Array>;
  /** Pixels of the frames. */
  desiredHeight?: number;
  /** Pixels of the frames. */
  desiredWidth?: number;
  /** Selects the animated track first. */
  preferAnimation?: boolean;
  /** Buffers to detach. */
  transfer?: ArrayBuffer[];
  /** The MIME type. */
  type: string;
}

/** Options of `ImageDecoder.decode`. */
export interface ImageDecodeOptions {
  /** Waits for the whole frame. */
  completeFramesOnly?: boolean;
  /** The number of the frame. */
  frameIndex?: number;
}

/**
 * A `VideoFrame` by its members: a frame of another implementation is refused as the program runs.
 */
export interface VideoFrameLike {
  /** Pixels, as stored. */
  readonly codedWidth: number;
  /** Pixels, as stored. */
  readonly codedHeight: number;
  /** Microseconds. */
  readonly timestamp: number;
  /** Gives the memory back. */
  close(): void;
}

/** An `AudioData` by its members: one of another implementation is refused as the program runs. */
export interface AudioDataLike {
  /** Samples a channel. */
  readonly numberOfFrames: number;
  /** Channels. */
  readonly numberOfChannels: number;
  /** Microseconds. */
  readonly timestamp: number;
  /** Gives the memory back. */
  close(): void;
}

/** A chunk by its members: one of another implementation is refused as the program runs. */
export interface EncodedChunkLike {
  /** Whether it decodes alone. */
  readonly type: "delta" | "key";
  /** Microseconds. */
  readonly timestamp: number;
  /** The number of bytes. */
  readonly byteLength: number;
}
