/**
 * The order in which native memory is let go. Enforced here and nowhere else.
 *
 * @module
 */

/** The steps of a release; absent steps are skipped. */
export interface Release {
  /** Close or free the AVFormatContext: it may still touch `pb`. */
  format?: () => void;
  /** Flush an output, so that nothing written is lost. */
  flush?: () => void;
  /** Free `pb->buffer` as it is now: libavformat may have replaced the one it was given. */
  buffer?: () => void;
  /** Free the AVIOContext, which does not free its buffer. */
  context?: () => void;
  /** Close the callbacks: C can call them no more. */
  callbacks?: () => void;
  /** Close the source or sink: libavformat has let go of it. */
  adapter?: () => void;
}

const order = ["format", "flush", "buffer", "context", "callbacks", "adapter"] as const;

/** A step of the release. */
export type ReleaseStep = typeof order[number];

/** Told every step as it is done; for tests that observe the order. */
export type ReleaseObserver = (step: ReleaseStep) => void;

let observer: ReleaseObserver | undefined;

/** Watches every release on this thread; undefined stops watching. */
export function observeRelease(watch: ReleaseObserver | undefined): void {
  observer = watch;
}

/**
 * Runs the steps in order. Every step runs, whatever an earlier one threw: the first error is
 * thrown when all are done.
 */
export function release(steps: Release): void {
  let failure: { error: unknown } | undefined;
  for (const step of order) {
    const run = steps[step];
    if (run === undefined) continue;
    observer?.(step);
    try {
      run();
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure) throw failure.error;
}

/**
 * Releases after a failure. The failure is what the caller is told, whatever the release throws.
 */
export function releasedAfter(failure: unknown, run: () => void): unknown {
  try {
    run();
  } catch {
    // A second error must not mask the first, which is the very object a callback threw.
  }
  return failure;
}
