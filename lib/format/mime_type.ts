/**
 * MIME types of containers, with their codecs.
 *
 * @module
 */
import type { Stream } from "./types.ts";

/** The container as libav names it. */
export interface ContainerName {
  /** The demuxer's or the muxer's name. */
  readonly name: string;
  /** The container's brand, where it has one. */
  readonly brand?: string | undefined;
}

/** Names registered or in common use, where libav has none or one with `x-`. */
const types: Readonly<Record<string, { readonly video?: string; readonly audio?: string }>> = {
  mov: { video: "video/mp4", audio: "audio/mp4" },
  quicktime: { video: "video/quicktime", audio: "video/quicktime" },
  "3gp": { video: "video/3gpp", audio: "audio/3gpp" },
  "3g2": { video: "video/3gpp2", audio: "audio/3gpp2" },
  matroska: { video: "video/matroska", audio: "audio/matroska" },
  webm: { video: "video/webm", audio: "audio/webm" },
  mpegts: { video: "video/mp2t", audio: "video/mp2t" },
  mpeg: { video: "video/mpeg", audio: "video/mpeg" },
  ogg: { video: "video/ogg", audio: "audio/ogg" },
  hls: { video: "application/vnd.apple.mpegurl", audio: "application/vnd.apple.mpegurl" },
  dash: { video: "application/dash+xml", audio: "application/dash+xml" },
  flv: { video: "video/x-flv", audio: "video/x-flv" },
  avi: { video: "video/x-msvideo", audio: "video/x-msvideo" },
  asf: { video: "video/x-ms-wmv", audio: "audio/x-ms-wma" },
  aac: { audio: "audio/aac" },
  mp3: { audio: "audio/mpeg" },
  flac: { audio: "audio/flac" },
  wav: { audio: "audio/wav" },
  aiff: { audio: "audio/aiff" },
  w64: { audio: "audio/x-w64" },
  amr: { audio: "audio/amr" },
  caf: { audio: "audio/x-caf" },
};

/** libav's other names for the same. */
const families: Readonly<Record<string, string>> = {
  mp4: "mov",
  ipod: "mov",
  psp: "mov",
  ismv: "mov",
  f4v: "mov",
  adts: "aac",
  mp2: "mp3",
  oga: "ogg",
  ogv: "ogg",
  opus: "ogg",
  spx: "ogg",
  vob: "mpeg",
  dvd: "mpeg",
  svcd: "mpeg",
  vcd: "mpeg",
  mpegvideo: "mpeg",
  mpegtsraw: "mpegts",
};

/** Containers whose MIME type takes the parameter `codecs` (RFC 6381). */
const withCodecs = /^(video|audio)\/(mp4|quicktime|3gpp2?|matroska|webm|mp2t|ogg)$/;
const webmCodecs = /^(vp8|vp9|av1|vorbis|opus|webvtt)$/;

function familyOf({ name, brand }: ContainerName, streams: readonly Stream[]): string {
  const first = name.split(",")[0];
  if (first === "matroska") {
    // The demuxer does not tell which of its two names the file bears.
    const web = name.includes("webm") && streams.length > 0 &&
      streams.every(({ codec }) => webmCodecs.test(codec.name));
    return web ? "webm" : first;
  }
  if (first === "mov" && (brand?.startsWith("qt") ?? name === "mov")) return "quicktime";
  return families[first] ?? first;
}

/**
 * The MIME type of a container with these streams, with `codecs` where its type takes them and
 * every codec has a name; null where the container has none.
 */
export function mimeTypeOf(
  container: ContainerName,
  streams: readonly Stream[],
  fallback: string | null = null,
): string | null {
  const media = streams.filter(({ type, isCoverArt }) =>
    !isCoverArt && (type === "video" || type === "audio")
  );
  const kind = media.some(({ type }) => type === "video") ? "video" : "audio";
  const known = types[familyOf(container, streams.filter(({ isCoverArt }) => !isCoverArt))];
  const type = known?.[kind] ?? known?.audio ?? known?.video ?? fallback;
  if (type === null || !withCodecs.test(type) || media.length === 0) return type;
  const codecs = media.map(({ codec }) => codec.string);
  return codecs.includes(null) ? type : `${type}; codecs="${[...new Set(codecs)].join(",")}"`;
}
