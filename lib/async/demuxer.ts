/**
 * Reading from anything, the event loop going on.
 *
 * @module
 */
import { type OptionNames, plainOptions } from "../plain_options.ts";
import { NULL, type Pointer } from "../../ffi/mod.ts";
import { demuxerSyncOptionNames, type DemuxerSyncOptions } from "../format/demux/options.ts";
import { seekOptionNames, type SeekOptions } from "../format/demux/seek.ts";
import { snapshotStreamList } from "../format/demux/wanted_streams.ts";
import {
  type IndexEntry,
  indexOptionNames,
  type IndexOptions,
} from "../format/demux/container_index.ts";
import { CallerStack } from "./shared/caller_stack.ts";
import { setParameterSource } from "../format/parameter_source.ts";
import { type Packet, packetOf, PacketSlot } from "../format/packet.ts";
import type { Chapter, FormatInfo, Program, Stream } from "../format/types.ts";
import { AGAIN, type OpenHook } from "../io/contract.ts";
import type { Rational } from "../rational.ts";
import { discardedAfter } from "./main/discard_endpoints.ts";
import type { Input } from "./main/endpoints.ts";
import type { Commands, DemuxerSnapshot } from "./shared/protocol.ts";
import { DEFAULT_HIGH_WATER_MARK, describeInput, openSession } from "./main/session_io.ts";
import { Session } from "./main/session.ts";
import { checkedHighWaterMark } from "./shared/ring.ts";
import { wantsPacketsTaken } from "./shared/wake_up.ts";
import { Control } from "./shared/control_block.ts";

/**
 * Options of {@link Demuxer.open} and {@link probe}: those of {@link DemuxerSyncOptions}, and
 * these.
 */
export interface DemuxerOptions extends Omit<DemuxerSyncOptions, "open"> {
  /** Answers for any other resource; without it none is opened. */
  open?: OpenHook | undefined;
  /**
   * Bytes that may be read ahead of libavformat, and bytes of payload that may wait to be asked
   * for; default 2 MiB each. A reader that stops stops the source when both are full.
   */
  highWaterMark?: number | undefined;
}

/** Their names. */
export const demuxerOptionNames: OptionNames<DemuxerOptions> = {
  ...demuxerSyncOptionNames,
  highWaterMark: true,
};

const QUEUE_PACKETS = 128;

/** A packet, or the end, as an iterator gives it. */
function step(packet: Packet | null): IteratorResult<Packet, undefined> {
  return packet === null ? { done: true, value: undefined } : { done: false, value: packet };
}

/**
 * A demuxer over anything that gives bytes. The native calls are made in a worker that waits for
 * the source there; the event loop goes on. Packets change hands by address, without a copy.
 *
 * @example
 * ```ts
 * import { Demuxer } from "@avio/avio";
 *
 * await using input = await Demuxer.open(await fetch("https://example.com/a.mp4"));
 * for await (const packet of input) {
 *   console.log(packet.streamIndex, packet.ptsTime, packet.data.length);
 * }
 * ```
 */
export class Demuxer implements AsyncDisposable {
  readonly #session: Session;
  readonly #slots: PacketSlot[];
  #snapshot: DemuxerSnapshot;
  #timeBases: Rational[] = [];
  /** The slot that is on loan. */
  #current: PacketSlot | undefined;
  #filling = false;
  #stopped: { readonly end: true } | { readonly error: unknown } | undefined;
  #waiting: Promise<unknown> = Promise.resolve();
  #waiters = 0;
  #reads = 0;
  #seeking = 0;

