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
  pointerAt,
  PointerSlot,
  type Struct,
} from "../../../ffi/mod.ts";
import { AVERROR, AVError, AVERROR_EOF } from "../../error.ts";
import { withLog } from "../../log/capture.ts";
import type { Rational } from "../../rational.ts";
import { didYouMean, nearest } from "../../suggest.ts";
import { rational } from "../struct_values.ts";

/** The packets that a filter is made for. */
export interface FilterInput {
  /** AVCodecParameters. */
  readonly parameters: Struct;
  readonly timeBase: Rational;
}

/** The names of the filters of this FFmpeg (`av_bsf_iterate`). */
function filterNames({ ffi, avcodec }: Native): string[] {
  const names: string[] = [];
  const state = new PointerSlot().bytes;
  for (let at; (at = avcodec.av_bsf_iterate(state)) !== NULL;) {
    // `const char *name` is the first field of AVBitStreamFilter in every version.
    names.push(ffi.string(pointerAt(at)));
  }
  return names;
}

/** Why a list of filters cannot be parsed: a name that is none, or else an option. */
function faultOf(native: Native, list: string, log: readonly string[]): string {
  const names = list.split(",").map((filter) => filter.split("=", 1)[0].trim());
  const unknown = names.find((name) => native.avcodec.av_bsf_get_by_name(cString(name)) === NULL);
  if (unknown === undefined) {
    const reason = log.at(-1) ?? "options are given as in h264_metadata=level=4.1,dump_extra";
    return `${JSON.stringify(list)} is refused: ${reason}`;
  }
  const near = didYouMean(nearest(unknown, filterNames(native)));
  return `this FFmpeg has no bitstream filter ${JSON.stringify(unknown)}${near}`;
}

/** One AVBSFContext (`av_bsf_init`); `free` ends it. */
export class BitstreamFilter {
  readonly #native: Native;
  readonly #context: Struct;
  /** The time base of the packets that it takes, and of those that it gives. */
  readonly timeBaseIn: Rational;
  readonly timeBaseOut: Rational;
  #pointer: Pointer;

  private constructor(native: Native, pointer: Pointer, { parameters, timeBase }: FilterInput) {
    this.#native = native;
    this.#pointer = pointer;
    const { avcodec } = native;
    const context = this.#context = native.struct("AVBSFContext", pointer);
    context.set("time_base_in.num", timeBase.num);
    context.set("time_base_in.den", timeBase.den);
    let operation = "avcodec_parameters_copy";
    let code = avcodec.avcodec_parameters_copy(context.at("par_in"), parameters.pointer);
    if (code >= 0) {
      operation = "av_bsf_init";
      code = avcodec.av_bsf_init(pointer);
    }
    if (code < 0) {
      this.free();
      throw new AVError({ code, operation });
    }
    this.timeBaseIn = { num: timeBase.num, den: timeBase.den };
    this.timeBaseOut = rational(context, "time_base_out");
  }

  /** The filter of that name (`av_bsf_get_by_name`, `av_bsf_alloc`). */
  static named(native: Native, name: string, input: FilterInput): BitstreamFilter {
    const { avcodec } = native;
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
    return new BitstreamFilter(native, slot.value, input);
  }

  /**
   * Filters as `ffmpeg -bsf` takes them: `name=option=value:option=value,name`
   * (`av_bsf_list_parse_str`).
   */
  static parsed(native: Native, list: string, input: FilterInput): BitstreamFilter {
    const slot = new PointerSlot();
    const text = cString(list);
    const { code, log } = withLog(() => native.avcodec.av_bsf_list_parse_str(text, slot.bytes));
    if (code >= 0) return new BitstreamFilter(native, slot.value, input);
    const detail = `bitstreamFilters: ${faultOf(native, list, log)}`;
    throw new AVError({ code, operation: "av_bsf_list_parse_str", log, detail });
  }

  /** Gives AVCodecParameters those of the packets that it gives. */
  describeOutput(parameters: Struct): void {
    const { avcodec } = this.#native;
    const from = this.#context.at("par_out");
    const code = avcodec.avcodec_parameters_copy(parameters.pointer, from);
    if (code < 0) throw new AVError({ code, operation: "avcodec_parameters_copy" });
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
