/**
 * The progress bar on standard error.
 *
 * @module
 */
import { complain } from "./standard.ts";
import { byteCount, clock } from "./text.ts";

const width = 30;

/** What a task reports as it goes. */
export interface Progress {
  /** Seconds done. */
  readonly time: number | null;
  /** Seconds in all. */
  readonly duration: number | null;
  /** Bytes read. */
  readonly bytesRead: number;
}

/** A bar that is drawn over and over in one line. */
export function progressBar(): { show(progress: Progress): void; clear(): void } {
  return {
    show({ time, duration, bytesRead }) {
      const part = time !== null && duration ? Math.min(1, Math.max(0, time / duration)) : null;
      const done = Math.round((part ?? 0) * width);
      const bar = part === null
        ? ""
        : `[${"#".repeat(done)}${" ".repeat(width - done)}] ${
          String(Math.floor(part * 100)).padStart(3)
        }%  `;
      complain(`\r\x1b[K${bar}${time === null ? "" : `${clock(time)}  `}${byteCount(bytesRead)}`);
    },
    clear() {
      complain("\r\x1b[K");
    },
  };
}
