/**
 * The setup bytes (extradata) that a container's header needs of a codec: checked when a stream is
 * added, made from its parameters, or found in its first packets.
 *
 * @module
 */
import type { Native, Struct } from "../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { PacketSlot } from "../packet.ts";
import { setExtradata } from "../parameters.ts";
import { emptySideData, readSideData } from "../side_data.ts";
import { audioSpecificConfig, opusHead } from "./setup_bytes.ts";

/** A stream whose setup bytes are asked for. */
export interface SetupRequest {
  /** The muxer's name; for HLS and DASH the one of their segments. */
  readonly container: string;
  readonly codec: string;
  /** The index of the stream in the output. */
  readonly index: number;
  /** True for a stream that the program described by hand. */
  readonly isOwn: boolean;
}

const NEW_EXTRADATA = "New Extradata";
const movFamily = /^(mov|mp4|ipod|3gp|3g2|psp|ismv|f4v)$/;
const matroskaFamily = /^(matroska|webm)$/;
const withParameterSets = /^(h264|hevc|av1)$/;

const forms: Readonly<Record<string, string>> = {
  h264: "the content of an avcC box, or parameter sets in Annex B form",
  hevc: "the content of an hvcC box, or parameter sets in Annex B form",
  aac: "an AudioSpecificConfig of 2 bytes or more",
  opus: "an OpusHead",
  flac: "a STREAMINFO block of 34 bytes, with or without fLaC before it",
  vorbis: "the three headers of the encoder, laced",
};

/** True for a container whose header describes the codec. */
function describes({ container, codec }: SetupRequest): boolean {
  return movFamily.test(container) || matroskaFamily.test(container) ||
    container === "flv" && /^(h264|hevc|aac)$/.test(codec);
}

/**
 * Throws a TypeError where the program's own stream lacks what the container needs, and where that
 * can be neither made nor found in packets.
 */
export function assertSetup(request: SetupRequest, native: Native, parameters: Struct): void {
  if (!request.isOwn || !describes(request)) return;
  const { codec, container, index } = request;
  const refuse = (need: string) => {
    throw new TypeError(`addStream: stream ${index} (${codec}) needs ${need} in ${container}`);
  };
  const size = parameters.number("extradata_size");
  if (size > 0) {
    const bytes = new Uint8Array(native.ffi.view(parameters.at("extradata"), size)).slice();
    if (isWrong(codec, bytes)) refuse(`other extradata: ${forms[codec]}`);
    return;
  }
  const channels = channelsOf(parameters);
  if (codec === "vorbis" || codec === "flac") refuse(`extradata: ${forms[codec]}`);
  if (codec === "opus" && opusHead(channels, 0, 0) === undefined) {
    refuse(`extradata (${forms.opus}), or 1 to 8 channels to make it from`);
  }
  if (
    codec === "aac" && audioSpecificConfig(parameters.number("sample_rate"), channels) === undefined
  ) {
    refuse(`extradata (${forms.aac}), or sampleRate and channels to make it from`);
  }
}

function isWrong(codec: string, bytes: Uint8Array): boolean {
  const starts = (text: string) => text.split("").every((c, i) => bytes[i] === c.charCodeAt(0));
  const isAnnexB = bytes[0] === 0 && bytes[1] === 0 &&
    (bytes[2] === 1 || bytes[2] === 0 && bytes[3] === 1);
  switch (codec) {
    case "h264":
      return !(isAnnexB || bytes[0] === 1 && bytes.length >= 7);
    case "hevc":
      return !(isAnnexB || bytes[0] <= 1 && bytes.length >= 23);
    case "aac":
      return bytes.length < 2;
    case "opus":
      return !starts("OpusHead") || bytes.length < 19;
    case "flac":
      return bytes.length !== 34 && !(starts("fLaC") && bytes.length >= 42);
    case "vorbis":
      return bytes.length < 30;
    default:
      return false;
  }
}

function channelsOf(parameters: Struct): number {
  return parameters.number(parameters.has("ch_layout") ? "ch_layout.nb_channels" : "channels");
}

