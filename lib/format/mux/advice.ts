/**
 * The muxers' advice in the words of this module.
 *
 * @module
 */

// As in: "… is experimental, add '-strict -2' if you want to use it."
const STRICT =
  /[,.]? ?\b(?:add|use) (?:vstrict=-?\d+ \/ )?'?-strict (-?\d+|\w+)'?(?: if you want to use it| to use it anyway)?\.?/;

/** A line of a muxer, whose options of a command line become options here. */
export function translatedAdvice(line: string): string {
  return line.replace(STRICT, ": allow it with options: { strict: $1 }").replace(/^: a/, "a");
}

/** The advice of a refused header's log, translated; undefined where there is none. */
export function strictAdvice(log: readonly string[]): string | undefined {
  const at = log.findIndex((line) => STRICT.test(line));
  if (at < 0) return undefined;
  const line = translatedAdvice(log[at].trim());
  // Some muxers break the sentence.
  return at > 0 && line.startsWith("allow") ? `${log[at - 1].trim()} ${line}` : line;
}
