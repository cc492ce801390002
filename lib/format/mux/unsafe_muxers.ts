/**
 * Input that some muxers of libavformat do not survive: they do not check it, and end the
 * process, loop for ever, or drop every packet and say nothing. It is refused here by name.
 *
 * @module
 */

/** A stream as its muxer sees it. */
export interface MuxerInput {
  /** The muxer's name. */
  readonly format: string;
  /** The muxer of the segments, where the packets are written to those. */
  readonly container: string;
  /** libavformat's major version. */
  readonly major: number;
  readonly codec: string;
  /** True for a video stream. */
  readonly isPicture: boolean;
  readonly extradataSize: number;
  /** False where the pixel or sample format is none. */
  readonly formatKnown: boolean;
  readonly channels: number;
  readonly bitsPerCodedSample: number;
}

const programStreams: ReadonlySet<string> = new Set(["mpeg", "vcd", "svcd", "dvd", "vob"]);

const movFamily = /^(mov|mp4|ipod|3gp|3g2|psp|ismv|f4v)$/;
/** Bytes of an OpusHead, and of a STREAMINFO block. */
const LEAST_SETUP: ReadonlyMap<string, number> = new Map([["opus", 19], ["flac", 34]]);

/** The part that the header needs and the stream lacks, in words. */
export function missingRequirement(given: MuxerInput): string | undefined {
  const { format, container, codec, extradataSize, formatKnown, isPicture } = given;
  // With delay_moov, and so in fragments, the failure of the moov is ignored.
  const least = movFamily.test(container) && LEAST_SETUP.get(codec) || 0;
  if (extradataSize < least) {
    return `${container} needs ${least} bytes of extradata of ${codec}, and there are ${extradataSize}`;
  }
  // apng looks through the chunks there, vc1test copies four bytes of it, flv asserts that it is.
  const inside = /^(apng|vc1test)$/.test(format) ||
    (format === "flv" && /^(flac|opus)$/.test(codec));
  if (inside && extradataSize === 0) return `${format} needs the extradata of ${codec}`;
  if (format === "avif" && !isPicture) return "avif holds pictures and nothing else";
  // The muxer of still AV1 pictures, alone or one for each picture, describes its pixels.
  if (/^(avif|image2|image2pipe)$/.test(format) && codec === "av1" && !formatKnown) {
    return "a still AV1 picture needs the stream's pixelFormat";
  }
  // A frame is divided by its samples' size.
  if (isLpcm(given) && given.channels * given.bitsPerCodedSample < 8) {
    return `${format} needs the stream's channels and bitsPerCodedSample`;
  }
  return undefined;
}

function isLpcm({ format, codec }: MuxerInput): boolean {
  return programStreams.has(format) && codec === "pcm_dvd";
}

/** The sizes that packets come in. */
export interface Sizes {
  /** Every packet's size is a multiple of so many bytes. */
  readonly unit: number;
  /** True where an empty one, which adds nothing, would never leave the muxer. */
  readonly dropsEmpty: boolean;
  /** The trailer divides by what is beyond the first. */
  readonly minPackets: number;
}

/** The sizes that a stream's muxer takes. */
export function sizesOf(given: MuxerInput): Sizes {
  const { format, major, codec, channels, bitsPerCodedSample } = given;
  let unit = 1;
  if (format === "chromaprint") unit = Math.max(1, channels * 2);
  if (isLpcm(given)) unit = Math.floor(channels * bitsPerCodedSample / 8);
  return {
    unit,
    dropsEmpty: programStreams.has(format),
    minPackets: format === "caf" && major < 63 && /^(flac|opus)$/.test(codec) ? 2 : 0,
  };
}
