/**
 * Pictures at even times: some are shown once more, some are left out, as `ffmpeg -r` does.
 *
 * @module
 */

/** The frames of the output for one picture. */
export interface Repeats {
  /** How often the picture before it is shown again first. */
  readonly before: number;
  /** How often it is shown itself. */
  readonly itself: number;
}

/** How far a picture may be off before it is left out or shown again, in frames of the output. */
const TOLERANCE = 1.1;
const LATE = 0.6;

/** Counts the frames of the output (`do_video_out` in ffmpeg's fftools, `-vsync cfr`). */
export class EvenFrames {
  readonly #rate: number;
  #next: number | undefined;

  /** Frames a second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** A picture shown at `time` for `duration`, in seconds. */
  place(time: number, duration: number): Repeats {
    const at = time * this.#rate;
    this.#next ??= Math.round(at);
    const early = at - this.#next;
    const span = early + duration * this.#rate;
    let itself = 1;
    let before = 0;
    if (span < -TOLERANCE) itself = 0;
    else if (span > TOLERANCE) {
      itself = Math.round(span);
      if (early > TOLERANCE) before = Math.round(early - LATE);
    }
    // A picture that is left out may be shown for those after it that are early.
    return { before: Math.min(before, itself), itself: itself - Math.min(before, itself) };
  }

  /** The number of the next frame of the output. */
  take(): number {
    this.#next ??= 0;
    return this.#next++;
  }
}