  private constructor(session: Session, answer: Commands["openDemuxer"]["answer"]) {
    // Private to the compiler alone: a program reaches it as `constructor`.
    if (!(session instanceof Session)) throw new TypeError("Demuxer: use Demuxer.open");
    this.#session = session;
    const { packets, ...snapshot } = answer;
    this.#slots = packets.map((pointer) => new PacketSlot(pointer));
    session.trackSlots(this.#slots);
    this.#snapshot = snapshot;
    this.#applySnapshot(snapshot);
    session.finalizeWith(this);
  }

  /**
   * Opens an input and reads its headers. Rejects with {@link AVError}, the very object that a
   * source threw or rejected with, the signal's reason, or a TypeError for what is not an input.
   * With `undefined` the input is asked of `open` by its `name`, as the files that it names are.
   */
  static async open(input: Input | undefined, asked: DemuxerOptions = {}): Promise<Demuxer> {
    let options: DemuxerOptions;
    try {
      options = plainOptions("Demuxer.open", asked, demuxerOptionNames);
    } catch (error) {
      throw await discardedAfter(error, input);
    }
    const { signal, onLog, open, highWaterMark = DEFAULT_HIGH_WATER_MARK, ...rest } = options;
    const { timeout } = rest;
    try {
      signal?.throwIfAborted();
      checkedHighWaterMark(highWaterMark);
      rest.streams = snapshotStreamList(rest.streams);
    } catch (error) {
      throw await discardedAfter(error, input);
    }
    const session = new Session({ kind: "demuxer", signal, onLog, open, timeout });
    return await openSession(session, async () => {
      const remote = await describeInput(session, input, options);
      const answer = await session.command("openDemuxer", {
        input: remote,
        options: rest,
        hooks: { open: open !== undefined, log: onLog !== undefined },
        queue: { packets: QUEUE_PACKETS, bytes: highWaterMark },
      });
      return new Demuxer(session, answer);
    });
  }

  /** The container. */
  get format(): FormatInfo {
    return this.#snapshot.format;
  }

  /** The streams, as they are known so far: some containers add one midway. */
  get streams(): readonly Stream[] {
    return this.#snapshot.streams;
  }

  /** Chapters, in the file's order. */
  get chapters(): Chapter[] {
    return this.#snapshot.chapters;
  }

  /** Programs of a transport stream. */
  get programs(): Program[] {
    return this.#snapshot.programs;
  }

  /** The container's metadata. */
  get metadata(): Record<string, string> {
    return this.format.metadata;
  }

  /** Seconds, or null where unknown. */
  get duration(): number | null {
    return this.format.duration;
  }

  /**
   * The next packet, or null at the end (`av_read_frame`). Its payload is on loan until the next
   * one is read. Rejects with {@link AVError}, or with what the source threw.
   */
  read(): Promise<Packet | null> {
    return this.#readAsync((packet) => packet);
  }

  #readAsync<T>(as: (packet: Packet | null) => T): Promise<T> {
    try {
      const packet = this.#tryReadFairly();
      return packet === AGAIN ? this.#wait().then(as) : Promise.resolve(as(packet));
    } catch (error) {
      return Promise.reject(new CallerStack().attach(error));
    }
  }

