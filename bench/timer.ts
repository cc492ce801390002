/**
 * How late a timer of the main thread comes.
 *
 * @module
 */
const INTERVAL = 5;

/**
 * Starts a 5 ms timer that is set again each time it comes. The answer ends it, and gives the
 * milliseconds by which it was late, sorted.
 */
export function watchTimer(): () => number[] {
  const late: number[] = [];
  let timer: ReturnType<typeof setTimeout>;
  let due = performance.now() + INTERVAL;
  const tick = () => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + INTERVAL;
    timer = setTimeout(tick, INTERVAL);
  };
  timer = setTimeout(tick, INTERVAL);
  return () => {
    clearTimeout(timer);
    return late.sort((a, b) => a - b);
  };
}
