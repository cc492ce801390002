/**
 * The sample formats of WebCodecs, and conversions between them.
 *
 * @module
 */
import type { AudioSampleFormat } from "./frame_types.ts";
import { type Converter, enumeration } from "./webidl.ts";

/** The type of a sample, of whatever layout. */
export type SampleType = "u8" | "s16" | "s32" | "f32";
/** An array of samples. */
export type Samples =
  | Uint8Array<ArrayBufferLike>
  | Int16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Float32Array<ArrayBufferLike>;

const types = {
  u8: { array: Uint8Array, libav: "u8" },
  s16: { array: Int16Array, libav: "s16" },
  s32: { array: Int32Array, libav: "s32" },
  f32: { array: Float32Array, libav: "flt" },
} as const;

const formats: readonly AudioSampleFormat[] = [
  "u8",
  "s16",
  "s32",
  "f32",
  "u8-planar",
  "s16-planar",
  "s32-planar",
  "f32-planar",
];

/** Converts to `AudioSampleFormat`. */
export const audioSampleFormat: Converter<AudioSampleFormat> = enumeration(formats);

/** The type of a format's samples. */
export function typeOf(format: AudioSampleFormat): SampleType {
  return format.replace("-planar", "") as SampleType;
}

/** True where each channel has a plane of its own. */
export function isPlanar(format: AudioSampleFormat): boolean {
  return format.endsWith("-planar");
}

/** Bytes of a sample. */
export function bytesOfSample(format: AudioSampleFormat): number {
  return types[typeOf(format)].array.BYTES_PER_ELEMENT;
}

/** libav's name of a format. */
export function libavSampleFormat(format: AudioSampleFormat): string {
  return `${types[typeOf(format)].libav}${isPlanar(format) ? "p" : ""}`;
}

/** The standard's name of a format of libav; null where it has none. */
export function webSampleFormatOf(libav: string): AudioSampleFormat | null {
  return formats.find((format) => libavSampleFormat(format) === libav) ?? null;
}

/** A view of bytes as samples, copied where they are not aligned. */
export function samplesOf(type: SampleType, bytes: Uint8Array): Samples {
  const { array } = types[type];
  const size = array.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new array(buffer as ArrayBuffer, byteOffset, Math.floor(length / size));
}

/** A new array of samples. */
export function newSamples(type: SampleType, length: number): Samples {
  return new types[type].array(length);
}

const clamp = (value: number, least: number, most: number) =>
  value < least ? least : value > most ? most : value;

/** How a sample of one type becomes one of another. */
const conversions: Readonly<Record<SampleType, Record<SampleType, (x: number) => number>>> = {
  u8: {
    u8: (x) => x,
    s16: (x) => (x - 128) << 8,
    s32: (x) => (x - 128) << 24,
    f32: (x) => (x - 128) / 128,
  },
  s16: {
    u8: (x) => (x >> 8) + 128,
    s16: (x) => x,
    s32: (x) => x << 16,
    f32: (x) => x / 0x8000,
  },
  s32: {
    u8: (x) => (x >> 24) + 128,
    s16: (x) => x >> 16,
    s32: (x) => x,
    f32: (x) => x / 0x80000000,
  },
  f32: {
    u8: (x) => clamp(Math.round(x * 128) + 128, 0, 255),
    s16: (x) => clamp(Math.round(x * 0x8000), -0x8000, 0x7fff),
    s32: (x) => clamp(Math.round(x * 0x80000000), -0x80000000, 0x7fffffff),
    f32: (x) => x,
  },
};

/** Which samples to take, and where to put them. */
export interface SampleRun {
  /** The first sample of the source. */
  readonly from: number;
  /** Samples of the source from one to the next. */
  readonly fromStep: number;
  /** The first sample of the destination. */
  readonly to: number;
  /** Samples of the destination from one to the next. */
  readonly toStep: number;
  /** The number of samples. */
  readonly count: number;
}

/** Copies samples, converted to the destination's type. */
export function copySamples(
  source: Samples,
  sourceType: SampleType,
  destination: Samples,
  destinationType: SampleType,
  run: SampleRun,
): void {
  const { count, fromStep, toStep } = run;
  const convert = conversions[sourceType][destinationType];
  let { from, to } = run;
  if (sourceType === destinationType && fromStep === 1 && toStep === 1) {
    destination.set(source.subarray(from, from + count), to);
    return;
  }
  for (let i = 0; i < count; i++, from += fromStep, to += toStep) {
    destination[to] = convert(source[from]);
  }
}
