/**
 * Reading: from any synchronous input to streams and packets.
 *
 * @module
 */
import { type Pointer, readPointer } from "../../../ffi/mod.ts";
import { plainOptions } from "../../plain_options.ts";
import { AVERROR, AVERROR_EOF } from "../../error.ts";
import { AGAIN } from "../../io/contract.ts";
import { checkBufferSize } from "../../io/avio/context_options.ts";
import { cannotResume } from "../../io/avio/check_callback_answers.ts";
import { discardInput, type InputSync, openInput } from "../../io/input.ts";
import { sequenceOf } from "../../io/nested/sequence.ts";
import { type DashInput, prepareInput } from "../../io/nested/prepare_input.ts";
import { release, releasedAfter } from "../../io/avio/release.ts";
import { type Rational } from "../../rational.ts";
import { FormatCore } from "../format_context.ts";
import { type IndexEntry, type IndexOptions, readIndex } from "./container_index.ts";
import { readChapters, readFormat, readPrograms } from "./container_info.ts";
import { AfterSeek, assertSeeks } from "./after_seek.ts";
import { asksForEver, MAX_REPEATS, nothingYet, resumable } from "./again.ts";
import { DashReader } from "./dash/dash_reader.ts";
import { openContext } from "./open_context.ts";
import { selectListed } from "../stream_selection.ts";
import { snapshotStreamList, type StreamList } from "./wanted_streams.ts";
import { rememberOrigin } from "./stream_origin.ts";
import { type Packet, packetOf, PacketSlot, streamIndexAt } from "../packet.ts";
import { type SeekOptions, seekTarget } from "./seek.ts";
import { readStream } from "./stream_snapshot.ts";
import type { Chapter, FormatInfo, Program, Stream } from "../types.ts";

import { demuxerSyncOptionNames, type DemuxerSyncOptions } from "./options.ts";

const AVDISCARD_ALL = 48;
const AVDISCARD_NONE = -16;

const registry = new FinalizationRegistry<FormatCore>((core) => core.release());

let readInto: (demuxer: DemuxerSync, packet: Pointer) => boolean;
let coreOf: (demuxer: DemuxerSync) => FormatCore;
let setWanted: (demuxer: DemuxerSync, wanted: ReadonlySet<number>) => void;
let wantedBy: (demuxer: DemuxerSync) => ReadonlySet<number> | undefined;

/**
 * A demuxer over bytes, a file, a source or a guard (`avformat_open_input`,
 * `avformat_find_stream_info`, `av_read_frame`).
 *
 * @example
 * ```ts
 * import { DemuxerSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * using input = DemuxerSync.open(bytes);
 * for (const packet of input) {
 *   console.log(packet.streamIndex, packet.ptsTime, packet.data.length);
 * }
 * ```
 */
export class DemuxerSync {
  static {
    readInto = (demuxer, packet) => demuxer.#readInto(packet);
    coreOf = (demuxer) => demuxer.#core;
    setWanted = (demuxer, wanted) => {
      demuxer.#listed = undefined;
      demuxer.#wanted = wanted;
      demuxer.#discardOthers();
    };
    wantedBy = (demuxer) => demuxer.#wanted;
  }

  readonly #core: FormatCore;
  readonly #slot: PacketSlot;
  /** The packet that is read into, and the reading: one function for all of them. */
  #into: Pointer;
  readonly #reading: (context: Pointer) => number;
  readonly #resumable: boolean;
  /** The names of the streams wanted, and those that they name so far. */
  #listed: StreamList | undefined;
  #wanted: ReadonlySet<number> | undefined;
  #streams: Stream[] = [];
  #timeBases: Rational[] = [];
  #ended: boolean = false;
  readonly #images: boolean;
  readonly #dash: DashReader | undefined;
  readonly #afterSeek: AfterSeek;
  /** The container. */
  readonly format: FormatInfo;
  /** Chapters, in the file's order. */
  readonly chapters: Chapter[];
  /** Programs of a transport stream. */
  readonly programs: Program[];