/** True for a payload that begins with an ADTS header. */
function isAdts(view: DataView): boolean {
  return view.byteLength > 2 && (view.getUint16(0) & 0xfff0) === 0xfff0;
}

/** The setup bytes of one stream of a muxer. */
export class CodecSetup {
  readonly #request: SetupRequest;
  readonly #native: Native;
  readonly #parameters: Struct;
  #pending: boolean;
  #isFirst = true;

  /** `live`: the header cannot be changed once it is written. */
  constructor(request: SetupRequest, native: Native, parameters: Struct, live: boolean) {
    this.#request = request;
    this.#native = native;
    this.#parameters = parameters;
    const { codec, container, isOwn } = request;
    this.#pending = false;
    if (!describes(request) || this.#isThere) return;
    if (codec === "opus" && isOwn) {
      const rate = parameters.number("sample_rate");
      const head = opusHead(channelsOf(parameters), rate, parameters.number("initial_padding"));
      if (head) setExtradata(native, parameters, head);
    } else if (codec === "aac") {
      // Matroska's muxer goes back to its header, where it can; flv's sends them with the packets.
      this.#pending = isOwn || movFamily.test(container) ||
        live && matroskaFamily.test(container);
    } else this.#pending = withParameterSets.test(codec);
  }

  /** True until a packet has told the setup bytes. */
  get isPending(): boolean {
    return this.#pending;
  }

  get #isThere(): boolean {
    return this.#parameters.number("extradata_size") > 0;
  }

  /** The bitstream filter that finds the setup bytes in packets, asked with the first of them. */
  filterFor(slot: PacketSlot): string | undefined {
    if (!this.#isFirst) return undefined;
    this.#isFirst = false;
    if (this.#request.codec !== "aac") return "extract_extradata";
    const { size, struct, native } = slot;
    if (size > 2 && isAdts(new DataView(native.ffi.view(struct.at("data"), size)))) {
      return "aac_adtstoasc";
    }
    const rate = this.#parameters.number("sample_rate");
    const made = this.#request.isOwn
      ? audioSpecificConfig(rate, channelsOf(this.#parameters))
      : undefined;
    if (made && !this.#isThere) setExtradata(this.#native, this.#parameters, made);
    this.#pending = false;
    return undefined;
  }

  /**
   * Takes the setup bytes that a filter found; throws where a keyframe has none. The packet loses
   * them: matroska's muxer would write them over the header that has them already.
   */
  settle(slot: PacketSlot): void {
    const { struct, native, isKeyframe } = slot;
    const count = struct.number("side_data_elems");
    if (!this.#pending) {
      if (count > 0) emptySideData(slot, NEW_EXTRADATA);
      return;
    }
    const found = readSideData(native, struct.at("side_data"), count)
      .find(({ type }) => type === NEW_EXTRADATA);
    if (found) {
      setExtradata(native, this.#parameters, found.data);
      emptySideData(slot, NEW_EXTRADATA);
    } else if (this.#request.codec === "aac" || !isKeyframe) return;
    else throw this.#missing("its first keyframe has none in Annex B form");
    this.#pending = false;
  }

  /** Before the header: throws where parameter sets were waited for in vain. */
  assertSettled(): void {
    if (!this.#pending || this.#isFirst || this.#request.codec === "aac") return;
    throw this.#missing("no keyframe with parameter sets has come");
  }

  /** The error of a filter that could make nothing of a packet. */
  explain(error: unknown): unknown {
    const isFilters = error instanceof AVError && /^av_bsf_/.test(error.operation);
    if (!this.#pending || !isFilters || this.#request.codec === "aac") return error;
    return this.#missing("its first packets are not in Annex B form", error);
  }

  #missing(why: string, cause?: unknown): AVError {
    const { codec, container, index } = this.#request;
    return new AVError({
      code: AVERROR("EINVAL"),
      operation: "avformat_write_header",
      detail: `stream ${index} (${codec}) needs its parameter sets in ${container}, and ${why}: ` +
        `give extradata${forms[codec] ? ` (${forms[codec]})` : ""}`,
      cause,
    });
  }
}
