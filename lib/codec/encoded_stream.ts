/**
 * The stream that an encoder makes, as a muxer wants it described.
 *
 * @module
 */
import { copyOf, NULL, type Pointer } from "../../ffi/mod.ts";
import { readColor } from "../format/color.ts";
import { layoutName } from "../format/demux/stream_snapshot.ts";
import { freeParameters, type StreamDescription } from "../format/parameters.ts";
import { setParameterSource } from "../format/parameter_source.ts";
import { knownRational, type Rational } from "../rational.ts";
import type { CodecContext } from "./codec_context.ts";
import { check, outOfMemory } from "./errors.ts";
import { pixelFormatOf, sampleFormatOf } from "./pixel_format.ts";

/** A copy of an encoder's AVCodecParameters (`avcodec_parameters_from_context`). */
export class EncodedStream {
  readonly description: StreamDescription;
  readonly #native: CodecContext["native"];
  #pointer: Pointer = NULL;

  constructor(context: CodecContext, timeBase: Rational) {
    const lib = this.#native = context.native;
    const pointer = lib.avcodec.avcodec_parameters_alloc();
    if (pointer === NULL) throw outOfMemory("avcodec_parameters_alloc");
    this.#pointer = pointer;
    try {
      check(
        "avcodec_parameters_from_context",
        lib.avcodec.avcodec_parameters_from_context(pointer, context.pointer),
      );
      this.description = this.#describe(context, timeBase);
    } catch (error) {
      this.close();
      throw error;
    }
    // Weakly: a description that is kept must not keep native memory.
    const owner = new WeakRef(this);
    setParameterSource(this.description, () => {
      const encoded = owner.deref();
      return encoded === undefined ? NULL : encoded.#pointer;
    });
  }

  #describe({ codec }: CodecContext, timeBase: Rational): StreamDescription {
    const lib = this.#native;
    const par = lib.struct("AVCodecParameters", this.#pointer);
    const size = par.number("extradata_size");
    const extradata = size > 0 ? copyOf(par.at("extradata"), size) : null;
    const bitRate = par.number("bit_rate") || null;
    const format = par.number("format");
    if (codec.type === "video") {
      return {
        type: "video",
        codec: codec.codec,
        timeBase,
        extradata,
        bitRate,
        width: par.number("width"),
        height: par.number("height"),
        pixelFormat: format < 0 ? null : pixelFormatOf(format).name,
        sampleAspectRatio: knownRational({
          num: par.number("sample_aspect_ratio.num"),
          den: par.number("sample_aspect_ratio.den"),
        }),
        color: readColor(lib, par),
        videoDelay: par.number("video_delay"),
      };
    }
    return {
      type: "audio",
      codec: codec.codec,
      timeBase,
      extradata,
      bitRate,
      sampleRate: par.number("sample_rate"),
      channels: par.number(par.has("ch_layout") ? "ch_layout.nb_channels" : "channels"),
      channelLayout: layoutName(lib, par),
      sampleFormat: format < 0 ? null : sampleFormatOf(format).name,
      frameSize: par.number("frame_size"),
      initialPadding: par.number("initial_padding"),
      blockAlign: par.number("block_align"),
    };
  }

  /** Frees the parameters. Twice is harmless. */
  close(): void {
    const pointer = this.#pointer;
    this.#pointer = NULL;
    if (pointer !== NULL) freeParameters(this.#native, pointer);
  }
}
