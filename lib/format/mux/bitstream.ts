/**
 * Bitstream filters: packets rewritten for what a container asks of a codec.
 *
 * @module
 */
import {
  cString,
  type Native,
  NULL,
  type Pointer,
  PointerSlot,
  type Struct,
} from "../../../ffi/mod.ts";
import { AVERROR, AVError, AVERROR_EOF } from "../../error.ts";
import type { Rational } from "../../rational.ts";

/** One AVBSFContext (`av_bsf_alloc`, `av_bsf_init`); `free` ends it. */
export class BitstreamFilter {
  readonly #native: Native;
  #pointer: Pointer;

  /** The filter of that name for packets of such parameters and times. */
  constructor(native: Native, name: string, options: { parameters: Struct; timeBase: Rational }) {
    const { avcodec } = native;
    this.#native = native;
    const filter = avcodec.av_bsf_get_by_name(cString(name));
    if (filter === NULL) {
      throw new AVError({
        code: AVERROR("ENOSYS"),
        operation: "av_bsf_get_by_name",
        detail: `this FFmpeg was built without the bitstream filter ${name}`,
      });
    }
    const slot = new PointerSlot();
    const made = avcodec.av_bsf_alloc(filter, slot.bytes);
    if (made < 0) throw new AVError({ code: made, operation: "av_bsf_alloc" });
    this.#pointer = slot.value;
    const context = native.struct("AVBSFContext", this.#pointer);
    context.set("time_base_in.num", options.timeBase.num);
    context.set("time_base_in.den", options.timeBase.den);
    let operation = "avcodec_parameters_copy";
    let code = avcodec.avcodec_parameters_copy(context.at("par_in"), options.parameters.pointer);
    if (code >= 0) {
      operation = "av_bsf_init";
      code = avcodec.av_bsf_init(this.#pointer);
    }
    if (code < 0) {
      this.free();
      throw new AVError({ code, operation });
    }
  }

  /**
   * Takes the packet over (`av_bsf_send_packet`); NULL is the end. A negative result is an error.
   */
  send(packet: Pointer): number {
    return this.#native.avcodec.av_bsf_send_packet(this.#pointer, packet);
  }

  /** Fills the packet: 1; 0 where the filter wants more, or is at its end; negative is an error. */
  receive(packet: Pointer): number {
    const code = this.#native.avcodec.av_bsf_receive_packet(this.#pointer, packet);
    if (code === AVERROR("EAGAIN") || code === AVERROR_EOF) return 0;
    return code < 0 ? code : 1;
  }

  /** Twice is harmless (`av_bsf_free`). */
  free(): void {
    if (this.#pointer === NULL) return;
    this.#native.avcodec.av_bsf_free(new PointerSlot(this.#pointer).bytes);
    this.#pointer = NULL;
  }
}

const movFamily = /^(mov|mp4|ipod|3gp|3g2|psp|ismv|f4v)$/;

/**
 * True where a muxer needs the AAC setup bytes that ADTS carries in each packet instead.
 * libavformat's own filter would do for a whole mp4, but it is off under `empty_moov` and
 * `delay_moov`, and the fragmented header goes out before it could tell. Matroska's goes back to
 * its header, where it can.
 */
export function needsExtradata(
  { format, codec, extradataSize, live }: {
    readonly format: string;
    readonly codec: string;
    readonly extradataSize: number;
    /** True where nothing that was written can be changed. */
    readonly live: boolean;
  },
): boolean {
  if (codec !== "aac" || extradataSize > 0) return false;
  return movFamily.test(format) || (live && format === "matroska");
}

/** True for a payload that begins with an ADTS header. */
export function isAdts(view: DataView): boolean {
  return view.byteLength > 2 && (view.getUint16(0) & 0xfff0) === 0xfff0;
}
