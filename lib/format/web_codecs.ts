/**
 * Configurations of decoders and encoded chunks of WebCodecs, as a muxer takes them: told by their
 * members, so that those of any implementation will do.
 *
 * @module
 */
import { ownBufferSource } from "../../ffi/mod.ts";
import { parseAudioCodec, parseVideoCodec } from "./codec_string/parse.ts";
import type { StreamDescription } from "./parameters.ts";
import type { ColorInfo } from "./types.ts";

/** A `VideoDecoderConfig` or an `AudioDecoderConfig` of WebCodecs. */
export interface WebDecoderConfig {
  /** The codec string, such as `avc1.64001f`. */
  readonly codec: string;
  /** The setup bytes, as the codec's registration says. */
  readonly description?: ArrayBufferLike | ArrayBufferView<ArrayBufferLike> | undefined;
  /** Pixels. */
  readonly codedWidth?: number | undefined;
  /** Pixels. */
  readonly codedHeight?: number | undefined;
  /** The shape as shown. */
  readonly displayAspectWidth?: number | undefined;
  /** The shape as shown. */
  readonly displayAspectHeight?: number | undefined;
  /** The meaning of the samples. */
  readonly colorSpace?: {
    readonly primaries?: string | null | undefined;
    readonly transfer?: string | null | undefined;
    readonly matrix?: string | null | undefined;
    readonly fullRange?: boolean | null | undefined;
  } | undefined;
  /** Degrees clockwise. */
  readonly rotation?: number | undefined;
  /** Mirrored after the rotation. */
  readonly flip?: boolean | undefined;
  /** Samples a second. */
  readonly sampleRate?: number | undefined;
  /** Channels. */
  readonly numberOfChannels?: number | undefined;
}

/** An `EncodedVideoChunk` or an `EncodedAudioChunk` of WebCodecs. */
export interface WebChunk {
  /** Whether it decodes alone. */
  readonly type: "key" | "delta";
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds. */
  readonly duration: number | null;
  /** The number of bytes. */
  readonly byteLength: number;
  /** Copies the bytes. */
  copyTo(destination: Uint8Array): void;
}

/** True for a configuration: a description of a stream has a type. */
export function isWebConfig(value: object): value is WebDecoderConfig {
  return !("type" in value) && "codec" in value;
}

/** True for a chunk: a packet has no `byteLength`. */
export function isWebChunk(value: object): value is WebChunk {
  return "byteLength" in value && "copyTo" in value;
}

const MICROSECONDS = { num: 1, den: 1_000_000 };

/** A chunk as a packet that the program made. */
export interface ChunkPacket {
  /** The bytes. */
  readonly data: Uint8Array;
  /** Microseconds. */
  readonly pts: number;
  /** Microseconds; null where unknown. */
  readonly duration: number | null;
  /** Whether it decodes alone. */
  readonly isKeyframe: boolean;
  /** A microsecond. */
  readonly timeBase: { readonly num: number; readonly den: number };
}

/** The packet of a chunk. */
export function packetOfChunk(chunk: WebChunk): ChunkPacket {
  const data = copyOfChunk(chunk);
  const { timestamp, duration, type } = chunk;
  return { data, pts: timestamp, duration, isKeyframe: type === "key", timeBase: MICROSECONDS };
}

function copyOfChunk(chunk: WebChunk): Uint8Array {
  try {
    const data = new Uint8Array(Number(chunk.byteLength));
    chunk.copyTo(data);
    return data;
  } catch (cause) {
    throw new TypeError("write: the chunk gives no bytes: its byteLength or copyTo failed", {
      cause,
    });
  }
}

/** The words of WebCodecs that libav spells in another way. */
const colorWords: Readonly<Record<string, string>> = {
  "pq": "smpte2084",
  "hlg": "arib-std-b67",
  "rgb": "gbr",
  "bt2020-ncl": "bt2020nc",
};
const FLAC_HEADER = 8;
const STREAM_INFO = 34;

/** The description of the stream that a configuration is for; a TypeError for an unknown codec. */
export function streamOfConfig(config: WebDecoderConfig): StreamDescription {
  const { codec, description } = config;
  const text = String(codec);
  const bytes = description === undefined ? null : viewOf(description);
  const video = parseVideoCodec(text);
  if (video !== undefined) {
    const { codedWidth: width, codedHeight: height, rotation = 0, flip = false } = config;
    const { displayAspectWidth: across, displayAspectHeight: down } = config;
    const hasAspect = width && height && across && down;
    return {
      type: "video",
      codec: video.codec,
      timeBase: MICROSECONDS,
      extradata: video.codec === "vp8" || video.codec === "vp9" ? null : bytes,
      width,
      height,
      pixelFormat: `yuv${video.chroma}p${video.depth > 8 ? `${video.depth}le` : ""}`,
      sampleAspectRatio: hasAspect ? { num: across * height, den: down * width } : undefined,
      color: colorOf(config.colorSpace),
      ...((rotation !== 0 || flip) && {
        sideData: [{ type: "Display Matrix", data: displayMatrix(rotation, flip) }],
      }),
    };
  }
  const audio = parseAudioCodec(text);
  if (audio === undefined) {
    throw new TypeError(`addStream: codec: unknown codec string ${JSON.stringify(text)}`);
  }
  const { sampleRate, numberOfChannels: channels } = config;
  const isFlac = audio.codec === "flac" && bytes !== null && bytes.length >= 42;
  return {
    type: "audio",
    codec: audio.codec,
    timeBase: { num: 1, den: sampleRate ?? 48000 },
    // libav has the block of stream information alone.
    extradata: isFlac ? bytes.subarray(FLAC_HEADER, FLAC_HEADER + STREAM_INFO) : bytes,
    sampleRate,
    channels,
  };
}

function viewOf(description: ArrayBufferLike | ArrayBufferView<ArrayBufferLike>): Uint8Array {
  const bytes = ownBufferSource(description);
  if (bytes !== undefined) return bytes;
  throw new TypeError("addStream: description: expected an ArrayBuffer or a view of one");
}

function colorOf(space: WebDecoderConfig["colorSpace"]): Partial<ColorInfo> {
  const word = (name: string | null | undefined) => name ? colorWords[name] ?? name : null;
  const { primaries, transfer, matrix, fullRange } = space ?? {};
  return {
    primaries: word(primaries),
    transfer: word(transfer),
    space: word(matrix),
    range: fullRange === undefined || fullRange === null ? null : fullRange ? "pc" : "tv",
  };
}

const ONE = 1 << 16;
const LAST = 1 << 30;

/** The nine numbers of a display matrix: a rotation clockwise, then a mirror from left to right. */
function displayMatrix(rotation: number, flip: boolean): Uint8Array {
  const angle = rotation * Math.PI / 180;
  const [cos, sin] = [Math.round(Math.cos(angle)), Math.round(Math.sin(angle))];
  const side = flip ? -ONE : ONE;
  const matrix = new DataView(new ArrayBuffer(36));
  [cos * side, sin * ONE, 0, -sin * side, cos * ONE, 0, 0, 0, LAST].forEach((value, i) =>
    matrix.setInt32(i * 4, value, true)
  );
  return new Uint8Array(matrix.buffer);
}
