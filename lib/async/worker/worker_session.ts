/**
 * The worker's end of a session: how it waits for the main thread, and the sources and sinks
 * whose bytes come from there.
 *
 * @module
 */
import { readsDirectly, writesDirectly } from "../../io/avio/direct.ts";
import type { MessagePort } from "node:worker_threads";
import { advance, copyIn, copyOut, type OwnBytes, partOf, type Pointer } from "../../../ffi/mod.ts";
import { takeBytes } from "../../check.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { OpenHookSync, OpenRequest, SinkSync, SourceSync } from "../../io/contract.ts";
import type { Marker } from "../../io/avio/marker.ts";
import type { Stream } from "../../format/types.ts";
import type { LogLine } from "../../log/capture.ts";
import { RemoteFailure } from "../shared/errors.ts";
import { OpenAnswer } from "../shared/open_answer.ts";
import {
  FIRST_NESTED,
  MAIN_OUTPUT,
  type Question,
  type RemoteInput,
  type RemoteOutput,
  type WorkerMessage,
} from "../shared/protocol.ts";
import {
  beginWait,
  endWait,
  isSinkWakeDue,
  isSourceWakeDue,
  markBlocked,
  sleep,
  takeMainWaits,
} from "../shared/wake_up.ts";
import { dataHeader, markerRecord, RECORD_HEADER } from "../shared/records.ts";
import { Answer, Control, ControlBlock } from "../shared/control_block.ts";
import { Ring, RingState } from "../shared/ring.ts";
import { PathSource } from "./path_source.ts";

const NESTED_RING_BYTES = 256 * 1024;

/** A session as its worker sees it. */
export class WorkerSession {
  readonly control: ControlBlock;
  readonly #port: MessagePort;
  #files = FIRST_NESTED;
  /** Milliseconds that one wait for bytes may take. */
  timeout: number | undefined;

  constructor(port: MessagePort, control: SharedArrayBuffer) {
    this.#port = port;
    this.control = new ControlBlock(control);
  }

  /** Sends a message; the buffers of `transfer` move to the main thread with it. */
  post(message: WorkerMessage, transfer: ArrayBuffer[] = []): void {
    Atomics.add(this.control.words, Control.POSTED, 1);
    try {
      this.#port.postMessage(message, transfer);
    } catch (error) {
      Atomics.sub(this.control.words, Control.POSTED, 1);
      throw error;
    }
  }

  log(line: LogLine, listener: "onLog" | "onInputLog" = "onLog"): void {
    this.post({ kind: "log", line, listener });
  }

  /** Tells the main thread that something has changed, if it waits for that. */
  notifyMain(): void {
    if (takeMainWaits(this.control)) this.post({ kind: "changed" });
  }

  /** Gives up where the session was aborted. */
  throwIfAborted(): void {
    if (this.control.load(Control.ABORT) !== 0) throw new RemoteFailure();
  }

  /** True where the sources are to be taken for read. */
  get inputsEnded(): boolean {
    return this.control.load(Control.END_INPUTS) !== 0;
  }

  /**
   * Waits until `ready` says so, or throws: where the session was aborted, or after
   * {@link WorkerSession.timeout} where `what` names a wait for bytes.
   */
  until(ready: () => boolean, what?: string): void {
    if (ready()) return;
    try {
      this.#wait(ready, what);
    } finally {
      endWait(this.control);
    }
  }

