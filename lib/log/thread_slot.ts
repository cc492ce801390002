/**
 * The slot by which a thread listens to libav's log: while its address is in there, the trampoline
 * of `ffi/log_trampoline.ts` brings its lines to its callback. Threads do not wait for each other.
 *
 * @module
 */
import { CLAIMING, FREE, LOG_SLOT, type LogTrampoline, type Pointer } from "../../ffi/mod.ts";

/** The slot of this thread. Any other thread may take it while this one is not inside libav. */
export class LogSlot {
  readonly #words: Int32Array;
  readonly #trampoline: Pick<LogTrampoline, "thread" | "releaseAtExit">;
  readonly #low: number;
  readonly #high: number;
  readonly #callback: Pointer;
  /** The first word of the slot that it has, or had before another thread took it. */
  #at = -1;
  #listening = false;

  /** `callback` receives the lines of this thread. */
  constructor(
    slots: Int32Array,
    trampoline: Pick<LogTrampoline, "thread" | "releaseAtExit">,
    callback: Pointer,
  ) {
    this.#words = slots;
    this.#trampoline = trampoline;
    this.#low = trampoline.thread | 0;
    this.#high = high(trampoline.thread);
    this.#callback = callback;
  }

  /** With `listening`, lines up to `maxLevel` go to the callback until {@link LogSlot.leave}. */
  enter(listening: boolean, maxLevel: number): void {
    if (!listening) return;
    const words = this.#words;
    this.#listening = this.#reacquire() || this.#claim();
    // Nothing is logged on this thread before it is back in libav.
    if (this.#listening) words[this.#at + LOG_SLOT.MAX_LEVEL] = maxLevel;
  }

  /** Listens no more. */
  leave(): void {
    if (!this.#listening) return;
    this.#listening = false;
    this.#words[this.#at] = this.#low | FREE;
  }

  /** Takes the slot that it had, where no other thread has it. */
  #reacquire(): boolean {
    const words = this.#words;
    const at = this.#at;
    const resting = this.#low | FREE;
    if (at < 0 || Atomics.compareExchange(words, at, resting, this.#low) !== resting) return false;
    const mine = words[at + LOG_SLOT.THREAD + 1] === this.#high &&
      words[at + LOG_SLOT.CALLBACK] === (this.#callback | 0);
    // Another thread's, whose address has the same low half.
    if (!mine) Atomics.store(words, at, resting);
    return mine;
  }

  // A slot that was never used, or else one that is not in use. Where all are, this thread receives
  // no lines this time.
  #claim(): boolean {
    const words = this.#words;
    for (const unused of [true, false]) {
      for (let at = 0; at < words.length; at += LOG_SLOT.WORDS) {
        const low = Atomics.load(words, at);
        if (unused ? low !== FREE : (low & FREE) === 0) continue;
        const taken = this.#low | CLAIMING;
        if (Atomics.compareExchange(words, at, low, taken) !== low) continue;
        words[at + LOG_SLOT.THREAD + 1] = this.#high;
        words[at + LOG_SLOT.CALLBACK] = this.#callback | 0;
        words[at + LOG_SLOT.CALLBACK + 1] = high(this.#callback);
        // A thread that is terminated inside libav never comes back here to leave.
        this.#trampoline.releaseAtExit(at / LOG_SLOT.WORDS);
        Atomics.store(words, at, this.#low);
        this.#at = at;
        return true;
      }
    }
    return false;
  }
}

function high(address: Pointer): number {
  return Math.floor(address / 2 ** 32);
}
