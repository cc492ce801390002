/**
 * Times that some muxers of libavformat do not survive: an assertion fails, a division by zero or
 * an index without end follows. They are refused here by name, in the output's own ticks.
 *
 * @module
 */
import type { PacketSlot } from "../packet.ts";

const MAX_INT32 = 2 ** 31 - 1;
const FLAG_KEY = 1;

/** Of an output, the facts that decide which times it survives. */
export interface TimesOutput {
  /** The muxer's name. */
  readonly format: string;
  /** The format of the files that it writes, where that is another. */
  readonly container: string;
}

interface Rules {
  /**
   * Times of a fragment are differences of 32 bits (`mov_write_trun_tag`, `get_cluster_duration`).
   */
  readonly deltas?: boolean;
  /** Seconds since the start have an entry each in an index (`update_index` of asfenc.c). */
  readonly maxTime?: number;
  /** The bit rate is divided by the time of the packets (`dash_flush`, `write_manifest`). */
  readonly divides?: boolean;
  /** Keyframes have times that increase from 0 (`write_index` of nutenc.c). */
  readonly keyframesIncrease?: boolean;
}

const movFamily = /^(mov|mp4|ipod|3gp|3g2|psp|ismv|f4v|avif)$/;

function rulesOf({ format, container }: TimesOutput): Rules {
  if (format === "dash") return { deltas: true, divides: true };
  // The files of tee are of any format.
  if (format === "tee" || movFamily.test(container)) return { deltas: true };
  if (/^asf/.test(container)) return { deltas: true, maxTime: MAX_INT32 };
  return container === "nut" ? { keyframesIncrease: true } : {};
}

/** The times of one stream, looked at before the muxer is. */
export class TimesGuard {
  readonly #format: string;
  readonly #rules: Rules;
  #first: number | undefined;
  #last: number | undefined;
  #lastKeyframe: number | "unknown" | undefined;

  constructor(output: TimesOutput) {
    this.#format = output.format;
    this.#rules = rulesOf(output);
  }

  /** Packets without which the trailer divides by zero. */
  get minPackets(): number {
    return this.#rules.divides ? 1 : 0;
  }

  /**
   * Says why a packet is refused; undefined for one that the muxer survives. The first one of
   * unknown duration lasts a tick where the muxer divides by it.
   */
  refusal(slot: PacketSlot): string | undefined {
    const { deltas, maxTime, divides, keyframesIncrease } = this.#rules;
    const { pts, dts } = slot;
    const reason = (deltas ? this.#deltas(pts, dts) : undefined) ??
      (maxTime === undefined ? undefined : later(pts ?? dts, maxTime)) ??
      (deltas ? duration(slot) : undefined) ??
      (keyframesIncrease ? this.#keyframe(slot) : undefined);
    if (reason !== undefined) return `${this.#format} needs ${reason}`;
    if (divides && this.#last === undefined && slot.struct.number("duration") === 0) {
      slot.struct.set("duration", 1);
    }
    this.#last = dts ?? undefined;
    this.#first ??= this.#last;
    return undefined;
  }

  /** Ticks from the first packet to the last one, as they are decoded; 0 where unknown. */
  get span(): number {
    return (this.#last ?? 0) - (this.#first ?? this.#last ?? 0);
  }

  #deltas(pts: number | null, dts: number | null): string | undefined {
    if (dts === null) return "a decoding time in every packet";
    const last = this.#last;
    if (last !== undefined && dts < last) {
      return `decoding times that go forward: ${dts} ticks come after ${last}`;
    }
    if (last !== undefined && dts - last > MAX_INT32) {
      return `gaps below 2^31 ticks: ${dts} comes after ${last}`;
    }
    if (Math.abs(dts) > 2 ** 61) return `times below 2^61 ticks, not ${dts}`;
    if (pts !== null && Math.abs(pts - dts) > MAX_INT32) {
      return `a presentation time within 2^31 ticks of the decoding time: ${pts} beside ${dts}`;
    }
    return undefined;
  }

  #keyframe(slot: PacketSlot): string | undefined {
    if ((slot.struct.number("flags") & FLAG_KEY) === 0) return undefined;
    const { pts, dts } = slot;
    const last = this.#lastKeyframe;
    // libavformat counts unknown times by itself: they increase, but not beside known ones.
    if (pts === null && dts === null) {
      if (typeof last === "number") return `a time in every keyframe, as in the one at ${last}`;
      this.#lastKeyframe = "unknown";
      return undefined;
    }
    if (last === "unknown") return "a time in every keyframe, or in none";
    // Decoding times are moved to begin at 0, and the index counts from there.
    if (pts !== null && pts < (dts ?? 0)) {
      return `keyframes that are shown when they are decoded or later: ${pts} comes before ${dts}`;
    }
    const time = (pts ?? dts) as number;
    if (last !== undefined && time <= last) {
      return `keyframes whose times increase: ${time} ticks come after ${last}`;
    }
    this.#lastKeyframe = time;
    return undefined;
  }
}

function later(time: number | null, max: number): string | undefined {
  if (time === null || time <= max) return undefined;
  return `times of at most ${max} ticks, not ${time}`;
}

function duration({ struct }: PacketSlot): string | undefined {
  const ticks = struct.number("duration");
  if (ticks >= 0 && ticks <= MAX_INT32) return undefined;
  return `durations from 0 to 2^31 ticks, not ${ticks}`;
}
