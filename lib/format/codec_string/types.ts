/**
 * The parts that a codec string is made from, and those that it is read into.
 *
 * @module
 */

/** Colour names as FFmpeg prints them (`bt709`, `smpte2084`, `tv`, …). */
export interface CodecColor {
  /** `tv` (limited) or `pc` (full). */
  range: string | null;
  /** Colour primaries. */
  primaries: string | null;
  /** Transfer characteristics. */
  transfer: string | null;
  /** Matrix coefficients. */
  space: string | null;
}

/** The codec parameters that {@linkcode codecString} looks at. */
export interface CodecDescription {
  /** FFmpeg's codec name, such as `h264`. */
  name: string;
  /** The container's fourcc, such as `avc1`; may be empty. */
  tag: string;
  /** FFmpeg's profile number, -99 when unknown. */
  profile: number;
  /** FFmpeg's level number, -99 when unknown. */
  level: number;
  /** The codec's global header. */
  extradata: Uint8Array | null;
  /** Profile and level of the Dolby Vision configuration, where the stream has one. */
  dolbyVision?: { profile: number; level: number };
  /** Samples per second. */
  sampleRate?: number;
  /** Number of audio channels. */
  channels?: number;
  /** FFmpeg's pixel format name, such as `yuv420p10le`. */
  pixelFormat?: string | null;
  /** Bits per component. */
  bitDepth?: number | null;
  /** Colour description of the stream. */
  color?: CodecColor;
}

/** A video codec string, as it is read. */
export interface VideoCodec {
  /** libav's name of the codec. */
  readonly codec: "h264" | "hevc" | "vp8" | "vp9" | "av1";
  /** The profile, in the codec's own numbers; 0 where the string has none. */
  readonly profile: number;
  /** The level, in the codec's own numbers; 0 where the string has none. */
  readonly level: number;
  /** Bits of a sample. */
  readonly depth: 8 | 10 | 12;
  /** The sampling of colours. */
  readonly chroma: "420" | "422" | "444";
  /** Of AV1 and H.265: the higher tier. */
  readonly highTier: boolean;
}

/** The parts of a string that has none. */
export const plainVideoCodec: Omit<VideoCodec, "codec"> = {
  profile: 0,
  level: 0,
  depth: 8,
  chroma: "420",
  highTier: false,
};

/** True for the depths that there are. */
export const isDepth = (depth: number): depth is VideoCodec["depth"] => [8, 10, 12].includes(depth);
