/**
 * The control messages of a codec, in the order of the standard: configure, encode or decode,
 * flush; reset and close; queue sizes and dequeue events; errors by callback and by promise.
 *
 * @module
 */
import type { CodecState } from "./frame_types.ts";
import { invokeCallback, TaskQueue } from "./task_queue.ts";

/** The work behind a configured codec. */
export interface CodecWork<Input> {
  /** Takes an input; resolves once it is consumed and its outputs are delivered. */
  submit(input: Input): Promise<void>;
  /** Delivers every output, after which it begins anew. */
  flush(): Promise<void>;
  /** Ends it: nothing is delivered afterwards. */
  close(): void;
}

/** Parts of a codec that its kind decides. */
export interface CodecKind<Config, Input> {
  /** Makes the work of a configuration. Throws a DOMException where there is none. */
  open(config: Config, fail: (error: unknown) => void): CodecWork<Input>;
  /** Lets go of an input that is not used. */
  discard(input: Input): void;
  /** The error callback of the program. */
  readonly error: (error: DOMException) => unknown;
  /** Inputs that are given to the work before it is done with the first of them. */
  readonly maxInFlight: number;
}

/** Pictures that a codec is given ahead: each may take megabytes. */
export const MAX_PICTURES_IN_FLIGHT = 8;
/** Runs of samples that a codec is given ahead: each takes little memory and little time. */
export const MAX_SOUNDS_IN_FLIGHT = 64;

type Message<Config, Input> =
  | { readonly kind: "configure"; readonly config: Config }
  | { readonly kind: "input"; readonly input: Input }
  | { readonly kind: "flush"; readonly flush: PromiseWithResolvers<undefined> };

/** A DOMException for a failure of the codec. */
export function codecError(error: unknown, name: string): DOMException {
  if (error instanceof DOMException) return error;
  const text = error instanceof Error ? error.message : String(error);
  const result = new DOMException(text, name);
  Object.defineProperty(result, "cause", { value: error, configurable: true });
  return result;
}

/** The queue of one codec. */
export class ControlQueue<Config, Input> {
  readonly #owner: EventTarget;
  readonly #kind: CodecKind<Config, Input>;
  readonly #tasks = new TaskQueue();
  #messages: Message<Config, Input>[] = [];
  #state: CodecState = "unconfigured";
  #queueSize = 0;
  #inFlight = 0;
  #running = false;
  #dequeueScheduled = false;
  #work: CodecWork<Input> | undefined;
  readonly #flushes = new Set<PromiseWithResolvers<undefined>>();
  /** Changes with each reset: what was begun before it is void. */
  #epoch = 0;

  /** Fires `dequeue` at `owner`. */
  constructor(owner: EventTarget, kind: CodecKind<Config, Input>) {
    this.#owner = owner;
    this.#kind = kind;
  }

  /** The state. */
  get state(): CodecState {
    return this.#state;
  }

  /** Inputs that the work has not got. */
  get queueSize(): number {
    return this.#queueSize;
  }