  #wait(ready: () => boolean, what: string | undefined): void {
    const { control } = this;
    const { words } = control;
    const timeout = what === undefined ? undefined : this.timeout;
    const deadline = timeout === undefined ? Infinity : performance.now() + timeout;
    beginWait(control);
    for (;;) {
      const sequence = Atomics.load(words, Control.WAKE_SEQ);
      if (ready()) return;
      this.throwIfAborted();
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new AVError({
          code: AVERROR("ETIMEDOUT"),
          operation: what ?? "wait",
          detail: `no answer within ${timeout} ms`,
        });
      }
      // Where a time runs, the worker still has something to say.
      if (timeout === undefined) markBlocked(control, sequence);
      if (timeout === undefined && Atomics.exchange(words, Control.WORKER_REFED, 0) === 1) {
        Atomics.store(words, Control.MAIN_WAITS, 0);
        this.post({ kind: "changed" });
      } else this.notifyMain();
      sleep(control, sequence, left);
    }
  }

  /** Asks the main thread and waits; returns the two numbers of its answer. */
  requestMain(question: Question): readonly [number, number] {
    const { control } = this;
    control.store(Control.ANSWER, Answer.PENDING);
    this.post({ kind: "question", question });
    this.until(() => control.load(Control.ANSWER) !== Answer.PENDING, question.ask);
    if (control.load(Control.ANSWER) === Answer.FAILED) throw new RemoteFailure();
    return [control.numbers[0], control.numbers[1]];
  }

  /** Asks the main thread whether to copy a stream. */
  select = (stream: Stream): boolean => this.requestMain({ ask: "select", stream })[0] === 1;

  /** The input that the main thread described. */
  source(input: RemoteInput): SourceSync | undefined {
    if (input.kind === "from-hook") return undefined;
    if (input.kind === "path") return new PathSource(this, input.path);
    const { ring, size, seekable, name } = input;
    return new RingSource(this, new Ring(ring), { size, seekable, name });
  }

  /** The output that the main thread described: a path is opened, and emptied, only when needed. */
  sink(output: RemoteOutput): (SinkSync & MarkerSink) | string | undefined {
    if (output.kind === "from-hook") return undefined;
    if (output.kind === "path") return output.path;
    return new RingSink(this, new Ring(output.ring), MAIN_OUTPUT, output);
  }

  /** Every other resource: the main thread's hook is asked. */
  open: OpenHookSync = (url, request) => this.#ask("open", url, request);

  /** Every other resource of a task's demuxers, where these have a hook of their own. */
  inputOpen: OpenHookSync = (url, request) => this.#ask("inputOpen", url, request);

  #ask(
    hook: "open" | "inputOpen",
    url: string,
    request: OpenRequest,
  ): SourceSync | SinkSync | undefined {
    const { write, options } = request;
    // The inputs have ended: a new one is empty.
    if (!write && this.inputsEnded) return { read: () => 0, seekable: false };
    const file = this.#files++;
    const ring = Ring.acquire(NESTED_RING_BYTES);
    const question = { ask: "open", file, url, write, options, hook, ring: ring.shared } as const;
    const [size, kind] = this.requestMain(question);
    if (kind === OpenAnswer.REFUSED || kind === OpenAnswer.MISSING) {
      Ring.recycle(ring);
      request.missing = kind === OpenAnswer.MISSING;
      return undefined;
    }
    const seekable = kind !== OpenAnswer.STREAM;
    if (write) {
      return new RingSink(this, ring, file, {
        seekable,
        readable: kind === OpenAnswer.SEEKABLE_READABLE,
      });
    }
    return new RingSource(this, ring, {
      seekable,
      size: size < 0 ? undefined : size,
      onClose: () => {
        this.requestMain({ ask: "close", file });
        Ring.recycle(ring);
      },
    });
  }
}

/** A sink that takes markers with the bytes. */
export interface MarkerSink {
  mark(marker: Marker): void;
}

interface SourceTraits {
  readonly size?: number;
  readonly seekable: boolean;
  readonly name?: string;
  readonly onClose?: () => void;
}

/** Bytes that the main thread puts into a ring. */
class RingSource implements SourceSync {
  readonly size: number | undefined;
  readonly seekable: boolean;
  readonly name: string | undefined;
  readonly #session: WorkerSession;
  readonly #ring: Ring;
  readonly #onClose: (() => void) | undefined;
  #position = 0;

  constructor(current: WorkerSession, ring: Ring, traits: SourceTraits) {
    this.#session = current;
    this.#ring = ring;
    this.size = traits.size;
    this.seekable = traits.seekable;
    this.name = traits.name;
    this.#onClose = traits.onClose;
    readsDirectly(this, (target, length, at) => this.#readDirect(target, length, at));
  }

  read(into: Uint8Array, position: number): number {
    const length = this.#ready(into.length, position);
    let at = 0;
    for (const part of this.#ring.peek(0, length)) {
      into.set(part, at);
      at += part.length;
    }
    return this.#taken(length);
  }

  #readDirect(target: Pointer, length: number, position: number): number {
    const [part] = this.#ring.peek(0, this.#ready(length, position));
    if (part === undefined || part.length === 0) return 0;
    copyIn(target, part);
    return this.#taken(part.length);
  }

  close(): void {
    this.#onClose?.();
  }

