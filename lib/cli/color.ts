/**
 * Emphasis, where a terminal shows it. `NO_COLOR` turns it off.
 *
 * @module
 */
import process from "node:process";

function styled(code: number, text: string, stream: { readonly isTTY?: boolean }): string {
  const wanted = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  return wanted ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** A heading on standard output. */
export function bold(text: string): string {
  return styled(1, text, process.stdout);
}

/** Red text for errors, on standard error. */
export function red(text: string): string {
  return styled(31, text, process.stderr);
}
