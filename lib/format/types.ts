/**
 * The description of an input: plain data.
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
  readonly data: Uint8Array<ArrayBuffer>;
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

/** The properties of every stream. Times are in seconds. */
export interface StreamBase {
  /** Its place in `streams`. */
  readonly index: number;
  /** The container's own id. */
  readonly id: number;
  /** The codec. */
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
  /** True for a picture that stands for the whole file: one packet, outside the time line. */
  readonly isCoverArt: boolean;
  /** Names and values, as the container holds them. */
  readonly metadata: Dictionary;
  /** A copy of the codec's setup bytes, or null. */
  readonly extradata: Uint8Array<ArrayBuffer> | null;
  /** Copies of the side data. */
  readonly sideData: SideData[];
}

/** Names of libav for how a video's colours are coded; null where unspecified. */
export interface ColorInfo {
  /** `tv`, `pc`. */
  readonly range: string | null;
  /** `bt709`, … */
  readonly primaries: string | null;
  /** `bt709`, `smpte2084`, … */
  readonly transfer: string | null;
  /** `bt709`, `bt2020nc`, … */
  readonly space: string | null;
}

/** A video stream; cover art is one with the disposition `attached_pic`. */
export interface VideoStream extends StreamBase {
  /** The kind of stream. */
  readonly type: "video";
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** libav's name, such as `yuv420p`; null where unknown. */
  readonly pixelFormat: string | null;
  /** The shape of a pixel; null where unknown. */
  readonly sampleAspectRatio: Rational | null;
  /** The lowest rate that represents every timestamp (`r_frame_rate`). */
  readonly frameRate: Rational | null;
  /** Frames a second on average; null where unknown. */
  readonly averageFrameRate: Rational | null;
  /** `progressive`, `tt`, `bb`, `tb`, `bt`, or null. */
  readonly fieldOrder: string | null;
  /** How the colours are coded. */
  readonly color: ColorInfo;
  /** Where the colours of a pixel are taken: `left`, `center`, `topleft`, …; null where unknown. */
  readonly chromaLocation: string | null;
  /** Frames that decoding runs ahead of showing (`video_delay`): 0 without B-frames. */
  readonly videoDelay: number;
  /** Bits a pixel as coded, where the codec leaves that open; else 0. */
  readonly bitsPerCodedSample: number;
  /** Degrees, counter-clockwise, from the display matrix; 0 without one. */
  readonly rotation: number;
}

/** An audio stream. */
export interface AudioStream extends StreamBase {
  /** The kind of stream. */
  readonly type: "audio";
  /** Samples a second. */
  readonly sampleRate: number;
  /** How many. */
  readonly channels: number;
  /** `stereo`, `5.1(side)`; null where unknown. */
  readonly channelLayout: string | null;
  /** libav's name, such as `fltp`; null where unknown. */
  readonly sampleFormat: string | null;
  /** Samples a packet, where it is fixed; else 0. */
  readonly frameSize: number;
  /** Samples to drop at the start. */
  readonly initialPadding: number;
  /** Bytes that cannot be divided, where the codec has such (`block_align`); else 0. */
  readonly blockAlign: number;
  /** Bits a sample as coded, where the codec leaves that open; else 0. */
  readonly bitsPerCodedSample: number;
}

/** A stream of anything else. */
export interface OtherStream extends StreamBase {
  /** The kind of stream. */
  readonly type: "subtitle" | "data" | "attachment";
}

/** A plain snapshot of a stream, told apart by `type`. */
export type Stream = VideoStream | AudioStream | OtherStream;

/** A chapter; times in seconds. */
export interface Chapter {
  /** The container's number for it. */
  readonly id: number;
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly end: number;
  /** Names and values, as the container holds them. */
  readonly metadata: Dictionary;
}

/** A program of a transport stream. */
export interface Program {
  /** The container's number for it. */
  readonly id: number;
  /** Indexes of its streams. */
  readonly streams: number[];
  /** Names and values, as the container holds them. */
  readonly metadata: Dictionary;
}

/** The container. Times in seconds, sizes in bytes. */
export interface FormatInfo {
  /** libav's short name, such as `matroska,webm`. */
  readonly name: string;
  /** A name for people. */
  readonly longName: string;
  /**
   * The MIME type with the codecs of its streams, such as `video/mp4; codecs="avc1.64001f,opus"`;
   * null where the container has none.
   */
  readonly mimeType: string | null;
  /** File name extensions of the container, without the dot. */
  readonly extensions: string[];
  /** Seconds, or null where unknown. */
  readonly startTime: number | null;
  /** Seconds, or null where unknown. */
  readonly duration: number | null;
  /** Bytes, or null where unknown. */
  readonly size: number | null;
  /** Bits a second, or null where unknown. */
  readonly bitRate: number | null;
  /** How sure the detection was: 0 to 100. */
  readonly probeScore: number;
  /** Names and values, as the container holds them. */
  readonly metadata: Dictionary;
}