  private constructor(
    core: FormatCore,
    slot: PacketSlot,
    options: DemuxerSyncOptions,
    dash?: DashReader,
  ) {
    // Private to the compiler alone: a program reaches it as `constructor`.
    if (!(core instanceof FormatCore)) throw new TypeError("DemuxerSync: use DemuxerSync.open");
    this.#core = core;
    this.#slot = slot;
    this.#into = slot.pointer;
    const { av_read_frame: read } = core.native.avformat;
    this.#reading = (context) => read(context, this.#into);
    this.#listed = options.streams;
    this.#images = sequenceOf(options.open) !== undefined;
    this.#dash = dash;
    this.#afterSeek = new AfterSeek(core.io.transferred);
    this.#refresh();
    this.format = readFormat(core, this.#streams, dash?.format);
    this.#resumable = resumable.has(this.format.name);
    this.chapters = readChapters(core);
    this.programs = readPrograms(core);
  }

  /**
   * Opens an input and reads its headers. Throws {@link AVError}, the very object a callback threw,
   * or a TypeError for what is not an input. With `undefined` the input is asked of `open` by its
   * `name`, as the files that it names are.
   */
  static open(given: InputSync | undefined, asked: DemuxerSyncOptions = {}): DemuxerSync {
    let plain: DemuxerSyncOptions;
    try {
      plain = plainOptions("DemuxerSync.open", asked, demuxerSyncOptionNames);
      plain.signal?.throwIfAborted();
      checkBufferSize(plain.bufferSize);
      plain.streams = snapshotStreamList(plain.streams);
    } catch (error) {
      throw releasedAfter(error, () => discardInput(given));
    }
    const { input, options, dash } = prepareInput(given, plain);
    if (dash !== undefined) return DemuxerSync.#openDash(dash, options);
    const io = openInput(input, options);
    let core: FormatCore | undefined;
    try {
      const slot = new PacketSlot();
      core = openContext(io, options, slot);
      const demuxer = new DemuxerSync(core, slot, options);
      registry.register(demuxer, core, demuxer);
      return demuxer;
    } catch (error) {
      throw releasedAfter(error, () => core ? core.release() : release(io.core.releaseSteps()));
    }
  }

  static #openDash(dash: DashInput, options: DemuxerSyncOptions): DemuxerSync {
    const slot = new PacketSlot();
    let reader: DashReader | undefined;
    try {
      reader = new DashReader(dash, options, slot);
      const demuxer = new DemuxerSync(reader.core, slot, options, reader);
      registry.register(demuxer, reader.core, demuxer);
      return demuxer;
    } catch (error) {
      throw releasedAfter(error, () => reader ? reader.core.release() : slot.free());
    }
  }

  /** The streams, as they are known so far: some containers add one midway. */
  get streams(): readonly Stream[] {
    return this.#streams;
  }

  /** The container's metadata. */
  get metadata(): Record<string, string> {
    return this.format.metadata;
  }

  /** Seconds, or null where unknown. */
  get duration(): number | null {
    return this.format.duration;
  }

  /** Bytes read so far through the callbacks; of bytes in memory, how far libavformat has come. */
  get bytesRead(): number {
    return this.#core.io.transferred;
  }

  /**
   * The next packet, or null at the end (`av_read_frame`). Throws {@link AVError}; a source that
   * has nothing yet is one too: use {@link DemuxerSync.tryRead} for those.
   */
  read(): Packet | null {
    const packet = this.tryRead();
    if (packet !== AGAIN) return packet;
    throw nothingYet();
  }

