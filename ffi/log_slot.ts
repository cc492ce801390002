/**
 * A slot of the log: which thread listens, by which callback. Machine code reads it too.
 *
 * @module
 */

/** A slot in 32-bit words: the thread (two), its callback (two), the highest level, nothing. */
export const LOG_SLOT = { THREAD: 0, CALLBACK: 2, MAX_LEVEL: 4, WORDS: 6 } as const;

/** A slot's bytes. */
export const LOG_SLOT_BYTES: number = LOG_SLOT.WORDS * 4;

/** In a slot's low word: no thread listens. No thread's address has this bit. */
export const FREE = 1;
/** In a slot's low word: a thread is about to listen. */
export const CLAIMING = 2;
