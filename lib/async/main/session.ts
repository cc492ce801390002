/**
 * The main thread's end of a session: commands go to the worker, what its callbacks ask for is
 * served from here while the event loop goes on.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { AVError, AVERROR_EXIT, DisposedError } from "../../error.ts";
import type { PacketSlot } from "../../format/packet.ts";
import { raceAbort, sharedAbortController, waitUpTo } from "../../promises.ts";
import { fromPlain, type PlainError } from "../shared/errors.ts";
import { CallerStack } from "../shared/caller_stack.ts";
import { endLoans, sessionFinalizer, type SessionResources } from "./session_finalizer.ts";
import type { PumpSession, SessionOptions } from "./pump_session.ts";
import { discardAnswer } from "./discard_answer.ts";
import { SessionFiles } from "./session_files.ts";
import { acquireWorker, type Listener, releaseWorker, WorkerHandle } from "./worker_pool.ts";
import type { CommandName, Commands, WorkerMessage } from "../shared/protocol.ts";
import { isWorkerBlocked, wakeWorker } from "../shared/wake_up.ts";
import { Control, ControlBlock } from "../shared/control_block.ts";
import { type Abortable, PinnableRef, WeakAbortListener } from "./pinnable_ref.ts";

// After an abort: long enough for an orderly end, and no more for one that never comes.
const CLOSE_AFTER_ABORT_MS = 1000;
const TURN_MS = 4;

/** One demuxer, muxer or task in a worker. */
export class Session implements Listener, PumpSession {
  readonly control: ControlBlock = new ControlBlock();
  readonly files: SessionFiles;
  readonly options: SessionOptions;
  readonly #handle: WorkerHandle = acquireWorker();
  readonly #resources: SessionResources = {
    handle: this.#handle,
    over: false,
    slots: [],
    files: [],
    session: new WeakRef<Abortable>(this),
  };
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #stop = sharedAbortController();
  /** For objects that may outlive the session; strong while a caller awaits. */
  readonly ref: PinnableRef<Abortable> = new PinnableRef<Abortable>(this);
  readonly #listeners = new Set<() => void>();
  #change: PromiseWithResolvers<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #delivered = false;
  readonly #opened = new CallerStack();
  #answered = false;
  #closing: Promise<void> | undefined;
  #disposed = false;
  /** True once the worker is back in the pool. */
  #over = false;
  #ids = 1;
  /** Messages of the worker's that have come; what is on its way must not find the process gone. */
  #received = 0;
  #notifying = false;
  /** When the event loop last went on, as far as is known. */
  #turn = performance.now();

  constructor(options: SessionOptions) {
    this.options = options;
    this.files = new SessionFiles(this);
    this.#handle.listen(this, this.control);
    const { signal } = options;
    if (signal) this.#resources.listening = new WeakAbortListener(signal, this.ref);
    sessionFinalizer.register(this, this.#resources, this);
  }

  /** Ends the session should `owner` be forgotten. */
  finalizeWith(owner: object): void {
    sessionFinalizer.register(owner, this.#resources, this);
  }

  /** Fires when the session ends: no answer of a source or sink is wanted any more. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Tells whether native memory is still there, without a reference to the session. */
  get resources(): Readonly<Pick<SessionResources, "over" | "files">> {
    return this.#resources;
  }

  /** Packets of the worker's that end with the session. */
  trackSlots(slots: readonly PacketSlot[]): void {
    this.#resources.slots = slots;
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
    this.assertOpen(name);
    // A failure that no caller has seen yet comes out where the worker meets it.
    if (this.#delivered) this.throwIfFailed(name);
    // The opening has awaited something by the first command: its own stack tells more.
    const caller = this.#answered ? new CallerStack() : this.#opened;
    return await caller.during(this.#surfaceFailure(this.#send(name, request)));
  }

  /** The same in the background: its failure is kept for the next call. */
  async background<N extends CommandName>(
    name: N,
    request: Commands[N]["request"],
  ): Promise<Commands[N]["answer"]> {
    return await this.#send(name, request);
  }

  async #surfaceFailure<T>(promise: Promise<T>): Promise<T> {
    // Its caller waits: whatever can end the waiting must still find the session.
    this.ref.pin(this);
    try {
      return await promise;
    } catch (error) {
      if (error === this.#failure?.error) this.#delivered = true;
      throw error;
    } finally {
      this.ref.unpin();
    }
  }

  #send<N extends CommandName>(
    name: N,
    request: Commands[N]["request"],
  ): Promise<Commands[N]["answer"]> {
    if (this.#over) throw this.#disposedError();
    if (this.#handle.dead) throw this.#handle.dead;
    const id = this.#ids++;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    Atomics.add(this.control.words, Control.COMMANDS, 1);
    try {
      this.#handle.post({ id, control: this.control.shared, name, request });
    } catch (error) {
      Atomics.sub(this.control.words, Control.COMMANDS, 1);
      this.#pending.delete(id);
      throw error;
    }
    this.notifyWorker();
    return pending.promise as Promise<Commands[N]["answer"]>;
  }

  /** {@link DisposedError} by name once it was closed; what ended it, where something did. */
  assertOpen(operation: string): void {
    if (this.#disposed) throw this.#disposedError();
    if (this.#closing) this.throwIfFailed(operation);
  }

  #disposedError(): DisposedError {
    return new DisposedError(`this ${this.options.kind} is closed`);
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
  notifyWorker(): void {
    wakeWorker(this.control);
    this.#updateRef();
  }

  /** The same when this turn of the event loop is over: what comes until then is one change. */
  notifyWorkerSoon(): void {
    if (this.#notifying) return;
    this.#notifying = true;
    builtin("timers").setImmediate(() => {
      this.#notifying = false;
      this.notifyWorker();
    });
  }

  /** `promise`, or the reason of the session's end as soon as it comes. */
  race<T>(promise: Promise<T>): Promise<T> {
    return this.#surfaceFailure(raceAbort(promise, this.signal));
  }

  /**
   * True where only microtasks have run for a while: with the worker as fast as this thread,
   * nothing else of the program would get its turn.
   */
  get shouldYield(): boolean {
    return performance.now() - this.#turn > TURN_MS;
  }

  /** Lets the rest of the program run. */
  async yieldToEventLoop(): Promise<void> {
    await new Promise((resolve) => builtin("timers").setImmediate(resolve));
    this.#turn = performance.now();
  }

  /** Waits until `ready` gives something. Rejects when the session ends. */
  async until<T>(ready: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.shouldYield) await this.yieldToEventLoop();
      this.signal.throwIfAborted();
      const got = ready();
      if (got !== undefined) return got;
      // The worker tells of changes only now: one that came in between has been looked at.
      this.control.store(Control.MAIN_WAITS, 1);
      // A worker that went on by itself has kept the process alive only from here on.
      this.#updateRef();
      const meanwhile = ready();
      if (meanwhile !== undefined) return meanwhile;
      await (this.#change ??= Promise.withResolvers<void>()).promise;
    }
  }

  /** The same for a caller of the public functions: what ended it is what the caller is told. */
  wait<T>(ready: () => T | undefined): Promise<T> {
    return this.#surfaceFailure(this.until(ready));
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

  /** Has every source end where it is, as if that were all of it. */
  endInputs(): void {
    this.control.store(Control.END_INPUTS, 1);
    this.notifyWorker();
  }

  /** Ends it now: what is under way rejects with `reason`, and everything is released. */
  abort(reason: unknown): void {
    if (this.#closing) return;
    this.#failure ??= { error: reason };
    this.control.store(Control.ABORT, 1);
    this.#stop.abort(reason);
    this.#settle(reason);
    this.#release().catch(() => {});
  }

  #settle(reason: unknown): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.wake();
  }

  /**
   * Releases everything, in order: the native side, then the sources and sinks. One that does not
   * close is waited for until the program's signal fires.
   */
  async close(): Promise<void> {
    this.#disposed = true;
    const { signal } = this.options;
    const released = this.#release();
    if (signal?.aborted) await waitUpTo(CLOSE_AFTER_ABORT_MS, released);
    else await raceAbort(released, signal);
  }

  #release(): Promise<void> {
    return this.#closing ??= this.#end();
  }

  async #end(): Promise<void> {
    sessionFinalizer.unregister(this);
    endLoans(this.#resources);
    // Commands under way are aborted, and so is the output that they would still write.
    const given = this.#pending.size > 0;
    if (given) this.control.store(Control.ABORT, 1);
    let failed: { readonly error: unknown } | undefined;
    let released = false;
    try {
      const closed = this.#handle.dead ? undefined : this.#send("close", {});
      // Waiters look again, now that the session closes.
      this.wake();
      await closed;
      released = closed !== undefined;
    } catch (error) {
      if (!given && !this.#failure) failed = { error };
    }
    const reason = this.#failure?.error ?? this.#disposedError();
    this.#stop.abort(reason);
    this.#settle(reason);
    this.#over = true;
    releaseWorker(this.#handle);
    await this.files.close(reason, released);
    if (failed) throw failed.error;
  }

  receive(message: WorkerMessage): void {
    this.#received++;
    this.#turn = performance.now();
    switch (message.kind) {
      case "answer":
        this.#answered = true;
        if (this.#pending.has(message.id)) this.#pending.get(message.id)?.resolve(message.answer);
        else discardAnswer(message.answer);
        this.#pending.delete(message.id);
        break;
      case "failed":
        this.#pending.get(message.id)?.reject(this.revive(message.error));
        this.#pending.delete(message.id);
        break;
      case "log":
        this.#callListener(() => this.options[message.listener]?.(message.line));
        break;
      case "marker":
        this.#callListener(() => this.options.onMarker?.(message.marker));
        break;
      case "progress":
        this.#callListener(() => this.options.onProgress?.(message.progress));
        break;
      case "damage":
        this.#callListener(() => this.options.onDamage?.(message.damage));
        break;
      case "start":
        this.#callListener(() => this.options.onStart?.(message.start));
        break;
      case "question":
        this.files.answer(message.question);
        break;
    }
    this.wake();
    this.#updateRef();
  }

  #callListener(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.abort(error);
    }
  }

  died(error: Error): void {
    this.abort(
      new Error(`the worker of this ${this.options.kind} died: ${error.message}`, { cause: error }),
    );
    // A closing that waited for its answer.
    this.#settle(this.#failure?.error ?? error);
  }

  /**
   * The worker's error as the program receives it. Where the main thread itself made the worker
   * fail, it is the object that a source, sink or hook threw, or {@link DisposedError} when the
   * session was closed meanwhile.
   */
  revive(plain: PlainError): unknown {
    if (!plain.remote && !plain.cause?.remote) return fromPlain(plain);
    const failure = this.#failure;
    if (failure === undefined) return this.#disposedError();
    if (plain.remote) return failure.error;
    const error = fromPlain({ ...plain, cause: undefined });
    error.cause = failure.error;
    return error;
  }

  // A worker that works keeps the process alive; one that waits leaves that to what it waits for.
  #updateRef(): void {
    if (this.#over) return;
    const { control } = this;
    if (this.#pending.size === 0) {
      this.#handle.unref();
      return;
    }
    control.store(Control.WORKER_REFED, 1);
    if (isWorkerBlocked(control) && control.load(Control.POSTED) === this.#received) {
      control.store(Control.WORKER_REFED, 0);
      // Changes before it blocked may not have been reported.
      if (this.#handle.unref()) this.wake();
    } else this.#handle.ref(this);
  }
}