  /**
   * The next packet, null at the end, or {@link AGAIN} when the source has nothing yet. flac, mp3
   * and wav go on afterwards; for any other format an {@link AVError} says that it cannot.
   */
  tryRead(): Packet | typeof AGAIN | null {
    const slot = this.#slot;
    void this.#core.struct;
    this.#core.io.assertIdle("read");
    if (this.#ended) return null;
    slot.clear();
    const got = this.#fill(slot.pointer);
    if (got !== true) return got === AGAIN ? AGAIN : null;
    const index = slot.streamIndex;
    if (index >= this.#streams.length) this.#refresh();
    return packetOf(slot, this.#timeBases[index], this.#streams[index]);
  }

  #readInto(packet: Pointer): boolean {
    let got: boolean | typeof AGAIN;
    try {
      got = this.#fill(packet);
    } catch (error) {
      // Where a callback failed, libavformat may have read on.
      this.#core.native.avcodec.av_packet_unref(packet);
      throw error;
    }
    if (got === AGAIN) throw nothingYet();
    if (this.#core.struct.number("nb_streams") !== this.#streams.length) this.#refresh();
    return got;
  }

  /** Reads the next packet that is wanted into one that is empty; false at the end. */
  #fill(packet: Pointer): boolean | typeof AGAIN {
    for (;;) {
      const got = this.#fillAny(packet);
      if (this.#wanted === undefined || got !== true) return got;
      const index = streamIndexAt(packet, this.#slot);
      if (index >= this.#streams.length) this.#refresh();
      if (this.#wanted.has(index)) return true;
      // Queued by avformat_find_stream_info, or of a stream that has only just begun.
      this.#core.native.avcodec.av_packet_unref(packet);
    }
  }

  #fillAny(packet: Pointer): boolean | typeof AGAIN {
    if (this.#ended) return false;
    const core = this.#core;
    if (this.#dash !== undefined) {
      if (core.io.poisoned) core.io.throwIfFailed("av_read_frame");
      this.#ended = !this.#dash.read(packet);
      return !this.#ended;
    }
    this.#afterSeek.assertWhole();
    this.#into = packet;
    let result = core.call("av_read_frame", this.#reading, true);
    const again = AVERROR("EAGAIN");
    for (let i = 0; result === again && !core.io.wouldBlock; i++) {
      if (i === MAX_REPEATS) throw core.error("av_read_frame", AVERROR("EIO"), asksForEver);
      result = core.call("av_read_frame", this.#reading, true);
    }
    if (core.io.wouldBlock) {
      if (!this.#resumable) {
        core.io.wouldBlock = false;
        const error = cannotResume(`the format ${this.format.name}`);
        core.io.poison(error);
        core.io.throwIfFailed("av_read_frame");
      }
      core.io.clearWouldBlock();
      if (result < 0) return AGAIN;
    }
    if (result === AVERROR_EOF || (result < 0 && core.nested.ended)) {
      this.#afterSeek.assertEnded(this.format);
      this.#ended = true;
      return false;
    }
    if (result < 0) throw core.error("av_read_frame", result, core.cannotGoBack);
    this.#afterSeek.set(undefined);
    return true;
  }

  /** Every packet that is left. Leaving the loop early leaves the demuxer open. */
  *[Symbol.iterator](): Generator<Packet, void, undefined> {
    let packet: Packet | null;
    while ((packet = this.read()) !== null) yield packet;
  }

  /** Moves to a time in seconds, or for `mode: "byte"` to a byte (`avformat_seek_file`). */
  seek(position: number, options: SeekOptions = {}): void {
    const core = this.#core;
    void core.struct;
    core.io.assertIdle("seek");
    if (this.#images) {
      throw new TypeError(
        "seek: an image sequence read through open goes on only: see start_number",
      );
    }
    const { stream, earliest, target, latest, flags } = seekTarget(
      position,
      options,
      this.#timeBases,
    );
    this.#slot.clear();
    const { avformat_seek_file: seek } = core.native.avformat;
    if (this.#dash !== undefined) this.#dash.seek(position, options);
    else {
      assertSeeks(core, this.format);
      const call = (at: Pointer) => seek(at, stream, earliest, target, latest, flags);
      this.#afterSeek.attempt(
        core.io.transferred,
        () => core.checked("avformat_seek_file", call),
      );
    }
    this.#afterSeek.set(options.mode === "byte" ? undefined : position);
    this.#ended = false;
  }

  /** The container's own index of a stream, no payload read; empty where it has none. */
  index(stream: number, options?: IndexOptions): IndexEntry[] {
    const core = this.#core;
    void core.struct;
    core.io.assertIdle("index");
    if (!Number.isInteger(stream) || this.#streams[stream] === undefined) {
      throw new RangeError(
        `index: there is no stream ${String(stream)}; there are ${this.#streams.length}`,
      );
    }
    return readIndex(core, this.#streams[stream], options);
  }

  /** Releases everything. Twice is harmless. */
  close(): void {
    if (this.#core.closed) return;
    this.#core.close();
    registry.unregister(this);
  }

  /** {@link DemuxerSync.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #refresh(): void {
    const { native: lib, struct, pointer } = this.#core;
    const count = struct.number("nb_streams");
    const pointers = count === 0
      ? undefined
      : new DataView(lib.ffi.view(struct.at("streams"), count * 8));
    const streams: Stream[] = [];
    for (let i = 0; i < count; i++) {
      const at = readPointer(pointers!, i * 8);
      streams.push(this.#streams[i] ?? readStream(lib, pointer, at));
    }
    if (this.#listed) {
      this.#wanted = new Set(selectListed(this.#listed, streams).map(({ index }) => index));
      this.#dash?.want(this.#wanted);
    }
    const fresh = streams.slice(this.#streams.length);
    // The program holds it: what it might change would be taken for what libavformat says.
    this.#streams = Object.freeze(streams) as Stream[];
    this.#timeBases = [...this.#timeBases, ...fresh.map(({ timeBase }) => timeBase)];
    for (const stream of fresh) rememberOrigin(this.#core, stream);
    this.#discardOthers();
  }

  #discardOthers(): void {
    for (const { index } of this.#streams) {
      if (this.#wanted?.has(index) !== false) continue;
      this.#core.stream(index).set("discard", AVDISCARD_ALL);
    }
  }
}

/** Reads into a packet of the caller, for a queue; false at the end. */
export function readPacketInto(demuxer: DemuxerSync, packet: Pointer): boolean {
  return readInto(demuxer, packet);
}

/** False where the demuxer's bytes only go forward. */
export function canSeek(demuxer: DemuxerSync): boolean {
  return coreOf(demuxer).io.struct.number("seekable") !== 0;
}

/** Lifts libavformat's own discards: a chapter track, the empty packets of avi. For copies. */
export function disableDiscard(demuxer: DemuxerSync, streams: Iterable<Stream>): void {
  for (const { index } of streams) coreOf(demuxer).stream(index).set("discard", AVDISCARD_NONE);
}

/** The native half of a demuxer. */
export function formatCoreOf(demuxer: DemuxerSync): FormatCore {
  return coreOf(demuxer);
}

/** The indexes of the streams that the `streams` option names; undefined for all. */
export function wantedOf(demuxer: DemuxerSync): ReadonlySet<number> | undefined {
  return wantedBy(demuxer);
}

/** Discards every other stream from now on, inside libavformat and of what it has queued. */
export function wantOnly(demuxer: DemuxerSync, streams: Iterable<number>): void {
  setWanted(demuxer, new Set(streams));
}

/** The addresses of the streams' AVCodecParameters. */
export function parametersOf(demuxer: DemuxerSync): Pointer[] {
  const core = coreOf(demuxer);
  return demuxer.streams.map(({ index }) => core.stream(index).at("codecpar"));
}
