/**
 * Codec names as web players and manifests spell them (RFC 6381).
 *
 * @module
 */
import { av1String } from "./av1.ts";
import { h264String } from "./h264.ts";
import { hevcString } from "./hevc.ts";
import { two } from "./bits.ts";
import { aacString, mpeg4VideoString, mpegVideoString } from "./mpeg4.ts";
import type { CodecDescription } from "./types.ts";
import { vp9String } from "./vp9.ts";
import { vvcString } from "./vvc.ts";

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
  ["vvc", vvcString],
  ["mpeg4", mpeg4VideoString],
  ["mpeg1video", mpegVideoString],
  ["mpeg2video", mpegVideoString],
  ["ac4", () => "ac-4"],
  ["mpegh_3d_audio", mpeghString],
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

/** By the fourcc, where FFmpeg has no codec of that name or did not know the tag. */
const tagNamers: ReadonlyMap<string, (codec: CodecDescription) => string | null> = new Map([
  ["wvtt", () => "wvtt"],
  ["stpp", () => "stpp"],
  ["ac-4", () => "ac-4"],
  ["vvc1", vvcString],
  ["vvi1", vvcString],
  ...["mha1", "mha2", "mhm1", "mhm2"].map((tag) => [tag, mpeghString] as const),
]);

const dolbyVisionTags = ["dvh1", "dvhe", "dva1", "dvav", "dav1", "dvc1", "dvi1"];
const mpeghTags = ["mha1", "mha2", "mhm1", "mhm2"];

/** Version and profile-level begin the configuration record. */
function mpeghString({ tag, extradata }: CodecDescription): string {
  const entry = mpeghTags.includes(tag) ? tag : "mhm1";
  if (extradata === null || extradata.length < 2 || extradata[0] !== 1) return entry;
  return `${entry}.0x${extradata[1].toString(16).toUpperCase().padStart(2, "0")}`;
}

/** A tag of Dolby Vision says that nothing else decodes the stream. */
function dolbyVisionString({ tag, dolbyVision }: CodecDescription): string | null {
  if (dolbyVision === undefined || !dolbyVisionTags.includes(tag)) return null;
  return `${tag}.${two(dolbyVision.profile)}.${two(dolbyVision.level)}`;
}

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
  return dolbyVisionString(c) ?? namers.get(c.name)?.(c) ?? tagNamers.get(c.tag)?.(c) ?? null;
}
