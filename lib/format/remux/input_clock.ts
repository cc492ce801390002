/**
 * One clock for all of an input: where the times of its packets jump, they go on evenly.
 *
 * @module
 */
import { AV_NOPTS_VALUE, type Struct } from "../../../ffi/mod.ts";
import { AVError, AVERROR_INVALIDDATA } from "../../error.ts";
import type { Rational } from "../../rational.ts";
import { type DemuxerSync, readPacketInto } from "../demux/demuxer.ts";
import { rewind } from "../demux/rewind.ts";
import { demuxerTraits } from "../demux/demuxer_traits.ts";
import type { PacketSlot } from "../packet.ts";
import type { Stream } from "../types.ts";
import { EndWatch } from "./truncation.ts";
import { ExpectedDts } from "./expected_dts.ts";
import { MICROSECONDS, TimeScale } from "./time_scale.ts";

/** The treatment of a jump of an input's clock. */
export type Discontinuity = "join" | "keep" | "error";

/** The parts of an {@link InputClock}. */
export interface InputClockOptions {
  readonly demuxer: DemuxerSync;
  readonly discontinuity: Discontinuity;
  /** Microseconds added to every time. */
  readonly offset: number;
}

// ffmpeg's dts_delta_threshold, and how far a clock may run back unnoticed.
const MAX_DELTA = 10_000_000;
const MAX_BACK = 100_000;
// ffmpeg's dts_error_threshold: in a format that has one clock, a time farther off is an error.
const MAX_ERROR = 3600 * 30 * 1_000_000;
const MAX_WRAP_BITS = 60;
const VIDEO = 0;
const AUDIO = 1;

interface StreamClock {
  readonly timeBase: Rational;
  readonly isMedia: boolean;
  /** Ticks after which the stamps of the stream begin again at 0; undefined where they do not. */
  readonly wrap: number | undefined;
  /** The start of the input in ticks, which stamps are compared with. */
  readonly start: number;
  wrapChecked: boolean;
  readonly toMicro: TimeScale;
  readonly fromMicro: TimeScale;
  readonly expected: ExpectedDts;
}

/**
 * Reads packets and corrects their times as `ffmpeg` does: stamps that wrap around go on, and in
 * formats that may jump (`AVFMT_TS_DISCONT`: mpegts, ogg, HLS, …) a jump of more than 10 seconds,
 * or back by more than 0.1 seconds, shifts everything that follows. In other formats a time more
 * than 30 hours off is taken for missing.
 */
export class InputClock {
  readonly #demuxer: DemuxerSync;
  readonly #discontinuity: Discontinuity;
  readonly #first: number;
  readonly #mayJump: boolean;
  /** Microseconds added to every time: the first offset, and every jump since. */
  #offset: number;
  /** The last decoding time of any stream, in microseconds. */
  #last: number | undefined;
  #streams: (StreamClock | undefined)[] = [];
  readonly #end: EndWatch;
  #ended = false;

  constructor({ demuxer, discontinuity, offset }: InputClockOptions) {
    this.#demuxer = demuxer;
    this.#discontinuity = discontinuity;
    this.#end = new EndWatch(demuxer);
    this.#mayJump = demuxerTraits(demuxer).mayJump;
    this.#offset = this.#first = offset;
  }