  /** Throws an InvalidStateError once closed. */
  assertOpen(): void {
    if (this.#state !== "closed") return;
    throw new DOMException("the codec is closed", "InvalidStateError");
  }

  /** Throws an InvalidStateError unless it is configured. */
  assertConfigured(): void {
    if (this.#state === "configured") return;
    throw new DOMException(`the codec is ${this.#state}`, "InvalidStateError");
  }

  /** Uses `config` for the inputs that follow. */
  configure(config: Config): void {
    this.assertOpen();
    this.#state = "configured";
    this.#enqueue({ kind: "configure", config });
  }

  /** Queues an input, which is the queue's from here on. */
  submit(input: Input): void {
    this.#queueSize++;
    this.#enqueue({ kind: "input", input });
  }

  /** Resolves once every output of what was queued is delivered. */
  flush(): Promise<undefined> {
    const flush = Promise.withResolvers<undefined>();
    // The program hears of every failure by the error callback; reset and close are its own.
    flush.promise.catch(() => {});
    this.#flushes.add(flush);
    this.#enqueue({ kind: "flush", flush });
    return flush.promise;
  }

  /** Forgets everything; flushes that wait reject with an AbortError. */
  reset(): void {
    this.assertOpen();
    this.#reset(new DOMException("the codec was reset", "AbortError"));
    this.#state = "unconfigured";
  }

  /** Ends it for good. */
  close(): void {
    this.assertOpen();
    this.#reset(new DOMException("the codec was closed", "AbortError"));
    this.#state = "closed";
  }

  #reset(reason: DOMException): void {
    this.#epoch++;
    const messages = this.#messages;
    this.#messages = [];
    for (const message of messages) {
      if (message.kind === "input") this.#kind.discard(message.input);
    }
    this.#work?.close();
    this.#work = undefined;
    this.#inFlight = 0;
    this.#running = false;
    if (this.#queueSize > 0) {
      this.#queueSize = 0;
      this.#scheduleDequeue();
    }
    for (const { reject } of this.#flushes) reject(reason);
    this.#flushes.clear();
  }

  /** Closes it by an error, which the program is told of in a task. */
  #fail(error: DOMException, epoch: number): void {
    this.#tasks.add(() => {
      if (epoch !== this.#epoch || this.#state === "closed") return;
      this.#reset(error);
      this.#state = "closed";
      invokeCallback(this.#kind.error, error);
    });
  }

  #scheduleDequeue(): void {
    if (this.#dequeueScheduled) return;
    this.#dequeueScheduled = true;
    this.#tasks.add(() => {
      this.#dequeueScheduled = false;
      this.#owner.dispatchEvent(new Event("dequeue"));
    });
  }

  #enqueue(message: Message<Config, Input>): void {
    this.#messages.push(message);
    this.#start();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    const epoch = this.#epoch;
    queueMicrotask(() => {
      if (epoch === this.#epoch) this.#run(epoch).catch((error) => this.#broken(error, epoch));
    });
  }

  #broken(error: unknown, epoch: number): void {
    this.#fail(codecError(error, "EncodingError"), epoch);
  }

  async #run(epoch: number): Promise<void> {
    while (epoch === this.#epoch) {
      const message = this.#messages[0];
      if (message === undefined) break;
      if (message.kind === "input") {
        // Saturated: #settled starts the queue again.
        if (this.#inFlight >= this.#kind.maxInFlight) break;
        this.#messages.shift();
        this.#submit(message.input, epoch);
      } else {
        this.#messages.shift();
        if (message.kind === "flush") this.#flush(message.flush, epoch);
        else if (!(await this.#configure(message.config, epoch))) return;
      }
    }
    if (epoch === this.#epoch) this.#running = false;
  }

  /** False where the queue has ended. */
  async #configure(config: Config, epoch: number): Promise<boolean> {
    const before = this.#work;
    try {
      // Frames of the configuration before are delivered first.
      await before?.flush();
    } catch (error) {
      if (epoch === this.#epoch) this.#broken(error, epoch);
      return false;
    }
    if (epoch !== this.#epoch) return false;
    before?.close();
    this.#work = undefined;
    try {
      this.#work = this.#kind.open(config, (error) => this.#broken(error, epoch));
      return true;
    } catch (error) {
      this.#fail(codecError(error, "NotSupportedError"), epoch);
      return false;
    }
  }

  #submit(input: Input, epoch: number): void {
    this.#queueSize--;
    this.#scheduleDequeue();
    this.#inFlight++;
    const settled = (error?: unknown) => {
      if (epoch !== this.#epoch) return;
      if (error !== undefined) return this.#broken(error, epoch);
      this.#inFlight--;
      if (this.#messages.length > 0) this.#start();
    };
    let done: Promise<void>;
    try {
      done = this.#work!.submit(input);
    } catch (error) {
      return settled(error);
    }
    done.then(() => settled(), (error) => settled(error ?? new Error("the codec failed")));
  }

  #flush(flush: PromiseWithResolvers<undefined>, epoch: number): void {
    const done = () => {
      this.#tasks.add(() => {
        if (epoch !== this.#epoch) return;
        this.#flushes.delete(flush);
        flush.resolve(undefined);
      });
    };
    this.#work!.flush().then(
      () => {
        if (epoch === this.#epoch) done();
      },
      (error) => {
        if (epoch === this.#epoch) this.#broken(error, epoch);
      },
    );
  }
}
