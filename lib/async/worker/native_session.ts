/**
 * The native half of one session: the demuxer or muxer that a worker has open for it.
 *
 * @module
 */
import { native, type Pointer, PointerSlot } from "../../../ffi/mod.ts";
import { AVERROR, AVError } from "../../error.ts";
import { DemuxerSync, parametersOf, readPacketInto } from "../../format/demux/demuxer.ts";
import { beginHeader, formatNameOf, MuxerSync, writeSlot } from "../../format/mux/muxer.ts";
import type { OutputStream } from "../../format/mux/output_stream.ts";
import { markDescribed, setParameterSource } from "../../format/parameter_source.ts";
import { Control } from "../shared/control_block.ts";
import type { CommandName, Commands, DemuxerSnapshot } from "../shared/protocol.ts";
import {
  askForHalfQueue,
  askForNoPackets,
  isReaderWakeDue,
  isWriterWakeDue,
} from "../shared/wake_up.ts";
import { PacketQueue } from "./packet_queue.ts";
import type { DecodeSession } from "./decode_session.ts";
import { loaded } from "./parts.ts";
import { sessionHooks, sessionSink } from "./session_hooks.ts";
import type { WorkerSession } from "./worker_session.ts";

type Request<N extends CommandName> = Commands[N]["request"];
type AnswerOf<N extends CommandName> = Commands[N]["answer"];

/** One method for each command of the protocol. */
export class NativeSession {
  readonly session: WorkerSession;
  #demuxer: DemuxerSync | undefined;
  #muxer: MuxerSync | undefined;
  #decoding: DecodeSession | undefined;
  #streams: OutputStream[] = [];
  #queue: PacketQueue | undefined;
  #bases: Int32Array | undefined;
  #parameters: Pointer[] = [];

  constructor(session: WorkerSession) {
    this.session = session;
  }

  openDemuxer({ input, options, hooks, queue }: Request<"openDemuxer">): AnswerOf<"openDemuxer"> {
    this.#queue = new PacketQueue(queue);
    askForNoPackets(this.session.control);
    this.session.timeout = options.timeout;
    const { timeout: _, ...rest } = options;
    this.#demuxer = DemuxerSync.open(this.session.source(input), {
      ...rest,
      ...sessionHooks(this.session, hooks),
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
      if (!queue.hasRoom(into, control.load(Control.PACKETS_OUT))) this.#waitForRoom(queue, into);
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
      // The clock costs as much as the rest of a small packet.
      if (into - notified > 1 && (into & 3) !== 0) continue;
      const now = performance.now();
      if (into - notified === 1) since = now;
      if (isReaderWakeDue(into - notified, queue.slots.length, now - since)) {
        notified = into;
        session.notifyMain();
      }
    }
  }

  #waitForRoom(queue: PacketQueue, into: number): void {
    const { control } = this.session;
    try {
      this.session.until(() => {
        // Asked first: a packet that is taken out meanwhile is seen here, or wakes.
        askForHalfQueue(control, into);
        return queue.hasRoom(into, control.load(Control.PACKETS_OUT)) ||
          control.load(Control.COMMANDS) > 0;
      });
    } finally {
      askForNoPackets(control);
    }
  }

  seek({ position, options }: Request<"seek">): void {
    this.#open(this.#demuxer).seek(position, options);
    // A refused seek throws above, and leaves the packets that were read ahead.
    this.#open(this.#queue).reset();
    this.session.control.store(Control.PACKETS_IN, 0);
    this.session.control.store(Control.PACKETS_OUT, 0);
  }

  index({ stream, options }: Request<"index">): AnswerOf<"index"> {
    return this.#open(this.#demuxer).index(stream, options);
  }

  openMuxer({ output, options, hooks, queue }: Request<"openMuxer">): AnswerOf<"openMuxer"> {
    this.#queue = new PacketQueue(queue);
    this.#bases = new Int32Array(new SharedArrayBuffer(queue.packets * 8));
    const { sink, onMarker } = sessionSink(this.session, output);
    this.#muxer = MuxerSync.create(sink, {
      ...options,
      ...sessionHooks(this.session, hooks),
      onMarker,
    });
    return {
      packets: this.#queue.pointers,
      bases: this.#bases.buffer as SharedArrayBuffer,
      format: formatNameOf(this.#muxer),
    };
  }

  header({ streams }: Request<"header">): void {
    const muxer = this.#open(this.#muxer);
    const { avcodec } = native();
    try {
      for (const { parameters, description, isDescribed, settings } of streams) {
        setParameterSource(description, () => parameters);
        if (isDescribed) markDescribed(description);
        this.#streams.push(muxer.addStream(description, settings));
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

  remux(request: Request<"remux">): AnswerOf<"remux"> {
    return loaded.copying().remux(this.session, request);
  }

  concat(request: Request<"concat">): AnswerOf<"concat"> {
    return loaded.copying().concat(this.session, request);
  }

  transcode(request: Request<"transcode">): AnswerOf<"transcode"> {
    return loaded.transcoding().transcode(this.session, request);
  }

  openReader(request: Request<"openReader">): AnswerOf<"openReader"> {
    const { timeout, ...rest } = request.inputOptions;
    this.session.timeout = timeout;
    const source = this.session.source(request.input);
    const demuxer = DemuxerSync.open(source, {
      ...rest,
      ...sessionHooks(this.session, request.hooks),
    });
    try {
      const { DecodeSession } = loaded.decoding();
      this.#decoding = new DecodeSession(this.session, demuxer, request);
    } catch (error) {
      demuxer.close();
      throw error;
    }
    return this.#decoding.opened;
  }

  nextFrames(request: Request<"nextFrames">): AnswerOf<"nextFrames"> {
    return this.#open(this.#decoding).nextFrames(request);
  }

  openPcm(request: Request<"openPcm">): void {
    this.#open(this.#decoding).openPcm(request);
  }

  nextPcm(request: Request<"nextPcm">): AnswerOf<"nextPcm"> {
    return this.#open(this.#decoding).nextPcm(request);
  }

  thumbnail(request: Request<"thumbnail">): AnswerOf<"thumbnail"> {
    return this.#open(this.#decoding).thumbnail(request);
  }

  waveform(request: Request<"waveform">): AnswerOf<"waveform"> {
    return this.#open(this.#decoding).waveform(request);
  }

  close(): void {
    const { avcodec } = native();
    const decoding = this.#decoding;
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
    this.#decoding = undefined;
    try {
      decoding?.close();
      demuxer?.close();
    } finally {
      muxer?.close();
    }
  }

  #open<T>(what: T | undefined): T {
    if (what === undefined) throw new TypeError("the session is not open");
    return what;
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
