/**
 * How often a task tells its progress: at most ten times a second.
 *
 * @module
 */

const INTERVAL_MS = 100;

/** The clock of one task's progress. */
export class ProgressInterval {
  #told = 0;

  /** True where the last time was long enough ago; this moment then counts as told. */
  isOver(): boolean {
    const now = performance.now();
    if (now - this.#told < INTERVAL_MS) return false;
    this.#told = now;
    return true;
  }
}
