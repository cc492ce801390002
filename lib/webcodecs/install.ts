/**
 * The interfaces of WebCodecs as globals.
 *
 * @module
 */
import { AudioData } from "./audio_data.ts";
import { AudioDecoder } from "./audio_decoder.ts";
import { AudioEncoder } from "./audio_encoder.ts";
import { DOMRectReadOnlyClass } from "./dom_rect.ts";
import { EncodedAudioChunk } from "./encoded_audio_chunk.ts";
import { EncodedVideoChunk } from "./encoded_video_chunk.ts";
import { ImageDecoder } from "./image_decoder.ts";
import { ImageTrack } from "./image_track.ts";
import { ImageTrackList } from "./image_track_list.ts";
import { VideoColorSpace } from "./video_color_space.ts";
import { VideoDecoder } from "./video_decoder.ts";
import { VideoEncoder } from "./video_encoder.ts";
import { VideoFrame } from "./video_frame.ts";

/**
 * Puts each interface of WebCodecs that `target` lacks there, as browsers have it, so that
 * libraries made for browsers find them. Returns the names that it has put.
 *
 * @example
 * ```ts
 * import { install } from "@avio/avio/webcodecs";
 *
 * install();
 * console.log("VideoDecoder" in globalThis);
 * ```
 */
export function install(target: object = globalThis): string[] {
  const interfaces: Readonly<Record<string, unknown>> = {
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMRectReadOnly: DOMRectReadOnlyClass,
    EncodedAudioChunk,
    EncodedVideoChunk,
    ImageDecoder,
    ImageTrack,
    ImageTrackList,
    VideoColorSpace,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
  };
  const missing = Object.keys(interfaces).filter((name) => !(name in target));
  for (const name of missing) {
    Object.defineProperty(target, name, {
      value: interfaces[name],
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
  return missing;
}
