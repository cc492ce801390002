/**
 * Whether the streams of two inputs can follow each other in one output stream.
 *
 * @module
 */
import { nalUnits } from "../codec_string/nal_units.ts";
import type { Stream } from "../types.ts";

const H264_SETS = new Set([7, 8]);
const HEVC_SETS = new Set([32, 33, 34]);
const FLAC_STREAMINFO = 34;

/** The differences between two streams. */
export interface CodecDifferences {
  /** In words; empty where the streams go on as one. */
  readonly found: readonly string[];
  /** The way to make the streams alike. */
  readonly advice: string;
}

/** Formats whose packets look so. */
const FORMATS: Readonly<Record<string, string>> = {
  "Annex B": "mpegts",
  "ADTS": "mpegts",
  "avcC": "mp4",
  "hvcC": "mp4",
  "AudioSpecificConfig": "mp4",
};
const ENCODE = "encode the parts alike";

/** Compares two streams. */
export function codecDifferences(first: Stream, next: Stream): CodecDifferences {
  const found: string[] = [];
  const compare = (what: string, a: unknown, b: unknown) => {
    if (a === b || a === null || b === null || a === undefined || b === undefined) return;
    found.push(`${what} ${b}, not ${a}`);
  };
  compare("codec", first.codec.name, next.codec.name);
  if (found.length > 0) return { found, advice: ENCODE };
  if (first.type === "video" && next.type === "video") {
    compare("width", first.width, next.width);
    compare("height", first.height, next.height);
    compare("pixel format", first.pixelFormat, next.pixelFormat);
  } else if (first.type === "audio" && next.type === "audio") {
    compare("sample rate", first.sampleRate, next.sampleRate);
    compare("channels", first.channels, next.channels);
  }
  const [before, after] = [first, next].map(setupOf);
  if (before.form !== after.form) {
    const isAlike = found.length === 0;
    found.push(`extradata in the form of ${after.form}, not of ${before.form}`);
    const format = FORMATS[before.form] ?? "its format";
    return { found, advice: isAlike ? `remux the part to ${format} first` : ENCODE };
  }
  if (before.bytes !== after.bytes) {
    found.push("extradata (what the decoder is set up with) of other content");
  }
  return { found, advice: ENCODE };
}

interface Setup {
  /** How packets look that go with it. */
  readonly form: string;
  /** Everything in it that a decoder depends on. */
  readonly bytes: string;
}

/** The parts of the extradata that a decoder depends on; encoders' names and lengths are not. */
function setupOf({ codec, extradata }: Stream): Setup {
  const bytes = extradata ?? new Uint8Array();
  switch (codec.name) {
    case "h264":
      return parameterSets(bytes, "avcC", (first) => H264_SETS.has(first & 31));
    case "hevc":
      return parameterSets(bytes, "hvcC", (first) => HEVC_SETS.has(first >> 1 & 63));
    case "aac":
      return { form: bytes.length === 0 ? "ADTS" : "AudioSpecificConfig", bytes: hex(bytes) };
    case "opus":
      // Channels, gain and mapping: the samples to skip and the rate before encoding may differ.
      return { form: "Opus", bytes: hex(bytes.subarray(9, 10)) + hex(bytes.subarray(16)) };
    case "flac": {
      // Rate, channels and bits, and neither sizes, length nor checksum.
      const info = bytes.subarray(-FLAC_STREAMINFO).slice(10, 14);
      if (info.length === 4) info[3] &= 0xf0;
      return { form: "FLAC", bytes: hex(info) };
    }
    case "vorbis":
      return { form: "Vorbis", bytes: withoutComment(bytes) };
    default:
      return { form: codec.name, bytes: hex(bytes) };
  }
}

function parameterSets(
  bytes: Uint8Array,
  boxed: string,
  isSet: (firstByte: number) => boolean,
): Setup {
  const { isAnnexB, units } = nalUnits(bytes, boxed);
  const sets = units.filter((unit) => isSet(unit[0])).map(hex);
  return { form: isAnnexB ? "Annex B" : boxed, bytes: sets.join(" ") };
}

/** The identification and setup headers: the comment between them names the encoder. */
function withoutComment(bytes: Uint8Array): string {
  // 2, then the lengths of the first two headers in steps of 255.
  if (bytes[0] !== 2) return hex(bytes);
  const lengths: number[] = [];
  let at = 1;
  for (let header = 0; header < 2; header++) {
    let length = 0;
    for (; bytes[at] === 255; at++) length += 255;
    length += bytes[at++] ?? 0;
    lengths.push(length);
  }
  const [id, comment] = lengths;
  return hex(bytes.subarray(at, at + id)) + hex(bytes.subarray(at + id + comment));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
