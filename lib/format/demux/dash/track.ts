/**
 * One representation of a DASH manifest, through all periods: a demuxer over its setup and its
 * segments, opened anew for each period and each seek.
 *
 * @module
 */
import { AV_NOPTS_VALUE, type Pointer } from "../../../../ffi/mod.ts";
import { AVERROR, AVError, AVERROR_EOF } from "../../../error.ts";
import { cannotResume } from "../../../io/avio/check_callback_answers.ts";
import { release, releasedAfter } from "../../../io/avio/release.ts";
import { openInput } from "../../../io/input.ts";
import {
  missingSegment,
  refusedSegment,
  type SegmentOpener,
  segmentSource,
} from "../../../io/nested/dash/segment_source.ts";
import { brokenManifest, type Representation } from "../../../io/nested/dash/types.ts";
import type { FormatCore } from "../../format_context.ts";
import { PacketSlot } from "../../packet.ts";
import { openContext } from "../open_context.ts";
import type { DemuxerSyncOptions } from "../options.ts";

/** A representation in one period. */
export interface TrackPiece {
  readonly representation: Representation;
  /** Seconds that are added to its times. */
  readonly shift: number;
}

/** Options of a {@link Track}. */
export interface TrackOptions {
  readonly pieces: readonly TrackPiece[];
  readonly opener: SegmentOpener;
  readonly options: DemuxerSyncOptions;
}

const MICROSECONDS = 1_000_000;
const AUDIO = 1;
const INT64_MIN = -(2n ** 63n);

/** One representation, read from wherever it was moved to. */
export class Track {
  readonly slot: PacketSlot = new PacketSlot();
  readonly #options: TrackOptions;
  readonly #problems: { refused: string[]; missing: string[] } = { refused: [], missing: [] };
  #core: FormatCore | undefined;
  #piece = 0;
  #delivered = false;
  #ended = false;
  /** The index in the outer context of each stream of this track. */
  streams: number[] = [];
  /** False where no stream of it is wanted: it is not read. */
  isWanted = true;

  constructor(options: TrackOptions) {
    this.#options = options;
    try {
      this.open(0, 0);
    } catch (error) {
      throw releasedAfter(error, () => this.slot.free());
    }
    this.#throwRefused();
  }

  get pieces(): readonly TrackPiece[] {
    return this.#options.pieces;
  }

