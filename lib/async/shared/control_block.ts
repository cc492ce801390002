/**
 * The control words that the main thread and the worker of a session share.
 *
 * @module
 */

/** Words of a session's control block. */
export const Control = {
  /** Counts the changes that a waiting worker may look for. */
  WAKE_SEQ: 0,
  /** Not 0: the worker gives up at its next callback. */
  ABORT: 1,
  /** 1 while the main thread wants a message when something has changed. */
  MAIN_WAITS: 2,
  /** 1 while the worker waits, or is about to: a change must wake it. */
  WORKER_WAITS: 3,
  /** Commands posted and not yet taken up: the worker goes back to its event loop. */
  COMMANDS: 4,
  /** The state of the one question the worker is asking, see {@link Answer}. */
  ANSWER: 5,
  /** Packets put into the queue, and taken out of it. */
  PACKETS_IN: 6,
  PACKETS_OUT: 7,
  /** 1 while the main thread references the worker. */
  WORKER_REFED: 8,
  /** The WAKE_SEQ at which the worker found nothing to do; another number while it works. */
  BLOCKED_AT: 9,
  /** Counts the messages that the worker has posted. */
  POSTED: 10,
  /** The count of packets taken out at which a worker with a full queue is woken. */
  WAKE_AT: 11,
  /** Not 0: every source is at its end. */
  END_INPUTS: 12,
  /** 1 while the worker carries out a command. */
  INSIDE: 13,
  /** Not 0: the process ends, and no command begins any more. */
  PROCESS_ENDS: 14,
} as const;

const CONTROL_WORDS = 16;
const CONTROL_NUMBERS = 2;

/** How a question of the worker's was answered. */
export const Answer = { PENDING: 0, DONE: 1, FAILED: 2 } as const;

/** A session's control block. */
export class ControlBlock {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The two numbers of an answer. */
  readonly numbers: Float64Array<SharedArrayBuffer>;

  readonly shared: SharedArrayBuffer;

  constructor(
    shared: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_WORDS * 4 + CONTROL_NUMBERS * 8),
  ) {
    this.shared = shared;
    this.words = new Int32Array(shared, 0, CONTROL_WORDS);
    this.numbers = new Float64Array(shared, CONTROL_WORDS * 4, CONTROL_NUMBERS);
  }

  load(word: number): number {
    return Atomics.load(this.words, word);
  }

  store(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }
}