  /** Reads the next packet into an empty slot; false at the end (`av_read_frame`). */
  read(slot: PacketSlot): boolean {
    if (!readPacketInto(this.#demuxer, slot.pointer)) {
      this.#ended = true;
      return false;
    }
    this.#end.see(slot);
    this.#correct(slot);
    return true;
  }

  /** True once the end is read, where the container announces more; `copied` are the streams. */
  isTruncated(copied: readonly Stream[]): boolean {
    return this.#ended && this.#end.isTruncated(copied);
  }

  /** Moves to a time of the input's own clock, which counts anew from there. */
  seek(seconds: number): void {
    this.#demuxer.seek(seconds);
    this.#begin();
  }

  /** Moves to the beginning of the input, as {@link rewind}. */
  rewind(seconds: number): void {
    rewind(this.#demuxer, seconds);
    this.#begin();
  }

  #begin(): void {
    this.#offset = this.#first;
    this.#last = undefined;
    this.#streams = [];
  }

  #correct({ struct, streamIndex }: PacketSlot): void {
    const stream = this.#streams[streamIndex] ??= this.#streamClock(streamIndex);
    const ptsIn = struct.number("pts");
    const dtsIn = struct.number("dts");
    const duration = struct.number("duration");
    let pts = ptsIn;
    let dts = dtsIn;
    // Most packets need no array and no closure here.
    if (stream.wrap !== undefined && !stream.wrapChecked) {
      [pts, dts] = unwrapped(stream, stream.wrap, ptsIn, dtsIn);
    }
    const { toMicro, fromMicro, expected } = stream;
    if (this.#offset !== 0) {
      const ticks = fromMicro.rescale(this.#offset);
      if (pts !== AV_NOPTS_VALUE) pts += ticks;
      if (dts !== AV_NOPTS_VALUE) dts += ticks;
    }
    if (stream.isMedia && dts !== AV_NOPTS_VALUE) {
      const jump = this.#jump(stream, dts, streamIndex);
      if (jump !== 0) {
        this.#offset -= jump;
        const ticks = fromMicro.rescale(jump);
        dts -= ticks;
        if (pts !== AV_NOPTS_VALUE) pts -= ticks;
      } else if (!this.#mayJump && this.#discontinuity !== "keep") {
        if (this.#isAbsurd(stream, dts, streamIndex)) dts = AV_NOPTS_VALUE;
        if (pts !== AV_NOPTS_VALUE && this.#isAbsurd(stream, pts, streamIndex)) {
          pts = AV_NOPTS_VALUE;
        }
      }
    }
    if (dts !== AV_NOPTS_VALUE) this.#last = toMicro.rescale(dts);
    expected.advance({ pts, dts, duration }, toMicro);
    if (pts !== ptsIn) struct.set("pts", pts);
    if (dts !== dtsIn) struct.set("dts", dts);
  }

  /** How far off the clock is, in microseconds; 0 where it goes on. */
  #jump(stream: StreamClock, ticks: number, index: number): number {
    if (!this.#mayJump) return 0;
    const { expected, toMicro } = stream;
    const dts = toMicro.rescale(ticks);
    const next = expected.next;
    if (next === undefined) {
      if (this.#last === undefined || this.#discontinuity === "keep") return 0;
      const delta = dts - this.#last;
      if (Math.abs(delta) <= MAX_DELTA) return 0;
      return this.#joined(delta, this.#last, dts, index);
    }
    const delta = dts - next;
    if (Math.abs(delta) <= MAX_DELTA && dts + MAX_BACK >= expected.last!) return 0;
    if (this.#discontinuity === "keep" && !isWrap(stream, ticks, next)) return 0;
    if (isWrap(stream, ticks, next)) return delta;
    return this.#joined(delta, next, dts, index);
  }

  #joined(delta: number, from: number, to: number, index: number): number {
    if (this.#discontinuity !== "error") return delta;
    throw jumpError(index, from, to);
  }

  #isAbsurd({ expected: { next }, toMicro }: StreamClock, ticks: number, index: number): boolean {
    if (next === undefined) return false;
    const at = toMicro.rescale(ticks);
    if (Math.abs(at - next) <= MAX_ERROR) return false;
    if (this.#discontinuity === "error") throw jumpError(index, next, at);
    return true;
  }

  #streamClock(index: number): StreamClock {
    const { format: { startTime }, streams } = this.#demuxer;
    const stream = streams[index];
    const { timeBase } = stream;
    const { wrapBits, parameters } = demuxerTraits(this.#demuxer).stream(index);
    const fromMicro = new TimeScale(MICROSECONDS, timeBase);
    const wraps = startTime !== null && wrapBits > 0 && wrapBits < MAX_WRAP_BITS;
    const type = (parameters as Struct).number("codec_type");
    return {
      timeBase,
      isMedia: type === VIDEO || type === AUDIO,
      wrap: wraps ? 2 ** wrapBits : undefined,
      start: startTime === null ? 0 : fromMicro.rescale(Math.round(startTime * 1e6)),
      wrapChecked: false,
      toMicro: new TimeScale(timeBase, MICROSECONDS),
      fromMicro,
      expected: new ExpectedDts(
        parameters,
        stream.type === "video" ? stream.averageFrameRate : null,
      ),
    };
  }
}

/** Stamps of before the wrap, where the start of the input was reckoned as after it. */
function unwrapped(
  stream: StreamClock,
  wrap: number,
  pts: number,
  dts: number,
): [pts: number, dts: number] {
  stream.wrapChecked = true;
  const limit = stream.start + wrap / 2;
  const back = (stamp: number) => {
    if (stamp === AV_NOPTS_VALUE || stamp <= limit) return stamp;
    stream.wrapChecked = false;
    return stamp - wrap;
  };
  return [back(pts), back(dts)];
}

/** True where a time is off by once around the stamp's bits, and by nothing much else. */
function isWrap({ wrap, toMicro }: StreamClock, ticks: number, next: number): boolean {
  if (wrap === undefined) return false;
  const around = Math.abs(toMicro.rescale(ticks + wrap) - next);
  return around < Math.abs(toMicro.rescale(ticks) - next) / 10;
}

function jumpError(index: number, from: number, to: number): AVError {
  return new AVError({
    code: AVERROR_INVALIDDATA,
    // The tool's function: the demuxer itself found nothing wrong.
    operation: "ts_discontinuity_detect",
    detail: `the clock of stream ${index} jumps from ${from / 1e6} to ${to / 1e6} seconds: ` +
      'give discontinuity: "join" to go on evenly, or "keep" to copy the times as they are',
  });
}
