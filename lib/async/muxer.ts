/**
 * Writing to anything, the event loop going on.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../plain_options.ts";
import { assertTicks } from "../check.ts";
import { native } from "../../ffi/mod.ts";
import { AVError } from "../error.ts";
import { muxerSyncOptionNames, type MuxerSyncOptions } from "../format/mux/options.ts";
import { assertSetup } from "../format/mux/codec_setup.ts";
import {
  codecNameOf,
  moveTimes,
  type OutputStream,
  snapshotSettings,
  type StreamSettings,
  timeBaseOf,
} from "../format/mux/output_stream.ts";
import { containerOf } from "../format/mux/segment_container.ts";
import { isDescribed } from "../format/parameter_source.ts";
import {
  fillPacket,
  type PacketData,
  type PacketSnapshot,
  snapshotPacket,
} from "../format/mux/packet_data.ts";
import { type Packet, PacketSlot } from "../format/packet.ts";
import { freeParameters, makeParameters, type StreamDescription } from "../format/parameters.ts";
import { snapshotStream } from "../format/stream_description.ts";
import type { Stream } from "../format/types.ts";
import type { WebChunk, WebDecoderConfig } from "../format/web_codecs.ts";
import type { Rational } from "../rational.ts";
import { QueueQuota } from "./main/queue_quota.ts";
import type { OpenHook } from "../io/contract.ts";
import { discardedAfter } from "./main/discard_endpoints.ts";
import type { Output } from "./main/endpoints.ts";
import type { Commands } from "./shared/protocol.ts";
import { DEFAULT_HIGH_WATER_MARK, describeOutput, openSession } from "./main/session_io.ts";
import { freeStreams, type MuxerAllocations, muxerFinalizer } from "./main/session_finalizer.ts";
import { Session } from "./main/session.ts";
import { checkedHighWaterMark } from "./shared/ring.ts";
import { Control } from "./shared/control_block.ts";

/** Options of {@link Muxer.create}: those of {@link MuxerSyncOptions}, and these. */
export interface MuxerOptions extends Omit<MuxerSyncOptions, "open"> {
  /** Answers for any other file the muxer writes or reads. */
  open?: OpenHook | undefined;
  /**
   * Bytes of payload that may wait for the muxer, and bytes of output that may wait for the sink;
   * default 2 MiB each. A sink that is slow stops the writer when both are full.
   */
  highWaterMark?: number | undefined;
}

const optionNames: OptionNames<MuxerOptions> = { ...muxerSyncOptionNames, highWaterMark: true };

const QUEUE_PACKETS = 128;

/**
 * A muxer over anything that takes bytes: {@link MuxerSync} with backpressure. `write` resolves
 * when there is room for the next packet.
 *
 * @example
 * ```ts
 * import { Demuxer, Muxer } from "@avio/avio";
 *
 * declare const source: ReadableStream<Uint8Array>;
 * declare const target: WritableStream<Uint8Array>;
 * await using input = await Demuxer.open(source);
 * await using output = await Muxer.create(target, { format: "matroska" });
 * const streams = input.streams.map((stream) => output.addStream(stream));
 * for await (const packet of input) await output.write(packet, streams[packet.streamIndex]);
 * await output.finish();
 * ```
 */
export class Muxer implements AsyncDisposable {
  readonly #session: Session;
  readonly #slots: PacketSlot[];
  readonly #bases: Int32Array;
  readonly #format: string;
  readonly #options: MuxerSyncOptions["options"];
  readonly #quota: QueueQuota;
  readonly #streams: OutputStream[] = [];
  readonly #allocations: MuxerAllocations = { streams: [], packets: new Set() };
  #header: Promise<void> | undefined;
  #headerWritten = false;
  #drained: Promise<void> | undefined;
  #failed: { readonly error: unknown } | undefined;
  #finished = false;
  #written = 0;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #writes = 0;

