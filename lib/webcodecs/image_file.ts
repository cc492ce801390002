/**
 * Image files: their types, and the frames in their bytes.
 *
 * @module
 */
import { decoderNames } from "../codec/codecs.ts";
import { DemuxerSync } from "../format/demux/demuxer.ts";
import type { StreamDescription } from "../format/parameters.ts";
import type { Stream } from "../format/types.ts";
import { primaryItem } from "./avif_item.ts";
import { jpegOrientation } from "./exif_orientation.ts";
import type { Orientation } from "./frame_geometry.ts";
import { readGif } from "./gif_blocks.ts";
import { readWebpAnimation, type WebpAnimation } from "./webp_animation.ts";

/** A frame that is not decoded. */
export interface ImagePacket {
  /** The bytes. */
  readonly data: Uint8Array;
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds; null for a still picture. */
  readonly duration: number | null;
}

/** A track of an image. */
export interface ImageFileTrack {
  /** The stream that its packets are of. */
  readonly stream: Stream | StreamDescription;
  /** The frames that are there. */
  readonly packets: readonly ImagePacket[];
  /** Made to be shown one after the other. */
  readonly animated: boolean;
  /** Times that it is shown after the first; Infinity for ever. */
  readonly repetitions: number;
  /** How it is turned. */
  readonly orientation: Orientation;
  /** Its packets are parts of a canvas. */
  readonly animation?: WebpAnimation;
}

interface ImageType {
  /** libav's demuxer. */
  readonly format: string;
  /** The codec that must be there. */
  readonly codec: string;
}

const types: Readonly<Record<string, ImageType>> = {
  "image/png": { format: "png_pipe", codec: "png" },
  "image/apng": { format: "apng", codec: "apng" },
  "image/jpeg": { format: "jpeg_pipe", codec: "mjpeg" },
  "image/gif": { format: "gif", codec: "gif" },
  "image/webp": { format: "webp_pipe", codec: "webp" },
  "image/avif": { format: "mov", codec: "av1" },
  "image/bmp": { format: "bmp_pipe", codec: "bmp" },
  "image/x-icon": { format: "ico", codec: "bmp" },
  "image/vnd.microsoft.icon": { format: "ico", codec: "bmp" },
};

/** Whether images of a MIME type can be decoded here. */
export function isImageType(type: string): boolean {
  const found = Object.hasOwn(types, type) ? types[type] : undefined;
  return found !== undefined && decoderNames(found.codec).length > 0;
}

const upright: Orientation = { rotation: 0, flip: false };
const GIF_TRAILER = 0x3b;

/**
 * The tracks of an image, of which the end may be missing; undefined where more bytes are needed
 * first. Throws where the bytes are not of the type.
 */
export function readImageFile(
  type: string,
  bytes: Uint8Array,
  complete: boolean,
): ImageFileTrack[] | undefined {
  if (type === "image/gif" && !complete) {
    const known = readGif(bytes);
    if (known === undefined || known.frames === 0) return undefined;
    const whole = new Uint8Array(known.end + 1);
    whole.set(bytes.subarray(0, known.end));
    whole[known.end] = GIF_TRAILER;
    return demux(type, whole);
  }
  if (!complete) return undefined;
  const animation = type === "image/webp" ? readWebpAnimation(bytes) : undefined;
  return animation === undefined ? demux(type, bytes) : [trackOfWebp(animation)];
}

function trackOfWebp(animation: WebpAnimation): ImageFileTrack {
  const { frames, repetitions } = animation;
  let timestamp = 0;
  const packets = frames.map(({ data, duration }) => {
    const packet = { data, timestamp, duration };
    timestamp += duration;
    return packet;
  });
  const stream = { type: "video", codec: "webp" } as const;
  return { stream, packets, animated: true, repetitions, orientation: upright, animation };
}

function demux(type: string, bytes: Uint8Array): ImageFileTrack[] {
  const isAnimatedPng = type === "image/png" && hasAnimationControl(bytes);
  using input = DemuxerSync.open(bytes, {
    format: isAnimatedPng ? "apng" : types[type].format,
    findStreamInfo: type === "image/avif" || type === "image/x-icon",
  });
  const streams = input.streams.filter((stream) => stream.type === "video");
  const packets = new Map<number, ImagePacket[]>(streams.map(({ index }) => [index, []]));
  for (const packet of input) {
    packets.get(packet.streamIndex)?.push({
      data: packet.data,
      timestamp: Math.round((packet.ptsTime ?? packet.dtsTime ?? 0) * 1_000_000),
      duration: packet.durationTime === null ? null : Math.round(packet.durationTime * 1_000_000),
    });
  }
  const orientation = type === "image/jpeg" ? jpegOrientation(bytes) : upright;
  const tracks = streams.map((stream) =>
    trackOf(type, bytes, stream, packets.get(stream.index) ?? [], orientation)
  ).filter((track) => track.packets.length > 0);
  const still = type === "image/avif" ? stillOf(bytes) : undefined;
  return still === undefined ? tracks : [still, ...tracks];
}

function trackOf(
  type: string,
  bytes: Uint8Array,
  stream: Stream,
  packets: readonly ImagePacket[],
  orientation: Orientation,
): ImageFileTrack {
  const isGif = type === "image/gif";
  const repetitions = isGif ? readGif(bytes)?.repetitions ?? 0 : packets.length > 1 ? Infinity : 0;
  const animated = packets.length > 1 || (isGif && repetitions > 0);
  // The time that a still picture is shown is the demuxer's invention.
  const frames = animated ? packets : packets.map((packet) => ({ ...packet, duration: null }));
  return { stream, packets: frames, animated, repetitions, orientation };
}

function stillOf(bytes: Uint8Array): ImageFileTrack | undefined {
  const data = primaryItem(bytes);
  if (data === undefined) return undefined;
  return {
    stream: { type: "video", codec: "av1" },
    packets: [{ data, timestamp: 0, duration: null }],
    animated: false,
    repetitions: 0,
    orientation: upright,
  };
}

const ANIMATION_CONTROL = 0x6163544c;
const IMAGE_DATA = 0x49444154;

/** True for a PNG with an `acTL` before its picture. */
function hasAnimationControl(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = view.getUint32(at + 4);
    if (kind === ANIMATION_CONTROL) return true;
    if (kind === IMAGE_DATA) return false;
  }
  return false;
}