  /** The context that is read now. */
  get core(): FormatCore {
    if (this.#core !== undefined) return this.#core;
    throw new AVError({
      code: AVERROR("EINVAL"),
      operation: "av_read_frame",
      detail: "an earlier seek failed: seek again before reading",
    });
  }

  /** True where a callback failed while it was read. */
  get isPoisoned(): boolean {
    return this.#core?.io.poisoned ?? false;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Opens a piece anew, from one of its segments on. */
  open(piece: number, segment: number): void {
    this.#close();
    this.#ended = false;
    this.#piece = piece;
    const { opener, options } = this.#options;
    const { representation } = this.pieces[piece];
    if (representation.segments.length === 0) {
      throw brokenManifest(
        `the representation ${JSON.stringify(representation.id)} has no segment`,
      );
    }
    const source = segmentSource(representation, segment, opener, this.#problems);
    const { bufferSize, signal, timeout } = options;
    const io = openInput(source, { bufferSize, signal, timeout });
    const extra = new PacketSlot();
    try {
      const { url } = representation.segments[0];
      this.#core = openContext(io, { ...options, name: url }, extra);
    } catch (error) {
      // The demuxer saw no more than a hole.
      const missing = this.#problems.refused[0] ?? this.#problems.missing[0];
      const why = missing === undefined || !(error instanceof AVError)
        ? error
        : this.#problems.refused.length > 0
        ? refusedSegment(missing, this.#options.opener)
        : missingSegment(missing, this.#options.opener);
      throw releasedAfter(why, () => release(io.core.releaseSteps()));
    }
  }

  /** The next packet, into `slot`, with its times shifted; false at the end. */
  read(): boolean {
    this.#throwRefused();
    while (!this.#ended) {
      const { core } = this;
      this.slot.clear();
      const { av_read_frame: read } = core.native.avformat;
      const result = core.call("av_read_frame", (at) => read(at, this.slot.pointer), true);
      if (core.io.wouldBlock) {
        core.io.poison(cannotResume("the format dash"));
        core.io.throwIfFailed("av_read_frame");
      }
      if (result >= 0) {
        this.#delivered = true;
        this.#shift();
        this.#fillDuration();
        return true;
      }
      if (result !== AVERROR_EOF) throw core.error("av_read_frame", result);
      this.#throwRefused();
      if (this.#piece + 1 < this.pieces.length) this.#openNext();
      else this.#ended = true;
    }
    if (!this.#delivered && this.#problems.missing.length > 0) {
      throw missingSegment(this.#problems.missing[0], this.#options.opener);
    }
    return false;
  }

  /** A refusal is an error of the read after the packets that were there; reading goes on then. */
  #throwRefused(): void {
    const [url] = this.#problems.refused.splice(0);
    if (url !== undefined) throw refusedSegment(url, this.#options.opener);
  }

  #openNext(): void {
    const before = signature(this.core);
    this.open(this.#piece + 1, 0);
    if (signature(this.core) === before) return;
    const { id } = this.pieces[this.#piece].representation;
    throw new AVError({
      code: AVERROR("ENOSYS"),
      operation: "av_read_frame",
      detail:
        `DASH: the period ${this.#piece + 1} codes ${JSON.stringify(id)} otherwise than the ` +
        "one before: read the periods one by one, each as a manifest of its own",
    });
  }

  #shift(): void {
    const { shift } = this.pieces[this.#piece];
    if (shift === 0) return;
    const { view } = this.slot.struct;
    const stream = this.core.stream(this.slot.streamIndex);
    const ticks = Math.round(
      shift * stream.number("time_base.den") / stream.number("time_base.num"),
    );
    for (const field of ["pts", "dts"]) {
      const at = this.slot.struct.offset(field);
      const value = view.getBigInt64(at, true);
      if (value !== BigInt(AV_NOPTS_VALUE)) view.setBigInt64(at, value + BigInt(ticks), true);
    }
  }

  /** The first packets of a stream come before libavformat knows how long each one lasts. */
  #fillDuration(): void {
    const { struct } = this.slot;
    if (struct.number("duration") !== 0) return;
    const stream = this.core.stream(this.slot.streamIndex);
    const par = this.core.native.struct("AVCodecParameters", stream.at("codecpar"));
    if (par.number("codec_type") !== AUDIO) return;
    const [samples, rate] = [par.number("frame_size"), par.number("sample_rate")];
    if (samples <= 0 || rate <= 0) return;
    const [num, den] = [stream.number("time_base.num"), stream.number("time_base.den")];
    struct.set("duration", Math.round(samples * den / (rate * num)));
  }

  /** Seconds of the packet in `slot`: when it is decoded, or shown where that is not known. */
  get decoded(): number | null {
    return this.#seconds(this.slot.dts ?? this.slot.pts);
  }

  /** Seconds of the packet in `slot`: when it is shown. */
  get shown(): number | null {
    return this.#seconds(this.slot.pts ?? this.slot.dts);
  }

  #seconds(ticks: number | null): number | null {
    if (ticks === null) return null;
    const stream = this.core.stream(this.slot.streamIndex);
    return ticks * stream.number("time_base.num") / stream.number("time_base.den");
  }

  /** Moves within the one file of a piece; false where libavformat cannot. */
  seekInFile(piece: number, seconds: number): boolean {
    if (this.#core === undefined || this.#piece !== piece) this.open(piece, 0);
    const { core } = this;
    if (core.io.struct.number("seekable") === 0) return false;
    const ticks = BigInt(Math.round((seconds - this.pieces[piece].shift) * MICROSECONDS));
    const { avformat_seek_file: seek } = core.native.avformat;
    const result = core.call(
      "avformat_seek_file",
      (at) => seek(at, -1, INT64_MIN, ticks, ticks, 0),
    );
    this.#ended = false;
    return result >= 0;
  }

  /** Gives the packet in `slot` away (`av_packet_move_ref`), as one of the outer stream. */
  moveTo(packet: Pointer): void {
    const { slot } = this;
    const { view } = slot.struct;
    view.setInt32(
      slot.struct.offset("stream_index"),
      this.streams[slot.streamIndex] ?? -1,
      true,
    );
    slot.endLoan();
    slot.native.avcodec.av_packet_move_ref(packet, slot.pointer);
  }

  #close(): void {
    const core = this.#core;
    this.#core = undefined;
    this.slot.clear();
    core?.close();
  }

  /** Releases everything. Twice is harmless. */
  free(): void {
    try {
      const core = this.#core;
      this.#core = undefined;
      core?.release();
    } finally {
      this.slot.free();
    }
  }
}

/** Equal for two contexts whose packets go into the same streams. */
function signature(core: FormatCore): string {
  const count = core.struct.number("nb_streams");
  return JSON.stringify(Array.from({ length: count }, (_, index) => {
    const stream = core.stream(index);
    const par = core.native.struct("AVCodecParameters", stream.at("codecpar"));
    const size = par.number("extradata_size");
    const extradata = size > 0
      ? [...new Uint8Array(core.native.ffi.view(par.at("extradata"), size))]
      : [];
    const fields = ["codec_id", "width", "height", "sample_rate"].map((name) => par.number(name));
    const base = [stream.number("time_base.num"), stream.number("time_base.den")];
    return [...base, ...fields, ...extradata];
  }));
}
