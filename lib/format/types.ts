/**
 * What a demuxer tells of its input: plain data.
 *
 * @module
 */
import type { Dictionary } from "../dictionary.ts";
import type { Rational } from "../rational.ts";

/** Bytes beside a packet or a stream, such as a display matrix. */
export interface SideData {
  /** libav's name for it (`av_packet_side_data_name`), such as `Display Matrix`. */
  readonly type: string;
  /** A copy of the bytes. */
  readonly data: Uint8Array;
}

/** A stream's codec. */
export interface CodecInfo {
  /** libav's name: `h264`, `aac`. */
  readonly name: string;
  /** A name for people. */
  readonly longName: string;
  /** `High`, `LC`; null where unknown. */
  readonly profile: string | null;
  /** The codec's own number for the level; null where unknown. */
  readonly level: number | null;
  /** The container's fourcc, such as `avc1`. */
  readonly tag: string;
  /** The RFC 6381 name, such as `avc1.64001f`; null where it cannot be told. */
  readonly string: string | null;
}

/** What every stream has. Times are in seconds. */
export interface StreamBase {
  /** Its place in `streams`. */
  readonly index: number;
  /** The container's own id. */
  readonly id: number;
  readonly codec: CodecInfo;
  /** Seconds that one tick of its packets lasts. */
  readonly timeBase: Rational;
  /** Seconds, or null where unknown. */
  readonly startTime: number | null;
  /** Seconds, or null where unknown. */
  readonly duration: number | null;
  /** Number of frames, where the container says so. */
  readonly frames: number | null;
  /** Bits a second, or null where unknown. */
  readonly bitRate: number | null;
  /** `default`, `forced`, `attached_pic`, … */
  readonly disposition: string[];
  readonly metadata: Dictionary;
  /** A copy of the codec's setup bytes, or null. */
  readonly extradata: Uint8Array | null;
  readonly sideData: SideData[];
}

/** Names of libav for how a video's colours are coded; null where unspecified. */
export interface ColorInfo {
  readonly range: string | null;
  readonly primaries: string | null;
  readonly transfer: string | null;
  readonly space: string | null;
}

/** A video stream; cover art is one with the disposition `attached_pic`. */
export interface VideoStream extends StreamBase {
  readonly type: "video";
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string | null;
  readonly sampleAspectRatio: Rational | null;
  /** The lowest rate that represents every timestamp (`r_frame_rate`). */
  readonly frameRate: Rational | null;
  readonly averageFrameRate: Rational | null;
  /** `progressive`, `tt`, `bb`, `tb`, `bt`, or null. */
  readonly fieldOrder: string | null;
  readonly color: ColorInfo;
  /** Degrees, counter-clockwise, from the display matrix; 0 without one. */
  readonly rotation: number;
}

/** An audio stream. */
export interface AudioStream extends StreamBase {
  readonly type: "audio";
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** `stereo`, `5.1(side)`; null where unknown. */
  readonly channelLayout: string | null;
  readonly sampleFormat: string | null;
  /** Samples a packet, where it is fixed; else 0. */
  readonly frameSize: number;
  /** Samples to drop at the start. */
  readonly initialPadding: number;
}

/** A stream of anything else. */
export interface OtherStream extends StreamBase {
  readonly type: "subtitle" | "data" | "attachment";
}

/** A plain snapshot of a stream, told apart by `type`. */
export type Stream = VideoStream | AudioStream | OtherStream;

/** A chapter; times in seconds. */
export interface Chapter {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly metadata: Dictionary;
}

/** A program of a transport stream. */
export interface Program {
  readonly id: number;
  /** Indexes of its streams. */
  readonly streams: number[];
  readonly metadata: Dictionary;
}

/** The container. Times in seconds, sizes in bytes. */
export interface FormatInfo {
  readonly name: string;
  readonly longName: string;
  readonly startTime: number | null;
  readonly duration: number | null;
  readonly size: number | null;
  readonly bitRate: number | null;
  /** How sure the detection was: 0 to 100. */
  readonly probeScore: number;
  readonly metadata: Dictionary;
}
