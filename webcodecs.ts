/**
 * WebCodecs for Deno, Bun and Node: the interfaces of the W3C's standard over the system's FFmpeg.
 * Code written for the browser runs with one import.
 *
 * @example
 * ```ts
 * import { VideoFrame } from "@avio/avio/webcodecs";
 *
 * const pixels = new Uint8Array(4 * 4 * 4);
 * using frame = new VideoFrame(pixels, {
 *   format: "RGBA",
 *   codedWidth: 4,
 *   codedHeight: 4,
 *   timestamp: 0,
 * });
 * console.log(frame.format, frame.allocationSize());
 * ```
 *
 * @module
 */
export { AudioData, type AudioDataLibav } from "./lib/webcodecs/audio_data.ts";
export { AudioEncoder, type AudioEncoderInit } from "./lib/webcodecs/audio_encoder.ts";
export { decoderConfig, toChunk } from "./lib/webcodecs/bridges.ts";
export { EncodedAudioChunk } from "./lib/webcodecs/encoded_audio_chunk.ts";
export { EncodedVideoChunk } from "./lib/webcodecs/encoded_video_chunk.ts";
export type {
  BitmapLike,
  CanvasLike,
  FrameImageData,
  ImageDataLike,
} from "./lib/webcodecs/frame_canvas.ts";
export { ImageDecoder, type ImageDecodeResult } from "./lib/webcodecs/image_decoder.ts";
export { ImageTrack } from "./lib/webcodecs/image_track.ts";
export { ImageTrackList } from "./lib/webcodecs/image_track_list.ts";
export { type CanvasModule, install, type InstallOptions } from "./lib/webcodecs/install.ts";
export { VideoColorSpace } from "./lib/webcodecs/video_color_space.ts";
export { AudioDecoder, type AudioDecoderInit } from "./lib/webcodecs/audio_decoder.ts";
export { VideoDecoder, type VideoDecoderInit } from "./lib/webcodecs/video_decoder.ts";
export { VideoEncoder, type VideoEncoderInit } from "./lib/webcodecs/video_encoder.ts";
export { VideoFrame, type VideoFrameLibav } from "./lib/webcodecs/video_frame.ts";
export type * from "./lib/webcodecs/codec_types.ts";
export type * from "./lib/webcodecs/frame_types.ts";
export type { SideData } from "./lib/format/types.ts";
export type { Rational } from "./lib/rational.ts";
