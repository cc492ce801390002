/**
 * The main thread's end of a session: commands go to the worker, what its callbacks ask for is
 * served from here while the event loop goes on.
 *
 * @module
 */
import { AVError, AVERROR_EXIT, DisposedError } from "../error.ts";
import type { Marker } from "../io/core.ts";
import { unlessAborted } from "../io/pull.ts";
import type { LogListener } from "../log.ts";
import type { Progress } from "../tasks/remux.ts";
import { fromPlain, type PlainError } from "./errors.ts";
import { type AsyncOpenHook, Files } from "./files.ts";
import { giveBack, type Listener, takeWorker, WorkerHandle } from "./pool.ts";
import type { CommandName, Commands, WorkerMessage } from "./protocol.ts";
import { Control, ControlBlock } from "./shared.ts";

/** What a session calls while it works. */
export interface SessionOptions {
  /** `demuxer`, `muxer`, `remux`: for errors. */
  readonly kind: string;
  readonly signal?: AbortSignal;
  readonly onLog?: LogListener;
  readonly onMarker?: (marker: Marker) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly open?: AsyncOpenHook;
}

/** What a finalizer needs to end a session: nothing that leads back to it. */
export interface Lease {
  readonly handle: WorkerHandle;
  readonly control: ControlBlock;
  over: boolean;
}

const FORGOTTEN = -1;

const registry = new FinalizationRegistry<Lease>((lease) => {
  if (lease.over) return;
  lease.over = true;
  lease.handle.retire(FORGOTTEN, lease.control);
});

/** One demuxer, muxer or task in a worker. */
export class Session implements Listener {
  readonly control: ControlBlock = new ControlBlock();
  readonly files: Files;
  readonly options: SessionOptions;
  readonly #handle: WorkerHandle = takeWorker();
  readonly #lease: Lease = { handle: this.#handle, control: this.control, over: false };
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #stop = new AbortController();
  readonly #onAbort = (): void => this.abort(this.options.signal?.reason);
  readonly #listeners = new Set<() => void>();
  #change: PromiseWithResolvers<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #delivered = false;
  #closing: Promise<void> | undefined;
  #over = false;
  #ids = 1;

