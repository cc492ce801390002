/**
 * The decoders and encoders that libavcodec has here.
 *
 * @module
 */
import { didYouMean, nearest } from "../suggest.ts";
import {
  cString,
  makeBytes,
  type Native,
  native,
  NULL,
  type Pointer,
  type Struct,
} from "../../ffi/mod.ts";
import { constantName } from "../format/struct_values.ts";

const CAPABILITY_EXPERIMENTAL = 1 << 9;
const CAPABILITY_HARDWARE = 1 << 18;

/** One AVCodec. */
export interface CodecEntry {
  readonly pointer: Pointer;
  /** The implementation's own name, such as `libx264`. */
  readonly name: string;
  /** libav's name of the codec, such as `h264`. */
  readonly codec: string;
  readonly type: "video" | "audio" | "other";
  /** `AV_CODEC_CAP_…` */
  readonly capabilities: number;
}

type Kind = "decoder" | "encoder";

function entryOf(lib: Native, pointer: Pointer): CodecEntry {
  const codec: Struct = lib.struct("AVCodec", pointer);
  const type = codec.number("type");
  return {
    pointer,
    name: constantName(lib, codec.at("name")) ?? "",
    codec: constantName(lib, lib.avcodec.avcodec_get_name(codec.number("id"))) ?? "",
    type: type === 0 ? "video" : type === 1 ? "audio" : "other",
    capabilities: codec.number("capabilities"),
  };
}

let all: Record<Kind, CodecEntry[]> | undefined;

/** Every codec of libavcodec's (`av_codec_iterate`), read once. */
function everyCodec(): Record<Kind, CodecEntry[]> {
  if (all !== undefined) return all;
  const lib = native();
  const found: Record<Kind, CodecEntry[]> = { decoder: [], encoder: [] };
  const state = makeBytes(8);
  let at: Pointer;
  while ((at = lib.avcodec.av_codec_iterate(state)) !== NULL) {
    const entry = entryOf(lib, at);
    if (lib.avcodec.av_codec_is_decoder(at)) found.decoder.push(entry);
    if (lib.avcodec.av_codec_is_encoder(at)) found.encoder.push(entry);
  }
  return all = found;
}

/** Those of a codec, in libavcodec's order: experimental ones last, none that needs a device. */
function entriesOf(kind: Kind, codec: string): CodecEntry[] {
  const usable = everyCodec()[kind].filter((entry) =>
    entry.codec === codec && (entry.capabilities & CAPABILITY_HARDWARE) === 0 &&
    !/_(v4l2m2m|vaapi|qsv|cuvid|nvenc|amf|mf|omx|mediacodec|videotoolbox|vulkan|at)$/.test(
      entry.name,
    )
  );
  const experimental = ({ capabilities }: CodecEntry) =>
    (capabilities & CAPABILITY_EXPERIMENTAL) !== 0;
  return [...usable.filter((entry) => !experimental(entry)), ...usable.filter(experimental)];
}

/** The names of the decoders of a codec, the preferred one first; none where there is none. */
export function decoderNames(codec: string): string[] {
  return entriesOf("decoder", codec).map(({ name }) => name);
}

/** The names of the encoders of a codec, the preferred one first; none where there is none. */
export function encoderNames(codec: string): string[] {
  return entriesOf("encoder", codec).map(({ name }) => name);
}

function byName(kind: Kind, name: string): CodecEntry | undefined {
  const lib = native();
  const at = kind === "decoder"
    ? lib.avcodec.avcodec_find_decoder_by_name(cString(name))
    : lib.avcodec.avcodec_find_encoder_by_name(cString(name));
  return at === NULL ? undefined : entryOf(lib, at);
}

/**
 * The decoder of a codec: the first of `allowed` that there is, or libavcodec's own choice. Throws
 * a TypeError where there is none.
 */
export function findDecoder(codec: string, allowed?: readonly string[]): CodecEntry {
  const entries = entriesOf("decoder", codec);
  const found = allowed === undefined
    ? entries[0]
    : allowed.map((name) => byName("decoder", name) ?? entries.find((one) => one.name === name))
      .find((entry) => entry?.codec === codec);
  if (found !== undefined) return found;
  const there = entries.map(({ name }) => name).join(", ") || "none";
  throw new TypeError(
    allowed === undefined
      ? `there is no decoder of ${JSON.stringify(codec)} in this libavcodec`
      : `decoders: none of ${allowed.join(", ") || "an empty list"} decodes ${
        JSON.stringify(codec)
      }; there is: ${there}`,
  );
}

/**
 * An encoder by its own name, or the first one of a codec's name; `preferred` names come before
 * libavcodec's own order. Throws a TypeError where there is none.
 */
export function findEncoder(name: string, preferred: readonly string[] = []): CodecEntry {
  for (const one of preferred) {
    const entry = byName("encoder", one);
    if (entry?.codec === name) return entry;
  }
  const found = entriesOf("encoder", name)[0] ?? byName("encoder", name);
  if (found === undefined) {
    const known = everyCodec().encoder.flatMap((entry) => [entry.codec, entry.name]);
    throw new TypeError(
      `there is no encoder ${JSON.stringify(name)} in this libavcodec` +
        didYouMean(nearest(name, known)),
    );
  }
  return found;
}
