/**
 * The main thread's end of one decoder or encoder: commands go to its worker, outputs come back in
 * order.
 *
 * @module
 */
import { DisposedError } from "../../error.ts";
import type { CodecMessage, CodecRequest } from "../shared/codec_protocol.ts";
import { fromPlain } from "../shared/errors.ts";
import { acquireCodecWorker, type CodecListener, type CodecWorker } from "./codec_worker.ts";

/** An output of a codec, as its worker sent it. */
export type CodecOutput = Extract<CodecMessage, { kind: "frame" | "packet" }>;

/** Events of a codec. */
export interface CodecEvents {
  /** The next output, which is the owner's from here on. */
  output(output: CodecOutput): void;
  /** An output that came too late: what it brings is freed. */
  discard(output: CodecOutput): void;
  /** The codec has failed and is closed. Called once. */
  error(error: unknown): void;
}

interface Remote {
  readonly worker: CodecWorker;
  readonly codec: number;
  readonly epochs: SharedArrayBuffer;
  closed: boolean;
}

let codecs = 0;

function closeRemote(remote: Remote): void {
  if (remote.closed) return;
  remote.closed = true;
  const { worker, codec, epochs } = remote;
  // Nothing that waits before it is done any more.
  const epoch = Atomics.add(new Int32Array(epochs), 0, 1) + 1;
  if (!worker.dead) worker.post({ codec, id: 0, epoch, request: { name: "close" } });
  worker.remove(codec);
}

const forgottenCodecs = new FinalizationRegistry<Remote>(closeRemote);

/** One codec in a worker. */
export class CodecPort implements CodecListener {
  readonly #kind: string;
  readonly #events: CodecEvents;
  readonly #remote: Remote;
  readonly #epochs: Int32Array;
  readonly #pending = new Map<number, PromiseWithResolvers<{ name: string } | undefined>>();
  #ids = 1;
  #failure: { readonly error: unknown } | undefined;

  /** `kind`: `decoder` or `encoder`, for errors. */
  constructor(kind: string, events: CodecEvents) {
    this.#kind = kind;
    this.#events = events;
    const epochs = new SharedArrayBuffer(4);
    this.#epochs = new Int32Array(epochs);
    this.#remote = { worker: acquireCodecWorker(), codec: ++codecs, epochs, closed: false };
    this.#remote.worker.add(this.#remote.codec, this);
    forgottenCodecs.register(this, this.#remote, this);
  }

  /** Commands that are not done yet. */
  get queued(): number {
    return this.#pending.size;
  }

  /** True once it is closed or has failed. */
  get closed(): boolean {
    return this.#remote.closed;
  }

  /** Throws what closed it. */
  assertOpen(): void {
    if (this.#failure) throw this.#failure.error;
    if (this.#remote.closed) throw new DisposedError(`this ${this.#kind} is closed`);
  }

  /**
   * Has the worker do something; resolves once it is done and its outputs are delivered. The first
   * request opens the codec, and throws where something in it cannot be sent.
   */
  send(request: CodecRequest): Promise<{ name: string } | undefined> {
    this.assertOpen();
    const { worker, codec, epochs } = this.#remote;
    const id = this.#ids++;
    const epoch = Atomics.load(this.#epochs, 0);
    if (id === 1) worker.open({ codec, id, epoch, epochs, request }, this);
    else worker.post({ codec, id, epoch, request }, this);
    const pending = Promise.withResolvers<{ name: string } | undefined>();
    this.#pending.set(id, pending);
    return pending.promise;
  }

  /** Drops what waits: its promises reject with `reason`, and no output of it is delivered. */
  reset(reason: unknown): void {
    this.assertOpen();
    Atomics.add(this.#epochs, 0, 1);
    this.#settle(reason);
  }

  /** Ends the codec; what waits rejects with `reason`. Twice is harmless. */
  close(reason: unknown = new DisposedError(`this ${this.#kind} is closed`)): void {
    forgottenCodecs.unregister(this);
    closeRemote(this.#remote);
    this.#settle(reason);
  }

  #settle(reason: unknown): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#remote.worker.rest(this.#remote.codec);
    for (const { reject } of pending) reject(reason);
  }

  receive(message: CodecMessage): void {
    if (message.kind === "failed") {
      // A codec that fails is closed, whatever was reset meanwhile.
      return this.#fail(fromPlain(message.error));
    }
    if (message.kind === "done") {
      this.#pending.get(message.id)?.resolve(message.answer);
      this.#pending.delete(message.id);
      if (this.#pending.size === 0) this.#remote.worker.rest(this.#remote.codec);
      return;
    }
    const late = this.closed || message.epoch !== Atomics.load(this.#epochs, 0);
    if (late) this.#events.discard(message);
    else this.#events.output(message);
  }

  died(error: Error): void {
    this.#fail(
      new Error(`the worker of this ${this.#kind} died: ${error.message}`, { cause: error }),
    );
  }

  #fail(error: unknown): void {
    if (this.closed) return;
    this.#failure = { error };
    this.close(error);
    this.#events.error(error);
  }
}