  constructor(options: SessionOptions) {
    this.options = options;
    this.files = new Files(this);
    this.#handle.listen(this);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Ends the session should `owner` be forgotten. */
  endWith(owner: object): void {
    registry.register(owner, this.#lease, this);
  }

  /** Fires when the session ends: no answer of a source or sink is wanted any more. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The error that ended it, if one did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Has the worker do something. The rejection is the very error that a source or hook threw. */
  async command<N extends CommandName>(
    name: N,
    request: Commands[N]["request"],
  ): Promise<Commands[N]["answer"]> {
    this.assertOpen();
    this.throwIfFailed(name);
    return await this.#send(name, request);
  }

  #send<N extends CommandName>(
    name: N,
    request: Commands[N]["request"],
  ): Promise<Commands[N]["answer"]> {
    if (this.#handle.dead) throw this.#handle.dead;
    const id = this.#ids++;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    Atomics.add(this.control.words, Control.COMMANDS, 1);
    this.#handle.post({ id, control: this.control.shared, name, request });
    this.ring();
    return pending.promise as Promise<Commands[N]["answer"]>;
  }

  /** {@link DisposedError} by name after the end. */
  assertOpen(): void {
    if (this.#failure && !this.#delivered) return;
    if (this.closed) throw new DisposedError(`this ${this.options.kind} is closed`);
  }

  /** Throws what ended the session: once the object itself, afterwards an error that says so. */
  throwIfFailed(operation: string): void {
    if (this.#failure === undefined) return;
    if (!this.#delivered) {
      this.#delivered = true;
      throw this.#failure.error;
    }
    throw new AVError({
      code: AVERROR_EXIT,
      operation,
      detail: "an earlier failure ended it, and it cannot be used after that",
      cause: this.#failure.error,
    });
  }

  /** Tells the worker that something it may wait for has happened. */
  ring(): void {
    this.control.store(Control.WORKER_WAITS, 0);
    this.control.ring();
    this.#hold();
  }

  /** `promise`, or the reason of the session's end as soon as it comes. */
  race<T>(promise: Promise<T>): Promise<T> {
    return unlessAborted(promise, this.signal);
  }

  /** Waits until `ready` gives something. Rejects when the session ends. */
  async until<T>(ready: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#over) throw new DisposedError(`this ${this.options.kind} is closed`);
      this.control.store(Control.MAIN_WAITS, 1);
      const got = ready();
      if (got !== undefined) return got;
      await (this.#change ??= Promise.withResolvers<void>()).promise;
    }
  }

  /** Calls `listener` whenever something may have changed, until the answer is called. */
  onWake(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Has everything that waits look again. */
  wake(): void {
    for (const listener of this.#listeners) listener();
    const change = this.#change;
    this.#change = undefined;
    change?.resolve();
  }

  /** A source, a sink or a hook failed: the worker hears of it where it asks next. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.wake();
  }

  /** Ends it now: what is under way rejects with `reason`, and everything is released. */
  abort(reason: unknown): void {
    if (this.closed) return;
    this.#failure ??= { error: reason };
    this.control.store(Control.ABORT, 1);
    this.#stop.abort(reason);
    this.#settle(reason);
    this.close().catch(() => {});
  }

  #settle(reason: unknown): void {
    if (this.#pending.size > 0) this.#delivered = true;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.wake();
  }

  /** Releases everything, in order: the native side, then the sources and sinks. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    registry.unregister(this);
    this.options.signal?.removeEventListener("abort", this.#onAbort);
    if (this.#pending.size > 0) this.control.store(Control.ABORT, 1);
    const reason = this.#failure?.error ?? new DisposedError(`this ${this.options.kind} is closed`);
    let failed: { readonly error: unknown } | undefined;
    try {
      if (!this.#handle.dead) await this.#send("close", {});
    } catch (error) {
      failed = { error };
    }
    this.#lease.over = true;
    this.#over = true;
    this.#stop.abort(reason);
    this.#settle(reason);
    giveBack(this.#handle);
    await this.files.close(reason);
    if (failed) throw failed.error;
  }

  receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "answer":
        this.#pending.get(message.id)?.resolve(message.answer);
        this.#pending.delete(message.id);
        break;
      case "failed":
        this.#pending.get(message.id)?.reject(this.#revive(message.error));
        this.#pending.delete(message.id);
        break;
      case "log":
        this.#tell(() => this.options.onLog?.(message.line));
        break;
      case "progress":
        this.#tell(() => this.options.onProgress?.(message.progress));
        break;
      case "question":
        this.files.answer(message.question);
        break;
    }
    this.wake();
    this.#hold();
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.abort(error);
    }
  }

  died(error: Error): void {
    const reason = new Error(`the worker of this ${this.options.kind} died: ${error.message}`, {
      cause: error,
    });
    this.#failure ??= { error: reason };
    this.#stop.abort(reason);
    this.#settle(reason);
    this.close().catch(() => {});
  }

  #revive(plain: PlainError): unknown {
    if (plain.remote || plain.cause?.remote) {
      const failure = this.#failure;
      if (plain.remote && failure !== undefined) {
        this.#delivered = true;
        return failure.error;
      }
      const error = fromPlain({ ...plain, cause: undefined });
      error.cause = failure?.error;
      return error;
    }
    return fromPlain(plain);
  }

  // While the worker works, it is what keeps the session and the process alive. While it waits,
  // that is up to whatever it waits for.
  #hold(): void {
    const { control } = this;
    if (this.#pending.size === 0) {
      this.#handle.release();
      return;
    }
    control.store(Control.HELD, 1);
    if (control.load(Control.WORKER_WAITS) === 1) {
      control.store(Control.HELD, 0);
      this.#handle.release();
    } else this.#handle.keep(this);
  }
}