  #ready(length: number, position: number): number {
    this.#session.throwIfAborted();
    const ring = this.#ring;
    if (position !== this.#position) this.#move(position);
    let there = 0;
    let ended = false;
    this.#session.until(() => {
      // Bytes from before the end or the failure are still given: the state is read first. It
      // belongs to this position only once the seek is accepted, which is checked before.
      const { seekPending } = ring;
      const { state } = ring;
      there = seekPending ? 0 : ring.filled;
      if (there > 0 && !this.#session.inputsEnded) return true;
      if (state === RingState.FAILED) throw new RemoteFailure();
      return ended = this.#session.inputsEnded || !seekPending && state === RingState.ENDED;
    }, "read_packet");
    return ended ? 0 : Math.min(there, length);
  }

  #taken(length: number): number {
    const ring = this.#ring;
    ring.skip(length);
    this.#position += length;
    // The producer sleeps while the ring is full: half a ring is worth waking it for.
    if (isSourceWakeDue(ring)) this.#session.notifyMain();
    return length;
  }

  #move(position: number): void {
    const ahead = position - this.#position;
    if (ahead > 0 && !this.#ring.seekPending && ahead <= this.#ring.filled) this.#ring.skip(ahead);
    else {
      this.#ring.requestSeek(position);
      this.#session.notifyMain();
    }
    this.#position = position;
  }
}

interface SinkTraits {
  readonly seekable: boolean;
  readonly readable: boolean;
  readonly name?: string;
  /** True where {@link WorkerSession.timeout} is not for its waiting. */
  readonly noTimeout?: boolean;
}

/** Bytes that the main thread takes out of a ring. */
class RingSink implements SinkSync, MarkerSink {
  readonly seekable: boolean;
  readonly name: string | undefined;
  readonly read?: (into: Uint8Array, position: number) => number;
  readonly #session: WorkerSession;
  readonly #ring: Ring;
  readonly #file: number;
  readonly #patient: boolean;
  #lastNotified = 0;

  constructor(current: WorkerSession, ring: Ring, file: number, traits: SinkTraits) {
    this.#session = current;
    this.#ring = ring;
    this.#file = file;
    this.#patient = traits.noTimeout === true;
    this.seekable = traits.seekable;
    this.name = traits.name;
    writesDirectly(this, (from, length, at) => this.#writeDirect(from, length, at));
    if (traits.readable) this.read = (into, position) => this.#readBack(into, position);
  }

  write(chunk: Uint8Array, position: number): void {
    const bytes = takeBytes("write", chunk);
    this.#send(
      bytes.length,
      position,
      (part, done) => part.set(partOf(bytes, done, done + part.length)),
    );
  }

  #writeDirect(source: Pointer, length: number, position: number): void {
    this.#send(length, position, (part, done) => {
      copyOut(part, advance(source, done));
    });
  }

  mark(marker: Marker): void {
    this.#room(RECORD_HEADER);
    this.#ring.put(markerRecord(marker));
  }

  close(): void {
    if (this.#file < FIRST_NESTED) return;
    this.#session.requestMain({ ask: "close", file: this.#file });
    Ring.recycle(this.#ring);
  }

  #send(length: number, position: number, copy: (part: OwnBytes, done: number) => void): void {
    const ring = this.#ring;
    for (let done = 0; done < length;) {
      const free = this.#room(RECORD_HEADER + 1);
      const piece = Math.min(length - done, free - RECORD_HEADER);
      ring.stage(dataHeader(piece, position + done), 0);
      for (const part of ring.room(RECORD_HEADER, piece)) {
        copy(part, done);
        done += part.length;
      }
      ring.commit(RECORD_HEADER + piece);
      this.#notifyMainSoon();
    }
  }

  // A message costs more than the bytes of a small write: they gather for a moment.
  #notifyMainSoon(): void {
    const now = performance.now();
    if (!isSinkWakeDue(this.#ring, now - this.#lastNotified)) return;
    this.#lastNotified = now;
    this.#session.notifyMain();
  }

  #room(wanted: number): number {
    const ring = this.#ring;
    this.#session.throwIfAborted();
    this.#session.until(() => {
      if (ring.state === RingState.FAILED) throw new RemoteFailure();
      return ring.free >= wanted;
    }, this.#patient ? undefined : "write_packet");
    return ring.free;
  }

  #readBack(into: Uint8Array, position: number): number {
    const shared = new SharedArrayBuffer(into.length);
    const [length] = this.#session.requestMain({
      ask: "readBack",
      file: this.#file,
      position,
      into: shared,
      length: into.length,
    });
    into.set(new Uint8Array(shared, 0, length));
    return length;
  }
}
