/**
 * The formats that an encoder takes.
 *
 * @module
 */
import {
  advance,
  makeBytes,
  type Native,
  native,
  NULL,
  type Pointer,
  PointerSlot,
} from "../../ffi/mod.ts";
import type { CodecEntry } from "./codecs.ts";
import { check } from "./errors.ts";
import { pixelFormatOf, sampleFormatOf } from "./pixel_format.ts";

/** The formats that an encoder takes; null where it names none and takes all that fit. */
export interface SupportedFormats {
  /** libav's names, the encoder's order. */
  readonly pixelFormats: readonly string[] | null;
  /** libav's names, the encoder's order. */
  readonly sampleFormats: readonly string[] | null;
  /** Samples a second. */
  readonly sampleRates: readonly number[] | null;
  /** Names such as `stereo`. */
  readonly channelLayouts: readonly string[] | null;
}

// enum AVCodecConfig, and the field of AVCodec that it has taken the place of.
const CONFIGS = {
  pix_fmts: { number: 0, end: -1 },
  supported_samplerates: { number: 2, end: 0 },
  sample_fmts: { number: 3, end: -1 },
} as const;
const CHANNEL_LAYOUTS = 4;
const MAX_ENTRIES = 1024;

function numbersOf(
  lib: Native,
  { pointer }: CodecEntry,
  field: keyof typeof CONFIGS,
): number[] | null {
  const { number, end } = CONFIGS[field];
  if (lib.avcodec.avcodec_get_supported_config) {
    const { at, count } = configOf(lib, pointer, number);
    if (at === NULL) return null;
    const view = new DataView(lib.ffi.view(at, count * 4));
    return Array.from({ length: count }, (_, i) => view.getInt32(i * 4, true));
  }
  const codec = lib.struct("AVCodec", pointer);
  const at = codec.has(field) ? codec.at(field) : NULL;
  if (at === NULL) return null;
  const found: number[] = [];
  for (let i = 0; i < MAX_ENTRIES; i++) {
    const value = new DataView(lib.ffi.view(advance(at, i * 4), 4)).getInt32(0, true);
    if (value === end) break;
    found.push(value);
  }
  return found;
}

function configOf(lib: Native, pointer: Pointer, number: number): { at: Pointer; count: number } {
  const list = new PointerSlot();
  const count = makeBytes(4);
  check(
    "avcodec_get_supported_config",
    lib.avcodec.avcodec_get_supported_config?.(NULL, pointer, number, 0, list.bytes, count) ?? 0,
  );
  return { at: list.value, count: new DataView(count.buffer).getInt32(0, true) };
}

/** Layouts are structs from 5.1 on, and masks before. */
function layoutsOf(lib: Native, { pointer }: CodecEntry): string[] | null {
  const codec = lib.struct("AVCodec", pointer);
  if (lib.avcodec.avcodec_get_supported_config) {
    const { at, count } = configOf(lib, pointer, CHANNEL_LAYOUTS);
    return at === NULL ? null : described(lib, at, count);
  }
  if (codec.has("ch_layouts")) {
    const at = codec.at("ch_layouts");
    return at === NULL ? null : described(lib, at, MAX_ENTRIES);
  }
  const at = codec.has("channel_layouts") ? codec.at("channel_layouts") : NULL;
  if (at === NULL) return null;
  const names: string[] = [];
  const text = makeBytes(64);
  for (let i = 0; i < MAX_ENTRIES; i++) {
    const mask = new DataView(lib.ffi.view(advance(at, i * 8), 8)).getBigUint64(0, true);
    if (mask === 0n) break;
    lib.avutil.av_get_channel_layout_string?.(text, text.length, 0, mask);
    names.push(new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
  }
  return names;
}

function described(lib: Native, first: Pointer, most: number): string[] {
  const names: string[] = [];
  const { size } = lib.layout("AVChannelLayout");
  for (let i = 0; i < most; i++) {
    const at = advance(first, i * size);
    if (lib.struct("AVChannelLayout", at).number("nb_channels") === 0) break;
    const name = channelLayoutName(lib, at);
    if (name !== null) names.push(name);
  }
  return names;
}

function channelLayoutName(lib: Native, at: Pointer): string | null {
  const text = makeBytes(64);
  const length = lib.avutil.av_channel_layout_describe?.(at, text, text.length) ?? -1;
  return length < 0 ? null : new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

/** The formats of an encoder (`avcodec_get_supported_config`; AVCodec's lists before 7.1). */
export function supportedFormats(codec: CodecEntry): SupportedFormats {
  const lib = native();
  const audio = codec.type === "audio";
  return {
    pixelFormats: audio
      ? null
      : numbersOf(lib, codec, "pix_fmts")?.map((number) => pixelFormatOf(number).name) ?? null,
    sampleFormats: audio
      ? numbersOf(lib, codec, "sample_fmts")?.map((number) => sampleFormatOf(number).name) ?? null
      : null,
    sampleRates: audio ? numbersOf(lib, codec, "supported_samplerates") : null,
    channelLayouts: audio ? layoutsOf(lib, codec) : null,
  };
}
