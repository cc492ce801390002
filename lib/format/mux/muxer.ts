/**
 * Writing: packets to any synchronous output.
 *
 * @module
 */
import { plainOptions } from "../../plain_options.ts";
import { snapshotStream } from "../stream_description.ts";
import { discardOutput } from "../../io/input.ts";
import { assertTicks } from "../../check.ts";
import { native, type Struct } from "../../../ffi/mod.ts";
import { withDictionary, writeDictionary } from "../../dictionary.ts";
import { isOn } from "../../options.ts";
import type { OutputSync } from "../../io/input.ts";
import { release, releasedAfter } from "../../io/avio/release.ts";
import type { Rational } from "../../rational.ts";
import { snapshotChapters, writeChapters } from "./chapters.ts";
import { FormatCore } from "../format_context.ts";
import { PendingPackets } from "./pending_packets.ts";
import { strictAdvice } from "./advice.ts";
import { isFragmentable } from "./fragment_options.ts";
import type { FilterChain } from "./filter_chain.ts";
import {
  MuxerStream,
  type OutputStream,
  snapshotSettings,
  type StreamSettings,
} from "./output_stream.ts";
import { allocateOutput } from "./output.ts";
import { type Packet, PacketSlot } from "../packet.ts";
import { type PacketData, snapshotPacket } from "./packet_data.ts";
import type { StreamDescription } from "../parameters.ts";
import { readStream } from "../demux/stream_snapshot.ts";
import type { Chapter, Stream } from "../types.ts";
import type { WebChunk, WebDecoderConfig } from "../web_codecs.ts";
import { muxerSyncOptionNames, type MuxerSyncOptions } from "./options.ts";

const registry = new FinalizationRegistry<FormatCore>((core) => core.release());

let commit: (muxer: MuxerSync) => void;
let send: (muxer: MuxerSync, packet: SlotPacket) => void;
let ownSlot: (muxer: MuxerSync) => PacketSlot;
let structOf: (muxer: MuxerSync, index: number) => Struct;
let nameOfFormat: (muxer: MuxerSync) => string;
let streamsOf: (muxer: MuxerSync) => WrittenStreams | undefined;

/** The streams of an output, once its header is written. */
interface WrittenStreams {
  /** The muxer's name. */
  readonly format: string;
  readonly streams: Stream[];
}

/** A packet in a slot, on its way to a stream. */
interface SlotPacket {
  readonly slot: PacketSlot;
  /** The index of its output stream. */
  readonly stream: number;
  /** The time base of its times. */
  readonly timeBase: Rational;
  /** True where {@link CopyTimes} carries the times over. */
  readonly repair?: boolean;
}

/**
 * A muxer over a sink, a file or a guard (`avformat_alloc_output_context2`,
 * `avformat_write_header`, `av_interleaved_write_frame`, `av_write_trailer`).
 *
 * @example
 * ```ts
 * import { DemuxerSync, MemorySink, MuxerSync } from "@avio/avio";
 *
 * declare const bytes: Uint8Array;
 * using input = DemuxerSync.open(bytes);
 * const sink = new MemorySink();
 * using output = MuxerSync.create(sink, { format: "matroska" });
 * const streams = input.streams.map((stream) => output.addStream(stream));
 * for (const packet of input) output.write(packet, streams[packet.streamIndex]);
 * output.finish();
 * ```
 */
