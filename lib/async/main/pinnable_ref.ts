/**
 * How what lives long finds an object that may be forgotten: a signal of the program's, a stream.
 *
 * @module
 */

/** Holds a weak reference; strong while a caller awaits. */
export class PinnableRef<T extends object> {
  readonly #weak: WeakRef<T>;
  #strong: T | undefined;
  #waiting = 0;

  constructor(to: T) {
    this.#weak = new WeakRef(to);
  }

  /** A caller awaits `to`, the object itself. */
  pin(to: T): void {
    if (this.#waiting++ === 0) this.#strong = to;
  }

  /** The await is over; once for each {@link PinnableRef.pin}. */
  unpin(): void {
    if (--this.#waiting === 0) this.#strong = undefined;
  }

  /** The object, if it is not forgotten. */
  get(): T | undefined {
    return this.#strong ?? this.#weak.deref();
  }
}

/** An object that a signal can end. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** A listener on a signal: it keeps alive neither that nor what it ends. */
export class WeakAbortListener {
  readonly #signal: WeakRef<AbortSignal>;
  readonly #listener: WeakRef<() => void>;

  /** Ends the object once the signal fires. */
  constructor(signal: AbortSignal, ref: PinnableRef<Abortable>) {
    this.#signal = new WeakRef(signal);
    const listener = abortListener(ref, this.#signal);
    this.#listener = new WeakRef(listener);
    signal.addEventListener("abort", listener, { once: true });
  }

  /** Takes the listener off the signal. */
  stop(): void {
    const listener = this.#listener.deref();
    if (listener !== undefined) this.#signal.deref()?.removeEventListener("abort", listener);
  }
}

// Apart, since closures of one function share what any of them holds.
function abortListener(ref: PinnableRef<Abortable>, signal: WeakRef<AbortSignal>): () => void {
  return () => ref.get()?.abort(signal.deref()?.reason);
}
