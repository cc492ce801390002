/**
 * The enumerations of WebCodecs and the dictionaries of its frames, of the same shape as those of
 * TypeScript's `lib.dom`, which not every runtime's types have. No global type is declared.
 *
 * @module
 */

/** Bytes in any kind of buffer, shared ones included. */
export type AllowSharedBufferSource = ArrayBufferLike | ArrayBufferView<ArrayBufferLike>;

/** The state of a codec: every method but `close()` of a closed one throws. */
export type CodecState = "unconfigured" | "configured" | "closed";
/** A wish about hardware; this module has software codecs. */
export type HardwareAcceleration = "no-preference" | "prefer-hardware" | "prefer-software";
/** True transparency is kept or dropped. */
export type AlphaOption = "discard" | "keep";
/** Frames may wait for better compression, or come out one by one. */
export type LatencyMode = "quality" | "realtime";
/** The rate control of a video encoder. */
export type VideoEncoderBitrateMode = "constant" | "quantizer" | "variable";
/** The rate control of an audio encoder. */
export type BitrateMode = "constant" | "variable";
/** A chunk that decodes alone, or one that needs those before it. */
export type EncodedVideoChunkType = "delta" | "key";
/** A chunk that decodes alone, or one that needs those before it. */
export type EncodedAudioChunkType = "delta" | "key";

/** The layout of the pixels of a {@link VideoFrame}. */
export type AnyVideoPixelFormat =
  | "I420"
  | "I420P10"
  | "I420P12"
  | "I420A"
  | "I420AP10"
  | "I420AP12"
  | "I422"
  | "I422P10"
  | "I422P12"
  | "I422A"
  | "I422AP10"
  | "I422AP12"
  | "I444"
  | "I444P10"
  | "I444P12"
  | "I444A"
  | "I444AP10"
  | "I444AP12"
  | "NV12"
  | "RGBA"
  | "RGBX"
  | "BGRA"
  | "BGRX";

/** The layout of the samples of an {@link AudioData}. */
export type AudioSampleFormat =
  | "u8"
  | "s16"
  | "s32"
  | "f32"
  | "u8-planar"
  | "s16-planar"
  | "s32-planar"
  | "f32-planar";

/** The pixel formats that TypeScript knows of {@link AnyVideoPixelFormat}, as in `lib.dom`. */
export type VideoPixelFormat =
  | "BGRA"
  | "BGRX"
  | "I420"
  | "I420A"
  | "I422"
  | "I444"
  | "NV12"
  | "RGBA"
  | "RGBX";
/** The primaries that TypeScript knows, as in `lib.dom`. */
export type VideoColorPrimaries = "bt470bg" | "bt709" | "smpte170m";
/** The transfer functions that TypeScript knows, as in `lib.dom`. */
export type VideoTransferCharacteristics = "bt709" | "iec61966-2-1" | "smpte170m";
/** The matrices that TypeScript knows, as in `lib.dom`. */
export type VideoMatrixCoefficients = "bt470bg" | "bt709" | "rgb" | "smpte170m";

/** A colour space in the words that TypeScript knows, as in `lib.dom`. */
export interface VideoColorSpaceInit {
  /** The primaries. */
  primaries?: VideoColorPrimaries | null;
  /** The transfer function. */
  transfer?: VideoTransferCharacteristics | null;
  /** The matrix. */
  matrix?: VideoMatrixCoefficients | null;
  /** True where the samples use every value. */
  fullRange?: boolean | null;
}

/** The primaries of a colour space. */
export type AnyVideoColorPrimaries = "bt470bg" | "bt709" | "smpte170m" | "bt2020" | "smpte432";
/** The transfer function of a colour space. */
export type AnyVideoTransferCharacteristics =
  | "bt709"
  | "iec61966-2-1"
  | "smpte170m"
  | "linear"
  | "pq"
  | "hlg";
/** The matrix of a colour space. */
export type AnyVideoMatrixCoefficients = "bt470bg" | "bt709" | "rgb" | "smpte170m" | "bt2020-ncl";
/** A colour space of a canvas. */
export type PredefinedColorSpace = "display-p3" | "srgb";

/** The four parts of a {@link VideoColorSpace}; null where unknown. */
export interface AnyVideoColorSpaceInit {
  /** The primaries. */
  primaries?: AnyVideoColorPrimaries | null;
  /** The transfer function. */
  transfer?: AnyVideoTransferCharacteristics | null;
  /** The matrix. */
  matrix?: AnyVideoMatrixCoefficients | null;
  /** True where the samples use every value. */
  fullRange?: boolean | null;
}

