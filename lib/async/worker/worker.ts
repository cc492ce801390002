/**
 * The worker: it makes the native calls of one session at a time, and waits in their callbacks.
 *
 * This file is both ends of its start: a worker whose module is the very file that starts it
 * survives every way of publishing.
 *
 * @module
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { native, type Pointer, PointerSlot } from "../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../error.ts";
import { DemuxerSync, parametersOf, readPacketInto } from "../../format/demux/demuxer.ts";
import { beginHeader, MuxerSync, writeSlot } from "../../format/mux/muxer.ts";
import type { OutputStream } from "../../format/mux/output_stream.ts";
import { setParameterSource } from "../../format/parameter_source.ts";
import { PacketSlot } from "../../format/packet.ts";
import { attachAt, sharedLogBlock } from "../../log/shared_block.ts";
import type { Marker } from "../../io/avio/marker.ts";
import { remuxSync } from "../../format/remux/remux.ts";
import { QueueQuota } from "../main/queue_quota.ts";
import { toPlain } from "../shared/errors.ts";
import type { CodecCommand } from "../shared/codec_protocol.ts";
import { CodecServer } from "./codec_server.ts";
import { WorkerSession } from "./worker_session.ts";
import type {
  CommandMessage,
  CommandName,
  Commands,
  DemuxerSnapshot,
  QueueLimits,
  RemoteOutput,
} from "../shared/protocol.ts";
import { askForHalfQueue, isReaderWakeDue, isWriterWakeDue } from "../shared/wake_up.ts";
import { Control } from "../shared/control_block.ts";

const KEY = "avio.worker";

/** Starts a worker. */
export function startWorker(): Worker {
  const { href } = new URL(import.meta.url);
  // node:worker_threads takes files only; a module from elsewhere is imported by one in a URL.
  const module = href.startsWith("file:")
    ? href
    : `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(href)};`)}`;
  return new Worker(new URL(module), { workerData: { [KEY]: sharedLogBlock().address } });
}

type Request<N extends CommandName> = Commands[N]["request"];
type AnswerOf<N extends CommandName> = Commands[N]["answer"];

/** Packets on their way between the threads: the addresses never change, the counts do. */
class Queue {
  readonly slots: PacketSlot[];
  readonly #budget: QueueQuota;
  #freed = 0;

  constructor(limits: QueueLimits) {
    this.slots = Array.from({ length: limits.packets }, () => new PacketSlot());
    this.#budget = new QueueQuota(limits);
  }

  get pointers(): Pointer[] {
    return this.slots.map((slot) => slot.pointer);
  }

  slot(count: number): PacketSlot {
    return this.slots[count % this.slots.length];
  }

  /** Frees what was taken out, which are `out` by now; true where number `into` may go in. */
  hasRoom(into: number, out: number): boolean {
    while (this.#freed < out) this.slot(this.#freed++).clear();
    return this.#budget.hasRoom(into, out);
  }

  /** Number `into` is in its slot. */
  add(into: number): void {
    this.#budget.add(into, this.slot(into).size);
  }

  reset(): void {
    for (const slot of this.slots) slot.clear();
    this.#freed = 0;
    this.#budget.reset();
  }

  free(): void {
    for (const slot of this.slots) slot.free();
  }
}

/** The demuxer or muxer of the session that this worker serves now. */
class NativeSession {
  readonly session: WorkerSession;
  #demuxer: DemuxerSync | undefined;
  #muxer: MuxerSync | undefined;
  #streams: OutputStream[] = [];
  #queue: Queue | undefined;
  #bases: Int32Array | undefined;
  #parameters: Pointer[] = [];

  constructor(session: WorkerSession) {
    this.session = session;
  }

  openDemuxer({ input, options, hooks, queue }: Request<"openDemuxer">): AnswerOf<"openDemuxer"> {
    this.#queue = new Queue(queue);
    this.session.timeout = options.timeout;
    const { timeout: _, ...rest } = options;
    this.#demuxer = DemuxerSync.open(this.session.source(input), {
      ...rest,
      ...this.#hooks(hooks),
    });
    return { ...this.#snapshot(this.#demuxer), packets: this.#queue.pointers };
  }

  fill(): AnswerOf<"fill"> {
    const { session } = this;
    const { control } = session;
    const demuxer = this.#open(this.#demuxer);
    const queue = this.#open(this.#queue);
    const changedStreams = () =>
      demuxer.streams.length === this.#parameters.length ? undefined : this.#snapshot(demuxer);
    let into = control.load(Control.PACKETS_IN);
    let notified = into;
    let since = 0;
    for (;;) {
      if (!queue.hasRoom(into, control.load(Control.PACKETS_OUT))) {
        session.until(() => {
          const out = control.load(Control.PACKETS_OUT);
          if (queue.hasRoom(into, out) || control.load(Control.COMMANDS) > 0) return true;
          askForHalfQueue(control, into, out);
          return false;
        });
      }
      if (control.load(Control.COMMANDS) > 0) {
        return { kind: "stopped", snapshot: changedStreams() };
      }
      const slot = queue.slot(into);
      if (!readPacketInto(demuxer, slot.pointer)) {
        return { kind: "end", snapshot: changedStreams() };
      }
      queue.add(into);
      control.store(Control.PACKETS_IN, ++into);
      const snapshot = changedStreams();
      if (snapshot) return { kind: "streams", snapshot };
      if (control.load(Control.MAIN_WAITS) === 0) {
        notified = into;
        continue;
      }
      const now = performance.now();
      if (into - notified === 1) since = now;
      if (isReaderWakeDue(into - notified, queue.slots.length, now - since)) {
        notified = into;
        session.notifyMain();
      }
    }
  }

  seek({ position, options }: Request<"seek">): void {
    this.#open(this.#demuxer).seek(position, options);
    // A refused seek throws above, and leaves the packets that were read ahead.
    this.#open(this.#queue).reset();
    this.session.control.store(Control.PACKETS_IN, 0);
    this.session.control.store(Control.PACKETS_OUT, 0);
    this.session.control.store(Control.WAKE_AT, 0);
  }

  index({ stream }: Request<"index">): AnswerOf<"index"> {
    return this.#open(this.#demuxer).index(stream);
  }

  openMuxer({ output, options, hooks, queue }: Request<"openMuxer">): AnswerOf<"openMuxer"> {
    this.#queue = new Queue(queue);
    this.#bases = new Int32Array(new SharedArrayBuffer(queue.packets * 8));
    const { sink, onMarker } = this.#sink(output);
    this.#muxer = MuxerSync.create(sink, { ...options, ...this.#hooks(hooks), onMarker });
    return {
      packets: this.#queue.pointers,
      bases: this.#bases.buffer as SharedArrayBuffer,
    };
  }

  header({ streams }: Request<"header">): void {
    const muxer = this.#open(this.#muxer);
    const { avcodec } = native();
    try {
      for (const { parameters, description } of streams) {
        setParameterSource(description, () => parameters);
        this.#streams.push(muxer.addStream(description));
      }
    } finally {
      for (const { parameters } of streams) {
        avcodec.avcodec_parameters_free(new PointerSlot(parameters).bytes);
      }
    }
    beginHeader(muxer);
  }

  consumePackets(): void {
    const { control } = this.session;
    const muxer = this.#open(this.#muxer);
    const queue = this.#open(this.#queue);
    const bases = this.#open(this.#bases);
    let out = control.load(Control.PACKETS_OUT);
    for (;;) {
      this.session.until(() =>
        control.load(Control.PACKETS_IN) !== out || control.load(Control.COMMANDS) > 0
      );
      if (control.load(Control.PACKETS_IN) === out) return;
      const slot = queue.slot(out);
      const at = (out % queue.slots.length) * 2;
      const timeBase = { num: bases[at], den: bases[at + 1] };
      writeSlot(muxer, { slot, stream: slot.streamIndex, timeBase });
      // One that waits for the header is kept by a reference of its own.
      slot.clear();
      control.store(Control.PACKETS_OUT, ++out);
      if (isWriterWakeDue(control.load(Control.PACKETS_IN) - out, queue.slots.length)) {
        this.session.notifyMain();
      }
    }
  }

  finish(): AnswerOf<"finish"> {
    const muxer = this.#open(this.#muxer);
    muxer.finish();
    return { bytesWritten: muxer.bytesWritten };
  }

  remux({ input, output, options, inputOptions, hooks }: Request<"remux">): AnswerOf<"remux"> {
    const { timeout, ...rest } = inputOptions;
    this.session.timeout = timeout;
    const { sink, onMarker } = this.#sink(output);
    const shared = this.#hooks(hooks);
    return remuxSync(this.session.source(input), sink, {
      ...options,
      ...shared,
      onMarker,
      input: { ...rest, ...shared },
      onProgress: hooks.progress
        ? (progress) => this.session.post({ kind: "progress", progress })
        : undefined,
    });
  }

  close(): void {
    const { avcodec } = native();
    const demuxer = this.#demuxer;
    const muxer = this.#muxer;
    const queue = this.#queue;
    const parameters = this.#parameters;
    this.#demuxer = this.#muxer = this.#queue = undefined;
    this.#parameters = [];
    queue?.free();
    for (const pointer of parameters) {
      avcodec.avcodec_parameters_free(new PointerSlot(pointer).bytes);
    }
    try {
      demuxer?.close();
    } finally {
      muxer?.close();
    }
  }

  #open<T>(what: T | undefined): T {
    if (what === undefined) throw new TypeError("the session is not open");
    return what;
  }

  #hooks({ open, log }: { open: boolean; log: boolean }) {
    return {
      open: open ? this.session.open : undefined,
      onLog: log
        ? (line: Parameters<WorkerSession["log"]>[0]) => this.session.log(line)
        : undefined,
    };
  }

  #sink(output: RemoteOutput) {
    const sink = this.session.sink(output);
    const onMarker = (marker: Marker) =>
      typeof sink === "object"
        ? sink.mark?.(marker)
        : this.session.post({ kind: "marker", marker });
    return { sink, onMarker: output.markers ? onMarker : undefined };
  }

  #snapshot(demuxer: DemuxerSync): DemuxerSnapshot {
    const { avcodec } = native();
    for (const at of parametersOf(demuxer).slice(this.#parameters.length)) {
      const copy = avcodec.avcodec_parameters_alloc();
      if (copy === 0 || avcodec.avcodec_parameters_copy(copy, at) < 0) {
        throw new AVError({ code: AVERROR("ENOMEM"), operation: "avcodec_parameters_copy" });
      }
      this.#parameters.push(copy);
    }
    const { format, streams, chapters, programs } = demuxer;
    return { format, streams, chapters, programs, parameters: this.#parameters };
  }
}

let current: NativeSession | undefined;

function serve(port: NonNullable<typeof parentPort>): void {
  const codecs = new CodecServer(port);
  port.on("message", (message: CommandMessage | CodecCommand) => {
    if ("codec" in message) return codecs.receive(message);
    const { id, control, name, request } = message;
    current ??= new NativeSession(new WorkerSession(port, control));
    const { session } = current;
    Atomics.sub(session.control.words, Control.COMMANDS, 1);
    try {
      const answer = current[name](request as never);
      session.post({ kind: "answer", id, answer });
    } catch (error) {
      session.post({ kind: "failed", id, error: toPlain(error) });
    } finally {
      if (name === "close") current = undefined;
    }
  });
}

const blockAddress: unknown = isMainThread ? undefined : workerData?.[KEY];
if (typeof blockAddress === "number" && parentPort !== null) {
  attachAt(blockAddress as Pointer);
  serve(parentPort);
  // In a bundle the worker's module is the whole program, which must not run here as well: what
  // imports this module waits for it.
  if (!/\/worker\.[jt]s$/.test(import.meta.url)) await new Promise(() => {});
}