  /** {@link Demuxer.tryRead}, unless a caller waits already or the event loop is due. */
  #tryReadFairly(): Packet | typeof AGAIN | null {
    if (this.#waiters > 0 || ((this.#reads++ & 15) === 0 && this.#session.shouldYield)) {
      return AGAIN;
    }
    return this.tryRead();
  }

  /**
   * The next packet if there is one, null at the end, {@link AGAIN} when the source has to give
   * more first. Never waits, and loses nothing: for every format.
   */
  tryRead(): Packet | typeof AGAIN | null {
    this.#session.assertOpen("av_read_frame");
    if (this.#seeking > 0) return AGAIN;
    this.#endLoan();
    const { control } = this.#session;
    const out = control.load(Control.PACKETS_OUT);
    if (control.load(Control.PACKETS_IN) !== out) {
      const slot = this.#slots[out % this.#slots.length];
      const index = slot.streamIndex;
      // The news of a new stream is on its way.
      if (index >= this.#timeBases.length) return AGAIN;
      this.#current = slot;
      this.#fill();
      return packetOf(slot, this.#timeBases[index], this.#snapshot.streams[index]);
    }
    if (!this.#filling) {
      const stopped = this.#stopped;
      if (stopped && "end" in stopped) return null;
      if (stopped) {
        this.#stopped = undefined;
        if (stopped.error === this.#session.failure?.error) {
          this.#session.throwIfFailed("av_read_frame");
        }
        throw stopped.error;
      }
      this.#session.throwIfFailed("av_read_frame");
      this.#fill();
    }
    return AGAIN;
  }

  /** Every packet that is left. Leaving the loop early leaves the demuxer open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Packet, undefined> {
    const iterator: AsyncIterableIterator<Packet, undefined> = {
      next: () => this.#readAsync(step),
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Moves to a time in seconds, or for `mode: "byte"` to a byte (`avformat_seek_file`). */
  async seek(position: number, given: SeekOptions = {}): Promise<void> {
    const options = plainOptions("seek", given, seekOptionNames);
    this.#session.assertOpen("avformat_seek_file");
    this.#endLoan();
    this.#seeking++;
    try {
      await this.#session.command("seek", { position, options });
      this.#stopped = undefined;
    } finally {
      this.#seeking--;
      this.#session.wake();
    }
  }

  /** The container's own index of a stream, no payload read; empty where it has none. */
  async index(stream: number, given: IndexOptions = {}): Promise<IndexEntry[]> {
    const options = plainOptions("index", given, indexOptionNames);
    return await this.#session.command("index", { stream, options });
  }

  /** Releases everything, then closes the source. Twice is harmless. */
  async close(): Promise<void> {
    this.#current = undefined;
    await this.#session.close();
  }

  /** {@link Demuxer.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #wait(): Promise<Packet | null> {
    const caller = new CallerStack();
    // One after the other: each gets a packet of its own.
    const turn = this.#waiting;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = promise;
    this.#waiters++;
    try {
      await turn;
      return await this.#session.wait(() => {
        const packet = this.tryRead();
        return packet === AGAIN ? undefined : packet;
      });
    } catch (error) {
      throw caller.attach(error);
    } finally {
      this.#waiters--;
      resolve();
    }
  }

  #endLoan(): void {
    const slot = this.#current;
    if (slot === undefined) return;
    this.#current = undefined;
    // Freed here it would be in the way of the worker, which allocates meanwhile.
    slot.endLoan();
    const { control } = this.#session;
    const out = control.load(Control.PACKETS_OUT) + 1;
    control.store(Control.PACKETS_OUT, out);
    if (wantsPacketsTaken(control, out)) {
      this.#session.notifyWorker();
    }
  }

  /** Has the worker read ahead, if it does not. */
  #fill(): void {
    if (this.#filling || this.#stopped) return;
    this.#filling = true;
    this.#session.background("fill", {}).then(
      (answer) => {
        this.#filling = false;
        if (answer.snapshot) this.#applySnapshot(answer.snapshot);
        if (answer.kind === "end") this.#stopped = { end: true };
      },
      (error) => {
        this.#filling = false;
        this.#stopped = { error };
      },
    ).finally(() => this.#session.wake());
  }

  #applySnapshot(snapshot: DemuxerSnapshot): void {
    const before = this.#snapshot.streams.slice(0, this.#timeBases.length);
    const streams = Object.freeze(snapshot.streams.map((stream, i) => before[i] ?? stream));
    this.#snapshot = { ...snapshot, streams };
    this.#timeBases = streams.map((stream) => stream.timeBase);
    const { resources } = this.#session;
    streams.forEach((stream, i) => {
      if (stream !== before[i]) {
        setParameterSource(stream, parametersFinder(resources, snapshot.parameters[i]));
      }
    });
  }
}

// Apart: a snapshot that is kept must not keep the demuxer open.
function parametersFinder(resources: Session["resources"], at: Pointer): () => Pointer {
  return () => resources.over ? NULL : at;
}
