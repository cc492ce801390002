/**
 * The lowest and highest sample of each part of a sound.
 *
 * @module
 */

/** Peaks of a sound of unknown length, as fine as memory allows. */
export class PeakMeter {
  readonly #points: number;
  readonly #limit: number;
  /** For each channel, the lowest and the highest sample of each block in turn. */
  #peaks: Float32Array<ArrayBuffer>[] = [];
  /** Samples of a block. */
  #block = 1;
  #blocks = 0;
  /** Samples of the last block that are there. */
  #filled = 0;
  #total = 0;

  constructor(points: number) {
    this.#points = points;
    // Many blocks for each point: where a point begins is known to a part of it.
    this.#limit = Math.max(1 << 20, points * 64);
  }

  /** Samples of each channel that have been added. */
  get samples(): number {
    return this.#total;
  }

  /** Adds samples, the channels interleaved. */
  add(samples: Float32Array, channels: number): void {
    if (this.#peaks.length === 0) this.#grow(channels, 4096);
    const count = samples.length / channels;
    let at = 0;
    while (at < count) {
      if (this.#filled === this.#block || this.#blocks === 0) this.#nextBlock();
      const take = Math.min(count - at, this.#block - this.#filled);
      for (let c = 0; c < this.#peaks.length; c++) {
        const peaks = this.#peaks[c];
        const place = (this.#blocks - 1) * 2;
        let low = peaks[place];
        let high = peaks[place + 1];
        for (let i = at * channels + c, end = (at + take) * channels + c; i < end; i += channels) {
          const sample = samples[i];
          if (sample < low) low = sample;
          if (sample > high) high = sample;
        }
        peaks[place] = low;
        peaks[place + 1] = high;
      }
      this.#filled += take;
      this.#total += take;
      at += take;
    }
  }

  #nextBlock(): void {
    if (this.#blocks === this.#limit) this.#halve();
    if (this.#filled < this.#block && this.#blocks > 0) return;
    if (this.#blocks * 2 === this.#peaks[0].length) {
      this.#grow(this.#peaks.length, this.#blocks * 2);
    }
    for (const peaks of this.#peaks) {
      peaks[this.#blocks * 2] = Infinity;
      peaks[this.#blocks * 2 + 1] = -Infinity;
    }
    this.#blocks++;
    this.#filled = 0;
  }

  #grow(channels: number, blocks: number): void {
    this.#peaks = Array.from({ length: channels }, (_, c) => {
      const peaks = new Float32Array(blocks * 2);
      const before = this.#peaks[c];
      if (before) peaks.set(before);
      return peaks;
    });
  }

  /** Makes one block of two. */
  #halve(): void {
    const half = this.#blocks >> 1;
    for (const peaks of this.#peaks) {
      for (let i = 0; i < half; i++) {
        peaks[i * 2] = Math.min(peaks[i * 4], peaks[i * 4 + 2]);
        peaks[i * 2 + 1] = Math.max(peaks[i * 4 + 1], peaks[i * 4 + 3]);
      }
    }
    this.#blocks = half;
    this.#block *= 2;
    this.#filled = this.#block;
  }

  /**
   * For each channel the lowest and the highest sample of each point in turn; 0 where there are
   * none.
   */
  result(): Float32Array<ArrayBuffer>[] {
    return this.#peaks.map((peaks) => {
      const points = new Float32Array(this.#points * 2);
      for (let p = 0; p < this.#points; p++) {
        const from = Math.floor(p * this.#total / this.#points / this.#block);
        const to = Math.max(
          from + 1,
          Math.ceil((p + 1) * this.#total / this.#points / this.#block),
        );
        let low = Infinity;
        let high = -Infinity;
        for (let b = from; b < Math.min(to, this.#blocks); b++) {
          low = Math.min(low, peaks[b * 2]);
          high = Math.max(high, peaks[b * 2 + 1]);
        }
        points[p * 2] = low === Infinity ? 0 : low;
        points[p * 2 + 1] = high === -Infinity ? 0 : high;
      }
      return points;
    });
  }
}
