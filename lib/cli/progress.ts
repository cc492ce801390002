/**
 * The progress bar on standard error.
 *
 * @module
 */
import process from "node:process";
import { printError } from "./standard.ts";
import { byteCount, clock } from "./text.ts";

const widest = 30;
const narrowest = 5;
/** Terminals that do not say how wide they are. */
const usual = 80;
/** Below, there is room for the percentage alone. */
const least = 20;

/** The progress of a task. */
export interface Progress {
  /** Seconds done. */
  readonly time: number | null;
  /** Seconds in all. */
  readonly duration: number | null;
  /** Bytes read. */
  readonly bytesRead: number;
}

/**
 * The line for a terminal of so many columns, of which it leaves the last one free: what wraps
 * cannot be cleared. The bar gets shorter, then goes; then the bytes, then the time.
 */
export function progressLine({ time, duration, bytesRead }: Progress, columns: number): string {
  const part = time !== null && duration ? Math.min(1, Math.max(0, time / duration)) : null;
  const percentage = part === null ? "" : `${String(Math.floor(part * 100)).padStart(3)}%`;
  const most = Math.max(0, columns - 1);
  if (columns < least && percentage !== "") return percentage.trim().slice(0, most);
  const facts = [time === null ? "" : clock(time), byteCount(bytesRead)].filter(Boolean);
  const words = [percentage, ...facts].filter(Boolean);
  const room = most - words.join("  ").length - "[] ".length;
  if (part !== null && room >= narrowest) {
    const width = Math.min(widest, room);
    const done = Math.round(part * width);
    return `[${"#".repeat(done)}${" ".repeat(width - done)}] ${words.join("  ")}`;
  }
  while (words.length > 1 && words.join("  ").length > most) words.pop();
  return words.join("  ").slice(0, most);
}

/** A bar that is drawn over and over in one line. */
export function progressBar(): { show(progress: Progress): void; clear(): void } {
  return {
    show(progress) {
      // Asked each time: windows are resized.
      printError(`\r\x1b[K${progressLine(progress, process.stderr.columns || usual)}`);
    },
    clear() {
      printError("\r\x1b[K");
    },
  };
}