  private constructor(
    session: Session,
    { packets, bases, format }: Commands["openMuxer"]["answer"],
    { bytes, options }: { bytes: number; options: MuxerSyncOptions["options"] },
  ) {
    // Private to the compiler alone: a program reaches it as `constructor`.
    if (!(session instanceof Session)) throw new TypeError("Muxer: use Muxer.create");
    this.#session = session;
    this.#slots = packets.map((pointer) => new PacketSlot(pointer));
    session.trackSlots(this.#slots);
    this.#bases = new Int32Array(bases);
    this.#format = format;
    this.#options = options;
    this.#quota = new QueueQuota({ packets: packets.length, bytes });
    session.finalizeWith(this);
    muxerFinalizer.register(this, this.#allocations, this);
  }

  /**
   * Makes a muxer; nothing is written before the header. Rejects with {@link AVError}, or with a
   * TypeError that names what the format needs and the sink lacks. With `undefined` the output is
   * asked of `open` by its `name`; a format of many files (HLS, DASH) asks for each.
   */
  static async create(output: Output | undefined, options: MuxerOptions = {}): Promise<Muxer> {
    let plain: MuxerOptions;
    try {
      plain = plainOptions("Muxer.create", options, optionNames);
    } catch (error) {
      throw await discardedAfter(error, undefined, output);
    }
    const { signal, onLog, onMarker, open, highWaterMark = DEFAULT_HIGH_WATER_MARK, ...rest } =
      plain;
    try {
      signal?.throwIfAborted();
      checkedHighWaterMark(highWaterMark);
    } catch (error) {
      throw await discardedAfter(error, undefined, output);
    }
    const session = new Session({ kind: "muxer", signal, onLog, onMarker, open });
    return await openSession(session, async () => {
      const answer = await session.command("openMuxer", {
        output: describeOutput(session, output, highWaterMark),
        options: rest,
        hooks: { open: open !== undefined, log: onLog !== undefined },
        queue: { packets: QUEUE_PACKETS, bytes: highWaterMark },
      });
      return new Muxer(session, answer, { bytes: highWaterMark, options: rest.options });
    });
  }

  /** Bytes that the sink has taken so far; for a file path known when it is finished. */
  get bytesWritten(): number {
    return this.#written || this.#session.files.taken;
  }

  /** {@link MuxerSync.addStream}. */
  addStream(
    from: Stream | StreamDescription | WebDecoderConfig,
    settings: StreamSettings = {},
  ): OutputStream {
    const how = snapshotSettings(settings);
    // Read before the muxer is looked at: a getter of the description's may close it.
    const described = snapshotStream(from);
    this.#session.assertOpen("avformat_new_stream");
    if (this.#header) {
      throw new TypeError("addStream: the header is written, no stream can be added");
    }
    const lib = native();
    const isOwn = isDescribed(described);
    const parameters = makeParameters(lib, described);
    try {
      const codec = codecNameOf(described);
      const request = {
        container: containerOf(this.#format, this.#options, codec),
        codec,
        index: this.#streams.length,
        isOwn,
      };
      assertSetup(request, lib, lib.struct("AVCodecParameters", parameters));
    } catch (error) {
      freeParameters(lib, parameters);
      throw error;
    }
    this.#allocations.streams.push({
      parameters,
      description: described,
      isDescribed: isOwn,
      settings: how,
    });
    const stream = Object.freeze({
      index: this.#streams.length,
      timeBase: timeBaseOf(described),
    });
    this.#streams.push(stream);
    return stream;
  }

  /** Writes the header (`avformat_write_header`); the first packet does it otherwise. */
  async writeHeader(): Promise<void> {
    await (this.#header ??= this.#writeHeader());
  }

  async #writeHeader(): Promise<void> {
    const { streams } = this.#allocations;
    this.#allocations.streams = [];
    await this.#session.command("header", { streams });
    this.#headerWritten = true;
    this.#drained = this.#session.background("consumePackets", {}).then(() => {}, (error) => {
      this.#failed = { error };
      this.#session.wake();
    });
  }

  /**
   * Queues a packet for `av_interleaved_write_frame`, rescaled to the stream's time base; resolves
   * when there is room for another. A demuxer's packet is passed on by reference, without a copy.
   * `offset` is added to its times, in ticks of its own time base. A chunk of WebCodecs is taken,
   * too. The error of an earlier packet comes out here or of `finish`.
   */
  write(packet: Packet | PacketData | WebChunk, stream: OutputStream, offset = 0): Promise<void> {
    try {
      assertTicks("write: offset", offset);
      // Read before the muxer is looked at: a getter of the packet's may close it.
      const snapshot = snapshotPacket(native(), packet);
      this.#session.assertOpen("av_interleaved_write_frame");
      if (this.#finished) throw new TypeError("write: the muxer is finished");
      if (!this.#streams.includes(stream)) {
        throw new TypeError("write: that stream is not one of this muxer's");
      }
      if (this.#headerWritten && this.#queued === 0 && this.#hasRoom()) {
        this.#put(snapshot, stream, offset);
        const inTime = (this.#writes++ & 15) !== 0 || !this.#session.shouldYield;
        return inTime && this.#hasRoom() ? Promise.resolve() : this.#waitForQueue();
      }
      return this.#later(snapshot, stream, offset);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // The payload is on loan: what cannot be queued at once is kept by a reference of its own.
  #later(packet: PacketSnapshot, stream: OutputStream, offset: number): Promise<void> {
    const kept = new PacketSlot();
    try {
      take(kept, packet, offset);
    } catch (error) {
      kept.free();
      throw error;
    }
    this.#allocations.packets.add(kept);
    const timeBase = packet.timeBase ?? stream.timeBase;
    this.#queued++;
    const before = this.#queue;
    const task = async () => {
      try {
        await before;
        await this.writeHeader();
        await this.#waitForQueue();
        this.#publish(stream, timeBase, kept.size, (slot) => {
          reference(slot, kept);
        });
      } finally {
        this.#queued--;
        this.#allocations.packets.delete(kept);
        kept.free();
      }
    };
    const done = task();
    this.#queue = done.catch(() => {});
    return done;
  }

  #put(packet: PacketSnapshot, stream: OutputStream, offset: number): void {
    this.#publish(
      stream,
      packet.timeBase ?? stream.timeBase,
      packet.live?.size ?? packet.data.length,
      (slot) => take(slot, packet, offset),
    );
  }

  #publish(
    stream: OutputStream,
    { num, den }: Rational,
    size: number,
    fill: (slot: PacketSlot) => void,
  ): void {
    // The worker may be freeing the slots as soon as the session ends.
    this.#session.assertOpen("av_interleaved_write_frame");
    const { control } = this.#session;
    const into = control.load(Control.PACKETS_IN);
    const place = into % this.#slots.length;
    const slot = this.#slots[place];
    try {
      fill(slot);
    } catch (error) {
      slot.clear();
      throw error;
    }
    slot.struct.set("stream_index", stream.index);
    this.#bases[place * 2] = num;
    this.#bases[place * 2 + 1] = den;
    this.#quota.add(into, size);
    control.store(Control.PACKETS_IN, into + 1);
    if (control.load(Control.WORKER_WAITS) === 1) this.#session.notifyWorker();
  }

  #hasRoom(): boolean {
    this.#session.assertOpen("av_interleaved_write_frame");
    if (this.#failed) {
      const { error } = this.#failed;
      this.#failed = undefined;
      this.#session.fail(error);
      this.#session.throwIfFailed("av_interleaved_write_frame");
    }
    this.#session.throwIfFailed("av_interleaved_write_frame");
    const { control } = this.#session;
    return this.#quota.hasRoom(
      control.load(Control.PACKETS_IN),
      control.load(Control.PACKETS_OUT),
    );
  }

  async #waitForQueue(): Promise<void> {
    await this.#session.wait(() => this.#hasRoom() || undefined);
  }

  /** The header if none was written, what is queued, the trailer, a flush; exactly once. */
  async finish(): Promise<void> {
    this.#session.assertOpen("av_write_trailer");
    if (this.#finished) throw new TypeError("finish: the muxer is finished already");
    this.#finished = true;
    await this.#queue;
    await this.writeHeader();
    this.#hasRoom();
    const finished = this.#session.command("finish", {});
    finished.catch(() => {});
    await this.#drained;
    this.#hasRoom();
    const { bytesWritten } = await finished;
    await this.#session.files.finish();
    this.#written = bytesWritten;
  }

  /**
   * Releases everything, then closes the sink; without `finish` no trailer is written. Twice is
   * harmless.
   */
  async close(): Promise<void> {
    muxerFinalizer.unregister(this);
    freeStreams(this.#allocations);
    await this.#session.close();
  }

  /** {@link Muxer.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function reference(slot: PacketSlot, source: PacketSlot): void {
  const code = slot.native.avcodec.av_packet_ref(slot.pointer, source.pointer);
  if (code < 0) throw new AVError({ code, operation: "av_packet_ref" });
}

/** Takes a packet into a slot: by reference where it is libav's own. */
function take(slot: PacketSlot, packet: PacketSnapshot, offset: number): void {
  fillPacket(slot, packet);
  moveTimes(slot, offset);
}
