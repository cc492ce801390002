/**
 * Which encoder is used, and what it is given.
 *
 * @module
 */
import { type Native, native } from "../../../ffi/mod.ts";
import { makeBytes } from "../../../ffi/mod.ts";
import type { AudioStream, ColorInfo, VideoStream } from "../../format/types.ts";
import { type CodecEntry, findEncoder } from "../codecs.ts";
import { pixelFormat, pixelFormatOf, sampleFormat } from "../pixel_format.ts";
import { assumedSpace } from "../scaler.ts";
import { supportedFormats } from "../supported_formats.ts";

/** Encoders of a codec that are taken before libavcodec's own order. */
const preferred: Readonly<Record<string, readonly string[]>> = {
  h264: ["libx264", "libopenh264"],
  hevc: ["libx265"],
  av1: ["libsvtav1", "libaom-av1", "librav1e"],
  vp8: ["libvpx"],
  vp9: ["libvpx-vp9"],
  mp3: ["libmp3lame"],
  opus: ["libopus"],
  vorbis: ["libvorbis"],
};

/** Encoders with a quality of their own where no bit rate is asked for. */
const byQuality = new Set(["libx264", "libx265", "libsvtav1", "libaom-av1", "png", "mjpeg", "gif"]);
const LOSSLESS = /^(pcm_|ffv1|flac|alac|png|rawvideo|huffyuv|ffvhuff|utvideo|qtrle|wavpack|tta)/;

/** The encoder of a codec's or an encoder's name. Throws a TypeError where there is none. */
export function chooseEncoder(name: string): CodecEntry {
  return findEncoder(name, preferred[name]);
}

/** The pixel format that loses least of those that an encoder takes, as the tool chooses it. */
export function choosePixelFormat(encoder: CodecEntry, source: string): string {
  const { pixelFormats } = supportedFormats(encoder);
  // JPEG is of full range: the encoder lists the formats of a smaller one, and refuses them.
  const full = encoder.name === "mjpeg" ? source.replace(/^yuv(?=4\d\dp$)/, "yuvj") : source;
  if (pixelFormats === null || pixelFormats.includes(full)) return full;
  const lib: Native = native();
  const from = pixelFormat(source);
  const list = makeBytes((pixelFormats.length + 1) * 4);
  const view = new DataView(list.buffer);
  pixelFormats.forEach((name, i) => view.setInt32(i * 4, pixelFormat(name).number, true));
  view.setInt32(pixelFormats.length * 4, -1, true);
  const found = lib.avcodec.avcodec_find_best_pix_fmt_of_list(
    list,
    from.number,
    from.hasAlpha ? 1 : 0,
    null,
  );
  return found < 0 ? pixelFormats[0] : pixelFormatOf(found).name;
}

/** How the colours of a result are coded: as those of the source, but for RGB on one side alone. */
export function encodedColor(
  color: ColorInfo,
  source: string,
  target: string,
  { width, height }: Pick<VideoStream, "width" | "height">,
): ColorInfo {
  const [wasRgb, isRgb] = [source, target].map((name) => {
    const format = pixelFormat(name);
    return format.isRgb || format.isPalette;
  });
  if (wasRgb === isRgb) return color;
  if (isRgb) return { ...color, space: "gbr", range: "pc" };
  const full = /^(yuvj|gray)/.test(target);
  return { ...color, space: assumedSpace(width, height), range: full ? "pc" : "tv" };
}

/** The sample format nearest to the source's: as many bytes, whole numbers or not alike. */
export function chooseSampleFormat(encoder: CodecEntry, source: string): string {
  const { sampleFormats } = supportedFormats(encoder);
  if (sampleFormats === null || sampleFormats.includes(source)) return source;
  const from = sampleFormat(source);
  const isFloat = (name: string) => /^(flt|dbl)/.test(name);
  const loss = (name: string) => {
    const { bytes } = sampleFormat(name);
    return (bytes < from.bytes ? 100 * (from.bytes - bytes) : bytes - from.bytes) +
      (isFloat(name) === isFloat(source) ? 0 : 10);
  };
  return [...sampleFormats].sort((a, b) => loss(a) - loss(b))[0];
}

/** The rate nearest to the one wanted, of those that an encoder takes. */
export function chooseSampleRate(encoder: CodecEntry, wanted: number): number {
  const { sampleRates } = supportedFormats(encoder);
  if (sampleRates === null || sampleRates.length === 0) return wanted;
  return [...sampleRates].sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || b - a)[0];
}

/** The channels and their layout, of those that an encoder takes. */
export function chooseChannels(
  encoder: CodecEntry,
  wanted: { readonly channels: number; readonly channelLayout: string | null },
): { channels: number; channelLayout: string | null } {
  const { channelLayouts } = supportedFormats(encoder);
  if (channelLayouts === null || channelLayouts.length === 0) return wanted;
  if (wanted.channelLayout !== null && channelLayouts.includes(wanted.channelLayout)) return wanted;
  const counted = channelLayouts.map((channelLayout) => ({
    channelLayout,
    channels: channelsOf(channelLayout),
  }));
  const fitting = counted.filter(({ channels }) => channels <= wanted.channels)
    .sort((a, b) => b.channels - a.channels);
  return fitting[0] ?? counted[0];
}

function channelsOf(layout: string): number {
  const known: Readonly<Record<string, number>> = {
    mono: 1,
    stereo: 2,
    downmix: 2,
    quad: 4,
    "quad(side)": 4,
    hexagonal: 6,
    octagonal: 8,
  };
  // "5.1(side)" and "7.1": whole channels and those for low frequencies.
  return known[layout] ?? layout.match(/\d+/g)?.reduce((sum, part) => sum + Number(part), 0) ?? 2;
}

/** Bits a second of pictures where none are asked for; undefined where the encoder knows better. */
export function videoBitRate(
  encoder: CodecEntry,
  { width, height }: Pick<VideoStream, "width" | "height">,
  frameRate: number,
): number | undefined {
  if (byQuality.has(encoder.name) || LOSSLESS.test(encoder.codec)) return undefined;
  // A tenth of a bit for each pixel, as streaming services spend.
  return Math.round(Math.max(200_000, width * height * Math.min(frameRate, 60) * 0.1));
}

/** Bits a second of sound where none are asked for; undefined for what is lossless. */
export function audioBitRate(
  encoder: CodecEntry,
  { channels }: Pick<AudioStream, "channels">,
): number | undefined {
  return LOSSLESS.test(encoder.codec) ? undefined : 64_000 * Math.min(Math.max(channels, 1), 6);
}
