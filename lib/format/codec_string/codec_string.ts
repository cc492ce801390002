/**
 * Codec names as web players and manifests spell them (RFC 6381).
 *
 * @module
 */
import { av1String } from "./av1.ts";
import { h264String } from "./h264.ts";
import { hevcString } from "./hevc.ts";
import { aacString, mpeg4VideoString } from "./mpeg4.ts";
import type { CodecDescription } from "./types.ts";
import { vp9String } from "./vp9.ts";

export type { CodecColor, CodecDescription } from "./types.ts";

const proresTags = ["apco", "apcs", "apcn", "apch", "ap4h", "ap4x"];
const dtsTags = ["dtsc", "dtsh", "dtsl", "dtse"];

const namers: ReadonlyMap<string, (codec: CodecDescription) => string | null> = new Map([
  ["h264", h264String],
  ["hevc", hevcString],
  ["av1", av1String],
  ["vp9", vp9String],
  ["aac", aacString],
  ["aac_latm", aacString],
  ["mpeg4", mpeg4VideoString],
  ["mp3", (codec) => codec.tag === "mp4a" ? "mp4a.6B" : "mp3"],
  // FFmpeg numbers the ProRes profiles in the order of the tags.
  [
    "prores",
    ({ tag, profile }) => proresTags.includes(tag) ? tag : proresTags[profile] ?? null,
  ],
  ["dts", ({ tag }) => dtsTags.includes(tag) ? tag : "dtsc"],
  ["vp8", () => "vp8"],
  ["opus", () => "opus"],
  ["vorbis", () => "vorbis"],
  ["flac", () => "flac"],
  ["alac", () => "alac"],
  ["ac3", () => "ac-3"],
  ["eac3", () => "ec-3"],
  ["webvtt", () => "wvtt"],
  ["ttml", () => "stpp"],
  ["mov_text", () => "tx3g"],
]);

/**
 * The RFC 6381 name of a stream, such as `avc1.64001f` or `mp4a.40.2`, for the `codecs` parameter
 * of a media type, for HLS and DASH manifests, and for WebCodecs.
 *
 * `null` when the codec has no such name (PCM, Motion JPEG, …) or when its name needs what neither
 * the header nor the numbers say. A damaged header never throws.
 *
 * MP3 is `mp4a.6B` under the MP4 tag `mp4a`, and `mp3` anywhere else.
 *
 * AAC LC under the tag `mp4a`, with the setup bytes `12 10`, is `mp4a.40.2`.
 */
export function codecString(c: CodecDescription): string | null {
  return namers.get(c.name)?.(c) ?? null;
}
