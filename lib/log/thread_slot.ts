/**
 * Where a thread listens to libav's log: while its address stands in a seat, the switch of
 * `ffi/log_trampoline.ts` brings its lines to its callback. Threads do not wait for each other.
 *
 * @module
 */
import { LOG_SLOT, type Pointer } from "../../ffi/mod.ts";
import { FREE, type SharedLogBlock } from "./shared_block.ts";

/** In a slot's low word: a thread is claiming the slot. */
const CLAIMING = 2;

/** The place of this thread. One at rest is anybody's, and nearly always still there. */
export class LogSlot {
  readonly #words: Int32Array;
  readonly #low: number;
  readonly #high: number;
  readonly #callback: Pointer;
  /** The slot it has, or had; another thread may have claimed it meanwhile. */
  #at = -1;
  #listening = false;

  /** `thread`: this thread's address; `callback`: what its lines are given to. */
  constructor({ slots }: SharedLogBlock, thread: Pointer, callback: Pointer) {
    this.#words = slots;
    this.#low = thread | 0;
    this.#high = high(thread);
    this.#callback = callback;
    // A thread that ended inside libav has left its address, and this one may have it now.
    for (let at = 0; at < slots.length; at += LOG_SLOT.WORDS) {
      const same = slots[at + LOG_SLOT.THREAD + 1] === this.#high;
      if (same && slots[at] === this.#low) Atomics.store(slots, at, FREE);
    }
  }

  /** Where it listens, lines up to `maxLevel` come to the callback until {@link LogSlot.leave}. */
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

  /** Reacquires the slot it had, unless another thread has claimed it. */
  #reacquire(): boolean {
    const words = this.#words;
    const at = this.#at;
    const resting = this.#low | FREE;
    if (at < 0 || Atomics.compareExchange(words, at, resting, this.#low) !== resting) return false;
    const mine = words[at + LOG_SLOT.THREAD + 1] === this.#high &&
      words[at + LOG_SLOT.CALLBACK] === (this.#callback | 0);
    // Another thread's slot, with half the address in common.
    if (!mine) Atomics.store(words, at, resting);
    return mine;
  }

  // One that was never used, or else anybody's. Without one this thread hears nothing this time.
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
