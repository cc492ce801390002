/**
 * The parts that a codec name is made from.
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
