/**
 * The bitstream filters of one stream: first those that the program asked for, then the one that
 * finds the codec's setup bytes.
 *
 * @module
 */
import { NULL, type Struct } from "../../../ffi/mod.ts";
import { packRational, type Rational } from "../../rational.ts";
import type { FormatCore } from "../format_context.ts";
import type { PacketSlot } from "../packet.ts";
import { BitstreamFilter } from "./bitstream.ts";
import type { CodecSetup } from "./codec_setup.ts";

/** Takes the packet that a slot holds. */
export type Submit = (slot: PacketSlot, timeBase: Rational, repair: boolean) => void;

/** Filters between a stream's packets and its muxer. */
export class FilterChain {
  readonly #core: FormatCore;
  readonly #index: number;
  readonly #parameters: Struct;
  readonly #setup: CodecSetup;
  readonly #requested: BitstreamFilter | undefined;
  #finder: BitstreamFilter | undefined;
  #repair = false;

  /**
   * `index`: the stream's; `requested`: filters as the program named them, set up for packets of
   * the stream.
   */
  constructor(
    core: FormatCore,
    index: number,
    parameters: Struct,
    setup: CodecSetup,
    requested: BitstreamFilter | undefined,
  ) {
    this.#core = core;
    this.#index = index;
    this.#parameters = parameters;
    this.#setup = setup;
    this.#requested = requested;
  }

  /** True until the header can be written. */
  get awaitsSetup(): boolean {
    return this.#setup.isPending;
  }

  /** Hands a packet on, filtered: as none, one or several. */
  pass(slot: PacketSlot, timeBase: Rational, repair: boolean, submit: Submit): void {
    const requested = this.#requested;
    if (requested === undefined) return this.#find(slot, timeBase, repair, submit);
    this.#repair = repair;
    const { num, den } = requested.timeBaseIn;
    if (num !== timeBase.num || den !== timeBase.den) {
      slot.native.avcodec.av_packet_rescale_ts(
        slot.pointer,
        packRational(timeBase),
        packRational(requested.timeBaseIn),
      );
    }
    this.#core.checked("av_bsf_send_packet", () => requested.send(slot.pointer), true);
    this.#receiveRequested(requested, slot, submit);
  }

  /** Hands on what the filters still hold; once, at the end. */
  flush(slot: PacketSlot, submit: Submit): void {
    const requested = this.#requested;
    if (requested !== undefined) {
      this.#core.checked("av_bsf_send_packet", () => requested.send(NULL));
      this.#receiveRequested(requested, slot, submit);
    }
    const finder = this.#finder;
    if (finder === undefined) return;
    this.#core.checked("av_bsf_send_packet", () => finder.send(NULL));
    this.#receive(finder, slot, (filtered) => this.#settled(filtered, finder.timeBaseIn, submit));
  }

  /** Before the header. */
  assertSettled(): void {
    this.#setup.assertSettled();
  }

  /** Twice is harmless. */
  free(): void {
    this.#requested?.free();
    this.#finder?.free();
  }

  #receiveRequested(requested: BitstreamFilter, slot: PacketSlot, submit: Submit): void {
    this.#receive(requested, slot, (filtered) => {
      filtered.struct.set("stream_index", this.#index);
      this.#find(filtered, requested.timeBaseOut, this.#repair, submit);
    });
  }

  #find(slot: PacketSlot, timeBase: Rational, repair: boolean, submit: Submit): void {
    this.#repair = repair;
    if (this.#setup.isPending && this.#finder === undefined) {
      const name = this.#setup.filterFor(slot);
      if (name !== undefined) {
        const { native } = this.#core;
        const parameters = this.#parameters;
        this.#finder = BitstreamFilter.named(native, name, { parameters, timeBase });
      }
    }
    const finder = this.#finder;
    if (finder === undefined) return submit(slot, timeBase, repair);
    try {
      this.#core.checked("av_bsf_send_packet", () => finder.send(slot.pointer), true);
    } catch (error) {
      throw this.#setup.explain(error);
    }
    // Times pass the finder as they are, whatever they count in.
    this.#receive(finder, slot, (filtered) => this.#settled(filtered, timeBase, submit));
  }

  #settled(slot: PacketSlot, timeBase: Rational, submit: Submit): void {
    this.#setup.settle(slot);
    submit(slot, timeBase, this.#repair);
  }

  #receive(filter: BitstreamFilter, slot: PacketSlot, each: (slot: PacketSlot) => void): void {
    const next = () => filter.receive(slot.pointer);
    for (;;) {
      let got: number;
      try {
        got = this.#core.checked("av_bsf_receive_packet", next, true);
      } catch (error) {
        throw filter === this.#finder ? this.#setup.explain(error) : error;
      }
      if (got === 0) return;
      each(slot);
    }
  }
}
