/**
 * The times of decoded samples.
 *
 * @module
 */

/** Microseconds by which chunks may differ from the count of samples before they are believed. */
const TOLERANCE = 30_000;

/**
 * Counts samples from the time of the first chunk, since the times of chunks are rounded. A gap or
 * a jump between chunks is followed.
 */
export class AudioClock {
  #first: number | undefined;
  #samples = 0;
  /** Microseconds between the times of chunks and of their samples. */
  #offset: number | undefined;

  /** Notes the time of a chunk. */
  chunk(timestamp: number): void {
    this.#first ??= timestamp;
  }

  /** The time of the next run of samples, which libav gives `time`. */
  next(time: number | null, samples: number, sampleRate: number): number {
    const first = this.#first ?? time ?? 0;
    let timestamp = first + this.#samples * 1_000_000 / sampleRate;
    if (time !== null) {
      this.#offset ??= time - timestamp;
      const expected = time - this.#offset;
      if (Math.abs(expected - timestamp) > TOLERANCE) {
        this.#first = timestamp = expected;
        this.#samples = 0;
      }
    }
    this.#samples += samples;
    return Math.round(timestamp);
  }

  /** Begins anew. */
  reset(): void {
    this.#first = this.#offset = undefined;
    this.#samples = 0;
  }
}