export class MuxerSync {
  static {
    commit = (muxer) => void (muxer.#awaitsSetup || muxer.writeHeader());
    send = (muxer, { slot, stream, timeBase, repair = false }) =>
      muxer.#pass(slot, muxer.#streams[stream], timeBase, repair);
    ownSlot = (muxer) => muxer.#slot;
    structOf = (muxer, index) => muxer.#core.stream(index);
    streamsOf = (muxer) => {
      const core = muxer.#core;
      if (!muxer.#headerWritten) return undefined;
      const streams = muxer.#streams.map(({ stream: { index } }) =>
        readStream(core.native, core.pointer, core.stream(index).pointer)
      );
      return { format: core.native.ffi.string(muxer.#format.at("name")), streams };
    };
    nameOfFormat = (muxer) => muxer.#core.native.ffi.string(muxer.#format.at("name"));
  }

  readonly #core: FormatCore;
  readonly #slot: PacketSlot;
  readonly #options: MuxerSyncOptions;
  readonly #owned: Owned;
  readonly #streams: MuxerStream[] = [];
  #headerWritten = false;
  #headerFailure: { readonly error: unknown } | undefined;
  #finished = false;
  #deliver: () => void = () => {};
  #begin: (() => void) | undefined;

  private constructor(core: FormatCore, owned: Owned, options: MuxerSyncOptions) {
    // Private to the compiler alone: a program reaches it as `constructor`.
    if (!(core instanceof FormatCore)) throw new TypeError("MuxerSync: use MuxerSync.create");
    this.#core = core;
    this.#owned = owned;
    this.#slot = owned.slot;
    this.#options = options;
  }

  /**
   * Makes a muxer; nothing is written before the header. With `undefined` the output is asked of
   * `open` by its `name`. For a format of many files (HLS, DASH, segments, image sequences, tee) a
   * sink given here gets the main file, once all is written.
   */
  static create(given: OutputSync | undefined, asked: MuxerSyncOptions = {}): MuxerSync {
    const lib = native();
    const { avformat } = lib;
    let options: MuxerSyncOptions;
    let chapters: readonly Chapter[] | undefined;
    try {
      options = plainOptions("MuxerSync.create", asked, muxerSyncOptionNames);
      chapters = options.chapters && snapshotChapters(options.chapters);
    } catch (error) {
      throw releasedAfter(error, () => discardOutput(given));
    }
    const made = allocateOutput(given, options);
    const { io, pointer } = made;
    let core: FormatCore | undefined;
    try {
      const owned = new Owned();
      core = new FormatCore({
        kind: "muxer",
        io,
        pointer,
        open: made.open,
        limits: { signal: options.signal },
        onLog: options.onLog,
        free: (at) => avformat.avformat_free_context(at),
        freeExtra: () => owned.free(),
      });
      if (made.url !== undefined) core.nested.wrote(made.url);
      core.struct.set("avoid_negative_ts", -1);
      if (options.metadata) {
        writeDictionary(lib, core.pointer, core.struct.offset("metadata"), options.metadata);
      }
      if (chapters) writeChapters(core, chapters);
      const muxer = new MuxerSync(core, owned, { ...options, options: made.options });
      muxer.#deliver = made.writeMainFile;
      muxer.#begin = made.commit;
      registry.register(muxer, core, muxer);
      return muxer;
    } catch (error) {
      throw releasedAfter(error, () => core ? core.release() : release(io.releaseSteps()));
    }
  }

  /** Bytes handed to the sink so far. */
  get bytesWritten(): number {
    return this.#core.io.transferred;
  }

  /** Bytes of the output so far, from its start to its end; every file of a set counts. */
  get size(): number {
    return this.#core.io.outputSize;
  }

  get #awaitsSetup(): boolean {
    return this.#streams.some(({ filters }) => filters.awaitsSetup);
  }

  get #format(): Struct {
    const { native, struct } = this.#core;
    return native.struct("AVOutputFormat", struct.at("oformat"));
  }

  /**
   * Adds a stream, from a demuxer's snapshot a plain description or a decoder's configuration of
   * WebCodecs; before the first packet.
   * A TypeError names the stream and what the format needs of a description: the setup bytes of
   * Vorbis and FLAC. Those of H.264, H.265 and AV1 are taken from the first keyframe, those of AAC
   * and Opus made from `channels` and `sampleRate`, where none are given.
   */
  addStream(
    from: Stream | StreamDescription | WebDecoderConfig,
    settings: StreamSettings = {},
  ): OutputStream {
    const core = this.#core;
    const how = snapshotSettings(settings);
    // Read before the muxer is looked at: a getter of the description's may close it.
    const described = snapshotStream(from);
    core.io.assertIdle("addStream");
    void core.struct;
    if (this.#headerWritten) {
      throw new TypeError("addStream: the header is written, no stream can be added");
    }
    const live = core.io.struct.number("seekable") === 0 || isOn(this.#options.options?.live);
    const target = new MuxerStream(
      core,
      {
        format: this.#format,
        live,
        options: this.#options.options,
        count: this.#streams.length,
      },
      described,
      how,
    );
    this.#streams.push(target);
    this.#owned.filters.push(target.filters);
    return target.stream;
  }

  /** Writes the header (`avformat_write_header`); the first packet does it otherwise. */
  writeHeader(): void {
    if (this.#headerWritten) return;
    // The muxer may be half set up: C is not asked twice.
    if (this.#core.io.poisoned) this.#core.io.throwIfFailed("avformat_write_header");
    if (this.#headerFailure) throw this.#headerFailure.error;
    try {
      this.#writeHeader();
      this.#begin?.();
    } catch (error) {
      this.#headerFailure = { error };
      throw error;
    }
    this.#headerWritten = true;
    this.#owned.pending.drain(({ slot, target, timeBase, repair }) =>
      this.#submit(slot, target, timeBase, repair)
    );
  }

  /** Advice about a refused header, where there is one. */
  #advice(): string | undefined {
    const core = this.#core;
    const name = core.native.ffi.string(this.#format.at("name"));
    const stuck = core.log.some((line) => line.includes("non seekable output"));
    if (!stuck || !isFragmentable(name)) return strictAdvice(core.log);
    return `${name} goes back in its output, and this sink cannot seek: give one that can, or ` +
      "the option movflags=frag_keyframe+empty_moov+default_base_moof";
  }

  #writeHeader(): void {
    const core = this.#core;
    for (const target of this.#streams) target.assertReady();
    withDictionary(this.#options.options ?? {}, (dictionary) => {
      const code = core.call(
        "avformat_write_header",
        (at) => core.native.avformat.avformat_write_header(at, dictionary.bytes),
      );
      if (code < 0) throw core.error("avformat_write_header", code, this.#advice());
      core.assertOptionsTaken("avformat_write_header", dictionary.value, this.#format);
    });
  }

  /**
   * Writes a packet (`av_interleaved_write_frame`), rescaled to the stream's time base. A
   * demuxer's packet is passed on by reference, without a copy. `offset` is added to its times, in
   * ticks of its own time base. A chunk of WebCodecs is taken, too.
   */
  write(packet: Packet | PacketData | WebChunk, stream: OutputStream, offset = 0): void {
    const core = this.#core;
    assertTicks("write: offset", offset);
    // Read before the muxer is looked at: a getter of the packet's may close it.
    const snapshot = snapshotPacket(core.native, packet);
    core.io.assertIdle("write");
    void core.struct;
    if (this.#finished) throw new TypeError("write: the muxer is finished");
    const target = this.#streams.find((one) => one.stream === stream);
    if (target === undefined) {
      throw new TypeError("write: that stream is not one of this muxer's");
    }
    const slot = this.#slot;
    target.fill(slot, snapshot, offset);
    this.#pass(slot, target, snapshot.timeBase ?? target.stream.timeBase, false);
  }

  /** Through the stream's filters, where it has any. */
  #pass(slot: PacketSlot, target: MuxerStream, timeBase: Rational, repair: boolean): void {
    slot.struct.set("stream_index", target.stream.index);
    slot.struct.set("pos", -1);
    target.filters.pass(
      slot,
      timeBase,
      repair,
      (filtered, base, mends) => this.#submit(filtered, target, base, mends),
    );
  }

  /** To libavformat, after the header; until a header can be complete, packets wait for it. */
  #submit(slot: PacketSlot, target: MuxerStream, timeBase: Rational, repair: boolean): void {
    const core = this.#core;
    if (!this.#headerWritten) {
      const { pending } = this.#owned;
      if (this.#awaitsSetup && !pending.full) {
        return pending.push({ slot, target, timeBase, repair });
      }
      this.writeHeader();
    }
    if (!target.takes(slot)) return;
    target.retime(slot, timeBase, repair);
    core.checked(
      "av_interleaved_write_frame",
      (at) => core.native.avformat.av_interleaved_write_frame(at, slot.pointer),
      true,
    );
    target.wrote();
  }

  /** The header if none was written, what is queued, the trailer, a flush; exactly once. */
  finish(): void {
    const core = this.#core;
    core.io.assertIdle("finish");
    void core.struct;
    if (this.#finished) throw new TypeError("finish: the muxer is finished already");
    this.writeHeader();
    this.#finished = true;
    for (const target of this.#streams) {
      target.filters.flush(
        this.#slot,
        (slot, timeBase, repair) => this.#submit(slot, target, timeBase, repair),
      );
    }
    for (const target of this.#streams) target.assertEnough();
    core.checked("av_write_trailer", (at) => core.native.avformat.av_write_trailer(at));
    core.call("avio_flush", () => {
      core.native.avformat.avio_flush(core.io.pointer);
      return 0;
    });
    const error = core.io.struct.number("error");
    if (error < 0) throw core.error("avio_flush", error);
    this.#deliver();
  }

  /** Releases everything; without `finish` no trailer is written. Twice is harmless. */
  close(): void {
    if (this.#core.closed) return;
    this.#core.close();
    registry.unregister(this);
  }

  /** {@link MuxerSync.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Packets and filters, released together with the format context. */
class Owned {
  readonly slot = new PacketSlot();
  readonly pending = new PendingPackets();
  readonly filters: FilterChain[] = [];

  free(): void {
    this.pending.free();
    for (const chain of this.filters) chain.free();
    this.slot.free();
  }
}

/** {@link MuxerSync.writeHeader}, unless packets must come first to tell what it must hold. */
export function beginHeader(muxer: MuxerSync): void {
  commit(muxer);
}

/** Writes the packet in a slot, for a queue or a copy. */
export function writeSlot(muxer: MuxerSync, packet: SlotPacket): void {
  send(muxer, packet);
}

/** The streams as the header has them; undefined before it. */
export function writtenStreams(muxer: MuxerSync): WrittenStreams | undefined {
  return streamsOf(muxer);
}

/** The name of a muxer's format. */
export function formatNameOf(muxer: MuxerSync): string {
  return nameOfFormat(muxer);
}

/** The muxer's own packet, unused between two calls. */
export function slotOf(muxer: MuxerSync): PacketSlot {
  return ownSlot(muxer);
}

/** The AVStream of an output. */
export function outputStreamOf(muxer: MuxerSync, index: number): Struct {
  return structOf(muxer, index);
}