/** A rectangle in pixels. */
export interface DOMRectInit {
  /** The left edge. */
  x?: number;
  /** The upper edge. */
  y?: number;
  /** From left to right. */
  width?: number;
  /** From top to bottom. */
  height?: number;
}

/** A rectangle that cannot be changed. */
export interface DOMRectReadOnly {
  /** The left edge. */
  readonly x: number;
  /** The upper edge. */
  readonly y: number;
  /** From left to right. */
  readonly width: number;
  /** From top to bottom. */
  readonly height: number;
  /** The upper edge, also of a negative height. */
  readonly top: number;
  /** The right edge, also of a negative width. */
  readonly right: number;
  /** The lower edge, also of a negative height. */
  readonly bottom: number;
  /** The left edge, also of a negative width. */
  readonly left: number;
  /** The members as a plain object. */
  toJSON(): unknown;
}

/** The position of a plane in a buffer. */
export interface PlaneLayout {
  /** Bytes before the first row. */
  offset: number;
  /** Bytes from a row to the next. */
  stride: number;
}

/** Notes that go with a frame. */
export interface VideoFrameMetadata {
  /** Where the frame comes from. */
  [name: string]: unknown;
}

/** Options of {@link VideoFrame} made of an image. */
export interface VideoFrameInit {
  /** `"discard"` ignores the alpha of the image. */
  alpha?: AlphaOption;
  /** Pixels, as shown. */
  displayHeight?: number;
  /** Pixels, as shown. */
  displayWidth?: number;
  /** Microseconds. */
  duration?: number;
  /** Mirrored from left to right, after the rotation. */
  flip?: boolean;
  /** Notes that go with the frame. */
  metadata?: VideoFrameMetadata;
  /** Degrees clockwise, a multiple of 90. */
  rotation?: number;
  /** Microseconds. */
  timestamp?: number;
  /** The part that is shown. */
  visibleRect?: DOMRectInit;
}

/** Options of {@link VideoFrame} made of bytes. */
export interface VideoFrameBufferInit {
  /** Pixels, as stored. */
  codedHeight: number;
  /** Pixels, as stored. */
  codedWidth: number;
  /** The meaning of the samples. */
  colorSpace?: AnyVideoColorSpaceInit;
  /** Pixels, as shown. */
  displayHeight?: number;
  /** Pixels, as shown. */
  displayWidth?: number;
  /** Microseconds. */
  duration?: number;
  /** Mirrored from left to right, after the rotation. */
  flip?: boolean;
  /** The layout of the pixels. */
  format: AnyVideoPixelFormat;
  /** The planes; tightly packed by default. */
  layout?: PlaneLayout[];
  /** Notes that go with the frame. */
  metadata?: VideoFrameMetadata;
  /** Degrees clockwise, a multiple of 90. */
  rotation?: number;
  /** Microseconds. */
  timestamp: number;
  /** Buffers to detach. */
  transfer?: ArrayBuffer[];
  /** The part that is shown. */
  visibleRect?: DOMRectInit;
}

/** Options of `VideoFrame.copyTo` and `allocationSize`. */
export interface VideoFrameCopyToOptions {
  /** The colour space of an RGB result. */
  colorSpace?: PredefinedColorSpace;
  /** Converts to this RGB format. */
  format?: AnyVideoPixelFormat;
  /** The planes; tightly packed by default. */
  layout?: PlaneLayout[];
  /** The part to copy; the visible one by default. */
  rect?: DOMRectInit;
}

/** Options of {@link AudioData}. */
export interface AudioDataInit {
  /** The samples, in the layout of `format`. */
  data: ArrayBuffer | ArrayBufferView<ArrayBufferLike>;
  /** The layout of the samples. */
  format: AudioSampleFormat;
  /** Channels. */
  numberOfChannels: number;
  /** Samples a channel. */
  numberOfFrames: number;
  /** Samples a second. */
  sampleRate: number;
  /** Microseconds. */
  timestamp: number;
  /** Buffers to detach. */
  transfer?: ArrayBuffer[];
}

/** Options of `AudioData.copyTo` and `allocationSize`. */
export interface AudioDataCopyToOptions {
  /** Converts to this format. */
  format?: AudioSampleFormat;
  /** Samples a channel to copy; all that follow by default. */
  frameCount?: number;
  /** Samples a channel to pass over. */
  frameOffset?: number;
  /** The plane: 0 where interleaved, else the channel. */
  planeIndex: number;
}
