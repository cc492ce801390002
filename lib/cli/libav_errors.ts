/**
 * Errors that libav logs about media that it reads all the same.
 *
 * @module
 */
import type { LogListener } from "../log/capture.ts";
import { red } from "./color.ts";
import { printError } from "./standard.ts";

const MAX_SHOWN = 5;

// Lines of libavformat about a set of files that this module opens: no error.
const OURS = /^(Cannot use rename on non file protocol|Could not open file : .*%\d*d)/;

/** Gathers libav's error lines, for the end: the work goes on meanwhile. */
export class LibavErrors {
  /** Each with how often it came. */
  readonly #lines = new Map<string, number>();

  /** Takes a line of the log. */
  readonly onLog: LogListener = ({ level, message }) => {
    if (level === "info" || level === "warning") return;
    const line = message.trim();
    if (OURS.test(line)) return;
    this.#lines.set(line, (this.#lines.get(line) ?? 0) + 1);
  };

  /** Says on standard error what there was, after work that was done. */
  tell(): void {
    const mark = red("avio:");
    for (const [line, times] of [...this.#lines].slice(0, MAX_SHOWN)) {
      printError(`${mark} damaged media: ${line}${times > 1 ? ` (${times} times)` : ""}\n`);
    }
    const more = this.#lines.size - MAX_SHOWN;
    if (more > 0) printError(`${mark} damaged media: and ${more} more\n`);
  }
}
